//! SETTINGS, PING, GOAWAY and `WINDOW_UPDATE`.

use std::ops::Range;
use std::time::Instant;

use super::Handled;
use crate::connection::{Acknowledgement, Connection, Happening, Role};
use crate::error::{ConnectionError, Violation};
use crate::error_code::ErrorCode;
use crate::frame::{self, Header, flag};
use crate::settings::{self, MAX_WINDOW};
use crate::stream_id::StreamId;

impl Connection {
    pub(super) fn on_settings(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        if header.has(flag::ACK) {
            return self.on_settings_ack(&payload);
        }
        self.budget.spend(now)?;
        self.owe(frame::HEADER_LEN)?;
        if !self.settings_received {
            self.peer.max_concurrent_streams = None;
            self.settings_received = true;
        }
        let window_before = self.peer.initial_window_size;
        let least_table_size = self.peer.apply(&self.inbound[payload])?;
        if let Some(least) = least_table_size {
            self.encoder.set_peer_table_size(least as usize);
            self.encoder
                .set_peer_table_size(self.peer.header_table_size as usize);
        }
        // Before anything that makes use of the new values: a strict peer goes by them from the acknowledgement on.
        settings::write_ack(&mut self.outbound);
        let change = i64::from(self.peer.initial_window_size) - i64::from(window_before);
        self.shift_send_windows(change)?;
        Ok(Some(Happening::Settings))
    }

    fn on_settings_ack(&mut self, payload: &Range<usize>) -> Handled {
        if !payload.is_empty() {
            return Err(Violation::FrameSize.error());
        }
        let acknowledged = self
            .unacknowledged
            .pop_front()
            .ok_or(Violation::UnexpectedAck.error())?;
        match acknowledged {
            Acknowledgement::Initial(_) => self
                .decoder
                .set_max_table_size(self.config.header_table_size as usize),
            Acknowledgement::StreamLimit(limit) => self.stream_limit = limit,
            Acknowledgement::InitialWindow(_) => {}
        }
        if let Some(window) = acknowledged.initial_window() {
            self.acknowledged_window = window;
            self.shift_receive_windows();
            self.credit_streams()?;
        }
        Ok(Some(Happening::SettingsAcked))
    }

    /// A new initial window of the peer changes the window of every open stream (RFC 9113, section 6.9.2).
    fn shift_send_windows(&mut self, change: i64) -> Result<(), ConnectionError> {
        if change == 0 {
            return Ok(());
        }
        let mut opened = Vec::new();
        for (&stream, state) in &mut self.streams {
            state.send_window += change;
            if state.send_window > i64::from(MAX_WINDOW) {
                return Err(Violation::FlowControl.error());
            }
            if state.can_go_on() {
                opened.push(stream);
            }
        }
        opened.sort_unstable();
        for stream in opened {
            self.send_unsent(stream);
        }
        Ok(())
    }

    pub(super) fn on_ping(&mut self, header: Header, payload: Range<usize>, now: Instant) -> Handled {
        let payload: [u8; 8] = self.inbound[payload]
            .try_into()
            .map_err(|_wrong_length| Violation::FrameSize.error())?;
        if header.has(flag::ACK) {
            return self.on_pong(payload, now);
        }
        self.budget.spend(now)?;
        self.owe(frame::PING_LEN)?;
        frame::write_ping(&mut self.outbound, flag::ACK, payload);
        Ok(None)
    }

    /// The answer to a ping, unless there was none.
    fn on_pong(&mut self, payload: [u8; 8], now: Instant) -> Handled {
        match self.pings_unanswered.checked_sub(1) {
            Some(left) => {
                self.pings_unanswered = left;
                Ok(Some(Happening::Pong { payload }))
            }
            None => self.budget.spend(now).map(|()| None),
        }
    }

    pub(super) fn on_go_away(&mut self, payload: Range<usize>, now: Instant) -> Handled {
        self.budget.spend(now)?;
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

    pub(super) fn on_window_update(
        &mut self,
        stream: StreamId,
        payload: Range<usize>,
        now: Instant,
    ) -> Handled {
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
        if state.can_go_on() {
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
}
