//! A lane that stopped sending because something is wrong with it, and how it finds out that it no longer is.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_apns::{Reason, Timestamp};
use uuid::Uuid;

use crate::rules::IncidentRules;

/// An incident of one lane: since when, why, and how the canaries do.
///
/// While it is open nothing is sent on the lane but canaries: notifications that wait anyway, to the device tokens that were
/// proven last, one at a time, with growing pauses. Enough of them accepted ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: Uuid,
    /// Why it opened.
    pub cause: IncidentCause,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Since when the lane has been doubtful: the last instant at which it did well.
    pub since: Timestamp,
    /// Canaries that were accepted since the last that was refused.
    pub accepted_in_a_row: u32,
    /// Canaries that were refused.
    pub refused: u32,
    /// When the next canary may be sent.
    pub next_canary_at: Timestamp,
}

/// Why an incident opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IncidentCause {
    /// Device tokens that APNs used to accept are refused.
    ProvenTokensRefused {
        /// The name of the reason that came last.
        reason: Box<str>,
        /// How many tokens it took to notice.
        against: u32,
    },
    /// APNs refuses the credential, or the topic for it. It says nothing of any token.
    CredentialRefused {
        /// The status.
        status: u16,
        /// The name of the reason.
        reason: Box<str>,
    },
}

impl IncidentCause {
    /// The reason that APNs gave.
    pub fn reason(&self) -> Reason {
        match self {
            Self::ProvenTokensRefused { reason, .. } | Self::CredentialRefused { reason, .. } => {
                Reason::from_name(reason)
            }
        }
    }
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentEnd {
    /// Enough canaries were accepted: the fault was ours, and has been mended.
    Recovered,
    /// Somebody released what was held.
    Released,
    /// Somebody confirmed that the answers were right.
    Confirmed,
}

/// Whether a canary may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryStep {
    /// Not before that instant.
    Wait(Timestamp),
    /// One, now.
    Send,
}

impl Incident {
    /// An incident that opens now.
    pub fn open(
        id: Uuid,
        cause: IncidentCause,
        since: Timestamp,
        now: Timestamp,
        rules: &IncidentRules,
    ) -> Self {
        Self {
            id,
            cause,
            opened_at: now,
            since,
            accepted_in_a_row: 0,
            refused: 0,
            next_canary_at: now.saturating_add(rules.first_pause),
        }
    }

    /// Whether a canary may be sent now.
    pub fn canary(&self, now: Timestamp) -> CanaryStep {
        if self.next_canary_at <= now {
            CanaryStep::Send
        } else {
            CanaryStep::Wait(self.next_canary_at)
        }
    }

    /// A canary was accepted: the next may follow at once, and enough of them end the incident. A credential that is
    /// accepted once is accepted.
    pub fn canary_accepted(&mut self, now: Timestamp, rules: &IncidentRules) -> Option<IncidentEnd> {
        self.accepted_in_a_row = self.accepted_in_a_row.saturating_add(1);
        self.next_canary_at = now;
        let needed = match self.cause {
            IncidentCause::ProvenTokensRefused { .. } => rules.canaries,
            IncidentCause::CredentialRefused { .. } => 1,
        };
        (self.accepted_in_a_row >= needed).then_some(IncidentEnd::Recovered)
    }

    /// A canary was refused in the same way: the next comes after a longer pause.
    pub fn canary_refused(&mut self, now: Timestamp, rules: &IncidentRules) {
        self.accepted_in_a_row = 0;
        self.refused = self.refused.saturating_add(1);
        self.next_canary_at = now.saturating_add(self.pause(rules));
    }

    /// A canary was not answered, or Apple is not well: another may follow after the pause that is due anyway.
    pub fn canary_unanswered(&mut self, now: Timestamp, rules: &IncidentRules) {
        self.next_canary_at = now.saturating_add(self.pause(rules));
    }

    /// A canary said nothing of the lane (its app was deleted, say): another may be tried at once.
    pub fn canary_said_nothing(&mut self, now: Timestamp) {
        self.next_canary_at = now;
    }

    /// Something was changed that may have mended it: a canary may be sent at once.
    pub fn mended(&mut self, now: Timestamp) {
        self.refused = 0;
        self.next_canary_at = self.next_canary_at.min(now);
    }

    /// Doubled with each canary that was refused.
    fn pause(&self, rules: &IncidentRules) -> Duration {
        let doublings = self.refused.min(16);
        let pause = rules.first_pause.saturating_mul(1 << doublings);
        pause.min(rules.longest_pause)
    }
}
