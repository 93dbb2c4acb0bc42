//! Why a request has no answer, and whether it may have reached APNs.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tidings_apns::GoAwayReason;
use tidings_http2::ErrorCode;

use crate::connect::{ConnectError, TlsError};

/// A request ended without an answer from APNs.
///
/// The one question that matters is whether APNs may have acted on it: [`Self::is_unsent`] says that it cannot have,
/// so that sending again cannot double anything.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// APNs has not processed the request: it never left this machine, or HTTP/2 says that it was not looked at.
    #[error("the request was not sent")]
    NotSent(#[source] Arc<Cause>),
    /// The request may or may not have been processed; sending it again may show a notification twice.
    #[error("the request was sent and its outcome is unknown")]
    Unknown(#[source] Arc<Cause>),
}

/// What happened to a request that has no answer. Shared by all requests that one event ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// No connection could be made.
    #[error("no connection could be made")]
    Connect(#[source] ConnectError),
    /// APNs closed the connection by GOAWAY.
    #[error("APNs closed the connection: {reason} ({code})")]
    GoAway {
        /// The HTTP/2 code.
        code: ErrorCode,
        /// What the debug data said, often the true cause.
        reason: GoAwayReason,
    },
    /// APNs reset the stream.
    #[error("APNs reset the stream ({0})")]
    Reset(ErrorCode),
    /// The connection broke.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// TLS failed on an established connection.
    #[error("TLS failed on the connection")]
    Tls(#[source] TlsError),
    /// The server broke HTTP/2.
    #[error("the server does not speak HTTP/2 properly")]
    Protocol(#[source] tidings_http2::ConnectionError),
    /// Nothing came from the server, not even an answer to a ping.
    #[error("the server has been silent for {} seconds", .0.as_secs())]
    Silent(Duration),
    /// There was no answer in time.
    #[error("there was no answer within {:.1} seconds", .0.as_secs_f32())]
    Deadline(Duration),
    /// The answer is not one that APNs gives.
    #[error("the answer is not one that APNs gives")]
    Answer,
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl SendError {
    /// APNs has surely not processed the request: it is safe to send it again.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// What happened.
    pub fn cause(&self) -> &Cause {
        match self {
            Self::NotSent(cause) | Self::Unknown(cause) => cause,
        }
    }

    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        self.cause().hint()
    }
}

impl Cause {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Connect(error) => error.hint(),
            Self::GoAway { reason, .. } => go_away_hint(reason),
            Self::Reset(_) | Self::Lost(_) | Self::Silent(_) => {
                "send again later; if it happens often, look at what lies between this machine and APNs"
            }
            Self::Deadline(_) => "send again later, or allow more time if APNs is known to be slow",
            Self::Tls(error) => error.hint(),
            Self::Protocol(_) | Self::Answer => {
                "make sure that the host is APNs and not a proxy that answers for it"
            }
            Self::Closed => "make a new client to send more",
        }
    }
}

fn go_away_hint(reason: &GoAwayReason) -> &'static str {
    match reason.reason() {
        Some(reason) => reason.guidance().what_to_do,
        None => "send again; APNs closes connections now and then",
    }
}
