//! A peer made of bytes: what the tests write by hand, and what they read of a connection's output.

use std::time::{Duration, Instant};

use tidings_http2::hpack::{Encoder, Indexing};
use tidings_http2::{Config, Connection, ConnectionError, ErrorCode, Event, ResetBy, StreamId};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const WITH_PRIORITY: u8 = 0x20;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The payload's first four bytes from `at` on, as a number.
    pub(crate) fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

/// The bytes of a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A SETTINGS frame.
pub(crate) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = values
        .iter()
        .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// A frame whose payload is one number.
pub(crate) fn short(kind: u8, stream: u32, value: u32) -> Vec<u8> {
    frame(kind, 0, stream, &value.to_be_bytes())
}

/// A header block that depends on no table.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut encoder = Encoder::new(4096);
    let mut out = Vec::new();
    for (name, value) in fields {
        encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Without, &mut out);
    }
    out
}

pub(crate) const POST: [(&str, &str); 3] = [(":method", "POST"), (":scheme", "https"), (":path", "/")];

/// A whole header block in one frame.
pub(crate) fn headers(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags | END_HEADERS, stream, &block(fields))
}

/// A request without a body.
pub(crate) fn request(stream: u32) -> Vec<u8> {
    headers(stream, END_STREAM, &POST)
}

/// The frames in these bytes, which hold no half ones.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        let (payload, rest) = rest.split_at(length);
        frames.push(Frame {
            kind: header[3],
            flags: header[4],
            stream: u32::from_be_bytes(header[5..9].try_into().unwrap()),
            payload: payload.to_vec(),
        });
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a frame");
    frames
}

/// An event that borrows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Headers(u32, Vec<(String, String)>, bool),
    Data(u32, Vec<u8>, bool),
    Reset(u32, ErrorCode, ResetBy),
    Settings,
    SettingsAcked,
    Pong([u8; 8]),
    GoAway(u32, ErrorCode, Vec<u8>),
}

impl Seen {
    pub(crate) fn of(event: Event<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match event {
            Event::Headers {
                stream,
                fields,
                end_stream,
                ..
            } => {
                let fields = fields.iter().map(|(name, value)| (text(name), text(value)));
                Self::Headers(stream.value(), fields.collect(), end_stream)
            }
            Event::Data {
                stream,
                data,
                end_stream,
                ..
            } => Self::Data(stream.value(), data.to_vec(), end_stream),
            Event::Reset { stream, code, by, .. } => Self::Reset(stream.value(), code, by),
            Event::Settings => Self::Settings,
            Event::SettingsAcked => Self::SettingsAcked,
            Event::Pong { payload } => Self::Pong(payload),
            Event::GoAway {
                last_stream,
                code,
                debug,
            } => Self::GoAway(last_stream.value(), code, debug.to_vec()),
            other => panic!("an event without a copy: {other:?}"),
        }
    }
}

/// A connection and the time it lives in.
pub(crate) struct Subject {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
}

impl Subject {
    /// A server that has not heard anything; its SETTINGS are in the output.
    pub(crate) fn fresh_server(config: Config) -> Self {
        Self {
            connection: Connection::server(config),
            now: Instant::now(),
        }
    }

    /// A server whose client has sent its SETTINGS and acknowledged the server's.
    pub(crate) fn server(config: Config) -> Self {
        let mut subject = Self::fresh_server(config);
        let hello = [PREFACE, &settings(&[]), &frame(SETTINGS, ACK, 0, &[])].concat();
        assert_eq!(subject.read(&hello), [Seen::Settings, Seen::SettingsAcked]);
        subject.take_output();
        subject
    }

    /// A client whose server has sent these SETTINGS and acknowledged the client's.
    pub(crate) fn client_of(config: Config, of_server: &[(u16, u32)]) -> Self {
        let mut subject = Self {
            connection: Connection::client(config),
            now: Instant::now(),
        };
        let hello = [settings(of_server), frame(SETTINGS, ACK, 0, &[])].concat();
        assert_eq!(subject.read(&hello), [Seen::Settings, Seen::SettingsAcked]);
        subject.connection.consume_output(usize::MAX);
        subject
    }

    pub(crate) fn client(config: Config) -> Self {
        Self::client_of(config, &[])
    }

    /// Opens a stream with a request that has no body.
    pub(crate) fn open(&mut self) -> u32 {
        self.open_with(true)
    }

    pub(crate) fn open_with(&mut self, end_stream: bool) -> u32 {
        open(&mut self.connection, end_stream).unwrap().value()
    }

    /// What the bytes make the connection tell, or the error that ends it.
    pub(crate) fn try_read(&mut self, bytes: &[u8]) -> Result<Vec<Seen>, ConnectionError> {
        self.connection.feed(bytes);
        let mut seen = Vec::new();
        while let Some(event) = self.connection.poll(self.now)? {
            seen.push(Seen::of(event));
        }
        Ok(seen)
    }

    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Seen> {
        self.try_read(bytes).expect("the peer keeps to the protocol")
    }

    /// The frames of the output, which is consumed.
    pub(crate) fn take_output(&mut self) -> Vec<Frame> {
        let frames = frames(self.connection.output());
        self.connection.consume_output(usize::MAX);
        frames
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
    }
}

/// Opens a stream with a minimal request.
pub(crate) fn open(
    connection: &mut Connection,
    end_stream: bool,
) -> Result<StreamId, tidings_http2::OpenError> {
    connection.open(0, end_stream, |encoder, out| {
        for (name, value) in POST {
            encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Incremental, out);
        }
    })
}

/// Answers with a status and no more.
pub(crate) fn answer(connection: &mut Connection, stream: StreamId, end_stream: bool) {
    connection
        .send_headers(stream, end_stream, |encoder, out| {
            encoder.encode(b":status", b"200", Indexing::Incremental, out);
        })
        .expect("the stream waits for an answer");
}

pub(crate) fn id(stream: u32) -> StreamId {
    StreamId::from_wire(stream)
}
