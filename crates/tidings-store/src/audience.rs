//! To whom a notification goes.

use serde::{Deserialize, Serialize};
use tidings_apns::DeviceToken;

/// To whom a notification goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Audience {
    /// To these device tokens.
    Tokens(Vec<DeviceToken>),
    /// To all devices of these users.
    Users(Vec<String>),
    /// To these installations.
    Installations(Vec<String>),
    /// To whoever has any of these tags (if there are some), all of those, and none of the last.
    Tags {
        /// At least one of these; no condition when empty.
        #[serde(default)]
        any: Vec<String>,
        /// All of these.
        #[serde(default)]
        all: Vec<String>,
        /// None of these.
        #[serde(default)]
        none: Vec<String>,
    },
    /// To every device of the app.
    Everyone,
}

impl Audience {
    /// Whether it names its recipients, so that they are looked up rather than paged through.
    pub const fn is_direct(&self) -> bool {
        matches!(self, Self::Tokens(_) | Self::Users(_) | Self::Installations(_))
    }

    /// How many names a direct audience has.
    pub fn names(&self) -> usize {
        match self {
            Self::Tokens(tokens) => tokens.len(),
            Self::Users(names) | Self::Installations(names) => names.len(),
            Self::Tags { .. } | Self::Everyone => 0,
        }
    }
}
