//! A server reads whatever comes after an honest beginning, and answers every request that it finds in it. The same
//! bytes cut in pieces must come to the same end.

#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, ConnectionError, Event};

const BEGINNING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";

/// Bytes of answer to a request.
const BODY: usize = 300;

fuzz_target!(|input: &[u8]| {
    let now = Instant::now();
    let at_once = serve(now, &[input]);
    let pieces: Vec<&[u8]> = input.chunks(13).collect();
    assert_eq!(serve(now, &pieces), at_once, "cut in pieces");
});

/// What the server ends with, and what it has written.
fn serve(now: Instant, pieces: &[&[u8]]) -> (Option<ConnectionError>, Vec<u8>) {
    let mut server = Connection::server(Config::default());
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut fed = BEGINNING;
    let mut rest = pieces.iter();
    loop {
        server.feed(fed);
        if let Err(error) = answer_all(&mut server, now) {
            assert!(
                server.open_streams() == 0 && server.queued_bytes() == 0,
                "all is forgotten"
            );
            assert_eq!(server.poll(now).err(), Some(error), "for good");
            return (Some(error), server.output().to_vec());
        }
        assert!(server.open_streams() <= 100, "the limit is kept");
        assert!(
            server.output().len() < 4096 + length * (BODY + 100),
            "the output is bounded"
        );
        let Some(next) = rest.next() else {
            return (None, server.output().to_vec());
        };
        fed = next;
    }
}

fn answer_all(server: &mut Connection, now: Instant) -> Result<(), ConnectionError> {
    loop {
        let stream = match server.poll(now)? {
            None => return Ok(()),
            Some(
                Event::Headers {
                    stream,
                    end_stream: true,
                    ..
                }
                | Event::Data {
                    stream,
                    end_stream: true,
                    ..
                },
            ) => stream,
            Some(_) => continue,
        };
        let answered = server.send_headers(stream, false, |encoder, out| {
            encoder.encode(b":status", b"200", Indexing::Incremental, out);
        });
        if answered.is_ok() {
            let sent = server.send_body(stream, &[b'x'; BODY], true);
            assert!(sent.is_ok(), "the stream is open");
        }
    }
}
