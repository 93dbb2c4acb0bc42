//! A client that mostly keeps to the protocol: frames whose kind, stream and size are drawn from what is usual, so that
//! deep states are reached. Whatever it does, the server sends no more than the client's windows allow.

#![no_main]

use std::collections::BTreeMap;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, Credit, Enforce, ErrorCode, Event, StreamId};

fuzz_target!(|input: &[u8]| {
    let mut input = Input(input);
    let mut world = World::new(input.byte());
    while let Some(bytes) = world.step(&mut input) {
        world.server.feed(&bytes);
        if !world.serve() {
            assert_eq!((world.server.open_streams(), world.server.queued_bytes()), (0, 0));
            return;
        }
        world.check_output();
    }
});

/// Choices; zeros when there are none left.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let (&byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        byte
    }

    /// A number that is small, middling or large.
    fn number(&mut self) -> u32 {
        let (size, value) = (self.byte(), u32::from(self.byte()));
        match size % 4 {
            0 => value,
            1 => value * 257,
            2 => (value << 23) | 0xff,
            _ => value % 8,
        }
    }
}

/// A server, and what its client knows of windows.
struct World {
    server: Connection,
    now: Instant,
    next_stream: u32,
    connection_window: i64,
    initial_window: i64,
    /// By stream: what it may receive beyond the initial window; negative for what it has received.
    beyond: BTreeMap<u32, i64>,
    body: usize,
}

impl World {
    fn new(choice: u8) -> Self {
        let config = Config {
            credit: if choice & 1 == 0 {
                Credit::Automatic
            } else {
                Credit::Manual
            },
            initial_window_size: if choice & 2 == 0 { 65_535 } else { 5 },
            max_concurrent_streams: if choice & 4 == 0 { 100 } else { 2 },
            ..Config::default()
        };
        let mut server = Connection::server(config);
        server.feed(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        Self {
            server,
            now: Instant::now(),
            next_stream: 1,
            connection_window: 65_535,
            initial_window: 65_535,
            beyond: BTreeMap::new(),
            body: 100,
        }
    }

    /// The next frame of the client; or something that the server does by itself.
    fn step(&mut self, input: &mut Input<'_>) -> Option<Vec<u8>> {
        if input.0.is_empty() {
            return None;
        }
        let what = input.byte();
        // Mostly one of the newest streams.
        let stream = self
            .next_stream
            .saturating_sub(2 * u32::from(1 + input.byte() % 6))
            .max(1);
        let frame = match what % 20 {
            0..=3 => self.request(what / 20),
            4 | 5 => frame(
                0,
                (what / 20) & 1,
                stream,
                &vec![0; input.number() as usize % 16_384],
            ),
            6 => frame(0, 8, stream, &[&[input.byte()][..], &[0; 100]].concat()),
            7 => short(3, stream, input.number()),
            8 => self.setting(4, input.number()),
            9 => self.setting(1 + u16::from(input.byte() % 6), input.number()),
            10 | 11 => {
                let increment = input.number();
                *self.beyond.entry(stream).or_default() += i64::from(increment & 0x7fff_ffff);
                short(8, stream, increment)
            }
            12 => {
                let increment = input.number();
                self.connection_window += i64::from(increment & 0x7fff_ffff);
                short(8, 0, increment)
            }
            13 => frame(4, 1, 0, &[]),
            14 => frame(6, input.byte() & 1, 0, &[0; 8]),
            15 => frame(9, input.byte(), stream, &[0x82]),
            16 => frame(1, 5, stream, &[0, 1, b'a', 1, b'b']),
            17 => frame(
                unmodelled(input.byte()),
                input.byte(),
                stream,
                &vec![input.byte(); usize::from(input.byte())],
            ),
            18 => {
                self.act(input, stream);
                Vec::new()
            }
            _ => {
                self.body = input.number() as usize % 100_000;
                Vec::new()
            }
        };
        Some(frame)
    }

    /// A setting, which may move the windows.
    fn setting(&mut self, id: u16, value: u32) -> Vec<u8> {
        if id == 4 {
            self.initial_window = i64::from(value);
        }
        frame(4, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
    }

    /// A request, whole or in parts.
    fn request(&mut self, how: u8) -> Vec<u8> {
        const BLOCK: &[u8] = &[0x83, 0x87, 0x84];
        let stream = self.next_stream;
        self.next_stream = (stream + 2).min(0x7fff_ffff);
        match how % 4 {
            0 => frame(1, 5, stream, BLOCK),
            1 => frame(1, 4, stream, BLOCK),
            2 => frame(1, 0, stream, &BLOCK[..1])
                .into_iter()
                .chain(frame(9, 4, stream, &BLOCK[1..]))
                .collect(),
            _ => frame(
                1,
                0x2d,
                stream,
                &[&[2, 0, 0, 0, 0, 0][..], BLOCK, &[0; 2]].concat(),
            ),
        }
    }

    /// Something that the server's owner wants.
    fn act(&mut self, input: &mut Input<'_>, stream: u32) {
        let stream = StreamId::from_wire(stream);
        match input.byte() % 7 {
            0 => self.server.reset(stream, ErrorCode::CANCEL),
            1 => self.server.set_initial_window_size(input.number()),
            2 => self
                .server
                .set_max_concurrent_streams(input.number(), Enforce::AtOnce),
            3 => self
                .server
                .set_max_concurrent_streams(input.number(), Enforce::OnceAcknowledged),
            4 => self.server.go_away_with_last(stream, ErrorCode::NO_ERROR, b"x"),
            5 => self.server.release(Some(stream), input.number()),
            _ => self.server.ping([0; 8]),
        }
    }

    /// Answers what asks for it; false once the connection has failed.
    fn serve(&mut self) -> bool {
        loop {
            let (stream, ended) = match self.server.poll(self.now) {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(
                    Event::Headers {
                        stream, end_stream, ..
                    }
                    | Event::Data {
                        stream, end_stream, ..
                    },
                )) => (stream, end_stream),
                Ok(Some(_)) => continue,
            };
            if ended {
                let begun = self.server.send_headers(stream, false, |encoder, out| {
                    encoder.encode(b":status", b"200", Indexing::Incremental, out);
                });
                if begun.is_ok() {
                    let _sent = self.server.send_body(stream, &vec![0; self.body], true);
                }
            }
        }
    }

    /// No DATA is beyond a window, and the frames are whole.
    fn check_output(&mut self) {
        let mut rest = self.server.output();
        while let Some((header, after)) = rest.split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
            let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            if header[3] == 0 && length > 0 {
                self.connection_window -= i64::from(length);
                assert!(self.connection_window >= 0, "the connection's window is overrun");
                let beyond = self.beyond.entry(stream).or_default();
                *beyond -= i64::from(length);
                assert!(
                    self.initial_window + *beyond >= 0,
                    "the window of {stream} is overrun"
                );
            }
            rest = &after[length as usize..];
        }
        assert!(rest.is_empty(), "a frame is not whole");
        self.server.consume_output(usize::MAX);
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, l0, l1, l2] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[l0, l1, l2, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

fn short(kind: u8, stream: u32, value: u32) -> Vec<u8> {
    frame(kind, 0, stream, &value.to_be_bytes())
}

/// A kind of frame that moves no window.
fn unmodelled(kind: u8) -> u8 {
    match kind {
        4 | 8 => 0xfa,
        other => other,
    }
}
