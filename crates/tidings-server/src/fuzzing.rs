//! Doors for the fuzz targets to the readers of foreign bytes, which nobody else has a use for. Each panics when what it
//! was given does what no input may do.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::http::{HeaderValue, Request};
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};

use crate::api_key::ApiKey;
use crate::cursor::List;
use crate::limits::{IDEMPOTENCY_KEY_BYTES, LINE_BYTES};
use crate::ndjson::Lines;
use crate::notifications::IdempotencyKey;
use crate::{apns_door, gorush_door};

/// A text as an API key: what is read can be shown again, and nothing of its secret is in its `Debug`.
pub fn api_key(text: &str) {
    if let Ok(key) = text.parse::<ApiKey>() {
        assert_eq!(key.reveal(), text, "it is another key than was given");
        let secret: String = text.chars().skip(text.len() - 20).collect();
        assert!(!format!("{key:?}").contains(&secret), "the secret is told");
    }
}

/// A text as a cursor of a list: what it is taken for makes the same text again.
pub fn cursor(text: &str) {
    let list = List::new("devices", 1);
    let again = |row: &[u8]| list.cursor(row);
    if let Ok(Some(row)) = list.begins_after::<8>(Some(text.to_owned())) {
        assert_eq!(again(&row), text, "two texts are one cursor");
    }
    if let Ok(Some(row)) = list.begins_after::<16>(Some(text.to_owned())) {
        assert_eq!(again(&row), text, "two texts are one cursor");
    }
}

/// Bytes as lines: the first byte says how long the pieces are in which the rest comes, which changes nothing.
pub fn lines(data: &[u8]) {
    let Some((size, content)) = data.split_first() else {
        return;
    };
    let whole = read_lines(content, content.len().max(1));
    let pieces = read_lines(content, usize::from(*size).max(1));
    assert_eq!(whole, pieces, "lines depend on how they are cut");
    let mut before = 0;
    for (number, text) in whole {
        assert!(number > before, "lines are counted upwards");
        before = number;
        if let Some(text) = text {
            assert!(text.len() <= LINE_BYTES && !text.trim_ascii().is_empty());
            assert!(!text.contains(&b'\n'), "a line has an end within");
        }
    }
}

fn read_lines(content: &[u8], size: usize) -> Vec<(u64, Option<Bytes>)> {
    let pieces: Vec<Result<Bytes, Infallible>> = content
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let reading = async {
        let mut lines = Lines::new(Body::from_stream(stream::iter(pieces)));
        let mut read = Vec::new();
        while let Ok(Some(line)) = lines.next().await {
            read.push((line.number, line.text));
        }
        read
    };
    in_a_runtime(reading)
}

/// Reading has a limit of time, and so a clock.
fn in_a_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    #[expect(clippy::expect_used, reason = "only the fuzz targets come here")]
    runtime.expect("a runtime").block_on(future)
}

/// Bytes as a request at the door shaped like APNs: whatever is taken can be sent, and whatever is refused says why.
pub fn door_request(data: &[u8]) {
    apns_door::fuzzing::request(data);
}

/// Bytes as a notification in gorush's form: whatever is read makes a dictionary of Apple's.
pub fn gorush_notification(data: &[u8]) {
    gorush_door::read_notification(data);
}

/// Bytes as the values of `Idempotency-Key`, a line for each: one short visible text is taken as it is, all else is refused.
pub fn idempotency_key(data: &[u8]) {
    let mut request = Request::new(());
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request.headers_mut().append("idempotency-key", value);
        }
    }
    let (mut parts, ()) = request.into_parts();
    let given: Vec<HeaderValue> = parts.headers.get_all("idempotency-key").iter().cloned().collect();
    let read = IdempotencyKey::from_request_parts(&mut parts, &()).now_or_never();
    if let Some(Ok(key)) = read
        && let Some(kept) = key.of_request("id", "/v1".to_owned(), b"")
    {
        assert_eq!(given, [kept.key.as_str()], "another key is kept than was given");
        assert!((1..=IDEMPOTENCY_KEY_BYTES).contains(&kept.key.len()));
        assert!(!kept.key.contains(char::is_control));
    }
}
