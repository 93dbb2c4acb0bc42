//! A request as the checks see it, free of HTTP/2.

use std::collections::BTreeMap;

use crate::vocabulary::{PushType, TokenKind, split_topic};

/// The largest body of an ordinary notification (Apple, *Generating a remote notification*).
pub(crate) const PAYLOAD_LIMIT: usize = 4096;

/// The largest body of a `VoIP` notification and of a broadcast.
pub(crate) const LARGE_PAYLOAD_LIMIT: usize = 5120;

/// How much of a body is read at all: enough to know that it is too large.
pub(crate) const BODY_READ_LIMIT: usize = LARGE_PAYLOAD_LIMIT + 1;

/// The headers that may come only once.
const SINGLE_HEADERS: [&str; 9] = [
    "authorization",
    "apns-topic",
    "apns-push-type",
    "apns-id",
    "apns-expiration",
    "apns-priority",
    "apns-collapse-id",
    "apns-channel-id",
    "apns-request-id",
];

/// A whole request. It carries a device token and a payload, hence no `Debug`.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a path addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route<'a> {
    /// `/3/device/<token>`; the token may be empty.
    Device(&'a str),
    /// `/4/broadcasts/apps/<bundle id>`
    Broadcast(&'a str),
    /// `/1/apps/<bundle id>/channels`
    Channels(&'a str),
    /// `/1/apps/<bundle id>/all-channels`
    AllChannels(&'a str),
    /// Nothing that exists.
    Unknown,
}

impl Request {
    pub(crate) fn new(method: String, path: String) -> Self {
        Self {
            method,
            path,
            ..Self::default()
        }
    }

    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// The first header of the name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn has_duplicate_headers(&self) -> bool {
        SINGLE_HEADERS
            .iter()
            .any(|name| self.headers.iter().filter(|(known, _)| known == name).count() > 1)
    }

    /// The headers that belong to APNs, without the credential.
    pub(crate) fn apns_headers(&self) -> BTreeMap<String, String> {
        self.headers
            .iter()
            .filter(|(name, _)| name.starts_with("apns-"))
            .cloned()
            .collect()
    }

    pub(crate) fn route(&self) -> Route<'_> {
        let path = self.path.as_str();
        if let Some(token) = path.strip_prefix("/3/device/") {
            return if token.contains('/') {
                Route::Unknown
            } else {
                Route::Device(token)
            };
        }
        if let Some(bundle_id) = path.strip_prefix("/4/broadcasts/apps/") {
            return one_segment(bundle_id).map_or(Route::Unknown, Route::Broadcast);
        }
        let Some((bundle_id, last)) = path
            .strip_prefix("/1/apps/")
            .and_then(|rest| rest.split_once('/'))
        else {
            return Route::Unknown;
        };
        match (one_segment(bundle_id), last) {
            (Some(bundle_id), "channels") => Route::Channels(bundle_id),
            (Some(bundle_id), "all-channels") => Route::AllChannels(bundle_id),
            _ => Route::Unknown,
        }
    }

    /// The bundle id in the path of a broadcast or of channel management.
    pub(crate) fn path_bundle_id(&self) -> Option<&str> {
        match self.route() {
            Route::Broadcast(bundle_id) | Route::Channels(bundle_id) | Route::AllChannels(bundle_id) => {
                Some(bundle_id)
            }
            Route::Device(_) | Route::Unknown => None,
        }
    }

    /// The device token in the path, decoded. Upper-case digits are accepted (what Apple does is unverified).
    pub(crate) fn device_token(&self) -> Option<Box<[u8]>> {
        match self.route() {
            Route::Device(hex) => crate::hex::decode(hex),
            Route::Broadcast(_) | Route::Channels(_) | Route::AllChannels(_) | Route::Unknown => None,
        }
    }

    pub(crate) fn push_type(&self) -> Option<PushType> {
        self.header("apns-push-type").and_then(PushType::parse)
    }

    /// The JWT of the `authorization` header, if it is one of the bearer scheme.
    pub(crate) fn provider_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// `apns-expiration` in Unix seconds.
    pub(crate) fn expiration(&self) -> Option<u64> {
        parse_number(self.header("apns-expiration")?)
    }

    /// The largest body this request may have.
    pub(crate) fn body_limit(&self) -> usize {
        let is_voip = self.push_type() == Some(PushType::Voip)
            || self
                .header("apns-topic")
                .is_some_and(|topic| split_topic(topic).1 == TokenKind::Voip.topic_suffix());
        match self.route() {
            Route::Broadcast(_) => LARGE_PAYLOAD_LIMIT,
            Route::Device(_) if is_voip => LARGE_PAYLOAD_LIMIT,
            Route::Device(_) | Route::Channels(_) | Route::AllChannels(_) | Route::Unknown => PAYLOAD_LIMIT,
        }
    }
}

/// A number of ASCII digits and nothing else.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn one_segment(text: &str) -> Option<&str> {
    (!text.is_empty() && !text.contains('/')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Request {
        Request::new("POST".to_owned(), path.to_owned())
    }

    #[test]
    fn paths_lead_to_their_routes() {
        for (path, route) in [
            ("/", Route::Unknown),
            ("/3/device", Route::Unknown),
            ("/3/device/", Route::Device("")),
            ("/3/device/ab", Route::Device("ab")),
            ("/3/device/ab/cd", Route::Unknown),
            ("/2/device/ab", Route::Unknown),
            ("/4/broadcasts/apps/com.example", Route::Broadcast("com.example")),
            ("/4/broadcasts/apps/", Route::Unknown),
            ("/4/broadcasts/apps/com.example/x", Route::Unknown),
            ("/1/apps/com.example/channels", Route::Channels("com.example")),
            (
                "/1/apps/com.example/all-channels",
                Route::AllChannels("com.example"),
            ),
            ("/1/apps/com.example/channels/id", Route::Unknown),
            ("/1/apps//channels", Route::Unknown),
        ] {
            assert_eq!(of(path).route(), route, "{path}");
        }
    }

    #[test]
    fn device_tokens_are_hexadecimal_of_any_length_and_case() {
        assert_eq!(
            of("/3/device/0aFf").device_token().as_deref(),
            Some(&[0x0a, 0xff][..])
        );
        for path in ["/3/device/", "/3/device/abc", "/3/device/zz", "/3/device/ a"] {
            assert!(of(path).device_token().is_none(), "{path}");
        }
    }

    #[test]
    fn the_body_limit_depends_on_the_kind_of_request() {
        let mut voip = of("/3/device/ab");
        voip.add_header("apns-push-type", "voip");
        let mut voip_topic = of("/3/device/ab");
        voip_topic.add_header("apns-topic", "com.example.voip");
        for (request, limit) in [
            (of("/3/device/ab"), 4096),
            (voip, 5120),
            (voip_topic, 5120),
            (of("/4/broadcasts/apps/com.example"), 5120),
            (of("/1/apps/com.example/channels"), 4096),
        ] {
            assert_eq!(request.body_limit(), limit);
        }
    }

    #[test]
    fn the_scheme_of_the_authorization_is_bearer_in_any_case() {
        for (value, token) in [
            ("bearer abc", Some("abc")),
            ("Bearer abc", Some("abc")),
            ("bearer ", None),
            ("bearer", None),
            ("basic abc", None),
        ] {
            let mut request = of("/");
            request.add_header("authorization", value);
            assert_eq!(request.provider_token(), token, "{value}");
        }
    }
}
