//! The receiving half: frames are taken from the inbound buffer one by one, checked, and turned into happenings.

use std::ops::Range;
use std::time::Instant;

use super::send::credit_stream;
use super::{Acknowledgement, Connection, Happening, PartialBlock, Role};
use crate::config::Credit;
use crate::error::{ConnectionError, Violation};
use crate::error_code::ErrorCode;
use crate::event::ResetBy;
use crate::frame::{self, Header, flag, kind};
use crate::hpack::{DecodeError, FieldList};
use crate::message::{self, Block, Malformed};
use crate::settings::{self, MAX_WINDOW};
use crate::stream::Stream;
use crate::stream_id::StreamId;

/// Answers to the peer's control frames that may wait to be written before the peer is taken for one that only
/// sends and never reads.
const MAX_UNWRITTEN: usize = 1 << 20;

type Handled = Result<Option<Happening>, ConnectionError>;

impl Connection {
    /// Handles frames until one has something to tell, or no whole frame is left.
    pub(super) fn advance(&mut self, now: Instant) -> Handled {
        if self.preface_pending && !self.take_preface()? {
            return Ok(None);
        }
        loop {
            let Some((header, payload)) = self.next_frame()? else {
                self.compact();
                return Ok(None);
            };
            self.parsed = payload.end;
            if let Some(happening) = self.handle(header, payload, now)? {
                return Ok(Some(happening));
            }
        }
    }

    /// Whether the client's preface has arrived; it is consumed.
    fn take_preface(&mut self) -> Result<bool, ConnectionError> {
        let arrived = &self.inbound[self.parsed..];
        let length = arrived.len().min(frame::PREFACE.len());
        if arrived[..length] != frame::PREFACE[..length] {
            return Err(Violation::Preface.error());
        }
        if length < frame::PREFACE.len() {
            return Ok(false);
        }
        self.parsed += length;
        self.preface_pending = false;
        Ok(true)
    }

    fn next_frame(&self) -> Result<Option<(Header, Range<usize>)>, ConnectionError> {
        let Some(header) = self.inbound[self.parsed..].first_chunk().map(Header::parse) else {
            return Ok(None);
        };
        if header.length > self.config.max_frame_size as usize {
            return Err(Violation::FrameSize.error());
        }
        let start = self.parsed + frame::HEADER_LEN;
        let end = start + header.length;
        Ok((end <= self.inbound.len()).then_some((header, start..end)))
    }

    /// Moves an incomplete frame to the front, so that the buffer does not grow.
    fn compact(&mut self) {
        self.inbound.drain(..self.parsed);
        self.parsed = 0;
    }

    fn handle(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        if !self.settings_received && (header.kind != kind::SETTINGS || header.has(flag::ACK)) {
            return Err(Violation::FirstFrame.error());
        }
        if self.partial_block.is_some() && header.kind != kind::CONTINUATION {
            return Err(Violation::HeaderBlock.error());
        }
        let on_connection = header.stream.is_connection();
        match header.kind {
            kind::SETTINGS | kind::PING | kind::GOAWAY if !on_connection => {
                Err(Violation::WrongStream.error())
            }
            kind::DATA | kind::HEADERS | kind::PRIORITY | kind::RST_STREAM | kind::CONTINUATION
                if on_connection =>
            {
                Err(Violation::WrongStream.error())
            }
            kind::DATA => self.on_data(header, payload, now),
            kind::HEADERS => self.on_headers(header, payload, now),
            kind::CONTINUATION => self.on_continuation(header, payload, now),
            kind::RST_STREAM => self.on_reset(header.stream, payload, now),
            kind::SETTINGS => self.on_settings(header, payload, now),
            kind::PING => self.on_ping(header, payload, now),
            kind::GOAWAY => self.on_go_away(payload),
            kind::WINDOW_UPDATE => self.on_window_update(header.stream, payload, now),
            kind::PUSH_PROMISE => Err(Violation::Role.error()),
            kind::PRIORITY if header.length != 5 => Err(Violation::FrameSize.error()),
            _priority_or_unknown => self.budget.spend(now).map(|()| None),
        }
    }

    fn on_headers(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let content = frame::content_range(header, &self.inbound[payload.clone()])?;
        let block = payload.start + content.start..payload.start + content.end;
        let end_stream = header.has(flag::END_STREAM);
        if header.has(flag::END_HEADERS) {
            let decoded = self.decoder.decode(&self.inbound[block], &mut self.fields);
            return self.on_block(header.stream, end_stream, decoded, now);
        }
        let bytes = self.inbound[block].to_vec();
        self.partial_block = Some(PartialBlock {
            stream: header.stream,
            end_stream,
            bytes,
        });
        Ok(None)
    }

    fn on_continuation(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let mut partial = self.partial_block.take().ok_or(Violation::HeaderBlock.error())?;
        if partial.stream != header.stream {
            return Err(Violation::HeaderBlock.error());
        }
        self.budget.spend(now)?;
        partial.bytes.extend_from_slice(&self.inbound[payload]);
        if partial.bytes.len() > self.max_block() {
            return Err(Violation::Flood.error());
        }
        if !header.has(flag::END_HEADERS) {
            self.partial_block = Some(partial);
            return Ok(None);
        }
        let decoded = self.decoder.decode(&partial.bytes, &mut self.fields);
        self.on_block(partial.stream, partial.end_stream, decoded, now)
    }

    /// Bytes of a compressed header block that are collected at most. Compression makes a block smaller than the list
    /// it stands for, so an honest one fits.
    fn max_block(&self) -> usize {
        self.config.max_header_list_size.max(self.config.max_frame_size) as usize
    }

    /// A whole header block has arrived. It was decoded whatever becomes of the stream, to keep the tables in step.
    fn on_block(
        &mut self,
        stream: StreamId,
        end: bool,
        decoded: Result<(), DecodeError>,
        now: Instant,
    ) -> Handled {
        let too_large = match decoded {
            Ok(()) => false,
            Err(DecodeError::ListTooLarge) => true,
            Err(error) => return Err(Violation::Compression(error).error()),
        };
        if !self.admit(stream, now)? {
            return Ok(None);
        }
        let Some(state) = self.streams.get_mut(&stream) else {
            return Ok(None);
        };
        if too_large {
            return self.break_stream(stream, ErrorCode::ENHANCE_YOUR_CALM, now);
        }
        match accept_block(self.role, state, &self.fields, end) {
            Ok(Block::Response(100..=199)) => self.budget.spend(now).map(|()| None),
            Ok(_) => {
                let tag = state.tag;
                self.close_if_ended(stream);
                Ok(Some(Happening::Headers {
                    stream,
                    tag,
                    end_stream: end,
                }))
            }
            Err(code) => self.break_stream(stream, code, now),
        }
    }

    /// Whether a header block on this stream is to be looked at: the stream is live, or a request that may begin.
    fn admit(&mut self, stream: StreamId, now: Instant) -> Result<bool, ConnectionError> {
        if self.streams.contains_key(&stream) {
            return Ok(true);
        }
        if self.role == Role::Client {
            self.must_have_been_opened(stream)?;
            return self.budget.spend(now).map(|()| false);
        }
        if !stream.is_client_initiated() {
            return Err(Violation::StreamId.error());
        }
        if stream <= self.last_peer_stream || stream > self.accept_up_to {
            self.last_peer_stream = self.last_peer_stream.max(stream);
            return self.budget.spend(now).map(|()| false);
        }
        self.last_peer_stream = stream;
        if self.streams.len() >= self.stream_limit as usize {
            frame::write_reset(&mut self.outbound, stream, ErrorCode::REFUSED_STREAM);
            return self.budget.spend(now).map(|()| false);
        }
        let state = Stream::new(0, self.peer.initial_window_size, self.config.initial_window_size);
        self.streams.insert(stream, state);
        Ok(true)
    }

    fn on_data(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let content = frame::content_range(header, &self.inbound[payload.clone()])?;
        let length = u32::try_from(header.length).map_err(|_beyond_24_bits| Violation::FrameSize.error())?;
        self.take_from_connection_window(length)?;
        let stream = header.stream;
        let end_stream = header.has(flag::END_STREAM);
        if content.is_empty() && !end_stream {
            self.budget.spend(now)?;
        }
        let Some(state) = self.streams.get_mut(&stream) else {
            self.must_have_been_opened(stream)?;
            if self.config.credit == Credit::Manual {
                self.credit_connection(length.min(self.uncredited));
            }
            return self.budget.spend(now).map(|()| None);
        };
        state.receive_window -= i64::from(length);
        state.uncredited += length;
        if let Err(code) = accept_data(state, content.len() as u64, end_stream) {
            return self.break_stream(stream, code, now);
        }
        let half = (self.config.initial_window_size / 2).max(1);
        if self.config.credit == Credit::Automatic && !end_stream && state.uncredited >= half {
            let bytes = state.uncredited;
            credit_stream(&mut self.outbound, stream, state, bytes);
        }
        let tag = state.tag;
        self.close_if_ended(stream);
        let data = payload.start + content.start..payload.start + content.end;
        Ok(Some(Happening::Data {
            stream,
            tag,
            data,
            end_stream,
        }))
    }

    /// Counts bytes of DATA against the connection's window, and returns the credit by halves.
    fn take_from_connection_window(&mut self, length: u32) -> Result<(), ConnectionError> {
        self.receive_window -= i64::from(length);
        if self.receive_window < 0 {
            return Err(Violation::FlowControl.error());
        }
        self.uncredited += length;
        if self.config.credit == Credit::Automatic && self.uncredited >= self.config.connection_window / 2 {
            self.credit_connection(self.uncredited);
        }
        Ok(())
    }

    fn on_reset(&mut self, stream: StreamId, payload: Range<usize>, now: Instant) -> Handled {
        let code = ErrorCode(frame::four_bytes(&self.inbound[payload])?);
        self.must_have_been_opened(stream)?;
        // A client's own streams bound how many a server can reset; a server's are bounded by nothing else.
        if self.role == Role::Server {
            self.budget.spend(now)?;
        }
        let Some(state) = self.forget(stream) else {
            return Ok(None);
        };
        Ok(Some(Happening::Reset {
            stream,
            tag: state.tag,
            code,
            by: ResetBy::Peer,
        }))
    }

    fn on_settings(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        if header.has(flag::ACK) {
            return self.on_settings_ack(&payload);
        }
        self.spend_on_answer(now)?;
        let before = self.peer;
        if !self.settings_received {
            self.peer.max_concurrent_streams = None;
            self.settings_received = true;
        }
        self.peer.apply(&self.inbound[payload])?;
        if self.peer.header_table_size != before.header_table_size {
            self.encoder
                .set_peer_table_size(self.peer.header_table_size as usize);
        }
        let change = i64::from(self.peer.initial_window_size) - i64::from(before.initial_window_size);
        self.shift_stream_windows(change)?;
        settings::write_ack(&mut self.outbound);
        Ok(Some(Happening::Settings))
    }

    fn on_settings_ack(&mut self, payload: &Range<usize>) -> Handled {
        if !payload.is_empty() {
            return Err(Violation::FrameSize.error());
        }
        match self
            .unacknowledged
            .pop_front()
            .ok_or(Violation::UnexpectedAck.error())?
        {
            Acknowledgement::Initial => self
                .decoder
                .set_max_table_size(self.config.header_table_size as usize),
            Acknowledgement::StreamLimit(limit) => self.stream_limit = limit,
        }
        Ok(Some(Happening::SettingsAcked))
    }

    /// A new initial window changes the window of every open stream (RFC 9113, section 6.9.2).
    fn shift_stream_windows(&mut self, change: i64) -> Result<(), ConnectionError> {
        if change == 0 {
            return Ok(());
        }
        let mut opened = Vec::new();
        for (&stream, state) in &mut self.streams {
            state.send_window += change;
            if state.send_window > i64::from(MAX_WINDOW) {
                return Err(Violation::FlowControl.error());
            }
            if state.send_window > 0 && state.unsent.as_ref().is_some_and(|unsent| !unsent.queued) {
                opened.push(stream);
            }
        }
        opened.sort_unstable();
        for stream in opened {
            self.send_unsent(stream);
        }
        Ok(())
    }

    fn on_ping(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let bytes = &self.inbound[payload];
        let payload: [u8; 8] = bytes
            .try_into()
            .map_err(|_wrong_length| Violation::FrameSize.error())?;
        if header.has(flag::ACK) {
            return Ok(Some(Happening::Pong { payload }));
        }
        self.spend_on_answer(now)?;
        frame::write_ping(&mut self.outbound, flag::ACK, payload);
        Ok(None)
    }

    fn on_go_away(&mut self, payload: Range<usize>) -> Handled {
        let (last_stream, code) = frame::parse_go_away(&self.inbound[payload.clone()])?;
        self.going_away = true;
        if self.role == Role::Client {
            self.forget_above(last_stream);
        }
        Ok(Some(Happening::GoAway {
            last_stream,
            code,
            debug: payload.start + frame::GO_AWAY_DEBUG_AT..payload.end,
        }))
    }

    fn on_window_update(&mut self, stream: StreamId, payload: Range<usize>, now: Instant) -> Handled {
        let increment = frame::four_bytes(&self.inbound[payload])? & MAX_WINDOW;
        if stream.is_connection() {
            return self.widen_connection(increment);
        }
        let Some(state) = self.streams.get_mut(&stream) else {
            self.must_have_been_opened(stream)?;
            return Ok(None);
        };
        state.send_window += i64::from(increment);
        if increment == 0 {
            return self.break_stream(stream, ErrorCode::PROTOCOL_ERROR, now);
        }
        if state.send_window > i64::from(MAX_WINDOW) {
            return self.break_stream(stream, ErrorCode::FLOW_CONTROL_ERROR, now);
        }
        if state.unsent.as_ref().is_some_and(|unsent| !unsent.queued) && state.send_window > 0 {
            self.send_unsent(stream);
        }
        Ok(None)
    }

    fn widen_connection(&mut self, increment: u32) -> Handled {
        if increment == 0 {
            return Err(Violation::WindowIncrement.error());
        }
        self.send_window += i64::from(increment);
        if self.send_window > i64::from(MAX_WINDOW) {
            return Err(Violation::FlowControl.error());
        }
        self.send_waiting();
        Ok(None)
    }

    /// Resets a stream because of what the peer sent on it.
    fn break_stream(&mut self, stream: StreamId, code: ErrorCode, now: Instant) -> Handled {
        if self.role == Role::Server {
            self.budget.spend(now)?;
        }
        let Some(state) = self.forget(stream) else {
            return Ok(None);
        };
        frame::write_reset(&mut self.outbound, stream, code);
        Ok(Some(Happening::Reset {
            stream,
            tag: state.tag,
            code,
            by: ResetBy::Us,
        }))
    }

    /// A frame that makes us answer: it costs, and so does letting the answers pile up unread.
    fn spend_on_answer(&mut self, now: Instant) -> Result<(), ConnectionError> {
        if self.output().len() > MAX_UNWRITTEN {
            return Err(Violation::Flood.error());
        }
        self.budget.spend(now)
    }

    /// A frame on a stream that is not live is a late one, unless nobody ever opened the stream.
    fn must_have_been_opened(&self, stream: StreamId) -> Result<(), ConnectionError> {
        let was_opened = match self.role {
            Role::Client => stream.is_client_initiated() && self.next_stream.is_none_or(|next| stream < next),
            Role::Server => stream.is_client_initiated() && stream <= self.last_peer_stream,
        };
        if was_opened {
            Ok(())
        } else {
            Err(Violation::IdleStream.error())
        }
    }

    fn close_if_ended(&mut self, stream: StreamId) {
        if self.streams.get(&stream).is_some_and(Stream::is_closed) {
            self.streams.remove(&stream);
        }
    }
}

/// Takes a header block into the stream's state, or says by which code the stream is to be reset.
fn accept_block(
    role: Role,
    state: &mut Stream,
    fields: &FieldList,
    end_stream: bool,
) -> Result<Block, ErrorCode> {
    let malformed = |Malformed| ErrorCode::PROTOCOL_ERROR;
    if state.remote_ended {
        return Err(ErrorCode::STREAM_CLOSED);
    }
    let block = match (state.headers_received, role) {
        (true, _) if end_stream => message::trailers(fields),
        (true, _) => Err(Malformed),
        (false, Role::Server) => message::request(fields),
        (false, Role::Client) => message::response(fields),
    }
    .map_err(malformed)?;
    if let Block::Response(100..=199) = block {
        return if end_stream {
            Err(ErrorCode::PROTOCOL_ERROR)
        } else {
            Ok(block)
        };
    }
    let is_whole_response = end_stream && matches!(block, Block::Response(_));
    if !state.headers_received && !is_whole_response {
        // The length of a response without a body may be that of the body left out (RFC 9110, section 8.6).
        state.promised = message::content_length(fields).map_err(malformed)?;
    }
    state.headers_received = true;
    end_remote(state, end_stream)?;
    Ok(block)
}

/// Takes body bytes into the stream's state, or says by which code the stream is to be reset.
fn accept_data(state: &mut Stream, length: u64, end_stream: bool) -> Result<(), ErrorCode> {
    if state.remote_ended {
        return Err(ErrorCode::STREAM_CLOSED);
    }
    if !state.headers_received {
        return Err(ErrorCode::PROTOCOL_ERROR);
    }
    if state.receive_window < 0 {
        return Err(ErrorCode::FLOW_CONTROL_ERROR);
    }
    if let Some(promised) = &mut state.promised {
        *promised = promised.checked_sub(length).ok_or(ErrorCode::PROTOCOL_ERROR)?;
    }
    end_remote(state, end_stream)
}

/// The peer's side may end: `content-length` must have been kept.
fn end_remote(state: &mut Stream, end_stream: bool) -> Result<(), ErrorCode> {
    state.remote_ended = end_stream;
    let short = end_stream && state.promised.is_some_and(|left| left > 0);
    if short {
        Err(ErrorCode::PROTOCOL_ERROR)
    } else {
        Ok(())
    }
}
