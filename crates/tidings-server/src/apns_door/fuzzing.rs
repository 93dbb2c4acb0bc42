//! Doors for the fuzz targets to the readers of foreign bytes.

use tidings_apns::{Payload, Timestamp};
use tidings_credential::ProviderToken;
use tidings_http2::hpack::FieldList;
use tidings_store::{Audience, OnUnknown};

use super::order::{Head, Order};
use super::request::Request;

/// Bytes as a request: a line for each header, an empty one, and the body. Whatever is taken can be sent, and whatever is
/// refused says why.
pub(crate) fn request(data: &[u8]) {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(place) => (&data[..place], &data[place + 2..]),
        None => (data, &[][..]),
    };
    let mut fields = FieldList::new();
    for line in head.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b' ');
        fields.push(parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    }
    let Some(mut request) = Request::read(&fields) else {
        return;
    };
    request.receive(body);
    let now = Timestamp::from_unix_millis(1_800_000_000_000);
    let read = Head::read(&request).and_then(|head| {
        // Nobody has signed it.
        let token = ProviderToken::read(head.bearer);
        assert!(!token.is_some_and(|token| token.is_signed_by(&[4; 65])));
        Order::read(&head, now)
    });
    match read {
        Ok(order) => check(&order, now),
        Err(answer) => {
            assert!((400..600).contains(&answer.status), "it is no refusal");
            assert!(!answer.body().is_empty(), "a refusal says why");
        }
    }
}

fn check(order: &Order, now: Timestamp) {
    let addressing = &order.addressing;
    assert!(
        addressing.kind.takes(addressing.push_type),
        "the kind does not fit"
    );
    let notification = order.notification(addressing.kind, OnUnknown::Retry, now);
    let payload = notification.payload.as_bytes();
    assert!(
        payload.len() <= addressing.push_type.payload_limit(),
        "it is too long"
    );
    assert!(Payload::from_json(payload).is_ok(), "it cannot be sent");
    let once = Timestamp::from_unix_millis(0);
    assert!(
        notification.expires_at.is_none_or(|at| at == once || at > now),
        "it is over"
    );
    assert!(matches!(&notification.audience, Audience::Tokens(tokens) if tokens.len() == 1));
}
