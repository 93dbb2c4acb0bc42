//! What was seen of a device token.

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};
use uuid::Uuid;

/// How often a device token has been registered or restored.
///
/// Every request is sent under a generation, and its answer speaks of that generation alone: an answer to a request of
/// before the newest registration never counts against it. A count cannot jump as a clock can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// The one after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// One thing that was seen of a device token. Of an answer, `sent_at` is when its request was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// The app told us this token, as it should at every launch.
    Registered {
        /// The generation that begins.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// The environment that the app believes to be in.
        claimed: Option<Environment>,
    },
    /// APNs accepted a notification. It proves the address, and not that the app is still there.
    Accepted {
        /// The generation that it was sent under.
        generation: Generation,
        /// When it was sent.
        sent_at: Timestamp,
        /// The environment that the token is hereby proven to belong to.
        environment: Environment,
    },
    /// 410 `Unregistered`.
    Unregistered {
        /// The generation that it was sent under.
        generation: Generation,
        /// When it was sent.
        sent_at: Timestamp,
        /// When the answer came.
        answered_at: Timestamp,
        /// Where it was sent.
        environment: Environment,
        /// When APNs confirmed the death; `None` when it said nothing legible.
        dead_at: Option<Timestamp>,
    },
    /// 410 `ExpiredToken`.
    Expired {
        /// The generation that it was sent under.
        generation: Generation,
        /// When it was sent.
        sent_at: Timestamp,
        /// When the answer came.
        answered_at: Timestamp,
        /// Where it was sent.
        environment: Environment,
        /// When APNs confirmed the death; `None` when it said nothing legible.
        dead_at: Option<Timestamp>,
    },
    /// 400 `BadDeviceToken`.
    BadToken {
        /// The generation that it was sent under.
        generation: Generation,
        /// When it was sent.
        sent_at: Timestamp,
        /// When the answer came.
        answered_at: Timestamp,
        /// Where it was sent.
        environment: Environment,
        /// Whether the lane was doing well by other tokens at the time, so that this is about the token.
        credible: bool,
    },
    /// 400 `DeviceTokenNotForTopic`.
    WrongTopic {
        /// The generation that it was sent under.
        generation: Generation,
        /// When it was sent.
        sent_at: Timestamp,
        /// When the answer came.
        answered_at: Timestamp,
        /// Where it was sent.
        environment: Environment,
    },
    /// The same installation registered another token of this kind.
    Superseded {
        /// The generation that ends.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// The fingerprint of the other token.
        by: Box<str>,
    },
    /// An incident began: what was answered in this environment since then is not believed for now.
    Doubted {
        /// The generation whose answers are doubted.
        generation: Generation,
        /// When the incident opened.
        at: Timestamp,
        /// Where.
        environment: Environment,
        /// Requests that were sent at or after this are doubted.
        since: Timestamp,
        /// The incident.
        incident: Uuid,
    },
    /// Somebody confirmed that the answers of an incident were right.
    Confirmed {
        /// The generation whose answers are confirmed.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// The incident.
        incident: Uuid,
    },
    /// What was held against the token until now is void; but a 410 is only voided by [`RestoreCause::Operator`].
    Restored {
        /// The generation that begins.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// Why.
        why: RestoreCause,
    },
}

/// Why a device token was given a new chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RestoreCause {
    /// Somebody asked for it.
    Operator,
    /// An incident ended, and showed that the fault was ours.
    IncidentReleased {
        /// The incident.
        incident: Uuid,
    },
    /// The app was given another credential.
    CredentialChanged,
}

impl Evidence {
    /// The generation that it speaks of.
    pub const fn generation(&self) -> Generation {
        match self {
            Self::Registered { generation, .. }
            | Self::Accepted { generation, .. }
            | Self::Unregistered { generation, .. }
            | Self::Expired { generation, .. }
            | Self::BadToken { generation, .. }
            | Self::WrongTopic { generation, .. }
            | Self::Superseded { generation, .. }
            | Self::Doubted { generation, .. }
            | Self::Confirmed { generation, .. }
            | Self::Restored { generation, .. } => *generation,
        }
    }

    /// When it happened; of an answer, when its request was sent.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Registered { at, .. }
            | Self::Superseded { at, .. }
            | Self::Doubted { at, .. }
            | Self::Confirmed { at, .. }
            | Self::Restored { at, .. } => *at,
            Self::Accepted { sent_at, .. }
            | Self::Unregistered { sent_at, .. }
            | Self::Expired { sent_at, .. }
            | Self::BadToken { sent_at, .. }
            | Self::WrongTopic { sent_at, .. } => *sent_at,
        }
    }

    /// When an answer came; [`Self::at`] for everything else.
    pub const fn known_at(&self) -> Timestamp {
        match self {
            Self::Unregistered { answered_at, .. }
            | Self::Expired { answered_at, .. }
            | Self::BadToken { answered_at, .. }
            | Self::WrongTopic { answered_at, .. } => *answered_at,
            Self::Registered { .. }
            | Self::Accepted { .. }
            | Self::Superseded { .. }
            | Self::Doubted { .. }
            | Self::Confirmed { .. }
            | Self::Restored { .. } => self.at(),
        }
    }

    /// The environment that it speaks of, where it speaks of one.
    pub const fn environment(&self) -> Option<Environment> {
        match self {
            Self::Accepted { environment, .. }
            | Self::Unregistered { environment, .. }
            | Self::Expired { environment, .. }
            | Self::BadToken { environment, .. }
            | Self::WrongTopic { environment, .. }
            | Self::Doubted { environment, .. } => Some(*environment),
            Self::Registered { claimed, .. } => *claimed,
            Self::Superseded { .. } | Self::Confirmed { .. } | Self::Restored { .. } => None,
        }
    }

    /// When the token was dead, of an answer that says so: as APNs dated it, else when it was asked.
    pub const fn dead_at(&self) -> Option<Timestamp> {
        match self {
            Self::Unregistered { sent_at, dead_at, .. } | Self::Expired { sent_at, dead_at, .. } => {
                match dead_at {
                    Some(at) => Some(*at),
                    None => Some(*sent_at),
                }
            }
            Self::Registered { .. }
            | Self::Accepted { .. }
            | Self::BadToken { .. }
            | Self::WrongTopic { .. }
            | Self::Superseded { .. }
            | Self::Doubted { .. }
            | Self::Confirmed { .. }
            | Self::Restored { .. } => None,
        }
    }

    /// Whether it speaks against the token.
    pub const fn is_damning(&self) -> bool {
        match self {
            Self::Unregistered { .. }
            | Self::Expired { .. }
            | Self::BadToken { .. }
            | Self::WrongTopic { .. } => true,
            Self::Registered { .. }
            | Self::Accepted { .. }
            | Self::Superseded { .. }
            | Self::Doubted { .. }
            | Self::Confirmed { .. }
            | Self::Restored { .. } => false,
        }
    }

    /// What sort of evidence it is, for keeping the first and the last of each.
    pub(crate) const fn sort(&self) -> u8 {
        match self {
            Self::Registered { .. } => 0,
            Self::Restored { .. } => 1,
            Self::Accepted { .. } => 2,
            Self::Unregistered { .. } => 3,
            Self::Expired { .. } => 4,
            Self::BadToken { credible: true, .. } => 5,
            Self::BadToken { credible: false, .. } => 6,
            Self::WrongTopic { .. } => 7,
            Self::Superseded { .. } => 8,
            Self::Doubted { .. } => 9,
            Self::Confirmed { .. } => 10,
        }
    }
}
