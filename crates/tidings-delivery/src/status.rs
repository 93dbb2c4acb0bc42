//! What an engine says of itself: whether it works, and how its lanes do.

use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_store::{AppId, CredentialId, IncidentId};

/// Whether an engine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineHealth {
    /// It does.
    Working,
    /// It takes no new work, and finishes what it has begun.
    Draining,
    /// It has ended in good order.
    Drained,
    /// It cannot go on. The process should end, and start again.
    Stopped(StopCause),
}

/// Why an engine cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopCause {
    /// Another engine has taken over the work.
    Fenced,
    /// The store cannot be written any more.
    StoreBroken,
}

impl StopCause {
    /// What happened, in a clause.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Fenced => "another engine has taken over the work",
            Self::StoreBroken => "the store cannot be written any more",
        }
    }
}

/// How a lane does: one app, one environment, and the credential in use.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneStatus {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub environment: Environment,
    /// The credential in use; `None` while there is none that can be used.
    pub credential_id: Option<CredentialId>,
    /// How it does.
    pub health: LaneHealth,
    /// Requests that are on their way.
    pub in_flight: u64,
}

/// How a lane does.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneHealth {
    /// Everything is sent.
    Healthy,
    /// Only so much is sent as is answered: APNs is not well, or was not a moment ago.
    Cautious {
        /// How many requests may be sent now.
        allowance: u64,
    },
    /// Only canaries are sent.
    Incident {
        /// Which.
        incident_id: IncidentId,
        /// Since when the lane has been doubtful.
        since: Timestamp,
    },
    /// There is no credential that can be used.
    NoCredential,
}

impl LaneHealth {
    /// The name of it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Cautious { .. } => "cautious",
            Self::Incident { .. } => "incident",
            Self::NoCredential => "no_credential",
        }
    }
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainReport {
    /// Everything that had begun has ended and is written down.
    pub finished: bool,
    /// Requests that were still on their way. They are sent again, under the same ids, after the next start.
    pub abandoned: u64,
    /// How long it took.
    pub took: Duration,
}
