//! That nothing is lost: what was accepted has ended, or waits.

/// How many recipients there are in all, have ended, and wait; counted in different ways, so that they can disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conservation {
    /// Recipients that notifications were found to have, since the store was made.
    pub accepted: u64,
    /// Recipients that have ended, since the store was made.
    pub terminal: u64,
    /// Recipients that wait, are held, or are in a page that has begun: counted row by row.
    pub pending: u64,
}

impl Conservation {
    /// How far the sums are apart; nothing, if all is well.
    pub const fn mismatch(&self) -> u64 {
        self.accepted.abs_diff(self.terminal + self.pending)
    }
}

/// How much is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Notifications that are not planned to their end.
    pub notifications: u64,
    /// When the oldest of those whose time has come was accepted.
    pub oldest_at: Option<tidings_apns::Timestamp>,
    /// Recipients that wait for an instant.
    pub waiting: u64,
    /// Recipients that wait for a change, or for the end of an incident.
    pub held: u64,
}
