//! What one header block costs: the request a client repeats, and the answer it gets.
//!
//! `cargo bench -p tidings-http2 --bench hpack` prints nanoseconds per block, ours and a peer's. It is the fifth
//! percentile of many rounds, since what makes a round slow on a shared machine is others.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::time::Instant;

use tidings_http2::hpack::{CachedName, Decoder, Encoder, FieldList, Indexing, Template};

const BLOCKS: usize = 1000;
const ROUNDS: usize = 1001;

fn main() {
    let answers = answers(|id, encoder, out| encoder.encode(b"apns-id", id, Indexing::Incremental, out));
    let raw_answers = answers_with_raw_ids();
    decode("decode :status + Huffman-coded apns-id", &answers);
    decode("decode :status + raw apns-id", &raw_answers);
    encode();
    encode_answers();
    peer_decode("httlib-hpack: decode :status + Huffman-coded apns-id", &answers);
    peer_decode("httlib-hpack: decode :status + raw apns-id", &raw_answers);
}

/// Blocks as a server sends them: the status, and an id that is another each time.
fn answers(mut write_id: impl FnMut(&[u8], &mut Encoder, &mut Vec<u8>)) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(4096);
    let ids = (0..BLOCKS).map(id);
    let blocks = ids.map(|id| {
        let mut block = Vec::new();
        encoder.encode(b":status", b"200", Indexing::Incremental, &mut block);
        write_id(&id, &mut encoder, &mut block);
        block
    });
    blocks.collect()
}

fn answers_with_raw_ids() -> Vec<Vec<u8>> {
    let mut name = CachedName::new("apns-id");
    answers(|id, encoder, out| encoder.encode_literal(&mut name, id, out))
}

/// An identifier with the look of a random one.
fn id(seed: usize) -> [u8; 36] {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = [0; 36];
    for (position, byte) in id.iter_mut().enumerate() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let digit = b"0123456789abcdef"[(state >> 60) as usize];
        *byte = if [8, 13, 18, 23].contains(&position) {
            b'-'
        } else {
            digit
        };
    }
    id
}

fn decode(name: &str, blocks: &[Vec<u8>]) {
    let mut decoder = Decoder::new(4096, 16 * 1024);
    let mut fields = FieldList::new();
    measure(name, || {
        for block in blocks {
            decoder
                .decode(black_box(block), &mut fields)
                .expect("our own blocks are valid");
            black_box(fields.first(b"apns-id"));
        }
    });
}

fn encode() {
    let mut encoder = Encoder::new(4096);
    let token = "x".repeat(184);
    let mut always = Template::new([
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "api.push.apple.com"),
        ("authorization", &token),
        ("apns-topic", "com.example.app"),
        ("apns-push-type", "alert"),
    ]);
    let (mut path, mut apns_id) = (CachedName::new(":path"), CachedName::new("apns-id"));
    let ids: Vec<_> = (0..BLOCKS).map(id).collect();
    let mut out = Vec::new();
    measure("encode template + raw :path + raw apns-id", || {
        for id in &ids {
            out.clear();
            encoder.encode_template(&mut always, &mut out);
            encoder.encode_literal(&mut path, black_box(&[b'a'; 74]), &mut out);
            encoder.encode_literal(&mut apns_id, id, &mut out);
            black_box(&out);
        }
    });
}

fn encode_answers() {
    let mut encoder = Encoder::new(4096);
    let ids: Vec<_> = (0..BLOCKS).map(id).collect();
    let mut out = Vec::new();
    measure("encode :status + Huffman-coded, indexed apns-id", || {
        for id in &ids {
            out.clear();
            encoder.encode(b":status", b"200", Indexing::Incremental, &mut out);
            encoder.encode(b"apns-id", black_box(id), Indexing::Incremental, &mut out);
            black_box(&out);
        }
    });
}

fn peer_decode(name: &str, blocks: &[Vec<u8>]) {
    let mut decoder = httlib_hpack::Decoder::default();
    measure(name, || {
        for block in blocks {
            let mut input = block.clone();
            let mut fields = Vec::new();
            decoder
                .decode(black_box(&mut input), &mut fields)
                .expect("our blocks are valid");
            black_box(&fields);
        }
    });
}

/// Prints the time of a block; `blocks` does [`BLOCKS`] of them.
fn measure(name: &str, mut blocks: impl FnMut()) {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            blocks();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let nanos = times[ROUNDS / 20].as_nanos() / (BLOCKS as u128 / 10);
    println!("{name:55} {:5}.{} ns", nanos / 10, nanos % 10);
}
