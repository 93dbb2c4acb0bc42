//! A client with requests of all kinds under way reads whatever a server may answer.

#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, Credit, ErrorCode, Event, StreamId};

const STREAMS: u64 = 6;
const BODY: usize = 20_000;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let credit = if choice & 1 == 0 {
        Credit::Automatic
    } else {
        Credit::Manual
    };
    let mut client = Connection::client(Config {
        credit,
        ..Config::default()
    });
    let streams: Vec<StreamId> = (0..STREAMS).filter_map(|tag| begin(&mut client, tag)).collect();
    client.reset(streams[4], ErrorCode::CANCEL);
    client.ping(*b"fuzzfuzz");
    let before = client.output().len();
    client.feed(b"\0\0\0\x04\0\0\0\0\0");
    for piece in bytes.chunks(usize::from(choice) + 1) {
        client.feed(piece);
        if !read(&mut client) {
            assert_eq!((client.open_streams(), client.available_streams()), (0, 0));
            break;
        }
        assert!(
            client.queued_bytes() <= BODY * streams.len(),
            "nothing is queued that was not given"
        );
        assert!(client.send_window() >= 0, "the connection's window is kept");
    }
    // All bodies in frames of one byte, and less than ten answers' bytes for each byte.
    assert!(
        client.output().len() < before + BODY * 20 + 100 * input.len() + 1000,
        "the output is bounded"
    );
});

fn begin(client: &mut Connection, tag: u64) -> Option<StreamId> {
    let stream = client.open(tag, tag.is_multiple_of(2), |encoder, out| {
        encoder.encode(b":method", b"POST", Indexing::Incremental, out);
    });
    let stream = stream.ok()?;
    if tag % 2 == 1 {
        client.send_body(stream, &[0; BODY], tag == 1).ok()?;
    }
    Some(stream)
}

/// Takes all events, each of a stream that could have it; false once the connection has failed.
fn read(client: &mut Connection) -> bool {
    let now = Instant::now();
    loop {
        let (stream, length) = match client.poll(now) {
            Ok(None) => return true,
            Err(_) => return false,
            Ok(Some(Event::Data {
                stream, tag, data, ..
            })) => {
                assert_eq!(u64::from(stream.value()), tag * 2 + 1);
                (stream, data.len())
            }
            Ok(Some(Event::Headers { stream, tag, .. } | Event::Reset { stream, tag, .. })) => {
                assert_eq!(u64::from(stream.value()), tag * 2 + 1);
                continue;
            }
            Ok(Some(_)) => continue,
        };
        client.release(Some(stream), u32::try_from(length).unwrap_or(u32::MAX));
    }
}
