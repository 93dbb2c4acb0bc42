//! One connection as it is now.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Purpose;

/// The number of a connection: no two of a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The next.
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// As a number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// The name, TCP, TLS or the first SETTINGS are awaited.
    Connecting,
    /// It takes requests.
    Ready,
    /// It takes no more requests, and ends with its last answer.
    Draining,
    /// It is no more.
    Closed,
}

impl ConnectionState {
    /// The name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Closed => "closed",
        }
    }
}

/// One connection, as it was at the end of its last turn.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionSnapshot {
    /// Which.
    pub id: ConnectionId,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it is in its life.
    pub state: ConnectionState,
    /// How long ago it was begun.
    pub age: Duration,
    /// The address at the other end: the proxy's, if there is one. `None` while there is none yet.
    pub remote: Option<SocketAddr>,
    /// Requests that wait for their answers.
    pub streams: u32,
    /// How many may wait at once, as the newest SETTINGS of APNs say; `None` while they say nothing of it.
    pub streams_allowed: Option<u32>,
    /// How many bytes of payload APNs takes now on the whole connection.
    pub send_window: i64,
    /// How long an answer takes: a moving average. `None` before the first.
    pub answer_time: Option<Duration>,
    /// How long the answer to the last ping took. There are pings only where nothing else is heard.
    pub ping_time: Option<Duration>,
    /// Requests that were answered.
    pub answers: u64,
}
