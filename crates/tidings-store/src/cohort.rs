//! What device tokens that do badly are, beside those that do well: counts by what apps tell of their devices.

use tidings_apns::{Environment, TokenKind};

/// What an app tells of a device, as far as devices can have it in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CohortTraits {
    /// What the token is for.
    pub kind: TokenKind,
    /// The environment that the app believes to be in.
    pub claimed: Option<Environment>,
    /// The app's version.
    pub app_version: Option<String>,
    /// The system's version.
    pub os_version: Option<String>,
    /// The model of the device.
    pub device_model: Option<String>,
    /// The day of the last registration, in days since 1970.
    pub registered_day: u32,
}

/// How many device tokens with the same traits do well, and how many do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    /// What they have in common.
    pub traits: CohortTraits,
    /// Quarantined or rejected: APNs refuses them.
    pub refused: u64,
    /// Accepted by APNs, but in the other environment than the app claims.
    pub misplaced: u64,
    /// Accepted where the app says that they belong.
    pub healthy: u64,
}

/// The cohorts of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CohortSample {
    /// All that were met; in no order.
    pub cohorts: Vec<Cohort>,
    /// Whether every device of the app was looked at; otherwise the newest that do badly, and others from everywhere.
    pub is_whole: bool,
}

impl CohortSample {
    /// How many device tokens are counted in it.
    pub fn counted(&self) -> u64 {
        let each = self.cohorts.iter();
        each.map(|cohort| cohort.refused + cohort.misplaced + cohort.healthy)
            .sum()
    }
}
