//! The receiving half: frames are taken from the inbound buffer one by one, checked, and turned into happenings.

mod block;
mod control;
mod data;

use std::ops::Range;
use std::time::Instant;

use super::send::LATE_FRAMES;
use super::{Connection, Happening, Role};
use crate::error::{ConnectionError, Violation};
use crate::error_code::ErrorCode;
use crate::event::ResetBy;
use crate::frame::{self, Header, flag, kind};
use crate::stream_id::StreamId;

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
            kind::GOAWAY => self.on_go_away(payload, now),
            kind::WINDOW_UPDATE => self.on_window_update(header.stream, payload, now),
            kind::PUSH_PROMISE => Err(Violation::Role.error()),
            kind::PRIORITY if header.length != frame::PRIORITY_LEN => Err(Violation::FrameSize.error()),
            _priority_or_unknown => self.budget.spend(now).map(|()| None),
        }
    }

    fn on_reset(&mut self, stream: StreamId, payload: Range<usize>, now: Instant) -> Handled {
        let code = ErrorCode(frame::four_bytes(&self.inbound[payload])?);
        self.must_have_been_opened(stream)?;
        let state = self.forget(stream);
        // A client's own streams bound how many a server can reset; a server's are bounded by nothing else.
        if self.role == Role::Server || state.is_none() {
            self.budget.spend(now)?;
        }
        Ok(state.map(|state| Happening::Reset {
            stream,
            tag: state.tag,
            code,
            by: ResetBy::Peer,
        }))
    }

    /// Resets a live stream because of what the peer sent on it.
    fn break_stream(&mut self, stream: StreamId, code: ErrorCode, now: Instant) -> Handled {
        let Some(state) = self.forget(stream) else {
            return Ok(None);
        };
        match self.role {
            Role::Client => self.budget.grant(LATE_FRAMES),
            Role::Server => self.budget.spend(now)?,
        }
        self.refuse(stream, code)?;
        Ok(Some(Happening::Reset {
            stream,
            tag: state.tag,
            code,
            by: ResetBy::Us,
        }))
    }

    /// Writes the reset of a stream that is not, or no longer, live.
    fn refuse(&mut self, stream: StreamId, code: ErrorCode) -> Result<(), ConnectionError> {
        self.owe(frame::SHORT_FRAME_LEN)?;
        frame::write_reset(&mut self.outbound, stream, code);
        Ok(())
    }

    /// An answer of so many bytes is about to be written; too many that the peer leaves unread end the connection.
    fn owe(&mut self, bytes: usize) -> Result<(), ConnectionError> {
        let output = self.outbound.len() - self.written;
        self.backlog.add(bytes, output)
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
}
