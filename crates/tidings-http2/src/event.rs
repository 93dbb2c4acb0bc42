//! What a connection tells its owner.

use crate::error_code::ErrorCode;
use crate::hpack::FieldList;
use crate::stream_id::StreamId;

/// Something that happened on the connection. It borrows the connection: deal with it, then poll again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request (to a server), a response (to a client), or trailers, which have no pseudo-header fields.
    Headers {
        /// The stream.
        stream: StreamId,
        /// What the owner put on the stream: [`Connection::open`](crate::Connection::open) or
        /// [`Connection::set_tag`](crate::Connection::set_tag). Zero before that.
        tag: u64,
        /// The header fields in order, pseudo-header fields first.
        fields: &'a FieldList,
        /// Nothing follows from the peer on this stream.
        end_stream: bool,
    },
    /// A part of a body.
    Data {
        /// The stream.
        stream: StreamId,
        /// What the owner put on the stream.
        tag: u64,
        /// The bytes, without padding.
        data: &'a [u8],
        /// Nothing follows from the peer on this stream.
        end_stream: bool,
    },
    /// The stream has ended early: the peer reset it, or sent something on it that broke the rules for a stream and it
    /// was reset for that. A request that was refused before a server heard of it is not told.
    Reset {
        /// The stream, closed now.
        stream: StreamId,
        /// What the owner put on the stream.
        tag: u64,
        /// Why.
        code: ErrorCode,
        /// Who reset it.
        by: ResetBy,
    },
    /// The peer's SETTINGS were taken over: limits and windows may have changed.
    Settings,
    /// The peer has taken over our newest SETTINGS.
    SettingsAcked,
    /// The peer answered a ping.
    Pong {
        /// The eight bytes of the ping.
        payload: [u8; 8],
    },
    /// The peer will close the connection. Streams above `last_stream` were not processed and are forgotten here;
    /// [`Connection::open`](crate::Connection::open) fails from now on.
    GoAway {
        /// The last stream that the peer may have processed.
        last_stream: StreamId,
        /// Why.
        code: ErrorCode,
        /// What the peer says about it; APNs puts `{"reason":"…"}` here.
        debug: &'a [u8],
    },
}

/// Which side reset a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetBy {
    /// The peer sent `RST_STREAM`.
    Peer,
    /// This side did, because of what came on the stream.
    Us,
}
