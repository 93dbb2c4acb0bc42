//! How streams and connections end: GOAWAY in both directions, resets, ids that run out.

use tidings_http2::{Config, ErrorCode, OpenError, ResetBy, StreamId};

use crate::peer::*;

fn go_away(last: u32) -> Vec<u8> {
    let payload = [
        &last.to_be_bytes()[..],
        &0_u32.to_be_bytes(),
        b"{\"reason\":\"Shutdown\"}",
    ]
    .concat();
    frame(GOAWAY, 0, 0, &payload)
}

#[test]
fn after_a_servers_goaway_the_streams_below_live_on_and_those_above_are_forgotten() {
    let mut subject = Subject::client(Config::default());
    let streams: Vec<u32> = (0..4).map(|_| subject.open()).collect();
    assert_eq!(streams, [1, 3, 5, 7]);
    let seen = subject.read(&go_away(3));
    assert_eq!(
        seen,
        [Seen::GoAway(
            3,
            ErrorCode::NO_ERROR,
            b"{\"reason\":\"Shutdown\"}".to_vec()
        )]
    );
    assert_eq!(subject.connection.open_streams(), 2);
    assert_eq!(subject.connection.available_streams(), 0);
    assert_eq!(open(&mut subject.connection, true), Err(OpenError::Closing));
    let answers = [1, 3, 5, 7].map(|stream| headers(stream, END_STREAM, &[(":status", "200")]));
    let seen = subject.read(&answers.concat());
    assert!(
        matches!(seen[..], [Seen::Headers(1, ..), Seen::Headers(3, ..)]),
        "{seen:?}"
    );
}

#[test]
fn a_goaway_that_names_no_stream_yet_forgets_nothing_until_the_next() {
    let mut subject = Subject::client(Config::default());
    subject.open();
    subject.open();
    subject.read(&go_away(0x7fff_ffff));
    assert_eq!(
        (subject.connection.open_streams(), subject.connection.is_closing()),
        (2, true)
    );
    subject.read(&go_away(1));
    assert_eq!(subject.connection.open_streams(), 1);
}

#[test]
fn a_body_that_waits_is_forgotten_with_its_stream() {
    let mut subject = Subject::client_of(Config::default(), &[(4, 10)]);
    for _ in 0..3 {
        let stream = subject.open_with(false);
        subject.connection.send_body(id(stream), &[0; 25], true).unwrap();
    }
    assert_eq!(subject.connection.queued_bytes(), 45);
    subject.connection.reset(id(3), ErrorCode::CANCEL);
    assert_eq!(subject.connection.queued_bytes(), 30);
    subject.read(&go_away(1));
    assert_eq!(subject.connection.queued_bytes(), 15);
    subject.read(&short(RST_STREAM, 1, 8));
    assert_eq!(
        (
            subject.connection.queued_bytes(),
            subject.connection.open_streams()
        ),
        (0, 0)
    );
}

#[test]
fn a_server_that_goes_away_serves_what_it_has_and_ignores_what_comes() {
    let mut subject = Subject::server(Config::default());
    subject.read(&[request(1), request(3)].concat());
    subject.connection.go_away(ErrorCode::NO_ERROR, b"bye");
    let sent = subject.take_output();
    assert_eq!(
        (sent[0].kind, sent[0].number(0), &sent[0].payload[8..]),
        (GOAWAY, 3, &b"bye"[..])
    );
    assert_eq!(
        subject.read(&[request(5), headers(7, 0, &POST), frame(DATA, END_STREAM, 7, b"x")].concat()),
        []
    );
    answer(&mut subject.connection, id(1), true);
    answer(&mut subject.connection, id(3), true);
    assert_eq!(subject.connection.open_streams(), 0);
}

#[test]
fn the_last_stream_that_is_announced_never_rises() {
    let mut subject = Subject::server(Config::default());
    subject.read(&[request(1), request(3)].concat());
    subject
        .connection
        .go_away_with_last(StreamId::MAX, ErrorCode::NO_ERROR, b"");
    assert!(
        matches!(subject.read(&request(5))[..], [Seen::Headers(5, ..)]),
        "a warning refuses nothing"
    );
    subject
        .connection
        .go_away_with_last(id(1), ErrorCode::NO_ERROR, b"");
    assert_eq!(
        subject.connection.open_streams(),
        1,
        "what will be sent again elsewhere is forgotten"
    );
    subject.read(&request(7));
    subject
        .connection
        .go_away_with_last(id(9), ErrorCode::NO_ERROR, b"");
    subject.connection.go_away(ErrorCode::NO_ERROR, b"");
    subject.try_read(&frame(PING, 0, 1, &[0; 8])).unwrap_err();
    let last: Vec<u32> = subject
        .take_output()
        .iter()
        .map(|frame| frame.number(0))
        .collect();
    assert_eq!(last, [0x7fff_ffff, 1, 1, 1, 1]);
}

#[test]
fn a_client_runs_out_of_stream_ids_and_says_so() {
    let config = Config {
        first_stream: 0x7fff_fffc,
        ..Config::default()
    };
    let mut subject = Subject::client(config);
    assert_eq!(subject.connection.available_streams(), 2);
    assert_eq!((subject.open(), subject.open()), (0x7fff_fffd, 0x7fff_ffff));
    assert_eq!(subject.connection.available_streams(), 0);
    assert_eq!(open(&mut subject.connection, true), Err(OpenError::NoStreamId));
    let answer = headers(0x7fff_ffff, END_STREAM, &[(":status", "200")]);
    assert!(matches!(
        subject.read(&answer)[..],
        [Seen::Headers(0x7fff_ffff, ..)]
    ));
    assert!(!subject.connection.is_closing());
}

#[test]
fn a_server_takes_the_last_stream_id_there_is() {
    let mut subject = Subject::server(Config::default());
    assert!(matches!(
        subject.read(&request(0x7fff_ffff))[..],
        [Seen::Headers(..)]
    ));
    answer(&mut subject.connection, StreamId::MAX, true);
    assert_eq!(subject.take_output()[0].stream, 0x7fff_ffff);
}

#[test]
fn a_client_opens_no_more_than_the_server_allows_as_the_limit_changes() {
    let mut subject = Subject::client_of(Config::default(), &[(3, 2)]);
    assert_eq!((subject.open(), subject.open()), (1, 3));
    assert_eq!(open(&mut subject.connection, true), Err(OpenError::StreamLimit));
    subject.read(&settings(&[(3, 1)]));
    subject.read(&headers(1, END_STREAM, &[(":status", "200")]));
    assert_eq!(subject.connection.available_streams(), 0);
    subject.read(&headers(3, END_STREAM, &[(":status", "200")]));
    assert_eq!(subject.connection.available_streams(), 1);
    subject.read(&settings(&[(3, 0)]));
    assert_eq!(subject.connection.available_streams(), 0);
    subject.read(&settings(&[(3, 7)]));
    assert_eq!(subject.connection.available_streams(), 7);
}

#[test]
fn a_reset_is_told_once_with_the_owners_tag() {
    let mut subject = Subject::server(Config::default());
    subject.read(&headers(1, 0, &POST));
    subject.connection.set_tag(id(1), 77).unwrap();
    subject.connection.feed(&short(RST_STREAM, 1, 0x7));
    let event = subject.connection.poll(subject.now).unwrap().unwrap();
    let tidings_http2::Event::Reset { tag, code, by, .. } = event else {
        panic!("{event:?}")
    };
    assert_eq!((tag, code, by), (77, ErrorCode::REFUSED_STREAM, ResetBy::Peer));
    assert_eq!(subject.read(&short(RST_STREAM, 1, 0x7)), []);
    subject.connection.reset(id(1), ErrorCode::CANCEL);
    assert_eq!(subject.take_output(), [], "a reset is not answered by one");
}

#[test]
fn what_arrives_on_a_stream_that_we_reset_is_dropped_and_its_credit_returned() {
    let mut subject = Subject::client(Config {
        credit: tidings_http2::Credit::Manual,
        ..Config::default()
    });
    let stream = subject.open();
    subject.connection.reset(id(stream), ErrorCode::CANCEL);
    subject.take_output();
    let late = [
        headers(stream, 0, &[(":status", "200")]),
        frame(DATA, END_STREAM, stream, &[0; 500]),
    ];
    assert_eq!(subject.read(&late.concat()), []);
    assert_eq!(subject.take_output(), frames(&short(WINDOW_UPDATE, 0, 500)));
}

#[test]
fn a_pong_is_told_for_a_ping_only() {
    let mut subject = Subject::client(Config::default());
    let pong = frame(PING, ACK, 0, &[9; 8]);
    assert_eq!(subject.read(&pong), []);
    subject.connection.ping([9; 8]);
    assert_eq!(subject.read(&pong.repeat(2)), [Seen::Pong([9; 8])]);
}
