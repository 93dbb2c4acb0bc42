//! A request that is arriving on a stream.

use std::time::Duration;

use tidings_http2::hpack::FieldList;

use crate::faults::Injected;
use crate::validation::request::{BODY_READ_LIMIT, Request};
use crate::vocabulary::split_topic;

/// A request whose end has not been seen.
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) injected: Injected,
}

impl Exchange {
    /// Takes a part of the body, and tells whether the body is already longer than any body may be.
    pub(super) fn receive(&mut self, data: &[u8]) -> bool {
        let room = BODY_READ_LIMIT.saturating_sub(self.request.body.len());
        self.request.body.extend_from_slice(&data[..data.len().min(room)]);
        self.request.body.len() >= BODY_READ_LIMIT
    }

    pub(super) fn credit_delay(&self) -> Option<Duration> {
        self.injected.credit_delay
    }
}

/// Reads a header block. `None` if it is not that of a request by HTTP/2's rules, or not text.
pub(crate) fn read_request(fields: &FieldList) -> Option<Request> {
    let text = |name: &[u8]| {
        fields
            .first(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    };
    let mut request = Request::new(text(b":method")?.to_owned(), text(b":path")?.to_owned());
    for (name, value) in fields.iter() {
        if name.starts_with(b":") {
            continue;
        }
        if name.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        let name = std::str::from_utf8(name).ok()?;
        request.add_header(name, &String::from_utf8_lossy(value));
    }
    Some(request)
}

/// The app that a request is for, as far as its headers and path tell.
pub(super) fn bundle_id(request: &Request) -> Option<&str> {
    request
        .header("apns-topic")
        .map(|topic| split_topic(topic).0)
        .or_else(|| request.path_bundle_id())
}
