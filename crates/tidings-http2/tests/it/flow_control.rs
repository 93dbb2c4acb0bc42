//! Two connections, joined by bytes that are cut and delayed at random, do what they are told at random: every body
//! that nobody reset arrives whole and in order, no window is overrun, and nothing waits for ever.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use proptest::prelude::*;
use tidings_http2::{Config, Connection, Credit, Enforce, ErrorCode, Event, StreamId};

use crate::peer::{answer, open};

/// What happens next, somewhere.
#[derive(Clone, Debug)]
enum Step {
    Open { body: usize },
    MoreBody { nth: usize, body: usize, end: bool },
    Deliver { to_server: bool, bytes: usize },
    ServerWindow(u32),
    ClientWindow(u32),
    StreamLimit(u32, bool),
    Reset { by_server: bool, nth: usize },
    Release { at_server: bool, bytes: u32 },
    Ping,
}

fn step() -> impl Strategy<Value = Step> {
    let window = prop_oneof![1_u32..8, 1_u32..3000, Just(65_535_u32), Just(1_u32 << 20)];
    prop_oneof![
        4 => prop_oneof![4 => 0_usize..20, 4 => 0_usize..2_000, 1 => 0_usize..40_000].prop_map(|body| Step::Open { body }),
        3 => (any::<usize>(), 0_usize..5_000, any::<bool>())
            .prop_map(|(nth, body, end)| Step::MoreBody { nth, body, end }),
        8 => (any::<bool>(), prop_oneof![1_usize..30, 1_usize..30_000])
            .prop_map(|(to_server, bytes)| Step::Deliver { to_server, bytes }),
        1 => window.clone().prop_map(Step::ServerWindow),
        1 => window.prop_map(Step::ClientWindow),
        1 => (prop_oneof![Just(1_u32), 1_u32..20], any::<bool>()).prop_map(|(n, now)| Step::StreamLimit(n, now)),
        1 => (any::<bool>(), any::<usize>()).prop_map(|(by_server, nth)| Step::Reset { by_server, nth }),
        2 => (any::<bool>(), 1_u32..9_000).prop_map(|(at_server, bytes)| Step::Release { at_server, bytes }),
        1 => Just(Step::Ping),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let window = prop_oneof![1_u32..8, 1_u32..3000, Just(65_535_u32), Just(1_u32 << 20)];
    (window, 65_535_u32..200_000, 1_u32..20, any::<bool>()).prop_map(|(window, whole, streams, manual)| {
        Config {
            initial_window_size: window,
            connection_window: whole,
            max_concurrent_streams: streams,
            credit: if manual { Credit::Manual } else { Credit::Automatic },
            // What is checked here is not how much idle a peer may be.
            idle_frame_burst: 1 << 30,
            ..Config::default()
        }
    })
}

/// One side and what it knows of bodies.
struct Side {
    connection: Connection,
    is_manual: bool,
    /// What was given to `send_body`, and whether it was all.
    given: BTreeMap<StreamId, (Vec<u8>, bool)>,
    arrived: BTreeMap<StreamId, (Vec<u8>, bool)>,
    unreleased: Vec<(StreamId, usize)>,
    gone: Vec<StreamId>,
    /// Bytes from the other side that have not been fed yet.
    under_way: VecDeque<u8>,
}

impl Side {
    fn new(connection: Connection, config: &Config) -> Self {
        Self {
            connection,
            is_manual: config.credit == Credit::Manual,
            given: BTreeMap::new(),
            arrived: BTreeMap::new(),
            unreleased: Vec::new(),
            gone: Vec::new(),
            under_way: VecDeque::new(),
        }
    }

    /// Gives a part of a body that is recognisable by stream and position.
    fn give(&mut self, stream: StreamId, length: usize, end: bool) {
        let (body, ended) = self.given.entry(stream).or_default();
        if *ended {
            return;
        }
        let start = body.len();
        let part: Vec<u8> = (start..start + length).map(|at| byte(stream, at)).collect();
        if self.connection.send_body(stream, &part, end).is_ok() {
            body.extend_from_slice(&part);
            *ended = end;
        }
    }

    /// Feeds some of what is under way; answers the streams that a request began on.
    fn read(&mut self, bytes: usize, now: Instant) -> Vec<StreamId> {
        let piece: Vec<u8> = self.under_way.drain(..bytes.min(self.under_way.len())).collect();
        self.connection.feed(&piece);
        let mut begun = Vec::new();
        while let Some(event) = self
            .connection
            .poll(now)
            .expect("both sides keep to the protocol")
        {
            match event {
                Event::Headers {
                    stream, end_stream, ..
                } => {
                    begun.push(stream);
                    self.arrived.insert(stream, (Vec::new(), end_stream));
                }
                Event::Data {
                    stream,
                    data,
                    end_stream,
                    ..
                } => {
                    let body = self.arrived.get_mut(&stream).expect("headers come first");
                    assert!(!body.1, "data after the end");
                    body.0.extend_from_slice(data);
                    body.1 = end_stream;
                    self.unreleased.push((stream, data.len()));
                }
                Event::Reset { stream, code, .. } => {
                    assert_ne!(code, ErrorCode::FLOW_CONTROL_ERROR, "a window was overrun");
                    assert_ne!(code, ErrorCode::PROTOCOL_ERROR, "{stream:?}");
                    self.gone.push(stream);
                }
                _ => {}
            }
        }
        begun
    }

    /// Returns credit for up to so many bytes of what has arrived.
    fn release(&mut self, bytes: u32) {
        let mut left = bytes as usize;
        while self.is_manual && left > 0 {
            let Some((stream, length)) = self.unreleased.pop() else {
                return;
            };
            let now = length.min(left);
            left -= now;
            self.connection.release(Some(stream), u32::try_from(now).unwrap());
            if now < length {
                self.unreleased.push((stream, length - now));
            }
        }
    }

    /// What was given and neither sent nor lost waits; no more, no less.
    fn check(&self) {
        let open = self.connection.open_streams();
        assert!(
            self.connection.queued_bytes() == 0 || open > 0,
            "queued bytes without a stream"
        );
        assert!(
            self.connection.send_window() >= 0,
            "the connection's window was overrun"
        );
    }
}

fn byte(stream: StreamId, at: usize) -> u8 {
    (stream.value() as usize * 31 + at * 7 + at / 251).to_le_bytes()[0]
}

struct World {
    client: Side,
    server: Side,
    opened: Vec<StreamId>,
    now: Instant,
}

impl World {
    fn new(client: &Config, server: &Config) -> Self {
        Self {
            client: Side::new(Connection::client(client.clone()), client),
            server: Side::new(Connection::server(server.clone()), server),
            opened: Vec::new(),
            now: Instant::now(),
        }
    }

    fn nth(&self, nth: usize) -> Option<StreamId> {
        (!self.opened.is_empty()).then(|| self.opened[nth % self.opened.len()])
    }

    fn perform(&mut self, step: &Step) {
        match *step {
            Step::Open { body } => {
                if let Ok(stream) = open(&mut self.client.connection, false) {
                    self.opened.push(stream);
                    self.client.give(stream, body, body % 2 == 0);
                }
            }
            Step::MoreBody { nth, body, end } => {
                if let Some(stream) = self.nth(nth) {
                    self.client.give(stream, body, end);
                }
            }
            Step::Deliver { to_server, bytes } => self.deliver(to_server, bytes),
            Step::ServerWindow(size) => self.server.connection.set_initial_window_size(size),
            Step::ClientWindow(size) => self.client.connection.set_initial_window_size(size),
            Step::StreamLimit(limit, at_once) => {
                let enforce = if at_once {
                    Enforce::AtOnce
                } else {
                    Enforce::OnceAcknowledged
                };
                self.server.connection.set_max_concurrent_streams(limit, enforce);
            }
            Step::Reset { by_server, nth } => {
                let Some(stream) = self.nth(nth) else { return };
                let side = if by_server {
                    &mut self.server
                } else {
                    &mut self.client
                };
                if !by_server || side.arrived.contains_key(&stream) {
                    side.connection.reset(stream, ErrorCode::CANCEL);
                    side.gone.push(stream);
                }
            }
            Step::Release {
                at_server: true,
                bytes,
            } => self.server.release(bytes),
            Step::Release {
                at_server: false,
                bytes,
            } => self.client.release(bytes),
            Step::Ping => self.client.connection.ping([1; 8]),
        }
        self.client.check();
        self.server.check();
    }

    fn deliver(&mut self, to_server: bool, bytes: usize) {
        let now = self.now;
        let (from, to) = if to_server {
            (&mut self.client, &mut self.server)
        } else {
            (&mut self.server, &mut self.client)
        };
        let taken = from.connection.output().len().min(bytes);
        to.under_way.extend(&from.connection.output()[..taken]);
        from.connection.consume_output(taken);
        let begun = to.read(bytes, now);
        if to_server {
            for stream in begun {
                self.answer(stream);
            }
        }
    }

    /// The server answers with a body of a length that depends on the stream, if that was not reset meanwhile.
    fn answer(&mut self, stream: StreamId) {
        if self.server.gone.contains(&stream) {
            return;
        }
        answer(&mut self.server.connection, stream, false);
        self.server
            .give(stream, stream.value() as usize * 997 % 9_000, true);
    }

    /// Ends all bodies and lets everything flow until nothing does any more.
    fn settle(&mut self) {
        for stream in self.opened.clone() {
            self.client.give(stream, 0, true);
        }
        for _ in 0..2_000_000 {
            for to_server in [true, false] {
                self.deliver(to_server, usize::MAX);
            }
            self.client.release(u32::MAX);
            self.server.release(u32::MAX);
            let outputs = self.client.connection.output().len() + self.server.connection.output().len();
            if outputs == 0 {
                return;
            }
        }
        panic!("it never settles");
    }

    fn verify(&self) {
        for side in [&self.client, &self.server] {
            assert_eq!(side.connection.queued_bytes(), 0, "a body waits for ever");
            assert_eq!(side.connection.open_streams(), 0, "a stream waits for ever");
        }
        let is_gone = |stream| self.client.gone.contains(stream) || self.server.gone.contains(stream);
        for stream in self.opened.iter().filter(|stream| !is_gone(stream)) {
            assert!(self.client.given[stream].1);
            assert_eq!(
                self.client.given.get(stream),
                self.server.arrived.get(stream),
                "to the server: {stream}"
            );
            assert_eq!(
                self.server.given.get(stream),
                self.client.arrived.get(stream),
                "to the client: {stream}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_body_arrives_whole_whatever_the_windows_do(
        client in config(),
        server in config(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let mut world = World::new(&client, &server);
        for step in &steps {
            world.perform(step);
        }
        world.settle();
        world.verify();
    }
}
