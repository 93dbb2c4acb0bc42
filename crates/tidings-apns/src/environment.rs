//! Which of Apple's two push services is meant.

use std::fmt;
use std::str::FromStr;

use crate::parse_error::ParseError;
use crate::text_form::serde_as_text;

/// One of the two services that Apple runs. They know nothing of each other: a device token of one is
/// `BadDeviceToken` in the other.
///
/// Which one a device token belongs to is decided by how the app got on the device (its `aps-environment`
/// entitlement): TestFlight, Ad Hoc, App Store and Enterprise builds are `Production`, builds run from Xcode
/// are `Sandbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// For apps as their users have them.
    Production,
    /// For apps signed for development; Apple's entitlement calls it `development`.
    Sandbox,
}

impl Environment {
    /// Both, production first.
    pub const ALL: [Self; 2] = [Self::Production, Self::Sandbox];

    /// The port of [`Self::host`] and [`Self::broadcast_host`].
    pub const PORT: u16 = 443;

    /// The other port of [`Self::host`], for firewalls that let nothing else out
    /// (Apple, *Sending notification requests to APNs*).
    pub const ALTERNATIVE_PORT: u16 = 2197;

    /// Its name: `production` or `sandbox`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }

    /// The other environment.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Production => Self::Sandbox,
            Self::Sandbox => Self::Production,
        }
    }

    /// The host that takes notifications for devices, and broadcasts too.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Production => "api.push.apple.com",
            Self::Sandbox => "api.sandbox.push.apple.com",
        }
    }

    /// The host that Apple's samples publish broadcasts to (Apple, *Sending broadcast push notification
    /// requests to APNs*). [`Self::host`] takes them as well, and spares a second set of connections.
    pub const fn broadcast_host(self) -> &'static str {
        match self {
            Self::Production => "api-broadcast.push.apple.com",
            Self::Sandbox => "api-broadcast.sandbox.push.apple.com",
        }
    }

    /// The host where broadcast channels are made and deleted, on [`Self::management_port`].
    pub const fn host_management(self) -> &'static str {
        match self {
            Self::Production => "api-manage-broadcast.push.apple.com",
            Self::Sandbox => "api-manage-broadcast.sandbox.push.apple.com",
        }
    }

    /// The port of [`Self::host_management`] (Apple, *Sending channel management requests to APNs*).
    pub const fn management_port(self) -> u16 {
        match self {
            Self::Production => 2196,
            Self::Sandbox => 2195,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = ParseError;

    /// Reads `production` or `sandbox`, or `development` as Apple's entitlement spells the latter; any case.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("production") {
            Ok(Self::Production)
        } else if is("sandbox") || is("development") {
            Ok(Self::Sandbox)
        } else {
            Err(ParseError::unknown(
                "environment",
                text,
                "`production`, `sandbox` (or `development`)",
            ))
        }
    }
}

serde_as_text!(Environment, "`production` or `sandbox`");
