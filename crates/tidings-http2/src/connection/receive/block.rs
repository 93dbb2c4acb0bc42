//! Header blocks: collected from their frames, decoded, and taken into their stream's state.

use std::collections::hash_map::Entry;
use std::ops::Range;
use std::time::Instant;

use super::Handled;
use crate::connection::{Connection, Happening, PartialBlock, Role};
use crate::error::Violation;
use crate::error_code::ErrorCode;
use crate::frame::{self, Header, flag};
use crate::hpack::{DecodeError, FieldList};
use crate::message::{self, Block};
use crate::stream::Stream;
use crate::stream_id::StreamId;

impl Connection {
    pub(super) fn on_headers(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
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

    pub(super) fn on_continuation(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
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
    /// it stands for, so an honest one fits; the slack lets one that is not much too large cost its stream only.
    fn max_block(&self) -> usize {
        let list = (self.config.max_header_list_size as usize).saturating_mul(4);
        list.max(self.config.max_frame_size as usize)
    }

    /// A whole header block has arrived. It was decoded whatever becomes of the stream, to keep the tables in step.
    fn on_block(
        &mut self,
        stream: StreamId,
        end_stream: bool,
        decoded: Result<(), DecodeError>,
        now: Instant,
    ) -> Handled {
        let too_large = match decoded {
            Ok(()) => false,
            Err(DecodeError::ListTooLarge) => true,
            Err(error) => return Err(Violation::Compression(error).error()),
        };
        let role = self.role;
        let Entry::Occupied(mut live) = self.streams.entry(stream) else {
            return match role {
                Role::Client => self.on_late_block(stream, now),
                Role::Server => self.on_request(stream, end_stream, too_large, now),
            };
        };
        let state = live.get_mut();
        let tag = state.tag;
        match accept_block(role, too_large, state, &self.fields, end_stream) {
            Ok(Accepted::Interim) => self.budget.spend(now).map(|()| None),
            Ok(Accepted::Message) => {
                if state.is_closed() {
                    live.remove();
                }
                Ok(Some(Happening::Headers {
                    stream,
                    tag,
                    end_stream,
                }))
            }
            Err(code) => self.break_stream(stream, code, now),
        }
    }

    fn on_late_block(&mut self, stream: StreamId, now: Instant) -> Handled {
        self.must_have_been_opened(stream)?;
        self.budget.spend(now).map(|()| None)
    }

    /// A block on a stream that is not live, to a server: a request, or one that comes too late.
    fn on_request(&mut self, stream: StreamId, end_stream: bool, too_large: bool, now: Instant) -> Handled {
        if !stream.is_client_initiated() {
            return Err(Violation::StreamId.error());
        }
        if stream <= self.last_peer_stream {
            // Late trailers have no pseudo-header fields; what has them is a request on a stream that is past.
            return if message::has_pseudo_fields(&self.fields) {
                Err(Violation::StreamId.error())
            } else {
                self.on_late_block(stream, now)
            };
        }
        self.last_peer_stream = stream;
        if stream > self.accept_up_to {
            return self.on_late_block(stream, now);
        }
        if self.streams.len() >= self.stream_limit as usize {
            return self.refuse_beyond_limit(stream, now);
        }
        let mut state = Stream::new(0, self.peer.initial_window_size, self.stream_window);
        if let Err(code) = accept_block(self.role, too_large, &mut state, &self.fields, end_stream) {
            self.budget.spend(now)?;
            self.refuse(stream, code)?;
            return Ok(None);
        }
        self.streams.insert(stream, state);
        Ok(Some(Happening::Headers {
            stream,
            tag: 0,
            end_stream,
        }))
    }

    /// A client that has not heard of the limit yet is not to blame.
    fn refuse_beyond_limit(&mut self, stream: StreamId, now: Instant) -> Handled {
        if self.unacknowledged.is_empty() {
            self.budget.spend(now)?;
        }
        self.refuse(stream, ErrorCode::REFUSED_STREAM)?;
        Ok(None)
    }
}

/// What a header block that fits its stream amounts to.
enum Accepted {
    /// An interim response (1xx): not for the owner.
    Interim,
    Message,
}

/// Takes a header block into the stream's state, or says by which code the stream is to be reset.
fn accept_block(
    role: Role,
    too_large: bool,
    state: &mut Stream,
    fields: &FieldList,
    end_stream: bool,
) -> Result<Accepted, ErrorCode> {
    if state.remote_ended {
        return Err(ErrorCode::STREAM_CLOSED);
    }
    if too_large {
        return Err(ErrorCode::ENHANCE_YOUR_CALM);
    }
    let block = match (state.headers_received, role) {
        (true, _) if end_stream => message::trailers(fields),
        (true, _) => Err(message::Malformed),
        (false, Role::Server) => message::request(fields),
        (false, Role::Client) => message::response(fields),
    };
    match block {
        Err(message::Malformed) => return Err(ErrorCode::PROTOCOL_ERROR),
        Ok(Block::Response(100..=199, _)) if end_stream => return Err(ErrorCode::PROTOCOL_ERROR),
        Ok(Block::Response(100..=199, _)) => return Ok(Accepted::Interim),
        // The length of a response without a body may be that of the body left out (RFC 9110, section 8.6).
        Ok(Block::Response(..)) if end_stream => {}
        Ok(Block::Request(length) | Block::Response(_, length)) => state.promised = length,
        Ok(Block::Trailers) => {}
    }
    state.headers_received = true;
    state.end_remote(end_stream)?;
    Ok(Accepted::Message)
}
