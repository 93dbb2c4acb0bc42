//! The live streams of a connection and their states (RFC 9113, section 5.1).
//!
//! ```text
//!            open ── either side ends ──▶ half closed ── the other ends ──▶ closed (forgotten)
//!              └────────────── `RST_STREAM`, GOAWAY below its id ───────────────▶ closed
//! ```
//! A stream that is closed has no entry: what still arrives on it is ignored, at a cost (see `budget`).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::error_code::ErrorCode;
use crate::stream_id::StreamId;

/// One live stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The owner's mark.
    pub(crate) tag: u64,
    /// Bytes we may still send on it; negative after the peer shrank the initial window.
    pub(crate) send_window: i64,
    /// Bytes the peer may still send on it; negative after we shrank the initial window.
    pub(crate) receive_window: i64,
    /// Bytes received and not yet credited back.
    pub(crate) uncredited: u32,
    /// We have ended our side (queued counts: nothing may be added).
    pub(crate) local_ended: bool,
    /// The peer has ended its side.
    pub(crate) remote_ended: bool,
    /// The peer's header block has arrived; another one would be trailers.
    pub(crate) headers_received: bool,
    /// Bytes of body that `content-length` still promises.
    pub(crate) promised: Option<u64>,
    /// Body that the windows did not allow yet.
    pub(crate) unsent: Option<Box<Unsent>>,
}

/// The part of a body that waits for a window.
#[derive(Debug)]
pub(crate) struct Unsent {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sent: usize,
    pub(crate) end_stream: bool,
    /// It stands in the connection's queue of streams that wait for the connection window only.
    pub(crate) queued: bool,
}

impl Stream {
    pub(crate) fn new(tag: u64, send_window: u32, receive_window: u32) -> Self {
        Self {
            tag,
            send_window: i64::from(send_window),
            receive_window: i64::from(receive_window),
            uncredited: 0,
            local_ended: false,
            remote_ended: false,
            headers_received: false,
            promised: None,
            unsent: None,
        }
    }

    /// Both sides have ended and nothing waits to be sent.
    pub(crate) fn is_closed(&self) -> bool {
        self.local_ended && self.remote_ended && self.unsent.is_none()
    }

    /// The peer's side may end: `content-length` must have been kept.
    ///
    /// # Errors
    ///
    /// By which code the stream is to be reset.
    pub(crate) fn end_remote(&mut self, end_stream: bool) -> Result<(), ErrorCode> {
        self.remote_ended = end_stream;
        let is_short = end_stream && self.promised.is_some_and(|left| left > 0);
        if is_short {
            Err(ErrorCode::PROTOCOL_ERROR)
        } else {
            Ok(())
        }
    }

    /// Its body waits for its own window only, and that is open now.
    pub(crate) fn can_go_on(&self) -> bool {
        self.send_window > 0 && self.unsent.as_ref().is_some_and(|unsent| !unsent.queued)
    }
}

impl Unsent {
    /// What has not been sent yet.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Adds to the end, and drops what was sent before it outweighs the rest.
    pub(crate) fn append(&mut self, body: &[u8], end_stream: bool) {
        if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
        self.bytes.extend_from_slice(body);
        self.end_stream = end_stream;
    }
}

/// The live streams by their id.
pub(crate) type Streams = HashMap<StreamId, Stream, BuildHasherDefault<IdHasher>>;

/// Spreads stream ids by one multiplication. Live ids are odd, so the lowest bit says nothing; and they only ever grow
/// on a connection, which leaves a peer little choice to make them collide on purpose.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = u64::from(id >> 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
}
