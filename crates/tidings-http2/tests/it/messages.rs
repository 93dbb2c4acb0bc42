//! Messages that are as they should be: trailers, interim responses, lengths, blocks in many frames, lists too large.

use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, ErrorCode, StreamGone};

use crate::peer::*;

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    fields.iter().map(own).collect()
}

#[test]
fn a_request_may_have_a_body_and_trailers() {
    let mut subject = Subject::server(Config::default());
    let bytes = [
        headers(1, 0, &[&POST[..], &[("content-length", "3")]].concat()),
        frame(DATA, 0, 1, b"ab"),
        frame(DATA, PADDED, 1, &[2, b'c', 0, 0]),
        headers(1, END_STREAM, &[("checksum", "x")]),
    ]
    .concat();
    let seen = subject.read(&bytes);
    assert_eq!(
        seen[1..],
        [
            Seen::Data(1, b"ab".to_vec(), false),
            Seen::Data(1, b"c".to_vec(), false),
            Seen::Headers(1, owned(&[("checksum", "x")]), true),
        ]
    );
    assert_eq!(subject.take_output(), []);
}

#[test]
fn interim_responses_are_skipped() {
    let mut subject = Subject::client(Config::default());
    let stream = subject.open();
    let bytes = [
        headers(stream, 0, &[(":status", "100")]),
        headers(stream, 0, &[(":status", "103"), ("link", "x")]),
        headers(stream, END_STREAM, &[(":status", "200")]),
    ];
    assert_eq!(
        subject.read(&bytes.concat()),
        [Seen::Headers(stream, owned(&[(":status", "200")]), true)]
    );
    assert_eq!(subject.connection.open_streams(), 0);
}

#[test]
fn a_body_is_as_long_as_it_said() {
    let three = [("content-length", "3")];
    for (flags, bodies, want) in [
        (0, vec![(0, &b"ab"[..]), (END_STREAM, b"c")], None),
        (0, vec![(0, &b"abcd"[..])], Some(ErrorCode::PROTOCOL_ERROR)),
        (
            0,
            vec![(0, &b"a"[..]), (END_STREAM, b"")],
            Some(ErrorCode::PROTOCOL_ERROR),
        ),
        (END_STREAM, vec![], Some(ErrorCode::PROTOCOL_ERROR)),
    ] {
        let mut subject = Subject::server(Config::default());
        subject.read(&headers(1, flags, &[&POST[..], &three].concat()));
        for (flags, body) in &bodies {
            subject.read(&frame(DATA, *flags, 1, body));
        }
        let resets = subject
            .take_output()
            .iter()
            .map(|frame| ErrorCode(frame.number(0)))
            .next();
        assert_eq!(resets, want, "{bodies:?}");
    }
}

#[test]
fn a_response_without_a_body_may_tell_the_length_of_what_it_left_out() {
    let mut subject = Subject::client(Config::default());
    let stream = subject.open();
    let fields = [(":status", "304"), ("content-length", "5")];
    assert_eq!(
        subject.read(&headers(stream, END_STREAM, &fields)),
        [Seen::Headers(stream, owned(&fields), true)]
    );
}

#[test]
fn a_header_block_may_come_in_many_frames_with_padding_and_priority() {
    let block = block(&POST);
    let (first, rest) = block.split_at(1);
    let (second, third) = rest.split_at(2);
    let padded = [&[3, 0, 0, 0, 0, 9][..], first, &[0; 3]].concat();
    let bytes = [
        frame(HEADERS, PADDED | WITH_PRIORITY | END_STREAM, 1, &padded),
        frame(CONTINUATION, 0, 1, second),
        frame(CONTINUATION, 0, 1, &[]),
        frame(CONTINUATION, END_HEADERS, 1, third),
    ];
    let mut subject = Subject::server(Config::default());
    assert_eq!(
        subject.read(&bytes.concat()),
        [Seen::Headers(1, owned(&POST), true)]
    );
}

#[test]
fn a_long_header_block_is_sent_in_frames_that_the_peer_accepts() {
    let mut subject = Subject::client(Config::default());
    let long = "v".repeat(40_000);
    subject
        .connection
        .open(1, true, |encoder, out| {
            encoder.encode(b"x", long.as_bytes(), Indexing::Never, out);
        })
        .unwrap();
    let output = subject.take_output();
    let shape: Vec<_> = output.iter().map(|frame| (frame.kind, frame.flags)).collect();
    let parts = output.len();
    assert!(parts >= 2 && output.iter().all(|frame| frame.payload.len() <= 16_384));
    assert_eq!(shape[0], (HEADERS, END_STREAM));
    assert_eq!(shape[parts - 1], (CONTINUATION, END_HEADERS));
    assert!(
        shape[1..parts - 1]
            .iter()
            .all(|&middle| middle == (CONTINUATION, 0))
    );
}

#[test]
fn a_header_list_too_large_costs_its_stream_and_leaves_the_tables_in_step() {
    let config = Config {
        max_header_list_size: 1000,
        ..Config::default()
    };
    let mut subject = Subject::server(config);
    let mut encoder = tidings_http2::hpack::Encoder::new(4096);
    let mut blocks = [const { Vec::new() }; 2];
    for block in &mut blocks {
        for (name, value) in POST {
            encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Incremental, block);
        }
        encoder.encode(b"x-first", b"kept in the table", Indexing::Incremental, block);
    }
    encoder.encode(
        b"x-long",
        "v".repeat(1500).as_bytes(),
        Indexing::Without,
        &mut blocks[0],
    );
    let [too_large, fine] = blocks;
    assert_eq!(
        subject.read(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &too_large)),
        []
    );
    let output = subject.take_output();
    assert_eq!(
        (output[0].kind, output[0].number(0)),
        (RST_STREAM, ErrorCode::ENHANCE_YOUR_CALM.0)
    );
    let want = [&POST[..], &[("x-first", "kept in the table")]].concat();
    let seen = subject.read(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &fine));
    assert_eq!(seen, [Seen::Headers(3, owned(&want), true)]);
}

#[test]
fn a_table_that_the_peer_shrinks_is_announced_in_the_next_block() {
    let mut subject = Subject::client(Config::default());
    subject.open();
    subject.read(&settings(&[(1, 0), (1, 4096)]));
    subject.connection.consume_output(usize::MAX);
    subject.open();
    let headers = &subject.take_output()[0];
    assert_eq!(
        headers.payload[..4],
        [0x20, 0x3f, 0xe1, 0x1f],
        "first to 0, then to 4096"
    );
}

#[test]
fn streams_over_the_limit_are_refused_and_the_tables_stay_in_step() {
    let mut subject = Subject::server(Config {
        max_concurrent_streams: 1,
        ..Config::default()
    });
    let mut peer = tidings_http2::Connection::client(Config::default());
    for _ in 0..3 {
        open(&mut peer, true).unwrap();
    }
    let hello = PREFACE.len() + 9 + 5 * 6;
    let seen = subject.read(&peer.output()[hello..]);
    assert_eq!(seen, [Seen::Headers(1, owned(&POST), true)]);
    let refused: Vec<_> = subject
        .take_output()
        .iter()
        .map(|f| (f.kind, f.stream, f.number(0)))
        .collect();
    let code = ErrorCode::REFUSED_STREAM.0;
    assert_eq!(refused, [(RST_STREAM, 3, code), (RST_STREAM, 5, code)]);
    answer(&mut subject.connection, id(1), true);
    peer.consume_output(usize::MAX);
    open(&mut peer, true).unwrap();
    assert_eq!(
        subject.read(peer.output()),
        [Seen::Headers(7, owned(&POST), true)]
    );
}

#[test]
fn nothing_can_be_sent_on_a_stream_that_has_ended() {
    let mut subject = Subject::server(Config::default());
    subject.read(&headers(1, 0, &POST));
    answer(&mut subject.connection, id(1), true);
    assert_eq!(subject.connection.send_body(id(1), b"x", true), Err(StreamGone));
    assert_eq!(
        subject.connection.send_headers(id(1), true, |_, _| ()),
        Err(StreamGone)
    );
    assert_eq!(subject.connection.send_body(id(9), b"x", true), Err(StreamGone));
    assert_eq!(subject.connection.set_tag(id(9), 1), Err(StreamGone));
    subject.read(&frame(DATA, END_STREAM, 1, b"late"));
    assert_eq!(subject.connection.open_streams(), 0);
}
