//! What a device token is: its state, what decided it, and whether it is sent to.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};
use uuid::Uuid;

/// What a device token is at some instant, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: TokenState,
    /// What decided it.
    pub cause: Cause,
    /// Since when: when the deciding evidence was known.
    pub since: Timestamp,
    /// Where the token belongs, as far as that is known or claimed.
    pub environment: Option<Environment>,
    /// Whether notifications may be sent to it.
    pub sending: Sending,
    /// The app claims another environment than the one in which the token is proven.
    pub claim_is_wrong: bool,
}

/// The state of a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Registered or imported, and not yet accepted by APNs.
    Unproven,
    /// APNs accepted a notification to it, and nothing speaks against it.
    Active,
    /// Something speaks against it that cannot be trusted yet. Nothing is sent, and notifications to it are kept until
    /// they expire.
    Quarantined,
    /// APNs said that it was dead, later than the newest registration.
    Unregistered,
    /// It is bad in every environment that the app's credentials reach.
    Rejected,
    /// The same installation registered another token.
    Superseded,
}

impl TokenState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Unproven,
        Self::Active,
        Self::Quarantined,
        Self::Unregistered,
        Self::Rejected,
        Self::Superseded,
    ];

    /// The name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Active => "active",
            Self::Quarantined => "quarantined",
            Self::Unregistered => "unregistered",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
        }
    }

    /// Whether it is one of the three from which only a new registration, a restore or another credential leads back.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Unregistered | Self::Rejected | Self::Superseded)
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TokenState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(UnknownState)
    }
}

/// A text names no state of a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the state is none of unproven, active, quarantined, unregistered, rejected and superseded",
        )
    }
}

impl std::error::Error for UnknownState {}

/// What decided the state of a device token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It was registered, and nothing else is known.
    Registered,
    /// APNs accepted a notification.
    Accepted,
    /// APNs called it bad in one environment; the other has not been tried.
    TryingOther {
        /// Where it was bad.
        bad_in: Environment,
    },
    /// APNs dated its death before the newest registration: the app has come back since.
    DiedBeforeRegistration,
    /// The same, twice: one of the two clocks, or of the two stories, is wrong.
    DeadTwiceBeforeRegistration,
    /// APNs said that it was dead.
    Dead {
        /// When APNs confirmed it.
        dead_at: Timestamp,
    },
    /// It is of a kind that lives for hours, and they are over.
    TooOld,
    /// Bad wherever it can be tried.
    BadEverywhere,
    /// Bad in one environment, and no credential reaches the other.
    OtherUnreachable {
        /// Where it could not be tried.
        other: Environment,
    },
    /// Proven there once, and called bad now.
    ProvenAndBad {
        /// Where.
        environment: Environment,
    },
    /// Bad, but in a lane that has done well by nobody yet: it may be us.
    LaneUnproven,
    /// It belongs to another app, or to another kind.
    WrongTopic {
        /// Where.
        environment: Environment,
    },
    /// What speaks against it was answered during an incident.
    Incident {
        /// Which.
        incident: Uuid,
    },
    /// Somebody confirmed what was answered during an incident.
    Confirmed {
        /// Which.
        incident: Uuid,
    },
    /// The same installation registered another token.
    SupersededBy {
        /// The fingerprint of the other.
        fingerprint: Box<str>,
    },
}

impl Cause {
    /// Its name, for events.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Accepted => "accepted",
            Self::TryingOther { .. } => "trying_other",
            Self::DiedBeforeRegistration => "died_before_registration",
            Self::DeadTwiceBeforeRegistration => "dead_twice_before_registration",
            Self::Dead { .. } => "dead",
            Self::TooOld => "too_old",
            Self::BadEverywhere => "bad_everywhere",
            Self::OtherUnreachable { .. } => "other_unreachable",
            Self::ProvenAndBad { .. } => "proven_and_bad",
            Self::LaneUnproven => "lane_unproven",
            Self::WrongTopic { .. } => "wrong_topic",
            Self::Incident { .. } => "incident",
            Self::Confirmed { .. } => "confirmed",
            Self::SupersededBy { .. } => "superseded_by",
        }
    }
}

/// Whether notifications may be sent to a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Yes, on the main connections: it is proven there.
    To(Environment),
    /// Yes, on the connections for what may be refused.
    OnProbation(Environment),
    /// Not before that instant, and then on probation there.
    NotBefore(Timestamp, Environment),
    /// Not until something changes; what is meant for it waits.
    Held,
    /// No.
    Never,
}

impl Standing {
    /// Whether a notification may be sent at that instant, and where: the environment, and whether on probation.
    pub fn send_at(&self, now: Timestamp) -> Option<(Environment, bool)> {
        match self.sending {
            Sending::To(environment) => Some((environment, false)),
            Sending::OnProbation(environment) => Some((environment, true)),
            Sending::NotBefore(at, environment) if at <= now => Some((environment, true)),
            Sending::NotBefore(..) | Sending::Held | Sending::Never => None,
        }
    }

    /// Whether it is in doubt for what may be a mistake of ours, and no incident of its lane decides.
    pub(crate) const fn is_doubt_of_ours(&self) -> bool {
        match self.cause {
            Cause::ProvenAndBad { .. }
            | Cause::LaneUnproven
            | Cause::WrongTopic { .. }
            | Cause::OtherUnreachable { .. } => true,
            Cause::Registered
            | Cause::Accepted
            | Cause::TryingOther { .. }
            | Cause::DiedBeforeRegistration
            | Cause::DeadTwiceBeforeRegistration
            | Cause::Dead { .. }
            | Cause::TooOld
            | Cause::BadEverywhere
            | Cause::Incident { .. }
            | Cause::Confirmed { .. }
            | Cause::SupersededBy { .. } => false,
        }
    }

    /// How long until it may be tried again, where time alone decides.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        match self.sending {
            Sending::NotBefore(at, _) => Some(at.saturating_since(now)),
            Sending::To(_) | Sending::OnProbation(_) | Sending::Held | Sending::Never => None,
        }
    }
}
