//! Any history of a connection: what is encoded is decoded, whatever became of the tables.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::{CachedName, Decoder, Encoder, FieldList, Indexing, Template};

fuzz_target!(|data: &[u8]| {
    let mut input = data;
    let mut encoder = Encoder::new(4096);
    let mut decoder = Decoder::new(4096, usize::MAX);
    let always = [
        (":method", "POST"),
        ("apns-topic", "com.example.app"),
        ("apns-priority", "5"),
    ];
    let mut template = Template::new(always);
    let mut names = ["apns-id", ":path"].map(CachedName::new);
    let mut received = FieldList::new();
    while let Some(what) = byte(&mut input) {
        let mut sent = FieldList::new();
        let mut block = Vec::new();
        match what % 8 {
            0 => {
                let size = 40 * usize::from(byte(&mut input).unwrap_or_default());
                encoder.set_peer_table_size(size);
                decoder.set_max_table_size(size);
            }
            1..=3 => {
                encoder.encode_template(&mut template, &mut block);
                always
                    .iter()
                    .for_each(|(name, value)| sent.push(name.as_bytes(), value.as_bytes()));
                let (name, value) = (usize::from(what & 1), string(&mut input));
                encoder.encode_literal(&mut names[name], value, &mut block);
                sent.push(["apns-id", ":path"][name].as_bytes(), value);
            }
            _ => {
                for _ in 0..what / 64 {
                    let (name, value) = (string(&mut input), string(&mut input));
                    let indexing = [Indexing::Incremental, Indexing::Without, Indexing::Never];
                    encoder.encode(name, value, indexing[usize::from(what) % 3], &mut block);
                    sent.push(name, value);
                }
            }
        }
        assert_eq!(decoder.decode(&block, &mut received), Ok(()));
        assert!(sent.iter().eq(received.iter()));
    }
});

fn byte(input: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = input.split_first()?;
    *input = rest;
    Some(byte)
}

/// A string as long as the next byte says, or as there is.
fn string<'a>(input: &mut &'a [u8]) -> &'a [u8] {
    let length = usize::from(byte(input).unwrap_or_default()).min(input.len());
    let (string, rest) = input.split_at(length);
    *input = rest;
    string
}
