//! Flow control, step by step: what is sent, what is kept, what is given back.

use tidings_http2::{Config, Credit, ErrorCode};

use crate::peer::*;

/// The bodies in the output by stream, and which streams ended.
fn sent(subject: &mut Subject) -> Vec<(u32, usize, bool)> {
    let data = subject
        .take_output()
        .into_iter()
        .filter(|frame| frame.kind == DATA);
    data.map(|frame| (frame.stream, frame.payload.len(), frame.flags & END_STREAM != 0))
        .collect()
}

/// A client whose server gives each stream a window of ten bytes, with one stream that wants to send 25.
fn narrow() -> Subject {
    let mut subject = Subject::client_of(Config::default(), &[(4, 10)]);
    let stream = subject.open_with(false);
    subject.connection.consume_output(usize::MAX);
    subject.connection.send_body(id(stream), &[0; 25], true).unwrap();
    subject
}

#[test]
fn a_body_goes_out_as_its_window_opens() {
    let mut subject = narrow();
    assert_eq!(sent(&mut subject), [(1, 10, false)]);
    assert_eq!(subject.connection.queued_bytes(), 15);
    subject.read(&short(WINDOW_UPDATE, 1, 4));
    assert_eq!(sent(&mut subject), [(1, 4, false)]);
    subject.read(&short(WINDOW_UPDATE, 1, 100));
    assert_eq!(sent(&mut subject), [(1, 11, true)]);
    assert_eq!(subject.connection.queued_bytes(), 0);
}

#[test]
fn a_smaller_initial_window_may_make_a_window_negative() {
    let mut subject = narrow();
    assert_eq!(sent(&mut subject), [(1, 10, false)]);
    subject.read(&settings(&[(4, 3)]));
    subject.read(&short(WINDOW_UPDATE, 1, 7));
    assert_eq!(sent(&mut subject), [], "the window is 0 - 7 + 7");
    subject.read(&short(WINDOW_UPDATE, 1, 1));
    assert_eq!(sent(&mut subject), [(1, 1, false)]);
    let second = subject.open_with(false);
    subject.connection.send_body(id(second), &[0; 5], true).unwrap();
    assert_eq!(
        sent(&mut subject),
        [(3, 3, false)],
        "new streams begin with the new one"
    );
}

#[test]
fn settings_are_acknowledged_before_the_data_that_they_allow() {
    let mut subject = narrow();
    subject.take_output();
    subject.read(&settings(&[(4, 100)]));
    let kinds: Vec<u8> = subject.take_output().iter().map(|frame| frame.kind).collect();
    assert_eq!(kinds, [SETTINGS, DATA]);
}

#[test]
fn streams_that_wait_for_the_connection_take_turns() {
    let mut subject = Subject::client_of(Config::default(), &[(4, 100_000)]);
    for body in [65_530, 20, 20] {
        let stream = subject.open_with(false);
        subject
            .connection
            .send_body(id(stream), &vec![0; body], true)
            .unwrap();
    }
    assert_eq!(subject.connection.send_window(), 0);
    sent(&mut subject);
    subject.read(&short(WINDOW_UPDATE, 0, 10));
    assert_eq!(sent(&mut subject), [(3, 10, false)]);
    subject.read(&short(WINDOW_UPDATE, 0, 30));
    assert_eq!(sent(&mut subject), [(5, 20, true), (3, 5, true)]);
}

#[test]
fn a_stream_that_is_reset_while_it_waits_leaves_its_turn_to_others() {
    let mut subject = Subject::client_of(Config::default(), &[(4, 100_000)]);
    for body in [65_535, 20, 20] {
        let stream = subject.open_with(false);
        subject
            .connection
            .send_body(id(stream), &vec![0; body], true)
            .unwrap();
    }
    sent(&mut subject);
    subject.connection.reset(id(3), ErrorCode::CANCEL);
    subject.read(&short(WINDOW_UPDATE, 0, 100));
    assert_eq!(sent(&mut subject), [(5, 20, true)]);
    assert_eq!(subject.connection.send_window(), 80);
}

#[test]
fn an_empty_end_needs_no_window() {
    let mut subject = Subject::client_of(Config::default(), &[(4, 0)]);
    let stream = subject.open_with(false);
    subject.take_output();
    subject.connection.send_body(id(stream), b"", true).unwrap();
    assert_eq!(sent(&mut subject), [(1, 0, true)]);
}

#[test]
fn a_long_body_is_cut_into_frames_that_the_peer_accepts() {
    let mut subject = Subject::client_of(Config::default(), &[(5, 20_000)]);
    let stream = subject.open_with(false);
    subject
        .connection
        .send_body(id(stream), &vec![0; 45_000], true)
        .unwrap();
    assert_eq!(
        sent(&mut subject),
        [(1, 20_000, false), (1, 20_000, false), (1, 5_000, true)]
    );
}

/// What the peer got back since: (stream, bytes).
fn credit(subject: &mut Subject) -> Vec<(u32, u32)> {
    let updates = subject
        .take_output()
        .into_iter()
        .filter(|frame| frame.kind == WINDOW_UPDATE);
    updates.map(|frame| (frame.stream, frame.number(0))).collect()
}

#[test]
fn automatic_credit_comes_by_halves_and_counts_padding() {
    let mut subject = Subject::server(Config {
        initial_window_size: 100,
        ..Config::default()
    });
    subject.read(&headers(1, 0, &POST));
    subject.read(&frame(DATA, PADDED, 1, &[&[20][..], &[0; 48]].concat()));
    assert_eq!(credit(&mut subject), []);
    subject.read(&frame(DATA, 0, 1, b"x"));
    assert_eq!(credit(&mut subject), [(1, 50)]);
}

#[test]
fn manual_credit_is_the_owners_but_for_padding() {
    let mut subject = Subject::server(Config {
        credit: Credit::Manual,
        ..Config::default()
    });
    subject.read(&headers(1, 0, &POST));
    subject.read(&frame(DATA, PADDED, 1, &[2, b'a', b'b', 0, 0]));
    assert_eq!(credit(&mut subject), [(0, 3), (1, 3)]);
    subject.connection.release(Some(id(1)), 1);
    assert_eq!(credit(&mut subject), [(0, 1), (1, 1)]);
    subject.connection.release(Some(id(1)), 1000);
    assert_eq!(
        credit(&mut subject),
        [(0, 1), (1, 1)],
        "no more than was received"
    );
    subject.connection.release(None, 1000);
    assert_eq!(credit(&mut subject), []);
}

#[test]
fn data_that_is_refused_gives_the_connection_its_credit_back() {
    let mut subject = Subject::server(Config {
        credit: Credit::Manual,
        ..Config::default()
    });
    subject.read(&request(1));
    subject.read(&frame(DATA, 0, 1, &[0; 100]));
    assert_eq!(credit(&mut subject), [(0, 100)]);
}

#[test]
fn a_small_window_counts_once_the_client_knows_of_it() {
    let config = Config {
        initial_window_size: 10,
        ..Config::default()
    };
    let mut subject = Subject::fresh_server(config);
    let early = [
        PREFACE,
        &settings(&[]),
        &headers(1, 0, &POST),
        &frame(DATA, 0, 1, &[0; 3000]),
    ]
    .concat();
    assert_eq!(subject.read(&early).len(), 3, "3000 bytes are within the default");
    subject.take_output();
    let acknowledged = [
        frame(SETTINGS, ACK, 0, &[]),
        headers(3, 0, &POST),
        frame(DATA, 0, 3, &[0; 11]),
    ];
    subject.read(&acknowledged.concat());
    let output = subject.take_output();
    let resets: Vec<_> = output.iter().filter(|frame| frame.kind == RST_STREAM).collect();
    assert_eq!(
        (resets.len(), resets[0].stream, resets[0].number(0)),
        (1, 3, ErrorCode::FLOW_CONTROL_ERROR.0)
    );
}

#[test]
fn a_smaller_initial_window_leaves_no_stream_without_credit() {
    let mut subject = Subject::server(Config::default());
    subject.read(&[headers(1, 0, &POST), frame(DATA, 0, 1, &[0; 10_000])].concat());
    subject.connection.set_initial_window_size(100);
    assert_eq!(credit(&mut subject), []);
    subject.read(&frame(SETTINGS, ACK, 0, &[]));
    assert_eq!(
        credit(&mut subject),
        [(1, 10_000)],
        "or the peer would wait for ever"
    );
    subject.read(&frame(DATA, 0, 1, &[0; 100]));
    assert_eq!(credit(&mut subject), [(1, 100)]);
    subject.read(&frame(DATA, 0, 1, &[0; 101]));
    assert!(subject.take_output().iter().any(|frame| frame.kind == RST_STREAM));
}

#[test]
fn a_larger_initial_window_counts_at_once() {
    let mut subject = Subject::server(Config {
        initial_window_size: 10,
        ..Config::default()
    });
    subject.read(&headers(1, 0, &POST));
    subject.connection.set_initial_window_size(50);
    let seen = subject.read(&[frame(DATA, 0, 1, &[0; 50]), frame(SETTINGS, ACK, 0, &[])].concat());
    assert_eq!(seen, [Seen::Data(1, vec![0; 50], false), Seen::SettingsAcked]);
}
