//! How a connection ends: by GOAWAY and what is under way, by age, or by a fault.

use std::time::Instant;

use tidings_http2::{ErrorCode, StreamId};

use super::{DRAIN_LIMIT, Driver, Phase};
use crate::faults::{Ending, FaultMoment, GoAway, Injected, LastStream};
use crate::validation::request::Request;

impl Driver {
    pub(super) fn end_by_go_away(
        &mut self,
        stream: StreamId,
        request: Request,
        injected: &Injected,
        go_away: &GoAway,
    ) {
        let last = match go_away.last_stream {
            LastStream::Zero => StreamId::CONNECTION,
            LastStream::Previous => StreamId::from_wire(stream.value().saturating_sub(2)),
            LastStream::Current => {
                let served = self.serve(request, injected.status.as_ref());
                self.answer_after(injected.delay, stream, served);
                stream
            }
        };
        for _ in 0..=u8::from(go_away.double) {
            self.go_away(last, ErrorCode(go_away.code), &go_away.debug);
        }
    }

    pub(super) fn serve_if(&mut self, processed: bool, request: Request) {
        if processed {
            let _lost = self.serve(request, None);
        }
    }

    /// Sends GOAWAY after everything that has arrived.
    pub(super) fn go_away_now(&mut self, debug: &[u8]) {
        self.connection.go_away(ErrorCode::NO_ERROR, debug);
        self.drain();
    }

    pub(super) fn go_away(&mut self, last: StreamId, code: ErrorCode, debug: &[u8]) {
        self.connection.go_away_with_last(last, code, debug);
        self.exchanges.retain(|stream, _| *stream <= last);
        self.drain();
    }

    fn drain(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Draining(Instant::now() + DRAIN_LIMIT);
        }
    }

    pub(super) fn age(&mut self, now: Instant) {
        match self.phase {
            Phase::Open if now >= self.last_input + self.idle_timeout => {
                self.go_away_now(br#"{"reason":"IdleTimeout"}"#);
            }
            Phase::Silent if now >= self.last_input + self.idle_timeout => self.phase = Phase::Cut,
            Phase::Draining(limit) if now >= limit || !self.has_work() => self.phase = Phase::Closing,
            Phase::Open | Phase::Silent | Phase::Draining(_) | Phase::Closing | Phase::Cut | Phase::Reset => {
            }
        }
    }

    fn has_work(&self) -> bool {
        !self.exchanges.is_empty() || self.delayed > 0 || self.connection.queued_bytes() > 0
    }

    pub(super) fn strike_connection(&mut self) {
        let ending = {
            let mut state = self.shared.lock();
            let state = &mut *state;
            let environment = self.session.environment;
            state
                .faults
                .strike(FaultMoment::Connect, environment, None, &mut state.world.random)
                .ending
        };
        match ending {
            None | Some(Ending::Reset { .. }) => {}
            Some(Ending::Stall { .. }) => self.phase = Phase::Silent,
            Some(Ending::TlsCut { .. }) => self.phase = Phase::Cut,
            Some(Ending::TcpReset { .. }) => self.phase = Phase::Reset,
            Some(Ending::GoAway(go_away)) => {
                for _ in 0..=u8::from(go_away.double) {
                    self.go_away(StreamId::CONNECTION, ErrorCode(go_away.code), &go_away.debug);
                }
            }
        }
    }

    pub(super) fn reset(&mut self, stream: StreamId, code: ErrorCode) {
        self.connection.reset(stream, code);
        self.forget(stream);
    }

    pub(super) fn forget(&mut self, stream: StreamId) {
        self.exchanges.remove(&stream);
        self.shared
            .lock()
            .stats
            .connections(self.session.environment)
            .reset += 1;
    }
}
