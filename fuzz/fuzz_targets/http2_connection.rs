//! Both roles of an HTTP/2 connection read whatever a peer may send, cut into pieces of any length.
//!
//! The first byte says which role and how long the pieces are; the rest are the bytes of the peer.

#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use tidings_http2::{Config, Connection};

/// More than any bound of the default configuration lets a peer make us keep.
const MOST_OUTPUT: usize = 16 * 1024 * 1024;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let mut connection = match choice & 1 {
        0 => Connection::server(Config::default()),
        _ => client(),
    };
    let piece = usize::from(choice >> 1) + 1;
    for bytes in bytes.chunks(piece * piece) {
        connection.feed(bytes);
        if !read(&mut connection) {
            break;
        }
    }
});

/// A client that waits for an answer.
fn client() -> Connection {
    let mut connection = Connection::client(Config::default());
    let request = connection.open(1, false, |encoder, out| {
        encoder.encode(
            b":method",
            b"POST",
            tidings_http2::hpack::Indexing::Incremental,
            out,
        );
    });
    if let Ok(stream) = request {
        let _sent = connection.send_body(stream, &[b'x'; 200], true);
    }
    connection
}

/// Takes all events; false once the connection has failed, with its GOAWAY in the output.
fn read(connection: &mut Connection) -> bool {
    let now = Instant::now();
    loop {
        match connection.poll(now) {
            Ok(Some(_)) => {}
            Ok(None) => {
                assert!(connection.output().len() < MOST_OUTPUT, "the output is bounded");
                connection.consume_output(connection.output().len());
                return true;
            }
            Err(_) => {
                assert!(!connection.output().is_empty(), "a GOAWAY says why");
                return false;
            }
        }
    }
}
