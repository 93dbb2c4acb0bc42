//! How a build gets to its users.

use std::fmt;

use serde::Serialize;

/// How a build gets to its users. For APNs only one difference counts: builds for development have tokens of the sandbox,
/// all others of production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Run from Xcode on named devices.
    Development,
    /// Installed on testers' named devices.
    AdHoc,
    /// By the App Store or TestFlight.
    AppStore,
    /// Within a company, on any of its devices.
    Enterprise,
    /// For Macs, outside the App Store.
    DeveloperId,
}

impl Distribution {
    /// Its name, such as `ad_hoc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::AdHoc => "ad_hoc",
            Self::AppStore => "app_store",
            Self::Enterprise => "enterprise",
            Self::DeveloperId => "developer_id",
        }
    }

    /// What such a build is, for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Development => "a development build",
            Self::AdHoc => "an Ad Hoc build",
            Self::AppStore => "a build for the App Store or TestFlight",
            Self::Enterprise => "an enterprise (in-house) build",
            Self::DeveloperId => "a Developer ID build",
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
