//! A request read as Apple reads it: what is to be sent to which device token of which app, or the reason why not.
//!
//! APNs is lenient where Tidings' own API is strict: whatever a library gets away with at Apple's, it gets away with here.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_apns::{
    ApnsId, BundleId, CollapseId, DeviceToken, Environment, Payload, Priority, PushType, Reason, Timestamp,
    TokenKind, Topic,
};
use tidings_store::{Audience, NewNotification, NotificationId, OnUnknown, Urgency};

use super::answer::Answer;
use super::request::Request;

/// The headers of which APNs takes one each.
const HEADERS: [&str; 7] = [
    "apns-collapse-id",
    "apns-expiration",
    "apns-id",
    "apns-priority",
    "apns-push-type",
    "apns-topic",
    "authorization",
];

/// Where a device token stands in a path.
const DEVICE: &str = "/3/device/";

/// A request as far as it must be read to know who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    request: &'a Request,
    /// As it was given; it is a UUID.
    pub(super) apns_id: Option<&'a str>,
    pub(super) topic: Topic,
    /// What stands after `bearer`.
    pub(super) bearer: &'a str,
}

impl<'a> Head<'a> {
    /// Reads it. What is wrong is told in the order in which APNs tells it.
    pub(super) fn read(request: &'a Request) -> Result<Self, Answer> {
        check_place(request)?;
        if request.repeats_any(&HEADERS) {
            return Err(Answer::refused(&Reason::DuplicateHeaders));
        }
        let apns_id = apns_id(request)?;
        let bearer = request.header("authorization").and_then(bearer);
        let bearer = bearer.ok_or_else(|| Answer::refused(&Reason::MissingProviderToken))?;
        let topic = request.header("apns-topic").unwrap_or_default();
        if topic.is_empty() {
            return Err(Answer::refused(&Reason::MissingTopic));
        }
        let topic = topic
            .parse()
            .map_err(|_malformed| Answer::refused(&Reason::BadTopic))?;
        Ok(Self {
            request,
            apns_id,
            topic,
            bearer,
        })
    }
}

/// The `apns-id` of a request, which is in its answer, whatever else is wrong.
pub(super) fn apns_id(request: &Request) -> Result<Option<&str>, Answer> {
    let Some(text) = request.header("apns-id") else {
        return Ok(None);
    };
    match text.parse::<ApnsId>() {
        Ok(_) => Ok(Some(text)),
        Err(_malformed) => Err(Answer::refused(&Reason::BadMessageId)),
    }
}

fn check_place(request: &Request) -> Result<(), Answer> {
    if !request.path.starts_with(DEVICE) && request.path != DEVICE.trim_end_matches('/') {
        return Err(Answer::refused(&Reason::BadPath));
    }
    if request.method != "POST" {
        return Err(Answer::refused(&Reason::MethodNotAllowed));
    }
    Ok(())
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty()).then_some(rest)
}

/// What is to be sent to which device token of which app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) device_token: DeviceToken,
    pub(super) addressing: Addressing,
    /// The environment that the host name speaks of, if it does.
    pub(super) claimed: Option<Environment>,
    priority: Option<Priority>,
    expires_at: Option<Timestamp>,
    collapse_id: Option<CollapseId>,
    payload: String,
}

/// How a topic and a push type are to be understood together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addressing {
    pub(crate) bundle_id: BundleId,
    pub(crate) push_type: PushType,
    /// What sort of device token it is for, as far as that can be told.
    pub(crate) kind: TokenKind,
}

impl Order {
    /// Reads all of a request.
    pub(super) fn read(head: &Head<'_>, now: Timestamp) -> Result<Self, Answer> {
        let request = head.request;
        let device_token = device_token(&request.path)?;
        let push_type = push_type(request)?;
        let priority = priority(request)?;
        let collapse_id = collapse_id(request)?;
        let expires_at = expires_at(request, now)?;
        let look = Look::at(&request.body);
        let addressing = Addressing::read(&head.topic, push_type, look, priority)
            .ok_or_else(|| Answer::refused(&Reason::BadTopic))?;
        let payload = payload(&request.body, addressing.push_type)?;
        Ok(Self {
            device_token,
            claimed: claimed(&request.host),
            addressing,
            priority,
            expires_at,
            collapse_id,
            payload,
        })
    }

    /// The notification, for a device token of this kind.
    pub(super) fn notification(
        &self,
        kind: TokenKind,
        on_unknown: OnUnknown,
        now: Timestamp,
    ) -> NewNotification {
        NewNotification {
            id: NotificationId::new(now),
            audience: Audience::Tokens(vec![self.device_token.clone()]),
            push_type: self.addressing.push_type,
            kind,
            payload: self.payload.as_str().into(),
            priority: self.priority,
            collapse_id: self.collapse_id.clone(),
            expires_at: self.expires_at,
            deadline: None,
            send_at: None,
            environment: None,
            urgency: match self.priority {
                None | Some(Priority::Immediate) => Urgency::Urgent,
                Some(Priority::Considerate | Priority::PowerFirst) => Urgency::Normal,
            },
            on_unknown,
        }
    }

    /// What makes two requests the same one, beside the app, the device token and the `apns-id`.
    pub(super) fn contents(&self) -> String {
        format!(
            "{}\n{}\n{:?}\n{:?}\n{}",
            self.addressing.push_type,
            self.priority.map_or(0, Priority::as_u8),
            self.expires_at.map(Timestamp::as_unix_millis),
            self.collapse_id.as_ref().map(CollapseId::as_str),
            self.payload,
        )
    }
}

impl Addressing {
    /// `None` where the topic is not one for notifications of this push type.
    pub(crate) fn read(
        topic: &Topic,
        push_type: Option<PushType>,
        look: Look,
        priority: Option<Priority>,
    ) -> Option<Self> {
        let push_type = match (push_type, topic.suffix_kind()) {
            (Some(push_type), _) | (None, Some(push_type)) => push_type,
            (None, None) if look.is_silent && priority != Some(Priority::Immediate) => PushType::Background,
            (None, None) => PushType::Alert,
        };
        let bundle_id = match push_type.topic_suffix() {
            // An app may be called as if it had a suffix.
            "" => topic.as_str(),
            suffix => topic.as_str().strip_suffix(suffix)?,
        };
        Some(Self {
            bundle_id: bundle_id.parse().ok()?,
            push_type,
            kind: look.kind(push_type),
        })
    }
}

/// What the payload tells about where it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// It starts a Live Activity.
    starts_activity: bool,
    /// It wakes the app, and shows nothing.
    is_silent: bool,
}

impl Look {
    pub(crate) fn at(payload: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            aps: Option<Aps<'a>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Aps<'a> {
            #[serde(borrow)]
            event: Option<&'a RawValue>,
            #[serde(borrow)]
            content_available: Option<&'a RawValue>,
            #[serde(borrow)]
            alert: Option<&'a RawValue>,
            #[serde(borrow)]
            sound: Option<&'a RawValue>,
            #[serde(borrow)]
            badge: Option<&'a RawValue>,
        }
        let body: Option<Body<'_>> = serde_json::from_slice(payload).ok();
        let Some(aps) = body.and_then(|body| body.aps) else {
            return Self::default();
        };
        let shows = aps.alert.is_some() || aps.sound.is_some() || aps.badge.is_some();
        Self {
            starts_activity: aps.event.is_some_and(|event| event.get() == "\"start\""),
            is_silent: aps.content_available.is_some_and(|value| value.get() == "1") && !shows,
        }
    }

    /// A Live Activity is started by another device token than it is updated by.
    fn kind(self, push_type: PushType) -> TokenKind {
        match push_type {
            PushType::LiveActivity if self.starts_activity => TokenKind::LiveActivityStart,
            PushType::LiveActivity => TokenKind::LiveActivityUpdate,
            other => {
                let found = TokenKind::ALL.into_iter().find(|kind| kind.takes(other));
                found.unwrap_or_default()
            }
        }
    }
}

fn device_token(path: &str) -> Result<DeviceToken, Answer> {
    let text = path.strip_prefix(DEVICE).unwrap_or_default();
    if text.is_empty() {
        return Err(Answer::refused(&Reason::MissingDeviceToken));
    }
    DeviceToken::try_from_hex(text.as_bytes()).map_err(|_malformed| Answer::refused(&Reason::BadDeviceToken))
}

fn push_type(request: &Request) -> Result<Option<PushType>, Answer> {
    let header = request.header("apns-push-type");
    header
        .map(|text| {
            text.parse()
                .map_err(|_unknown| Answer::refused(&Reason::InvalidPushType))
        })
        .transpose()
}

fn priority(request: &Request) -> Result<Option<Priority>, Answer> {
    let Some(text) = request.header("apns-priority") else {
        return Ok(None);
    };
    let found = Priority::ALL
        .into_iter()
        .find(|priority| priority.as_str() == text);
    found
        .map(Some)
        .ok_or_else(|| Answer::refused(&Reason::BadPriority))
}

fn collapse_id(request: &Request) -> Result<Option<CollapseId>, Answer> {
    // An empty one stands for none.
    let header = request.header("apns-collapse-id").filter(|text| !text.is_empty());
    header
        .map(|text| {
            text.parse()
                .map_err(|_malformed| Answer::refused(&Reason::BadCollapseId))
        })
        .transpose()
}

fn expires_at(request: &Request, now: Timestamp) -> Result<Option<Timestamp>, Answer> {
    let Some(text) = request.header("apns-expiration") else {
        return Ok(None);
    };
    let seconds = text
        .parse()
        .map_err(|_no_number: std::num::ParseIntError| Answer::refused(&Reason::BadExpirationDate))?;
    Ok(Some(expiry(seconds, now)))
}

/// What `apns-expiration` means, as the store keeps it. What is over already is tried once, as by `0`: it is a clock that is
/// wrong, or a queue that was slow, and APNs is not known to refuse it.
pub(crate) fn expiry(seconds: u64, now: Timestamp) -> Timestamp {
    let at = Timestamp::from_unix_millis(seconds.saturating_mul(1000));
    if at <= now {
        Timestamp::from_unix_millis(0)
    } else {
        at
    }
}

fn payload(body: &[u8], push_type: PushType) -> Result<String, Answer> {
    if body.is_empty() {
        return Err(Answer::refused(&Reason::PayloadEmpty));
    }
    if body.len() > push_type.payload_limit() {
        return Err(Answer::refused(&Reason::PayloadTooLarge));
    }
    let text = std::str::from_utf8(body).ok();
    let text = text.filter(|text| Payload::from_json(*text).is_ok());
    // Apple documents no reason for what is no JSON; a program has nothing to send then, and this is what it looks for.
    let text = text.ok_or_else(|| Answer::refused(&Reason::PayloadEmpty))?;
    Ok(text.to_owned())
}

/// The environment that a host name speaks of. Nothing is guessed where it speaks of none: it is found out.
fn claimed(host: &str) -> Option<Environment> {
    let is_sandbox = |label: &str| matches!(label, "sandbox" | "development");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if name.split('.').any(is_sandbox) {
        return Some(Environment::Sandbox);
    }
    (name == Environment::Production.host()).then_some(Environment::Production)
}

#[cfg(test)]
mod tests;
