//! One connection without its socket: bytes in, requests out; answers in, bytes out.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, Enforce, ErrorCode, Event, StreamId};

use super::answer::{Reply, Trust};
use super::request::{Fullness, Request};

/// Requests at once of somebody who has not shown yet who they are, and of one who has.
const STREAMS_AT_FIRST: u32 = 8;
const STREAMS: u32 = 256;

/// The largest list of headers, as at APNs.
const HEADER_LIST: u32 = 8_000;

/// Output that may wait for a client before nothing more is read from it.
const OUTPUT: usize = 256 << 10;

/// How long a request may take to arrive.
const REQUEST: Duration = Duration::from_secs(30);

/// How long a connection may do nothing, before its client has shown who they are and after.
const IDLE_AT_FIRST: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_mins(10);

/// How long answers may take to be read once the end was announced.
const DRAIN: Duration = Duration::from_secs(5);

/// Refusals for want of proof after which the connection is ended.
const REFUSALS: u32 = 32;

/// A connection of a client.
pub(super) struct Driver {
    connection: Connection,
    /// Requests that are arriving.
    arriving: HashMap<StreamId, Arriving>,
    /// Requests that have arrived and nobody has taken.
    arrived: VecDeque<(StreamId, Request)>,
    /// Requests that wait for their answers, and whether their clients still send.
    waiting: HashMap<StreamId, Sending>,
    phase: Phase,
    trust: Trust,
    refusals: u32,
    last_input: Instant,
}

struct Arriving {
    request: Request,
    since: Instant,
}

/// Whether the client has said all it wants to say on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Ended,
    GoesOn,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// The end was announced; what is under way is finished, and it is all over then.
    Draining(Instant),
    /// It is to be closed as soon as the output is written.
    Closing,
}

/// What happened, without the bytes that it came with.
enum Happening {
    Begun(StreamId, Option<Request>, Sending),
    Received(StreamId, Fullness, Sending),
    Gone(StreamId),
    Nothing,
}

impl Driver {
    /// A connection whose TLS handshake is done.
    pub(super) fn new() -> Self {
        Self {
            connection: Connection::server(config()),
            arriving: HashMap::new(),
            arrived: VecDeque::new(),
            waiting: HashMap::new(),
            phase: Phase::Open,
            trust: Trust::None,
            refusals: 0,
            last_input: Instant::now(),
        }
    }

    /// Takes bytes from the client.
    pub(super) fn feed(&mut self, bytes: &[u8], now: Instant) {
        self.last_input = now;
        self.connection.feed(bytes);
    }

    /// Works through what has arrived, and looks at the clock.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some(happening) = self.poll(now) {
            self.happen(happening, now);
        }
        self.drop_slow(now);
        self.age(now);
    }

    /// The next request that has arrived.
    pub(super) fn next_request(&mut self) -> Option<(StreamId, Request)> {
        self.arrived.pop_front()
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, stream: StreamId, reply: &Reply) {
        let Some(sending) = self.waiting.remove(&stream) else {
            // The client has given it up.
            return;
        };
        self.write(stream, reply, sending);
        match reply.trust {
            Trust::Proven => self.proven(),
            Trust::None => self.refused(),
        }
    }

    /// Announces the end. What is under way is finished.
    pub(super) fn end(&mut self, reason: &[u8], now: Instant) {
        if self.phase == Phase::Open {
            self.connection.go_away(ErrorCode::NO_ERROR, reason);
            self.phase = Phase::Draining(now + DRAIN);
        }
    }

    /// Bytes for the client.
    pub(super) fn output(&self) -> &[u8] {
        self.connection.output()
    }

    pub(super) fn consume_output(&mut self, bytes: usize) {
        self.connection.consume_output(bytes);
    }

    /// Whether the client reads fast enough for more of its requests to be read.
    pub(super) fn wants_input(&self) -> bool {
        self.output().len() + self.connection.queued_bytes() < OUTPUT
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.arriving.is_empty() && self.arrived.is_empty() && self.waiting.is_empty()
    }

    /// Whether it is to be closed, once the output is written.
    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// When [`Self::advance`] has something to do even if nothing arrives.
    pub(super) fn next_due(&self, now: Instant) -> Instant {
        let slow = self.arriving.values().map(|arriving| arriving.since + REQUEST);
        let end = match self.phase {
            Phase::Draining(limit) => limit,
            Phase::Open if self.is_idle() => self.last_input + self.patience(),
            // The next answer comes first.
            Phase::Open | Phase::Closing => now + DRAIN,
        };
        slow.min().map_or(end, |slow| slow.min(end))
    }

    fn poll(&mut self, now: Instant) -> Option<Happening> {
        if self.phase == Phase::Closing {
            return None;
        }
        let event = match self.connection.poll(now) {
            Ok(event) => event?,
            Err(_told_in_the_output) => {
                self.phase = Phase::Closing;
                return None;
            }
        };
        let sending = |end_stream| {
            if end_stream {
                Sending::Ended
            } else {
                Sending::GoesOn
            }
        };
        Some(match event {
            Event::Headers {
                stream,
                fields,
                end_stream,
                ..
            } => {
                if self.arriving.contains_key(&stream) || self.waiting.contains_key(&stream) {
                    // Trailers mean nothing here, but the end.
                    Happening::Received(stream, Fullness::Room, sending(end_stream))
                } else {
                    Happening::Begun(stream, Request::read(fields), sending(end_stream))
                }
            }
            Event::Data {
                stream,
                data,
                end_stream,
                ..
            } => {
                let arriving = self.arriving.get_mut(&stream);
                let fullness = arriving.map_or(Fullness::Room, |arriving| arriving.request.receive(data));
                Happening::Received(stream, fullness, sending(end_stream))
            }
            Event::Reset { stream, .. } => Happening::Gone(stream),
            _ => Happening::Nothing,
        })
    }

    fn happen(&mut self, happening: Happening, now: Instant) {
        match happening {
            Happening::Begun(stream, Some(request), sending) => {
                let since = now;
                self.arriving.insert(stream, Arriving { request, since });
                self.go_on(stream, Fullness::Room, sending);
            }
            Happening::Begun(stream, None, _) => self.connection.reset(stream, ErrorCode::PROTOCOL_ERROR),
            Happening::Received(stream, fullness, sending) => self.go_on(stream, fullness, sending),
            Happening::Gone(stream) => {
                self.arriving.remove(&stream);
                self.waiting.remove(&stream);
            }
            Happening::Nothing => {}
        }
    }

    /// More of a request is here, or all of it, or all that matters.
    fn go_on(&mut self, stream: StreamId, fullness: Fullness, sending: Sending) {
        if sending == Sending::Ended
            && let Some(waiting) = self.waiting.get_mut(&stream)
        {
            *waiting = Sending::Ended;
        }
        if sending == Sending::GoesOn && fullness == Fullness::Room {
            return;
        }
        if let Some(Arriving { request, .. }) = self.arriving.remove(&stream) {
            self.waiting.insert(stream, sending);
            self.arrived.push_back((stream, request));
        }
    }

    fn write(&mut self, stream: StreamId, reply: &Reply, sending: Sending) {
        let body = reply.answer.body();
        let status = reply.answer.status.to_string();
        let sent = self
            .connection
            .send_headers(stream, body.is_empty(), |encoder, block| {
                encoder.encode(b":status", status.as_bytes(), Indexing::Incremental, block);
                encoder.encode(b"apns-id", reply.apns_id.as_bytes(), Indexing::Without, block);
                if !body.is_empty() {
                    encoder.encode(b"content-type", b"application/json", Indexing::Incremental, block);
                }
            });
        if sent.is_ok() && !body.is_empty() {
            // The stream was open a moment ago.
            let _ = self.connection.send_body(stream, &body, true);
        }
        // Who sends more than can be wanted need not go on with it (RFC 9113, section 8.1).
        if sending == Sending::GoesOn && self.connection.queued_bytes() == 0 {
            self.connection.reset(stream, ErrorCode::NO_ERROR);
        }
    }

    fn proven(&mut self) {
        self.refusals = 0;
        if self.trust == Trust::None {
            self.trust = Trust::Proven;
            self.connection
                .set_max_concurrent_streams(STREAMS, Enforce::OnceAcknowledged);
        }
    }

    fn refused(&mut self) {
        self.refusals += 1;
        if self.refusals >= REFUSALS {
            self.end(br#"{"reason":"Forbidden"}"#, Instant::now());
        }
    }

    fn patience(&self) -> Duration {
        match self.trust {
            Trust::Proven => IDLE,
            Trust::None => IDLE_AT_FIRST,
        }
    }

    /// Gives up requests that take too long to arrive.
    fn drop_slow(&mut self, now: Instant) {
        let is_slow = |arriving: &Arriving| now >= arriving.since + REQUEST;
        let slow: Vec<StreamId> = self
            .arriving
            .iter()
            .filter(|(_, arriving)| is_slow(arriving))
            .map(|(stream, _)| *stream)
            .collect();
        for stream in slow {
            self.arriving.remove(&stream);
            self.connection.reset(stream, ErrorCode::CANCEL);
        }
    }

    fn age(&mut self, now: Instant) {
        match self.phase {
            Phase::Open if self.is_idle() && now >= self.last_input + self.patience() => {
                self.end(br#"{"reason":"IdleTimeout"}"#, now);
            }
            // Answers take as long as they take, within bounds of their own; only reading them is hurried.
            Phase::Draining(_) if !self.is_idle() => self.phase = Phase::Draining(now + DRAIN),
            Phase::Draining(limit) if now >= limit || self.is_written() => self.phase = Phase::Closing,
            Phase::Open | Phase::Draining(_) | Phase::Closing => {}
        }
    }

    fn is_written(&self) -> bool {
        self.output().is_empty() && self.connection.queued_bytes() == 0
    }
}

fn config() -> Config {
    Config {
        max_concurrent_streams: STREAMS_AT_FIRST,
        max_header_list_size: HEADER_LIST,
        ..Config::default()
    }
}

#[cfg(test)]
mod tests;
