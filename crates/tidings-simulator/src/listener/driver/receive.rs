//! What arrives: HTTP/2 events become requests, and requests become answers or ends.

use std::time::Instant;

use tidings_http2::{ErrorCode, Event, StreamId};

use super::super::exchange::{Exchange, bundle_id, read_request};
use super::{Action, Driver, Phase};
use crate::faults::{Ending, FaultMoment, Injected};
use crate::validation::request::Request;

/// An event without the bytes it came with.
pub(super) enum Happening {
    Begun {
        stream: StreamId,
        request: Option<Request>,
        ended: bool,
    },
    Received {
        stream: StreamId,
        bytes: u32,
        ended: bool,
    },
    Ended {
        stream: StreamId,
    },
    Reset {
        stream: StreamId,
    },
    Nothing,
}

impl Driver {
    pub(super) fn poll(&mut self, now: Instant) -> Result<Option<Happening>, ()> {
        let event = match self.connection.poll(now) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(None),
            Err(_already_in_the_output) => {
                self.phase = Phase::Closing;
                return Err(());
            }
        };
        Ok(Some(match event {
            Event::Headers {
                stream, end_stream, ..
            } if self.exchanges.contains_key(&stream) => {
                if end_stream {
                    Happening::Ended { stream }
                } else {
                    Happening::Nothing
                }
            }
            Event::Headers {
                stream,
                fields,
                end_stream,
                ..
            } => Happening::Begun {
                stream,
                request: read_request(fields),
                ended: end_stream,
            },
            Event::Data {
                stream,
                data,
                end_stream,
                ..
            } => {
                let is_full = self
                    .exchanges
                    .get_mut(&stream)
                    .is_some_and(|exchange| exchange.receive(data));
                let bytes = u32::try_from(data.len()).unwrap_or(u32::MAX);
                Happening::Received {
                    stream,
                    bytes,
                    ended: end_stream || is_full,
                }
            }
            Event::Reset { stream, .. } => Happening::Reset { stream },
            Event::GoAway { .. } | Event::Settings | Event::SettingsAcked | Event::Pong { .. } => {
                Happening::Nothing
            }
            _ => Happening::Nothing,
        }))
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Begun {
                stream,
                request,
                ended,
            } => self.begin(stream, request, ended),
            Happening::Received { stream, bytes, ended } => {
                self.credit(stream, bytes);
                if ended {
                    self.finish(stream);
                }
            }
            Happening::Ended { stream } => self.finish(stream),
            Happening::Reset { stream } => self.forget(stream),
            Happening::Nothing => {}
        }
    }

    fn begin(&mut self, stream: StreamId, request: Option<Request>, ended: bool) {
        let Some(request) = request else {
            self.connection.reset(stream, ErrorCode::PROTOCOL_ERROR);
            return;
        };
        let injected = self.strike_request(&request);
        if let Some(limit) = injected.max_streams {
            self.governor.force(limit);
            self.announce_limit();
        }
        if injected.refuse {
            self.reset(stream, ErrorCode::REFUSED_STREAM);
            return;
        }
        self.exchanges.insert(stream, Exchange { request, injected });
        if ended {
            self.finish(stream);
        }
    }

    /// The request has arrived as far as it matters.
    fn finish(&mut self, stream: StreamId) {
        let Some(Exchange { request, injected }) = self.exchanges.remove(&stream) else {
            return;
        };
        match &injected.ending {
            None => {
                let served = self.serve(request, injected.status.as_ref());
                self.answer_after(injected.delay, stream, served);
            }
            Some(Ending::GoAway(go_away)) => self.end_by_go_away(stream, request, &injected, go_away),
            Some(Ending::Stall {
                connection,
                processed,
            }) => {
                self.serve_if(*processed, request);
                if *connection {
                    self.phase = Phase::Silent;
                }
            }
            Some(Ending::Reset { code, processed }) => {
                self.serve_if(*processed, request);
                self.reset(stream, ErrorCode(*code));
            }
            Some(Ending::TlsCut { processed }) => {
                self.serve_if(*processed, request);
                self.phase = Phase::Cut;
            }
            Some(Ending::TcpReset { processed }) => {
                self.serve_if(*processed, request);
                self.phase = Phase::Reset;
            }
        }
    }

    fn credit(&mut self, stream: StreamId, bytes: u32) {
        match self.exchanges.get(&stream).and_then(Exchange::credit_delay) {
            None => self.connection.release(Some(stream), bytes),
            Some(delay) => self
                .timers
                .add(Instant::now() + delay, Action::Credit(stream, bytes)),
        }
    }

    fn strike_request(&mut self, request: &Request) -> Injected {
        let mut state = self.shared.lock();
        let state = &mut *state;
        state.stats.connections(self.session.environment).streams += 1;
        let (environment, bundle_id) = (self.session.environment, bundle_id(request));
        state.faults.strike(
            FaultMoment::Request,
            environment,
            bundle_id,
            &mut state.world.random,
        )
    }
}
