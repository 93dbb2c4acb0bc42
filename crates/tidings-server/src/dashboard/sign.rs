//! How something does, at a glance: a shape and a colour, beside words that say the same.

use std::fmt;

use askama::filters::HtmlSafe;
use tidings_truth::TokenState;

/// How something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// There is nothing to say.
    Quiet,
    /// It is well.
    Good,
    /// It is worth a look.
    Watch,
    /// Somebody should do something.
    Bad,
}

impl Sign {
    const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Bad => "bad",
        }
    }

    /// The state of a device token.
    pub(crate) const fn of_state(state: TokenState) -> Self {
        match state {
            TokenState::Active => Self::Good,
            TokenState::Quarantined | TokenState::Rejected => Self::Watch,
            TokenState::Unproven | TokenState::Superseded | TokenState::Unregistered => Self::Quiet,
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<span class=\"sign {}\" aria-hidden=\"true\"></span>",
            self.class()
        )
    }
}

impl HtmlSafe for Sign {}
