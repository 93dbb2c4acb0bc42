//! DATA: bodies, their flow control, and the credit for what arrived.

use std::collections::hash_map::Entry;
use std::ops::Range;
use std::time::Instant;

use super::Handled;
use crate::config::Credit;
use crate::connection::send::credit_stream;
use crate::connection::{Connection, Happening};
use crate::error::{ConnectionError, Violation};
use crate::error_code::ErrorCode;
use crate::frame::{self, Header, flag};
use crate::stream::Stream;
use crate::stream_id::StreamId;

impl Connection {
    pub(super) fn on_data(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let content = frame::content_range(header, &self.inbound[payload.clone()])?;
        let length = u32::try_from(header.length).map_err(|_beyond_24_bits| Violation::FrameSize.error())?;
        let stream = header.stream;
        let end_stream = header.has(flag::END_STREAM);
        self.take_from_connection_window(length)?;
        let Entry::Occupied(mut live) = self.streams.entry(stream) else {
            return self.on_late_data(stream, length, content.is_empty(), now);
        };
        if content.is_empty() && !end_stream {
            self.budget.spend(now)?;
        }
        let state = live.get_mut();
        if let Err(code) = accept_data(state, length, content.len() as u64, end_stream) {
            self.return_unseen(None, length)?;
            return self.break_stream(stream, code, now);
        }
        let tag = state.tag;
        if state.is_closed() {
            live.remove();
        }
        self.return_credit(stream, length, content.len())?;
        let data = payload.start + content.start..payload.start + content.end;
        Ok(Some(Happening::Data {
            stream,
            tag,
            data,
            end_stream,
        }))
    }

    /// Data on a closed stream: dropped. It took from the connection's window, so only empty frames are for nothing.
    fn on_late_data(&mut self, stream: StreamId, length: u32, is_empty: bool, now: Instant) -> Handled {
        self.must_have_been_opened(stream)?;
        if is_empty {
            self.budget.spend(now)?;
        }
        self.return_unseen(None, length)?;
        Ok(None)
    }

    /// Counts bytes of DATA against the connection's window, and returns the credit by halves.
    fn take_from_connection_window(&mut self, length: u32) -> Result<(), ConnectionError> {
        self.receive_window -= i64::from(length);
        if self.receive_window < 0 {
            return Err(Violation::FlowControl.error());
        }
        self.uncredited += length;
        if self.config.credit == Credit::Automatic && self.uncredited >= self.config.connection_window / 2 {
            self.owe(frame::SHORT_FRAME_LEN)?;
            self.credit_connection(self.uncredited);
        }
        Ok(())
    }

    /// Returns what a frame took from its stream's window, as far as that is not for the owner to do.
    fn return_credit(
        &mut self,
        stream: StreamId,
        length: u32,
        content: usize,
    ) -> Result<(), ConnectionError> {
        match self.config.credit {
            Credit::Automatic => self.credit_stream_by_halves(stream),
            // The owner sees the content only.
            Credit::Manual => {
                let padding = length.saturating_sub(u32::try_from(content).unwrap_or(u32::MAX));
                self.return_unseen(Some(stream), padding)
            }
        }
    }

    fn credit_stream_by_halves(&mut self, stream: StreamId) -> Result<(), ConnectionError> {
        let half = (self.config.initial_window_size / 2).max(1);
        let Some(state) = self.streams.get(&stream) else {
            return Ok(());
        };
        if state.remote_ended || state.uncredited < half {
            return Ok(());
        }
        self.owe(frame::SHORT_FRAME_LEN)?;
        if let Some(state) = self.streams.get_mut(&stream) {
            let bytes = state.uncredited;
            credit_stream(&mut self.outbound, stream, state, bytes);
        }
        Ok(())
    }

    /// With [`Credit::Manual`], returns the credit for bytes that the owner never gets to see.
    fn return_unseen(&mut self, stream: Option<StreamId>, bytes: u32) -> Result<(), ConnectionError> {
        if self.config.credit == Credit::Manual && bytes > 0 {
            self.owe(2 * frame::SHORT_FRAME_LEN)?;
            self.release(stream, bytes);
        }
        Ok(())
    }

    /// Counts the windows of all streams from the largest initial window that the peer may go by: the one that it has
    /// acknowledged, or one that it may have read already (RFC 9113, sections 6.5.3 and 6.9.2).
    pub(in crate::connection) fn shift_receive_windows(&mut self) {
        let announced = self
            .unacknowledged
            .iter()
            .filter_map(|waiting| waiting.initial_window());
        let window = announced.fold(self.acknowledged_window, u32::max);
        let change = i64::from(window) - i64::from(self.stream_window);
        self.stream_window = window;
        if change == 0 {
            return;
        }
        for state in self.streams.values_mut() {
            state.receive_window += change;
        }
    }

    /// Returns the credit of all streams that have used half of an initial window that was made smaller: what was
    /// little of the old one may be all of the new one, and the peer waits.
    pub(super) fn credit_streams(&mut self) -> Result<(), ConnectionError> {
        if self.config.credit == Credit::Manual {
            return Ok(());
        }
        let mut live: Vec<StreamId> = self.streams.keys().copied().collect();
        live.sort_unstable();
        live.into_iter()
            .try_for_each(|stream| self.credit_stream_by_halves(stream))
    }
}

/// Takes body bytes into the stream's state, or says by which code the stream is to be reset. `length` counts padding.
fn accept_data(state: &mut Stream, length: u32, content: u64, end_stream: bool) -> Result<(), ErrorCode> {
    if state.remote_ended {
        return Err(ErrorCode::STREAM_CLOSED);
    }
    if !state.headers_received {
        return Err(ErrorCode::PROTOCOL_ERROR);
    }
    state.receive_window -= i64::from(length);
    if length > 0 && state.receive_window < 0 {
        return Err(ErrorCode::FLOW_CONTROL_ERROR);
    }
    state.uncredited += length;
    if let Some(promised) = &mut state.promised {
        *promised = promised.checked_sub(content).ok_or(ErrorCode::PROTOCOL_ERROR)?;
    }
    state.end_remote(end_stream)
}
