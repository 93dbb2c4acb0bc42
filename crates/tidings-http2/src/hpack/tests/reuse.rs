//! What the encoder remembers, and when it had better not.

use super::*;
use crate::hpack::{CachedName, Encoder, Indexing, Template};

const REQUEST: [(&str, &str); 4] = [
    (":method", "POST"),
    ("apns-topic", "com.example.app"),
    ("apns-push-type", "alert"),
    ("user-agent", "tidings"),
];

fn template_block(encoder: &mut Encoder, template: &mut Template) -> Vec<u8> {
    let mut block = Vec::new();
    encoder.encode_template(template, &mut block);
    block
}

fn literal_block(encoder: &mut Encoder, name: &mut CachedName, value: &str) -> Vec<u8> {
    let mut block = Vec::new();
    encoder.encode_literal(name, value.as_bytes(), &mut block);
    block
}

#[test]
fn a_template_is_told_once_and_then_referred_to() {
    let mut encoder = Encoder::new(4096);
    let mut template = Template::new(REQUEST);
    let told = template_block(&mut encoder, &mut template);
    assert!(told.len() > 30);
    for _ in 0..3 {
        assert_eq!(
            template_block(&mut encoder, &mut template),
            [0x83, 0xc0, 0xbf, 0xbe]
        );
    }
}

#[test]
fn a_template_follows_when_the_table_moves() {
    let mut encoder = Encoder::new(4096);
    let mut template = Template::new(REQUEST);
    template_block(&mut encoder, &mut template);
    template_block(&mut encoder, &mut template);
    encoder.encode(b"another", b"field", Indexing::Incremental, &mut Vec::new());
    assert_eq!(
        template_block(&mut encoder, &mut template),
        [0x83, 0xc1, 0xc0, 0xbf]
    );
}

#[test]
fn a_template_is_told_to_each_encoder() {
    let mut template = Template::new(REQUEST);
    let told = template_block(&mut Encoder::new(4096), &mut template);
    for _ in 0..3 {
        let mut encoder = Encoder::new(4096);
        assert_eq!(template_block(&mut encoder, &mut template), told);
        assert_eq!(template_block(&mut encoder, &mut template).len(), 4);
    }
}

#[test]
fn without_a_table_a_template_is_literal_each_time() {
    let mut encoder = Encoder::new(0);
    let mut template = Template::new(REQUEST);
    let first = template_block(&mut encoder, &mut template);
    let second = template_block(&mut encoder, &mut template);
    assert_eq!(first[0], 0x20, "the peer is told that the table is empty");
    assert_eq!(first[1..], second);
    assert_eq!(
        decode(&mut Decoder::new(0, 4096), &second).unwrap(),
        text_pairs(&REQUEST)
    );
}

#[test]
fn of_a_template_that_is_too_large_what_fits_is_indexed() {
    let mut encoder = Encoder::new(100);
    let mut decoder = Decoder::new(4096, 4096);
    let mut template = Template::new(REQUEST);
    for _ in 0..3 {
        let block = template_block(&mut encoder, &mut template);
        assert_eq!(decode(&mut decoder, &block).unwrap(), text_pairs(&REQUEST));
    }
    let settled = template_block(&mut encoder, &mut template);
    for _ in 0..100 {
        assert_eq!(template_block(&mut encoder, &mut template), settled);
    }
    assert_eq!(table_pairs(encoder.table()), text_pairs(&REQUEST[1..2]));
}

#[test]
fn templates_that_compete_for_the_table_take_turns_slowly() {
    let mut encoder = Encoder::new(150);
    let mut templates: Vec<_> = ["one", "two", "three"]
        .map(|topic| Template::new([("apns-topic", topic.repeat(10))]))
        .into();
    let mut short = 0;
    for _ in 0..100 {
        for template in &mut templates {
            short += usize::from(template_block(&mut encoder, template).len() < 4);
        }
    }
    assert!((80..200).contains(&short), "{short} of 300 were references");
}

#[test]
fn a_template_that_replaces_another_finds_a_place() {
    let mut encoder = Encoder::new(300);
    for token in ["a", "b", "c", "d"] {
        let mut template = Template::new([("authorization", token.repeat(180))]);
        let lengths: Vec<_> = (0..40)
            .map(|_| template_block(&mut encoder, &mut template).len())
            .collect();
        assert_eq!(lengths.last(), Some(&1), "{lengths:?}");
    }
}

#[test]
fn a_known_name_is_sent_as_its_index_with_the_value_as_it_is() {
    let mut encoder = Encoder::new(4096);
    let mut path = CachedName::new(":path");
    for _ in 0..2 {
        assert_eq!(
            literal_block(&mut encoder, &mut path, "/3/device/00"),
            b"\x04\x0c/3/device/00"
        );
    }
    assert_eq!(encoder.table().size(), 0);
}

#[test]
fn an_unknown_name_is_told_once() {
    let mut encoder = Encoder::new(4096);
    let mut name = CachedName::new("apns-id");
    let told = literal_block(&mut encoder, &mut name, "one");
    assert_eq!(told[0], 0x40);
    assert_eq!(told[told.len() - 4..], *b"\x03one");
    for _ in 0..2 {
        assert_eq!(literal_block(&mut encoder, &mut name, "two"), b"\x0f\x2f\x03two");
    }
    encoder.encode(b"another", b"field", Indexing::Incremental, &mut Vec::new());
    assert_eq!(literal_block(&mut encoder, &mut name, "two"), b"\x0f\x30\x03two");
}

#[test]
fn without_a_table_an_unknown_name_is_told_each_time() {
    let mut encoder = Encoder::new(0);
    let mut name = CachedName::new("apns-id");
    let first = literal_block(&mut encoder, &mut name, "one");
    let second = literal_block(&mut encoder, &mut name, "one");
    assert_eq!(first[1..], second);
    assert_eq!(second[0], 0x00);
}

#[test]
fn a_sensitive_field_is_never_remembered_nor_referred_to() {
    let mut encoder = Encoder::new(4096);
    let mut block = Vec::new();
    encoder.encode(b"authorization", b"bearer", Indexing::Never, &mut block);
    assert_eq!(block[..2], [0x1f, 23 - 15]);
    assert_eq!(encoder.table().size(), 0);
    encoder.encode(b":method", b"GET", Indexing::Never, &mut block);
    let fields = decode(&mut Decoder::new(4096, 4096), &block).unwrap();
    assert_eq!(
        fields,
        text_pairs(&[("authorization", "bearer"), (":method", "GET")])
    );
    assert!(!block.contains(&0x82));
}

#[test]
fn a_field_larger_than_the_table_does_not_empty_it() {
    let mut encoder = Encoder::new(100);
    encoder.encode(b"a", b"b", Indexing::Incremental, &mut Vec::new());
    encoder.encode(b"a", &[b'v'; 200], Indexing::Incremental, &mut Vec::new());
    assert_eq!(encoder.table().size(), 34);
}

#[test]
fn changes_of_the_table_size_start_the_next_block_only() {
    let block = |encoder: &mut Encoder| {
        let mut block = Vec::new();
        encoder.encode(b":method", b"GET", Indexing::Incremental, &mut block);
        block
    };
    let mut encoder = Encoder::new(4096);
    assert_eq!(block(&mut encoder), from_hex("82"));
    encoder.set_peer_table_size(65536);
    assert_eq!(block(&mut encoder), from_hex("82"), "we do not use more");
    encoder.set_peer_table_size(100);
    assert_eq!(block(&mut encoder), from_hex("3f45 82"));
    assert_eq!(block(&mut encoder), from_hex("82"));
    encoder.set_peer_table_size(0);
    encoder.set_peer_table_size(4096);
    assert_eq!(
        block(&mut encoder),
        from_hex("20 3fe11f 82"),
        "the smallest size, then the last"
    );
    encoder.set_peer_table_size(8192);
    encoder.set_peer_table_size(6000);
    assert_eq!(
        block(&mut encoder),
        from_hex("3fe11f 82"),
        "a reduction is always answered"
    );
}

#[test]
fn debug_output_has_no_values() {
    let mut encoder = Encoder::new(4096);
    let mut template = Template::new([("authorization", "bearer confidential")]);
    let block = template_block(&mut encoder, &mut template);
    let mut decoder = Decoder::new(4096, 4096);
    let mut fields = FieldList::new();
    decoder.decode(&block, &mut fields).unwrap();
    let debug = format!("{encoder:?} {template:?} {decoder:?} {fields:?}");
    assert!(debug.contains("authorization"));
    assert!(!debug.contains("confidential") && !debug.contains("98, 101, 97"));
}
