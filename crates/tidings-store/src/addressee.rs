//! A device token that a notification may go to: only what sending needs.

use tidings_apns::{DeviceToken, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, Generation, Sending};

use crate::audience::Audience;
use crate::ids::DeviceId;

/// A device token that a notification may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Its id.
    pub device_id: DeviceId,
    /// The token.
    pub token: DeviceToken,
    /// What it is for.
    pub kind: TokenKind,
    /// The generation that a request is sent under.
    pub generation: Generation,
    /// Where APNs has accepted something for it.
    pub proven: EnvironmentSet,
    /// Whether it may be sent to, and where.
    pub sending: Sending,
    /// When a token that lives for hours ends.
    pub ends_at: Option<Timestamp>,
    /// An acceptance now, where `sending` says, would change nothing, and need not be written.
    pub settled: bool,
}

/// Which addressees are asked for: those with ids greater than `after`, up to and with `upto`, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudiencePage {
    /// To whom.
    pub audience: Audience,
    /// Tokens of which kind.
    pub kind: TokenKind,
    /// The last id of the page before.
    pub after: DeviceId,
    /// The last id that belongs to it.
    pub upto: DeviceId,
    /// How many at most. When fewer come, there are no more.
    pub limit: usize,
}
