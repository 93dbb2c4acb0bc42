//! What a peer can make grow or make us do for nothing is cut off; honest traffic that lives long is not.

use std::time::Duration;

use tidings_http2::{Config, ConnectionError, ErrorCode, FORGIVEN_PER_SECOND, Violation};

use crate::peer::*;

/// Sends each piece at the same moment until the connection ends; answers after how many that was. The output is read
/// by the peer all along.
fn flood(subject: &mut Subject, pieces: impl IntoIterator<Item = Vec<u8>>) -> (usize, ConnectionError) {
    for (sent, piece) in pieces.into_iter().enumerate() {
        if let Err(error) = subject.try_read(&piece) {
            let last = subject.take_output().pop().expect("a GOAWAY");
            assert_eq!((last.kind, last.number(4)), (GOAWAY, error.code.0));
            return (sent, error);
        }
        subject.connection.consume_output(usize::MAX);
    }
    panic!("the flood was never cut off");
}

fn odd() -> impl Iterator<Item = u32> {
    (1..2_000_000).step_by(2)
}

#[test]
fn frames_that_do_no_work_are_cut_off_after_a_burst() {
    let forever = |piece: Vec<u8>| std::iter::repeat_n(piece, 100_000);
    let late_reset = short(RST_STREAM, 1, 8);
    let floods: [(&str, Vec<u8>, Vec<u8>); 9] = [
        ("PING", Vec::new(), frame(PING, 0, 0, &[0; 8])),
        ("unasked PING answers", Vec::new(), frame(PING, ACK, 0, &[0; 8])),
        ("SETTINGS", Vec::new(), settings(&[(4, 100)])),
        ("GOAWAY", Vec::new(), frame(GOAWAY, 0, 0, &[0; 8])),
        ("PRIORITY", Vec::new(), frame(PRIORITY, 0, 1, &[0; 5])),
        ("unknown frames", Vec::new(), frame(0xfa, 0, 1, b"")),
        ("empty DATA", headers(1, 0, &POST), frame(DATA, 0, 1, b"")),
        (
            "empty padded DATA",
            headers(1, 0, &POST),
            frame(DATA, PADDED, 1, &[1, 0]),
        ),
        (
            "resets of a closed stream",
            [request(1), late_reset.clone()].concat(),
            late_reset,
        ),
    ];
    for (name, before, piece) in floods {
        let mut subject = Subject::server(Config::default());
        subject.read(&before);
        let (sent, error) = flood(&mut subject, forever(piece));
        assert_eq!(error.code, ErrorCode::ENHANCE_YOUR_CALM, "{name}");
        assert!((900..=1000).contains(&sent), "{name}: after {sent}");
    }
}

#[test]
fn a_rapid_reset_is_cut_off() {
    let mut subject = Subject::server(Config::default());
    let attack = odd().map(|stream| [request(stream), short(RST_STREAM, stream, 8)].concat());
    let (sent, error) = flood(&mut subject, attack);
    assert_eq!(
        (error.code, error.violation),
        (ErrorCode::ENHANCE_YOUR_CALM, Violation::Flood)
    );
    assert!(sent <= 1000, "{sent}");
}

/// What is done with each stream.
type Attack = fn(u32) -> Vec<u8>;

#[test]
fn a_peer_that_makes_us_reset_is_cut_off() {
    let attacks: [(&str, Attack); 4] = [
        ("by a window of nothing", |stream| {
            [request(stream), short(WINDOW_UPDATE, stream, 0)].concat()
        }),
        ("by data after the end", |stream| {
            [request(stream), frame(DATA, 0, stream, b"x")].concat()
        }),
        ("by a malformed request", |stream| {
            headers(stream, END_STREAM, &[("a", "b")])
        }),
        ("by many streams, none of which ends", |stream| {
            headers(stream, 0, &POST)
        }),
    ];
    for (name, attack) in attacks {
        let mut subject = Subject::server(Config::default());
        let (sent, error) = flood(&mut subject, odd().map(attack));
        assert_eq!(error.code, ErrorCode::ENHANCE_YOUR_CALM, "{name}");
        assert!(sent <= 1100, "{name}: after {sent}");
    }
}

#[test]
fn a_server_that_repeats_itself_on_closed_streams_is_cut_off() {
    let answer = headers(1, END_STREAM, &[(":status", "200")]);
    for piece in [
        answer.clone(),
        frame(DATA, END_STREAM, 1, b""),
        short(RST_STREAM, 1, 0),
    ] {
        let mut subject = Subject::client(Config::default());
        subject.open();
        subject.read(&answer);
        let (sent, error) = flood(&mut subject, std::iter::repeat_n(piece, 10_000));
        assert_eq!((error.code, sent), (ErrorCode::ENHANCE_YOUR_CALM, 999));
    }
}

#[test]
fn interim_responses_without_end_are_cut_off() {
    let mut subject = Subject::client(Config::default());
    subject.open();
    let interim = headers(1, 0, &[(":status", "100")]);
    let (_, error) = flood(&mut subject, std::iter::repeat_n(interim, 10_000));
    assert_eq!(error.code, ErrorCode::ENHANCE_YOUR_CALM);
}

#[test]
fn a_header_block_without_end_is_cut_off() {
    for part in [vec![], vec![0], vec![0; 16_384]] {
        let mut subject = Subject::server(Config::default());
        subject.read(&frame(HEADERS, 0, 1, &[]));
        let attack = std::iter::repeat_n(frame(CONTINUATION, 0, 1, &part), 10_000);
        let (sent, error) = flood(&mut subject, attack);
        assert_eq!(error.code, ErrorCode::ENHANCE_YOUR_CALM);
        assert!(
            sent <= 1000 && sent * part.len() <= 64 * 1024,
            "{sent} of {}",
            part.len()
        );
    }
}

#[test]
fn a_block_that_unpacks_to_a_huge_list_costs_its_stream_only() {
    let mut subject = Subject::server(Config::default());
    let mut encoder = tidings_http2::hpack::Encoder::new(4096);
    let mut bomb = block(&POST);
    let indexing = tidings_http2::hpack::Indexing::Incremental;
    encoder.encode(b"bomb", "b".repeat(4000).as_bytes(), indexing, &mut bomb);
    bomb.extend_from_slice(&[0xbe; 10_000]);
    assert_eq!(subject.read(&frame(HEADERS, END_HEADERS, 1, &bomb)), []);
    let output = subject.take_output();
    assert_eq!(
        (output[0].kind, output[0].number(0)),
        (RST_STREAM, ErrorCode::ENHANCE_YOUR_CALM.0)
    );
    assert_eq!(subject.read(&request(3)).len(), 1);
}

/// Twelve hours of a peer that pings, changes its mind and cancels, slower than the forgiven rate.
#[test]
fn honest_traffic_that_lives_long_is_never_cut_off() {
    let mut subject = Subject::server(Config::default());
    let seconds = 12 * 3600;
    for (second, stream) in (0..seconds).zip(odd()) {
        let burst = if second % 600 == 0 { 300 } else { 1 };
        let busy = [
            request(stream),
            frame(PING, 0, 0, &[0; 8]),
            settings(&[(4, second)]),
            short(RST_STREAM, stream, 8),
        ];
        subject.read(&busy.concat());
        subject.read(&frame(PING, 0, 0, &[0; 8]).repeat(burst));
        subject.connection.consume_output(usize::MAX);
        subject.wait(Duration::from_secs(1));
    }
    const { assert!(FORGIVEN_PER_SECOND >= 4, "or the test would ask too much") };
}

#[test]
fn answers_that_come_after_we_gave_up_waiting_are_no_flood() {
    let mut subject = Subject::client(Config {
        assumed_peer_streams: 5000,
        ..Config::default()
    });
    let streams: Vec<u32> = (0..5000).map(|_| subject.open()).collect();
    for &stream in &streams {
        subject.connection.reset(id(stream), ErrorCode::CANCEL);
    }
    for stream in streams {
        let late = [
            headers(stream, 0, &[(":status", "503")]),
            frame(DATA, 0, stream, b"sorry"),
            frame(DATA, END_STREAM, stream, b""),
        ];
        assert_eq!(subject.read(&late.concat()), []);
    }
}

#[test]
fn requests_that_were_under_way_when_we_went_away_are_no_flood() {
    let mut subject = Subject::server(Config {
        max_concurrent_streams: 2000,
        ..Config::default()
    });
    subject.connection.go_away(ErrorCode::NO_ERROR, b"");
    for stream in odd().take(2000) {
        let request = [
            headers(stream, 0, &POST),
            frame(DATA, 0, stream, b"x"),
            frame(DATA, END_STREAM, stream, b""),
        ];
        assert_eq!(subject.read(&request.concat()), []);
    }
}

#[test]
fn requests_beyond_a_limit_that_the_peer_has_not_heard_of_are_no_flood() {
    let mut subject = Subject::server(Config {
        max_concurrent_streams: 5000,
        ..Config::default()
    });
    subject
        .connection
        .set_max_concurrent_streams(1, tidings_http2::Enforce::AtOnce);
    let requests: Vec<u8> = odd().take(5000).flat_map(request).collect();
    assert_eq!(subject.read(&requests).len(), 1);
    let resets = subject
        .take_output()
        .iter()
        .filter(|frame| frame.kind == RST_STREAM)
        .count();
    assert_eq!(resets, 4999);
}

#[test]
fn a_peer_that_never_reads_what_it_asks_for_is_cut_off_even_if_it_is_patient() {
    let patient: [(&str, Vec<u8>); 3] = [
        ("PING", frame(PING, 0, 0, &[0; 8])),
        ("SETTINGS", settings(&[])),
        ("padded DATA", frame(DATA, PADDED, 1, &[0, b'x'])),
    ];
    for (name, piece) in patient {
        let mut subject = Subject::server(Config {
            credit: tidings_http2::Credit::Manual,
            ..Config::default()
        });
        subject.read(&headers(1, 0, &POST));
        let mut sent = 0_u32;
        let error = loop {
            subject.wait(Duration::from_millis(20));
            if name == "padded DATA" {
                subject.connection.release(Some(id(1)), 1);
            }
            match subject.try_read(&piece) {
                Ok(_) => sent += 1,
                Err(error) => break error,
            }
            assert!(sent < 1_000_000, "{name}");
        };
        assert_eq!(error.code, ErrorCode::ENHANCE_YOUR_CALM, "{name}");
        assert!(subject.connection.output().len() < 8 << 20, "{name}");
    }
}

#[test]
fn a_ping_while_much_waits_to_be_written_is_no_flood() {
    let mut subject = Subject::client_of(Config::default(), &[(4, 0x7fff_ffff), (5, 1 << 20)]);
    subject.read(&short(WINDOW_UPDATE, 0, 1 << 30));
    let stream = subject.open_with(false);
    subject
        .connection
        .send_body(id(stream), &vec![0; 8 << 20], true)
        .unwrap();
    assert!(subject.connection.output().len() > 8 << 20);
    assert_eq!(subject.read(&frame(PING, 0, 0, &[0; 8])), []);
}

#[test]
fn what_comes_after_the_end_is_not_kept() {
    let mut subject = Subject::fresh_server(Config::default());
    subject.try_read(b"GET / HTTP/1.1\r\n").unwrap_err();
    let output = subject.connection.output().len();
    for _ in 0..100 {
        subject.try_read(&[0; 10_000]).unwrap_err();
    }
    assert_eq!(subject.connection.output().len(), output, "one GOAWAY is enough");
}
