//! How an app got on a device, which decides its environment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Environment;

/// The kind of build that is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Build {
    /// Run from Xcode with a development profile.
    Debug,
    /// Installed by TestFlight.
    #[serde(rename = "testflight", alias = "test_flight")]
    TestFlight,
    /// Distributed ad hoc to registered devices.
    AdHoc,
    /// Installed from the App Store.
    AppStore,
    /// Distributed in-house.
    Enterprise,
}

impl Build {
    /// The environment that the build's `aps-environment` entitlement names (Apple, *APS Environment Entitlement*).
    pub fn environment(self) -> Environment {
        match self {
            Self::Debug => Environment::Sandbox,
            Self::TestFlight | Self::AdHoc | Self::AppStore | Self::Enterprise => Environment::Production,
        }
    }
}
