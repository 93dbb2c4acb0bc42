//! The sending half: opening streams, header blocks, bodies within the windows, and the frames of control.

use super::{Acknowledgement, Connection, Enforce, Role};
use crate::config::Credit;
use crate::error::{OpenError, StreamGone};
use crate::error_code::ErrorCode;
use crate::frame::{self, flag, kind};
use crate::hpack::Encoder;
use crate::settings::{self, MAX_WINDOW, id};
use crate::stream::{Stream, Unsent};
use crate::stream_id::StreamId;

/// Frames that may arrive on a stream after this side has reset it and before the peer knows: a header block, an empty
/// end of a body, a reset.
pub(super) const LATE_FRAMES: u32 = 3;

/// Streams that a peer is believed to have under way at most, however many it may open.
const MOST_UNDER_WAY: u32 = 1 << 14;

impl Connection {
    /// Opens a stream with a request; clients only. `encode` appends the header block by the encoder it is given.
    ///
    /// # Errors
    ///
    /// No stream can be opened now, and nothing was encoded.
    pub fn open(
        &mut self,
        tag: u64,
        end_stream: bool,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) -> Result<StreamId, OpenError> {
        let stream = self.may_open()?;
        self.next_stream = stream.successor();
        self.write_block(stream, end_stream, encode);
        let mut state = Stream::new(tag, self.peer.initial_window_size, self.stream_window);
        state.local_ended = end_stream;
        self.streams.insert(stream, state);
        Ok(stream)
    }

    /// Sends a header block on an open stream: a server's answer, or trailers.
    ///
    /// # Errors
    ///
    /// The stream is closed, or its body has already ended or still waits for a window.
    pub fn send_headers(
        &mut self,
        stream: StreamId,
        end_stream: bool,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) -> Result<(), StreamGone> {
        let state = self.streams.get_mut(&stream).ok_or(StreamGone)?;
        if state.local_ended || state.unsent.is_some() {
            return Err(StreamGone);
        }
        state.local_ended = end_stream;
        let closed = state.is_closed();
        self.write_block(stream, end_stream, encode);
        if closed {
            self.streams.remove(&stream);
        }
        Ok(())
    }

    /// Sends a part of a body. What the windows do not allow yet is kept and sent as they open; the caller bounds it
    /// by looking at [`Self::send_window`] and [`Self::queued_bytes`] first.
    ///
    /// # Errors
    ///
    /// The stream is closed or its body has ended.
    pub fn send_body(&mut self, stream: StreamId, body: &[u8], end_stream: bool) -> Result<(), StreamGone> {
        let state = self.streams.get_mut(&stream).ok_or(StreamGone)?;
        if state.local_ended {
            return Err(StreamGone);
        }
        state.local_ended = end_stream;
        if let Some(unsent) = &mut state.unsent {
            unsent.append(body, end_stream);
            self.queued_bytes += body.len();
            return Ok(());
        }
        let allowed = allowance(self.send_window, state.send_window).min(body.len());
        let (now, later) = body.split_at(allowed);
        let ends_now = end_stream && later.is_empty();
        if !now.is_empty() || ends_now {
            write_data(
                &mut self.outbound,
                self.peer.max_frame_size,
                stream,
                now,
                ends_now,
            );
        }
        self.send_window -= window_bytes(allowed);
        state.send_window -= window_bytes(allowed);
        if later.is_empty() {
            if state.is_closed() {
                self.streams.remove(&stream);
            }
            return Ok(());
        }
        let queued = state.send_window > 0;
        state.unsent = Some(Box::new(Unsent {
            bytes: later.to_vec(),
            sent: 0,
            end_stream,
            queued,
        }));
        self.queued_bytes += later.len();
        if queued {
            self.waiting.push_back(stream);
        }
        Ok(())
    }

    /// Resets a stream and forgets it. Nothing happens if it is closed already.
    pub fn reset(&mut self, stream: StreamId, code: ErrorCode) {
        if self.forget(stream).is_some() {
            frame::write_reset(&mut self.outbound, stream, code);
            self.budget.grant(LATE_FRAMES);
        }
    }

    /// Sends a ping; the answer comes as [`Event::Pong`](crate::Event::Pong).
    pub fn ping(&mut self, payload: [u8; 8]) {
        frame::write_ping(&mut self.outbound, 0, payload);
        self.pings_unanswered = self.pings_unanswered.saturating_add(1);
    }

    /// Announces the end of the connection: streams that the peer has opened so far are served, later ones are not.
    pub fn go_away(&mut self, code: ErrorCode, debug: &[u8]) {
        self.go_away_with_last(self.last_processed(), code, debug);
    }

    /// Announces the end of the connection with a last stream of the caller's choice. Streams of the peer above it are
    /// forgotten and later ones are ignored, except that [`StreamId::MAX`] only warns. A last stream once announced
    /// does not rise again (RFC 9113, section 6.8).
    pub fn go_away_with_last(&mut self, last: StreamId, code: ErrorCode, debug: &[u8]) {
        self.going_away = true;
        self.accept_up_to = self.accept_up_to.min(last);
        frame::write_go_away(&mut self.outbound, self.accept_up_to, code, debug);
        if self.role == Role::Server {
            self.forget_above(self.accept_up_to);
            // What the peer sends before it reads the GOAWAY is no fault of its.
            self.budget
                .grant(self.stream_limit.min(MOST_UNDER_WAY) * LATE_FRAMES);
        }
    }

    /// Changes how many streams the peer may have open, by a SETTINGS frame.
    pub fn set_max_concurrent_streams(&mut self, limit: u32, enforce: Enforce) {
        settings::write(&mut self.outbound, &[(id::MAX_CONCURRENT_STREAMS, limit)]);
        self.await_acknowledgement(Acknowledgement::StreamLimit(limit));
        if enforce == Enforce::AtOnce {
            self.stream_limit = limit;
        }
    }

    /// Changes the receive window that each stream begins with, by a SETTINGS frame. The windows of open streams change
    /// by as much, and may become negative. A smaller one is enforced once the peer has acknowledged it.
    pub fn set_initial_window_size(&mut self, size: u32) {
        let size = size.min(MAX_WINDOW);
        self.config.initial_window_size = size;
        settings::write(&mut self.outbound, &[(id::INITIAL_WINDOW_SIZE, size)]);
        self.await_acknowledgement(Acknowledgement::InitialWindow(size));
    }

    pub(super) fn await_acknowledgement(&mut self, of: Acknowledgement) {
        self.unacknowledged.push_back(of);
        self.shift_receive_windows();
    }

    /// Gives receive credit back to the peer, for a stream and the connection, or for the connection alone. Only with
    /// [`Credit::Manual`]; no more than was received is ever given.
    pub fn release(&mut self, stream: Option<StreamId>, bytes: u32) {
        if self.config.credit == Credit::Automatic {
            return;
        }
        self.credit_connection(bytes.min(self.uncredited));
        let Some(stream) = stream else { return };
        if let Some(state) = self.streams.get_mut(&stream) {
            let bytes = bytes.min(state.uncredited);
            credit_stream(&mut self.outbound, stream, state, bytes);
        }
    }

    /// Sends what the windows allow of the bodies that wait for the connection's window.
    pub(super) fn send_waiting(&mut self) {
        while self.send_window > 0 {
            let Some(stream) = self.waiting.pop_front() else {
                return;
            };
            self.send_unsent(stream);
        }
    }

    /// Sends what the windows allow of one stream's waiting body, and queues it again if the connection's window is
    /// what it waits for.
    pub(super) fn send_unsent(&mut self, stream: StreamId) {
        let Some(state) = self.streams.get_mut(&stream) else {
            return;
        };
        let Some(unsent) = &mut state.unsent else { return };
        let rest = unsent.rest();
        let allowed = allowance(self.send_window, state.send_window).min(rest.len());
        let is_last = allowed == rest.len();
        if allowed > 0 || is_last {
            let ends = is_last && unsent.end_stream;
            write_data(
                &mut self.outbound,
                self.peer.max_frame_size,
                stream,
                &rest[..allowed],
                ends,
            );
        }
        self.queued_bytes -= allowed;
        self.send_window -= window_bytes(allowed);
        state.send_window -= window_bytes(allowed);
        unsent.sent += allowed;
        unsent.queued = !is_last && state.send_window > 0;
        if unsent.queued {
            self.waiting.push_back(stream);
        }
        if is_last {
            state.unsent = None;
            if state.is_closed() {
                self.streams.remove(&stream);
            }
        }
    }

    /// Returns credit for the connection's receive window.
    pub(super) fn credit_connection(&mut self, bytes: u32) {
        if bytes > 0 {
            frame::write_window_update(&mut self.outbound, StreamId::CONNECTION, bytes);
            self.uncredited -= bytes;
            self.receive_window += i64::from(bytes);
        }
    }

    /// Drops a stream and what it had waiting.
    pub(super) fn forget(&mut self, stream: StreamId) -> Option<Stream> {
        let state = self.streams.remove(&stream)?;
        if let Some(unsent) = &state.unsent {
            self.queued_bytes -= unsent.rest().len();
            if unsent.queued {
                self.waiting.retain(|&waiting| waiting != stream);
            }
        }
        Some(state)
    }

    /// Drops all streams above `last`.
    pub(super) fn forget_above(&mut self, last: StreamId) {
        let above: Vec<StreamId> = self
            .streams
            .keys()
            .copied()
            .filter(|&stream| stream > last)
            .collect();
        for stream in above {
            self.forget(stream);
        }
    }

    fn may_open(&self) -> Result<StreamId, OpenError> {
        if self.is_closing() {
            return Err(OpenError::Closing);
        }
        if self
            .peer
            .max_concurrent_streams
            .is_some_and(|limit| self.streams.len() >= limit as usize)
        {
            return Err(OpenError::StreamLimit);
        }
        self.next_stream.ok_or(OpenError::NoStreamId)
    }

    /// Appends a header block in one HEADERS frame and, if it is longer than the peer's frames, CONTINUATION frames.
    fn write_block(
        &mut self,
        stream: StreamId,
        end_stream: bool,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) {
        let end_stream = if end_stream { flag::END_STREAM } else { 0 };
        let header_at = self.outbound.len();
        self.outbound.extend_from_slice(&[0; frame::HEADER_LEN]);
        let block_at = self.outbound.len();
        encode(&mut self.encoder, &mut self.outbound);
        let length = self.outbound.len() - block_at;
        let max = self.peer.max_frame_size as usize;
        if length <= max {
            let header = frame::header_bytes(length, kind::HEADERS, flag::END_HEADERS | end_stream, stream);
            self.outbound[header_at..block_at].copy_from_slice(&header);
        } else {
            let block = self.outbound.split_off(block_at);
            self.outbound.truncate(header_at);
            self.write_long_block(stream, end_stream, &block, max);
        }
    }

    fn write_long_block(&mut self, stream: StreamId, end_stream: u8, block: &[u8], max: usize) {
        let parts = block.len().div_ceil(max);
        for (index, part) in block.chunks(max).enumerate() {
            let (kind, end_stream) = if index == 0 {
                (kind::HEADERS, end_stream)
            } else {
                (kind::CONTINUATION, 0)
            };
            let end_headers = if index + 1 == parts { flag::END_HEADERS } else { 0 };
            frame::write_header(
                &mut self.outbound,
                part.len(),
                kind,
                end_headers | end_stream,
                stream,
            );
            self.outbound.extend_from_slice(part);
        }
    }
}

/// Returns credit for a stream's receive window, if the peer has use for it.
pub(super) fn credit_stream(out: &mut Vec<u8>, stream: StreamId, state: &mut Stream, bytes: u32) {
    if bytes > 0 && !state.remote_ended {
        frame::write_window_update(out, stream, bytes);
        state.uncredited -= bytes;
        state.receive_window += i64::from(bytes);
    }
}

/// How many bytes both windows allow.
fn allowance(connection: i64, stream: i64) -> usize {
    usize::try_from(connection.min(stream)).unwrap_or(0)
}

/// A count of bytes that a window allowed, as a change of the window.
fn window_bytes(allowed: usize) -> i64 {
    i64::try_from(allowed).unwrap_or(i64::MAX)
}

/// Appends a body as DATA frames that the peer accepts; an empty one as one empty frame.
fn write_data(out: &mut Vec<u8>, max_frame: u32, stream: StreamId, body: &[u8], end_stream: bool) {
    let end_flag = if end_stream { flag::END_STREAM } else { 0 };
    let mut rest = body;
    loop {
        let (part, after) = rest.split_at(rest.len().min(max_frame as usize));
        let flags = if after.is_empty() { end_flag } else { 0 };
        frame::write_header(out, part.len(), kind::DATA, flags, stream);
        out.extend_from_slice(part);
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}
