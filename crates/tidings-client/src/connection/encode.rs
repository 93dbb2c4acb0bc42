//! Requests as HTTP/2 header blocks.
//!
//! What all requests of a notification share is encoded once per connection: it goes into HPACK's dynamic table with
//! the first request, the provider token too, and is a few bytes ever after. Per request remain the path and the id.
//! (Apple, *Establishing a connection to APNs*: index values that rarely change, and `authorization` explicitly.)

use std::sync::Arc;

use tidings_apns::{ApnsId, Notification, Request};
use tidings_http2::hpack::{CachedName, Indexing, Template};
use tidings_http2::{Connection, OpenError, StreamId};

use crate::exchange::Exchange;
use crate::provider_token::ProviderToken;

/// Notifications whose headers are kept ready at a time.
const PREPARED: usize = 8;

/// Turns requests into header blocks on one connection.
#[derive(Debug)]
pub(crate) struct RequestEncoder {
    authority: Box<str>,
    pseudo: Template,
    path_name: CachedName,
    id_name: CachedName,
    path: Vec<u8>,
    /// The newest last.
    prepared: Vec<Prepared>,
}

/// The invariant headers of one notification under one provider token.
#[derive(Debug)]
struct Prepared {
    /// Held, so that its address stays its own.
    notification: Arc<Notification>,
    token_serial: u64,
    headers: Template,
}

impl RequestEncoder {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.into(),
            pseudo: Template::new([
                (":method", "POST"),
                (":scheme", "https"),
                (":authority", authority),
            ]),
            path_name: CachedName::new(b":path"),
            id_name: CachedName::new(b"apns-id"),
            path: Vec::new(),
            prepared: Vec::new(),
        }
    }

    /// Opens a stream with a notification for a device.
    pub(crate) fn push(
        &mut self,
        http2: &mut Connection,
        tag: u64,
        request: &Request,
        token: Option<&ProviderToken>,
    ) -> Result<StreamId, OpenError> {
        self.path.clear();
        self.path.extend_from_slice(b"/3/device/");
        request.device_token.encode_hex(&mut self.path);
        let mut id = [0; ApnsId::TEXT_LENGTH];
        let id = request.apns_id.encode(&mut id).as_bytes();
        self.prepare(&request.notification, token);
        let Some(prepared) = self.prepared.last_mut() else {
            return Err(OpenError::Closing);
        };
        let stream = http2.open(tag, false, |encoder, block| {
            encoder.encode_template(&mut self.pseudo, block);
            encoder.encode_literal(&mut self.path_name, &self.path, block);
            encoder.encode_template(&mut prepared.headers, block);
            encoder.encode_literal(&mut self.id_name, id, block);
        })?;
        // The stream was opened a line ago, so it takes its body.
        let _open = http2.send_body(stream, request.notification.payload().as_bytes(), true);
        Ok(stream)
    }

    /// Opens a stream with any other request.
    pub(crate) fn exchange(
        &self,
        http2: &mut Connection,
        tag: u64,
        exchange: &Exchange,
        token: Option<&ProviderToken>,
    ) -> Result<StreamId, OpenError> {
        let ends = exchange.body.is_empty();
        let stream = http2.open(tag, ends, |encoder, block| {
            let mut field = |name: &str, value: &[u8], indexing| {
                encoder.encode(name.as_bytes(), value, indexing, block);
            };
            field(":method", exchange.method.as_bytes(), Indexing::Incremental);
            field(":scheme", b"https", Indexing::Incremental);
            field(":path", exchange.path.as_bytes(), Indexing::Without);
            field(":authority", self.authority.as_bytes(), Indexing::Incremental);
            if let Some(token) = token {
                field("authorization", token.authorization(), Indexing::Incremental);
            }
            for (name, value) in &exchange.headers {
                field(name, value.as_bytes(), Indexing::Without);
            }
        })?;
        if !ends {
            let _open = http2.send_body(stream, &exchange.body, true);
        }
        Ok(stream)
    }

    /// Makes the notification's headers the last of the prepared ones.
    fn prepare(&mut self, notification: &Arc<Notification>, token: Option<&ProviderToken>) {
        let token_serial = token.map_or(0, ProviderToken::serial);
        let fits = |prepared: &Prepared| {
            Arc::ptr_eq(&prepared.notification, notification) && prepared.token_serial == token_serial
        };
        if self.prepared.last().is_some_and(fits) {
            return;
        }
        if let Some(place) = self.prepared.iter().position(fits) {
            let prepared = self.prepared.remove(place);
            self.prepared.push(prepared);
            return;
        }
        if self.prepared.len() == PREPARED {
            self.prepared.remove(0);
        }
        let headers = invariant_headers(notification, token);
        self.prepared.push(Prepared {
            notification: Arc::clone(notification),
            token_serial,
            headers,
        });
    }
}

fn invariant_headers(notification: &Notification, token: Option<&ProviderToken>) -> Template {
    let authorization = token.map(|token| ("authorization", token.authorization()));
    Template::new(authorization.into_iter().chain(headers_of(notification)))
}

/// The headers of a notification, the same for all its recipients.
pub(crate) fn headers_of(notification: &Notification) -> impl Iterator<Item = (&'static str, &[u8])> {
    let optional = [
        ("apns-topic", Some(notification.topic().as_str().as_bytes())),
        (
            "apns-push-type",
            notification.push_type().map(|kind| kind.as_str().as_bytes()),
        ),
        (
            "apns-priority",
            notification
                .priority()
                .map(|priority| priority.as_str().as_bytes()),
        ),
        (
            "apns-expiration",
            notification.expiration_text().map(str::as_bytes),
        ),
        (
            "apns-collapse-id",
            notification.collapse_id().map(|id| id.as_str().as_bytes()),
        ),
        ("content-type", Some(b"application/json".as_slice())),
    ];
    optional
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
}
