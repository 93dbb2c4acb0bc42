//! How long things are kept.

use std::time::Duration;

/// How long things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Device tokens that are unregistered, rejected or superseded.
    pub devices: Duration,
    /// Notifications after they have finished.
    pub notifications: Duration,
    /// Events.
    pub events: Duration,
    /// Idempotency keys.
    pub idempotency: Duration,
    /// How many rows of each sort one call removes at most.
    pub rows_at_once: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self {
            devices: days(90),
            notifications: days(30),
            events: days(30),
            idempotency: days(1),
            rows_at_once: 2_000,
        }
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurgeReport {
    /// Device tokens.
    pub devices: u64,
    /// Live Activities' tokens that turned out to be too old.
    pub aged: u64,
    /// Notifications.
    pub notifications: u64,
    /// Recipients of notifications.
    pub recipients: u64,
    /// Events.
    pub events: u64,
    /// Idempotency keys.
    pub idempotency: u64,
    /// Whether there is more to remove.
    pub has_more: bool,
}
