//! How much a notification may disturb.

use std::fmt;
use std::str::FromStr;

use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

/// The `interruption-level` of a notification (Apple, *Generating a remote notification*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InterruptionLevel {
    /// Goes to the list without lighting the screen or making a sound.
    Passive,
    /// Lights the screen and can make a sound: what the system assumes when nothing is said.
    Active,
    /// Also breaks through a scheduled summary and a Focus.
    TimeSensitive,
    /// Also breaks through the mute switch; the app needs Apple's entitlement for critical alerts.
    Critical,
}

impl InterruptionLevel {
    /// All four, least disturbing first.
    pub const ALL: [Self; 4] = [Self::Passive, Self::Active, Self::TimeSensitive, Self::Critical];

    /// The value in the payload.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Active => "active",
            Self::TimeSensitive => "time-sensitive",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for InterruptionLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for InterruptionLevel {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| {
                ParseError::unknown(
                    "interruption level",
                    text,
                    "passive, active, time-sensitive, critical",
                )
            })
    }
}

serde_as_text!(InterruptionLevel, "an interruption level such as `active`");
