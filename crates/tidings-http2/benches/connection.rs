//! What a push costs a client in HTTP/2 alone: a request encoded and sent, and its answer read.
//!
//! `cargo bench -p tidings-http2 --bench connection` prints nanoseconds per request. Requests go in batches of 200, as
//! a sender that never waits for single answers makes them; the time of the server that answers is not counted.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tidings_http2::hpack::{CachedName, Indexing, Template};
use tidings_http2::{Config, Connection, Event, StreamId};

const BATCH: usize = 200;
const ROUNDS: usize = 2000;
const PAYLOAD: &[u8] =
    br#"{"aps":{"alert":{"title":"Tidings","body":"Your parcel has arrived"},"sound":"default"}}"#;

fn main() {
    let mut pair = Pair::new();
    let mut sending = Vec::with_capacity(ROUNDS);
    let mut receiving = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        pair.send_requests();
        sending.push(start.elapsed());
        pair.answer();
        let start = Instant::now();
        pair.read_answers();
        receiving.push(start.elapsed());
        pair.let_the_server_read();
    }
    report("client: encode and send a request", &mut sending);
    report("client: read a 200 with a Huffman-coded apns-id", &mut receiving);
}

/// Prints the median time of one request.
fn report(name: &str, batches: &mut [Duration]) {
    batches.sort_unstable();
    let nanos = batches[batches.len() / 2].as_nanos() * 10 / BATCH as u128;
    println!("{name:50} {:5}.{} ns", nanos / 10, nanos % 10);
}

/// A client and the server it talks to.
struct Pair {
    client: Connection,
    server: Connection,
    place: Template,
    always: Template,
    path: CachedName,
    apns_id: CachedName,
    requests: Vec<StreamId>,
    ids: Vec<[u8; 36]>,
}

impl Pair {
    fn new() -> Self {
        let config = Config {
            max_concurrent_streams: 1000,
            connection_window: 1 << 24,
            ..Config::default()
        };
        let token = "x".repeat(184);
        let place = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "api.push.apple.com"),
        ];
        let always = [
            ("authorization", token.as_str()),
            ("apns-topic", "com.example.app"),
            ("apns-push-type", "alert"),
        ];
        let mut pair = Self {
            client: Connection::client(config.clone()),
            server: Connection::server(config),
            place: Template::new(place),
            always: Template::new(always),
            path: CachedName::new(":path"),
            apns_id: CachedName::new("apns-id"),
            requests: Vec::new(),
            ids: (0..BATCH).map(id).collect(),
        };
        pair.let_the_server_read();
        pair.let_the_client_read();
        pair
    }

    fn send_requests(&mut self) {
        for (tag, id) in (0..).zip(&self.ids) {
            let stream = self.client.open(tag, false, |encoder, block| {
                encoder.encode_template(&mut self.place, block);
                encoder.encode_literal(&mut self.path, black_box(&[b'a'; 74]), block);
                encoder.encode_template(&mut self.always, block);
                encoder.encode_literal(&mut self.apns_id, id, block);
            });
            let stream = stream.expect("the server allows a batch");
            self.client
                .send_body(stream, black_box(PAYLOAD), true)
                .expect("it was opened just now");
        }
        black_box(self.client.output());
    }

    /// The server reads the requests and writes the answers.
    fn answer(&mut self) {
        self.let_the_server_read();
        for (id, stream) in self.ids.iter().zip(self.requests.drain(..)) {
            self.server
                .send_headers(stream, true, |encoder, block| {
                    encoder.encode(b":status", b"200", Indexing::Incremental, block);
                    encoder.encode(b"apns-id", id, Indexing::Without, block);
                })
                .expect("the client waits for it");
        }
    }

    fn read_answers(&mut self) {
        let answered = self.let_the_client_read();
        assert_eq!(answered, BATCH);
    }

    fn let_the_client_read(&mut self) -> usize {
        self.client.feed(self.server.output());
        let now = Instant::now();
        let mut answered = 0;
        while let Some(event) = self.client.poll(now).expect("the server keeps to the protocol") {
            if let Event::Headers { fields, tag, .. } = event {
                black_box((tag, fields.first(b":status"), fields.first(b"apns-id")));
                answered += 1;
            }
        }
        let written = self.server.output().len();
        self.server.consume_output(written);
        answered
    }

    fn let_the_server_read(&mut self) {
        self.server.feed(self.client.output());
        let written = self.client.output().len();
        self.client.consume_output(written);
        let now = Instant::now();
        while let Some(event) = self.server.poll(now).expect("the client keeps to the protocol") {
            match event {
                Event::Data {
                    stream,
                    end_stream: true,
                    ..
                } => self.requests.push(stream),
                event => drop(black_box(event)),
            }
        }
    }
}

/// An identifier with the look of a random one.
fn id(seed: usize) -> [u8; 36] {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = [b'-'; 36];
    for (position, byte) in id.iter_mut().enumerate() {
        state = state
            .rotate_left(5)
            .wrapping_mul(0xd134_2543_de82_ef95)
            .wrapping_add(1);
        if ![8, 13, 18, 23].contains(&position) {
            *byte = b"0123456789abcdef"[(state >> 60) as usize];
        }
    }
    id
}
