//! Which of the two APNs a listener, a key or a device token belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the two separate worlds of APNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// `api.push.apple.com`: TestFlight, ad hoc, App Store and enterprise builds.
    Production,
    /// `api.sandbox.push.apple.com`: builds run from Xcode.
    #[serde(alias = "development")]
    Sandbox,
}

impl Environment {
    /// Both environments.
    pub const ALL: [Self; 2] = [Self::Production, Self::Sandbox];

    /// The name in JSON and in world files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
