//! What goes wrong with one request.

use std::time::Duration;

use super::{GoAway, StatusFault};

/// The sum of all faults that struck.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Injected {
    /// The answer is this one, whatever the request is.
    pub(crate) status: Option<StatusFault>,
    /// The answer comes that much later.
    pub(crate) delay: Duration,
    /// Receive credit for the body comes that much later.
    pub(crate) credit_delay: Option<Duration>,
    /// The stream is refused.
    pub(crate) refuse: bool,
    /// The connection gets a new stream limit.
    pub(crate) max_streams: Option<u32>,
    /// There is no ordinary answer.
    pub(crate) ending: Option<Ending>,
}

/// An end other than an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing comes back, on this stream or, with `connection`, on none: pings stay unanswered too.
    Stall { connection: bool, processed: bool },
    /// The stream is reset with this code.
    Reset { code: u32, processed: bool },
    /// The connection ends without TLS's close alert.
    TlsCut { processed: bool },
    /// The connection ends with a TCP reset.
    TcpReset { processed: bool },
    /// The connection is ended by GOAWAY.
    GoAway(GoAway),
}
