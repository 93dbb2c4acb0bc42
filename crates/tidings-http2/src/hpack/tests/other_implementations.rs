//! Whether others understand us, and we them.

use proptest::prelude::*;

use super::*;
use crate::hpack::{CachedName, Encoder, Indexing, Template};

fn fields() -> impl Strategy<Value = Pairs> {
    let name = prop_oneof![
        prop::sample::select(vec![":status", ":path", "apns-id", "content-type", "x"])
            .prop_map(str::to_owned),
        "[a-z-]{1,20}"
    ];
    let value = prop_oneof![
        prop::sample::select(vec!["200", "/", "", "a"]).prop_map(|value| value.as_bytes().to_vec()),
        "[0-9a-f-]{36}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..80),
    ];
    prop::collection::vec((name.prop_map(String::into_bytes), value), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn others_decode_what_we_encode(blocks in prop::collection::vec(fields(), 1..12), size in 0..6000_usize) {
        let mut encoder = Encoder::new(size);
        let mut always = Template::new([(":method", "POST"), ("apns-topic", "com.example.app")]);
        let mut id = CachedName::new("apns-id");
        let mut fluke = fluke_hpack::Decoder::new();
        let mut httlib = httlib_hpack::Decoder::default();
        for (number, fields) in blocks.into_iter().enumerate() {
            let mut block = Vec::new();
            encoder.encode_template(&mut always, &mut block);
            encoder.encode_literal(&mut id, b"00fc13adff785122", &mut block);
            let indexing = [Indexing::Incremental, Indexing::Without, Indexing::Never][number % 3];
            for (name, value) in &fields {
                encoder.encode(name, value, indexing, &mut block);
            }
            let mut sent = text_pairs(&[
                (":method", "POST"), ("apns-topic", "com.example.app"), ("apns-id", "00fc13adff785122"),
            ]);
            sent.extend(fields);
            prop_assert_eq!(fluke.decode(&block).unwrap(), sent.clone());
            let mut received = Vec::new();
            httlib.decode(&mut block, &mut received).unwrap();
            let received: Pairs = received.into_iter().map(|(name, value, _)| (name, value)).collect();
            prop_assert_eq!(received, sent);
        }
    }

    #[test]
    fn we_decode_what_others_encode(blocks in prop::collection::vec(fields(), 1..12)) {
        let mut fluke = (fluke_hpack::Encoder::new(), Decoder::new(4096, 65536));
        let mut httlib = (httlib_hpack::Encoder::default(), Decoder::new(4096, 65536));
        for fields in blocks {
            let block = fluke.0.encode(fields.iter().map(|(name, value)| (&name[..], &value[..])));
            prop_assert_eq!(decode(&mut fluke.1, &block).unwrap(), fields.clone());
            let block = httlib_block(&mut httlib.0, &fields);
            prop_assert_eq!(decode(&mut httlib.1, &block).unwrap(), fields);
        }
    }
}

/// A block that uses all the encoder is able to: its tables, new entries, Huffman coding.
fn httlib_block(encoder: &mut httlib_hpack::Encoder, fields: &Pairs) -> Vec<u8> {
    use httlib_hpack::Encoder;
    let flags =
        Encoder::BEST_FORMAT | Encoder::WITH_INDEXING | Encoder::HUFFMAN_VALUE | Encoder::HUFFMAN_NAME;
    let mut block = Vec::new();
    for (name, value) in fields {
        encoder
            .encode((name.clone(), value.clone(), flags), &mut block)
            .unwrap();
    }
    block
}
