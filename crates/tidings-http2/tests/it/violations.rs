//! Each way to break RFC 9113, and the error that it has to lead to.

use tidings_http2::{Config, Connection, ErrorCode, ResetBy, Violation};

use crate::peer::*;

/// What the peer sends, in words and in bytes; and what it gets for that.
type Case = (&'static str, Vec<u8>, ErrorCode);

/// Asserts that the bytes end the connection with this code, and that a GOAWAY with it is the last thing in the output.
#[track_caller]
fn ends_the_connection(mut subject: Subject, (name, bytes, code): Case) {
    let error = subject.try_read(&bytes).expect_err(name);
    assert_eq!(error.code, code, "{name}: {error}");
    let output = subject.take_output();
    let last = output.last().expect(name);
    assert_eq!(
        (last.kind, last.stream, last.number(4)),
        (GOAWAY, 0, code.0),
        "{name}"
    );
    assert_eq!(subject.try_read(&request(101)), Err(error), "{name}: for good");
    assert!(subject.connection.is_closing(), "{name}");
    assert_eq!(subject.connection.open_streams(), 0, "{name}");
}

/// Asserts that the bytes reset a stream with this code and leave the connection alive.
#[track_caller]
fn resets_the_stream(mut subject: Subject, stream: u32, (name, bytes, code): Case) {
    let seen = subject.try_read(&bytes).expect(name);
    let ours = seen
        .iter()
        .filter(|seen| matches!(seen, Seen::Reset(s, c, ResetBy::Us) if *s == stream && *c == code));
    assert!(ours.count() <= 1, "{name}: {seen:?}");
    let output = subject.take_output();
    let resets: Vec<_> = output.iter().filter(|frame| frame.kind == RST_STREAM).collect();
    assert_eq!(resets.len(), 1, "{name}: {output:?}");
    assert_eq!(
        (resets[0].stream, resets[0].number(0)),
        (stream, code.0),
        "{name}"
    );
    assert!(!output.iter().any(|frame| frame.kind == GOAWAY), "{name}");
    subject.read(&frame(PING, 0, 0, &[7; 8]));
    assert_eq!(
        subject.take_output()[0].flags,
        ACK,
        "{name}: the connection lives"
    );
}

fn server() -> Subject {
    let mut subject = Subject::server(Config::default());
    // Stream 1 is whole and waits for its answer, 3 is still sending, 5 is over.
    subject.read(&[request(1), headers(3, 0, &POST), headers(5, 0, &POST)].concat());
    subject.read(&short(RST_STREAM, 5, 8));
    subject
}

/// A client with stream 1 open in both directions, and 3 that has ended its own.
fn client() -> Subject {
    let mut subject = Subject::client(Config::default());
    assert_eq!((subject.open_with(false), subject.open()), (1, 3));
    subject.connection.consume_output(usize::MAX);
    subject
}

#[test]
fn a_frame_whose_length_does_not_fit_its_type_is_a_frame_size_error() {
    let code = ErrorCode::FRAME_SIZE_ERROR;
    let cases: [Case; 17] = [
        (
            "more than we announced",
            frame(DATA, 0, 3, &vec![0; 16_385]),
            code,
        ),
        (
            "more than we announced, unknown type",
            frame(0xfa, 0, 3, &vec![0; 16_385]),
            code,
        ),
        (
            "padded DATA without a pad length",
            frame(DATA, PADDED, 3, &[]),
            code,
        ),
        (
            "padded HEADERS without a pad length",
            frame(HEADERS, PADDED | END_HEADERS, 7, &[]),
            code,
        ),
        (
            "HEADERS without its priority",
            frame(HEADERS, WITH_PRIORITY | END_HEADERS, 7, &[0; 4]),
            code,
        ),
        ("short PRIORITY", frame(PRIORITY, 0, 3, &[0; 4]), code),
        ("long PRIORITY", frame(PRIORITY, 0, 3, &[0; 6]), code),
        ("short RST_STREAM", frame(RST_STREAM, 0, 3, &[0; 3]), code),
        ("long RST_STREAM", frame(RST_STREAM, 0, 3, &[0; 5]), code),
        ("SETTINGS of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), code),
        ("SETTINGS of seven bytes", frame(SETTINGS, 0, 0, &[0; 7]), code),
        (
            "an acknowledgement with settings",
            frame(SETTINGS, ACK, 0, &[0; 6]),
            code,
        ),
        ("short PING", frame(PING, 0, 0, &[0; 7]), code),
        ("long PING", frame(PING, ACK, 0, &[0; 9]), code),
        ("short GOAWAY", frame(GOAWAY, 0, 0, &[0; 7]), code),
        ("short WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), code),
        ("long WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 3, &[0; 5]), code),
    ];
    for case in cases {
        ends_the_connection(server(), case);
    }
}

#[test]
fn a_frame_on_the_wrong_stream_is_a_protocol_error() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let cases: [Case; 16] = [
        ("DATA on stream 0", frame(DATA, 0, 0, b"x"), code),
        ("HEADERS on stream 0", request(0), code),
        ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, &[0; 5]), code),
        ("RST_STREAM on stream 0", short(RST_STREAM, 0, 0), code),
        (
            "CONTINUATION on stream 0",
            frame(CONTINUATION, END_HEADERS, 0, &[]),
            code,
        ),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 3, &[]), code),
        ("PING on a stream", frame(PING, 0, 3, &[0; 8]), code),
        ("GOAWAY on a stream", frame(GOAWAY, 0, 3, &[0; 8]), code),
        ("DATA on an idle stream", frame(DATA, 0, 7, b"x"), code),
        ("RST_STREAM on an idle stream", short(RST_STREAM, 7, 8), code),
        (
            "WINDOW_UPDATE on an idle stream",
            short(WINDOW_UPDATE, 7, 1),
            code,
        ),
        (
            "WINDOW_UPDATE on a server's stream",
            short(WINDOW_UPDATE, 2, 1),
            code,
        ),
        ("a request on a server's stream", request(2), code),
        (
            "a request on a lower stream than before",
            [request(9), request(7)].concat(),
            code,
        ),
        ("a request on a stream that is past", request(5), code),
        ("DATA on a server's stream", frame(DATA, 0, 4, b"x"), code),
    ];
    for case in cases {
        ends_the_connection(server(), case);
    }
}

#[test]
fn a_header_block_must_not_be_interrupted() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let begun = || frame(HEADERS, 0, 7, &block(&POST)[..1]);
    let cases: [Case; 6] = [
        (
            "CONTINUATION after nothing",
            frame(CONTINUATION, END_HEADERS, 3, &[]),
            code,
        ),
        (
            "CONTINUATION after a whole block",
            [request(7), frame(CONTINUATION, END_HEADERS, 7, &[])].concat(),
            code,
        ),
        (
            "a PING within",
            [begun(), frame(PING, 0, 0, &[0; 8])].concat(),
            code,
        ),
        (
            "an unknown frame within",
            [begun(), frame(0xfa, 0, 0, &[])].concat(),
            code,
        ),
        ("HEADERS within", [begun(), request(9)].concat(), code),
        (
            "CONTINUATION of another stream",
            [begun(), frame(CONTINUATION, END_HEADERS, 9, &[])].concat(),
            code,
        ),
    ];
    for case in cases {
        ends_the_connection(server(), case);
    }
}

#[test]
fn padding_longer_than_the_frame_is_a_protocol_error() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let cases: [Case; 3] = [
        ("DATA", frame(DATA, PADDED, 3, &[4, 0, 0, 0]), code),
        (
            "HEADERS",
            frame(HEADERS, PADDED | END_HEADERS, 7, &[2, 0x82]),
            code,
        ),
        (
            "HEADERS with priority",
            frame(
                HEADERS,
                PADDED | WITH_PRIORITY | END_HEADERS,
                7,
                &[2, 0, 0, 0, 0, 0, 0],
            ),
            code,
        ),
    ];
    for case in cases {
        ends_the_connection(server(), case);
    }
}

#[test]
fn a_forbidden_setting_ends_the_connection() {
    let cases: [Case; 6] = [
        ("push of two", settings(&[(2, 2)]), ErrorCode::PROTOCOL_ERROR),
        (
            "a window beyond 2^31-1",
            settings(&[(4, 1 << 31)]),
            ErrorCode::FLOW_CONTROL_ERROR,
        ),
        (
            "frames too small",
            settings(&[(5, 16_383)]),
            ErrorCode::PROTOCOL_ERROR,
        ),
        (
            "frames too large",
            settings(&[(5, 1 << 24)]),
            ErrorCode::PROTOCOL_ERROR,
        ),
        (
            "an acknowledgement of nothing",
            frame(SETTINGS, ACK, 0, &[]),
            ErrorCode::PROTOCOL_ERROR,
        ),
        (
            "a window that takes an open stream beyond 2^31-1",
            [
                short(WINDOW_UPDATE, 3, 0x7fff_ffff - 65_535),
                settings(&[(4, 65_536)]),
            ]
            .concat(),
            ErrorCode::FLOW_CONTROL_ERROR,
        ),
    ];
    for case in cases {
        ends_the_connection(server(), case);
    }
    ends_the_connection(
        client(),
        (
            "a server that wants pushes",
            settings(&[(2, 1)]),
            ErrorCode::PROTOCOL_ERROR,
        ),
    );
}

#[test]
fn what_cannot_be_decompressed_ends_the_connection() {
    let cases: [(&str, &[u8]); 4] = [
        ("an entry that no table has", &[0xff, 0x7f]),
        ("index 0", &[0x80]),
        ("half a field", &[0x00, 0x05, b'a']),
        ("a table larger than we announced", &[0x3f, 0xff, 0x7f]),
    ];
    for (name, block) in cases {
        let bytes = frame(HEADERS, END_HEADERS, 7, block);
        ends_the_connection(server(), (name, bytes, ErrorCode::COMPRESSION_ERROR));
    }
    let late = frame(HEADERS, END_HEADERS, 5, &[0x80]);
    ends_the_connection(
        server(),
        ("on a closed stream too", late, ErrorCode::COMPRESSION_ERROR),
    );
}

#[test]
fn windows_are_kept_on_the_connection() {
    let code = ErrorCode::FLOW_CONTROL_ERROR;
    ends_the_connection(
        server(),
        (
            "a window beyond 2^31-1",
            short(WINDOW_UPDATE, 0, 0x7fff_ffff),
            code,
        ),
    );
    ends_the_connection(
        server(),
        (
            "wider by nothing",
            short(WINDOW_UPDATE, 0, 0),
            ErrorCode::PROTOCOL_ERROR,
        ),
    );
    let config = Config {
        initial_window_size: 1 << 20,
        credit: tidings_http2::Credit::Manual,
        ..Config::default()
    };
    let mut strict = Subject::server(config);
    strict.read(&headers(1, 0, &POST));
    let full = frame(DATA, 0, 1, &[0; 16_383]);
    strict.read(&full.repeat(4));
    strict.read(&frame(DATA, 0, 1, &[0; 3]));
    ends_the_connection(strict, ("one byte too many", frame(DATA, 0, 1, &[0]), code));
}

#[test]
fn a_client_takes_no_requests_and_no_pushes() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let cases: [Case; 6] = [
        (
            "PUSH_PROMISE",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]),
            code,
        ),
        (
            "HEADERS on a server's stream",
            headers(2, 0, &[(":status", "200")]),
            code,
        ),
        (
            "HEADERS on an idle stream",
            headers(5, 0, &[(":status", "200")]),
            code,
        ),
        ("DATA on an idle stream", frame(DATA, 0, 5, b"x"), code),
        ("RST_STREAM on an idle stream", short(RST_STREAM, 5, 0), code),
        (
            "WINDOW_UPDATE on a server's stream",
            short(WINDOW_UPDATE, 2, 1),
            code,
        ),
    ];
    for case in cases {
        ends_the_connection(client(), case);
    }
    ends_the_connection(
        server(),
        (
            "PUSH_PROMISE",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]),
            code,
        ),
    );
}

#[test]
fn a_connection_begins_with_the_preface_and_settings() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let fresh = || Subject::fresh_server(Config::default());
    let cases: [Case; 4] = [
        ("HTTP/1.1", b"GET / HTTP/1.1\r\n\r\n".to_vec(), code),
        ("one wrong letter", b"PRI * HTTP/2.1".to_vec(), code),
        (
            "PING first",
            [PREFACE, &frame(PING, 0, 0, &[0; 8])].concat(),
            code,
        ),
        (
            "an acknowledgement first",
            [PREFACE, &frame(SETTINGS, ACK, 0, &[])].concat(),
            code,
        ),
    ];
    for case in cases {
        ends_the_connection(fresh(), case);
    }
    let mut client = Subject {
        connection: Connection::client(Config::default()),
        now: std::time::Instant::now(),
    };
    let error = client.try_read(&frame(PING, 0, 0, &[0; 8])).unwrap_err();
    assert_eq!(error.violation, Violation::FirstFrame);
}

#[test]
fn a_stream_that_breaks_the_rules_is_reset_alone() {
    let cases: [(u32, Case); 12] = [
        (
            1,
            (
                "DATA after the end",
                frame(DATA, 0, 1, b"x"),
                ErrorCode::STREAM_CLOSED,
            ),
        ),
        (
            1,
            (
                "HEADERS after the end",
                headers(1, END_STREAM, &[("a", "b")]),
                ErrorCode::STREAM_CLOSED,
            ),
        ),
        (
            3,
            (
                "trailers that do not end",
                headers(3, 0, &[("a", "b")]),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            3,
            (
                "trailers with a pseudo field",
                headers(3, END_STREAM, &POST),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            3,
            (
                "wider by nothing",
                short(WINDOW_UPDATE, 3, 0),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            3,
            (
                "a window beyond 2^31-1",
                short(WINDOW_UPDATE, 3, 0x7fff_ffff),
                ErrorCode::FLOW_CONTROL_ERROR,
            ),
        ),
        (
            7,
            ("no :path", headers(7, 0, &POST[..2]), ErrorCode::PROTOCOL_ERROR),
        ),
        (
            7,
            (
                "an upper-case name",
                headers(7, 0, &[&POST[..], &[("A", "b")]].concat()),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            7,
            (
                "connection",
                headers(7, 0, &[&POST[..], &[("connection", "close")]].concat()),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            7,
            (
                "a response",
                headers(7, 0, &[(":status", "200")]),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
        (
            7,
            ("no field at all", headers(7, 0, &[]), ErrorCode::PROTOCOL_ERROR),
        ),
        (
            7,
            (
                "a length without a body",
                headers(7, END_STREAM, &[&POST[..], &[("content-length", "1")]].concat()),
                ErrorCode::PROTOCOL_ERROR,
            ),
        ),
    ];
    for (stream, case) in cases {
        resets_the_stream(server(), stream, case);
    }
}

#[test]
fn a_response_that_breaks_the_rules_is_reset_alone() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let ok = |flags| headers(1, flags, &[(":status", "200")]);
    let cases: [Case; 7] = [
        ("DATA before HEADERS", frame(DATA, 0, 1, b"x"), code),
        ("a request", headers(1, 0, &POST), code),
        (
            "an interim response that ends",
            headers(1, END_STREAM, &[(":status", "100")]),
            code,
        ),
        (
            "an interim response after the final one",
            [ok(0), headers(1, 0, &[(":status", "103")])].concat(),
            code,
        ),
        (
            "two statuses",
            headers(1, 0, &[(":status", "200"), (":status", "200")]),
            code,
        ),
        (
            "DATA after the end",
            [ok(END_STREAM), frame(DATA, 0, 1, b"x")].concat(),
            ErrorCode::STREAM_CLOSED,
        ),
        (
            "HEADERS after the end",
            [ok(END_STREAM), ok(END_STREAM)].concat(),
            ErrorCode::STREAM_CLOSED,
        ),
    ];
    for case in cases {
        resets_the_stream(client(), 1, case);
    }
}

#[test]
fn priority_and_unknown_frames_are_ignored_on_any_stream() {
    let mut subject = server();
    for stream in [1, 2, 3, 5, 99] {
        let seen = subject.read(
            &[
                frame(PRIORITY, 0, stream, &[0; 5]),
                frame(0xfa, 0xff, stream, b"??"),
            ]
            .concat(),
        );
        assert_eq!(seen, []);
    }
    assert_eq!(subject.take_output(), []);
}

#[test]
fn flags_without_meaning_and_the_reserved_bit_are_ignored() {
    let mut subject = server();
    let mut bytes = frame(PING, 0xfe, 0, &[7; 8]);
    bytes[5] |= 0x80;
    assert_eq!(subject.read(&bytes), []);
    assert_eq!(subject.take_output(), frames(&frame(PING, ACK, 0, &[7; 8])));
    assert_eq!(
        subject.read(&frame(DATA, 0xf6, 3, b"x")),
        [Seen::Data(3, b"x".to_vec(), false)]
    );
    let increment = short(WINDOW_UPDATE, 3, 0x8000_0001);
    assert_eq!(subject.read(&increment), []);
}
