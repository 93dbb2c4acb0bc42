//! How bytes are cut on their way makes no difference, in neither direction.

use std::time::Instant;

use proptest::prelude::*;
use tidings_http2::{Config, Connection};

use crate::peer::*;

/// A conversation with all kinds of frames, as a client would send it.
fn conversation() -> Vec<u8> {
    let block = block(&POST);
    [
        PREFACE,
        &settings(&[(4, 1000), (3, 7)]),
        &frame(SETTINGS, ACK, 0, &[]),
        &request(1),
        &frame(HEADERS, 0, 3, &block[..2]),
        &frame(CONTINUATION, END_HEADERS, 3, &block[2..]),
        &frame(DATA, PADDED, 3, &[3, b'h', b'i', 0, 0, 0]),
        &frame(PING, 0, 0, b"12345678"),
        &short(WINDOW_UPDATE, 0, 5),
        &frame(0xfa, 1, 9, b"unknown"),
        &headers(3, END_STREAM, &[("trailer", "x")]),
        &headers(5, 0, &[(":status", "200")]),
        &short(RST_STREAM, 1, 8),
        &frame(PRIORITY, 0, 7, &[0; 5]),
        &frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\0done"),
    ]
    .concat()
}

/// What a server makes of the pieces: its events and its output.
fn outcome<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, Vec<u8>) {
    let mut subject = Subject::fresh_server(Config::default());
    let seen = pieces.into_iter().flat_map(|piece| subject.read(piece)).collect();
    (seen, subject.connection.output().to_vec())
}

#[test]
fn byte_by_byte_is_as_good_as_at_once() {
    let bytes = conversation();
    let at_once = outcome([&bytes[..]]);
    assert_eq!(at_once.0.len(), 8, "{:?}", at_once.0);
    assert_eq!(outcome(bytes.chunks(1)), at_once);
}

#[test]
fn an_error_is_the_same_byte_by_byte() {
    let bytes = [
        &conversation()[..],
        &frame(DATA, 0, 99, b"idle"),
        &frame(PING, 0, 0, &[0; 8]),
    ]
    .concat();
    let fail = |size: usize| {
        let mut subject = Subject::fresh_server(Config::default());
        let error = bytes.chunks(size).find_map(|piece| subject.try_read(piece).err());
        (error.unwrap(), subject.connection.output().to_vec())
    };
    assert_eq!(fail(1), fail(usize::MAX));
}

#[test]
fn several_feeds_before_a_poll_are_one() {
    let bytes = conversation();
    let mut subject = Subject::fresh_server(Config::default());
    for piece in bytes.chunks(7) {
        subject.connection.feed(piece);
    }
    assert_eq!(subject.read(&[]), outcome([&bytes[..]]).0);
}

proptest! {
    #[test]
    fn any_cut_is_as_good_as_none(cuts in prop::collection::vec(1_usize..40, 1..60)) {
        let bytes = conversation();
        let mut rest = &bytes[..];
        let pieces = cuts.iter().cycle().map_while(|&cut| {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        });
        let pieces: Vec<&[u8]> = pieces.collect();
        prop_assert_eq!(outcome(pieces), outcome([&bytes[..]]));
    }

    #[test]
    fn output_that_is_taken_in_pieces_is_the_same_output(takes in prop::collection::vec(0_usize..70_000, 40)) {
        let run = |takes: &[usize]| {
            let mut client = Connection::client(Config { assumed_peer_streams: 1000, ..Config::default() });
            client.feed(&[settings(&[(4, 1 << 20)]), short(WINDOW_UPDATE, 0, 1 << 30)].concat());
            while client.poll(Instant::now()).unwrap().is_some() {}
            let mut written = Vec::new();
            for &take in takes {
                let stream = open(&mut client, false).unwrap();
                client.send_body(stream, &vec![0x55; 30_000], true).unwrap();
                let take = take.min(client.output().len());
                written.extend_from_slice(&client.output()[..take]);
                client.consume_output(take);
            }
            written.extend_from_slice(client.output());
            written
        };
        prop_assert!(run(&takes) == run(&[0; 40]));
    }
}
