//! A notification as callers submit it, and the checks that it must pass before it is accepted.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tidings_apns::{
    BundleId, CheckError, CollapseId, Environment, Expiration, Lint, Notification, Payload, Priority,
    PushType, Timestamp, TokenKind, UnixSeconds,
};
use tidings_store::{Audience, NewNotification, NotificationId, OnUnknown, Urgency};
use utoipa::ToSchema;

use super::audience::ToBody;
use super::payload::compose;
use crate::body::object;
use crate::limits::{FEW, SCHEDULE_AHEAD};
use crate::names::{EnvironmentName, KindName, PriorityNumber, PushTypeName};
use crate::problem::{Problem, ProblemKind, sentence};
use crate::server::ServerConfig;

/// A notification to be sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = Notification)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmissionBody {
    /// To whom.
    #[serde(deserialize_with = "object")]
    to: ToBody,
    /// The header `apns-push-type`. Without it, what is usual for the `kind`; `alert` without either.
    #[schema(value_type = Option<PushTypeName>)]
    push_type: Option<PushType>,
    /// To device tokens of which kind. Without it, the one that is usual for the push type; for Live Activities, by the
    /// `event` in `aps`.
    #[schema(value_type = Option<KindName>)]
    kind: Option<TokenKind>,
    /// Apple's dictionary.
    #[schema(value_type = Option<Object>)]
    aps: Option<Box<RawValue>>,
    /// The app's own keys: they stand beside `aps` in the payload.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// The header `apns-priority`: 10, 5 or 1. Without it APNs assumes 10; background notifications get 5.
    #[schema(value_type = Option<PriorityNumber>)]
    priority: Option<Priority>,
    /// The header `apns-expiration`, and when the notification is worth nothing any more: nothing is sent after it. `0`: APNs
    /// tries once and stores nothing.
    expires_at: Option<Instant>,
    /// The header `apns-collapse-id`.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    collapse_id: Option<CollapseId>,
    /// Not to be sent before.
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
    /// When to stop trying, apart from `expires_at`, which devices and APNs see too.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Timestamp>,
    /// Where to send it, whatever is known of the device tokens. Better left out: each goes where it belongs.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<Environment>,
    /// What to do where a connection broke and it is not known whether APNs has it: `retry` (it may be shown twice) or `drop`
    /// (it may not be shown).
    #[schema(value_type = Option<OnUnknownName>)]
    on_unknown: Option<OnUnknown>,
}

/// What to do where it is not known whether APNs has a notification.
#[derive(ToSchema)]
#[schema(as = OnUnknown, rename_all = "snake_case")]
#[expect(dead_code, reason = "only the OpenAPI document needs it")]
pub(crate) enum OnUnknownName {
    Retry,
    Drop,
}

/// An instant, or `0` for "at once or never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instant {
    Once,
    At(Timestamp),
}

/// A notification that nothing is wrong with.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) notification: NewNotification,
    /// What will hardly do what was meant.
    pub(crate) warnings: Vec<Lint>,
}

impl SubmissionBody {
    /// The notification, if APNs has no reason to refuse it for its own sake.
    pub(crate) fn check(
        self,
        bundle_id: &str,
        now: Timestamp,
        config: &ServerConfig,
    ) -> Result<Submission, Problem> {
        let app: BundleId = bundle_id.parse().map_err(|error: tidings_apns::ParseError| {
            Problem::field("bundle_id", sentence(&error.to_string()))
        })?;
        let payload = compose(self.aps.as_deref(), self.data.as_deref())?;
        let (push_type, kind) = self.type_and_kind()?;
        let priority = priority(push_type, self.priority)?;
        let expires_at = self.expires_at.or_else(|| default_expiry(push_type));
        self.check_times(expires_at, now)?;
        let checked = checked(
            &app,
            push_type,
            &payload,
            priority,
            expires_at,
            self.collapse_id.clone(),
        )?;
        let audience = self.to.read()?;
        let notification = NewNotification {
            id: NotificationId::new(now),
            urgency: urgency(&audience, priority),
            audience,
            push_type,
            kind,
            payload: payload.into(),
            priority,
            collapse_id: self.collapse_id,
            expires_at: expires_at.map(Instant::as_stored),
            deadline: self.deadline,
            send_at: self.send_at.filter(|at| *at > now),
            environment: self.environment,
            on_unknown: self.on_unknown.unwrap_or(config.default_on_unknown),
        };
        Ok(Submission {
            notification,
            warnings: checked.lint_at(UnixSeconds(now.as_unix_millis() / 1000)),
        })
    }

    fn type_and_kind(&self) -> Result<(PushType, TokenKind), Problem> {
        let push_type = match (self.push_type, self.kind) {
            (Some(push_type), _) => push_type,
            (None, Some(kind)) => kind.push_type(),
            (None, None) => PushType::Alert,
        };
        let kind = self
            .kind
            .unwrap_or_else(|| usual_kind(push_type, self.aps.as_deref()));
        if kind.takes(push_type) {
            return Ok((push_type, kind));
        }
        let detail = format!(
            "Device tokens of the kind `{kind}` take no notifications of the push type `{push_type}`: their topics differ."
        );
        Err(Problem::field("/kind", detail).hint("Leave out `kind`, and it follows from the push type."))
    }

    fn check_times(&self, expires_at: Option<Instant>, now: Timestamp) -> Result<(), Problem> {
        let ends = [
            ("/expires_at", expires_at.and_then(Instant::as_end)),
            ("/deadline", self.deadline),
        ];
        let latest = now.saturating_add(SCHEDULE_AHEAD);
        if self.send_at.is_some_and(|at| at > latest) {
            return Err(Problem::field(
                "/send_at",
                format!("It is later than {latest}, the last that is taken."),
            ));
        }
        let begins = self.send_at.map_or(now, |at| at.max(now));
        for (field, end) in ends {
            if let Some(end) = end.filter(|end| *end <= begins) {
                let detail = format!("{end} is not after {begins}, when it would be sent at the earliest.");
                return Err(Problem::field(field, detail));
            }
        }
        Ok(())
    }
}

impl Instant {
    /// As the store keeps it: the start of 1970 is the header's `0`.
    const fn as_stored(self) -> Timestamp {
        match self {
            Self::Once => Timestamp::from_unix_millis(0),
            Self::At(at) => at,
        }
    }

    /// When it is worth nothing any more.
    const fn as_end(self) -> Option<Timestamp> {
        match self {
            Self::Once => None,
            Self::At(at) => Some(at),
        }
    }

    /// The header's value.
    pub(crate) fn as_expiration(self) -> Expiration {
        match self {
            Self::Once => Expiration::Once,
            Self::At(at) => Expiration::at(UnixSeconds(at.as_unix_millis() / 1000)),
        }
    }
}

/// What a push type is usually sent to. A Live Activity is started by another token than it is updated by.
fn usual_kind(push_type: PushType, aps: Option<&RawValue>) -> TokenKind {
    #[derive(Deserialize)]
    struct Aps<'a> {
        #[serde(borrow)]
        event: Option<std::borrow::Cow<'a, str>>,
    }
    if push_type == PushType::LiveActivity {
        let aps = aps.and_then(|aps| serde_json::from_str::<Aps<'_>>(aps.get()).ok());
        let starts = aps
            .and_then(|aps| aps.event)
            .is_some_and(|event| event == "start");
        return if starts {
            TokenKind::LiveActivityStart
        } else {
            TokenKind::LiveActivityUpdate
        };
    }
    let found = TokenKind::ALL.into_iter().find(|kind| kind.takes(push_type));
    found.unwrap_or_default()
}

/// The priority; what devices are known to ignore is refused.
fn priority(push_type: PushType, given: Option<Priority>) -> Result<Option<Priority>, Problem> {
    match (push_type, given) {
        (PushType::Background, None) => Ok(Some(Priority::Considerate)),
        (PushType::Background, Some(Priority::Immediate)) => Err(Problem::field(
            "/priority",
            "Background notifications have priority 5 or 1; Apple calls 10 an error, and devices do not get them.",
        )),
        (PushType::PushToTalk, Some(other)) if other != Priority::Immediate => Err(Problem::field(
            "/priority",
            "Push to Talk notifications have priority 10.",
        )),
        (_, given) => Ok(given),
    }
}

/// Speech is of no use later.
fn default_expiry(push_type: PushType) -> Option<Instant> {
    (push_type == PushType::PushToTalk).then_some(Instant::Once)
}

fn checked(
    app: &BundleId,
    push_type: PushType,
    payload: &str,
    priority: Option<Priority>,
    expires_at: Option<Instant>,
    collapse_id: Option<CollapseId>,
) -> Result<Notification, Problem> {
    let payload = Payload::from_json(payload).map_err(|error| {
        Problem::new(ProblemKind::InvalidPayload, sentence(&error.to_string())).at("/aps")
    })?;
    let mut builder = Notification::for_app(app, push_type, payload);
    if let Some(priority) = priority {
        builder = builder.priority(priority);
    }
    if let Some(expires_at) = expires_at {
        builder = builder.expiration(expires_at.as_expiration());
    }
    if let Some(collapse_id) = collapse_id {
        builder = builder.collapse_id(collapse_id);
    }
    builder.build().map_err(|error| too_large(&error))
}

/// What the whole payload is refused for.
pub(crate) fn too_large(error: &CheckError) -> Problem {
    let detail = match error {
        CheckError::PayloadTooLarge { size, limit } => {
            format!("The payload has {size} bytes, and APNs takes at most {limit}.")
        }
        other => sentence(&other.to_string()),
    };
    Problem::new(ProblemKind::PayloadTooLarge, detail).at("/aps")
}

fn urgency(audience: &Audience, priority: Option<Priority>) -> Urgency {
    let to_few = audience.is_direct() && audience.names() <= FEW;
    match (to_few, priority.unwrap_or(Priority::Immediate)) {
        (false, _) => Urgency::Campaign,
        (true, Priority::Immediate) => Urgency::Urgent,
        (true, Priority::Considerate | Priority::PowerFirst) => Urgency::Normal,
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrZero;

        impl Visitor<'_> for TextOrZero {
            type Value = Instant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time such as 2026-11-24T18:30:00Z, or 0 for once")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                text.parse().map(Instant::At).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Instant, E> {
                match number {
                    0 => Ok(Instant::Once),
                    other => Err(E::invalid_value(Unexpected::Unsigned(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(TextOrZero)
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let zero = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([0]));
        OneOfBuilder::new()
            .item(text)
            .item(zero)
            .description(Some("An instant, or `0` for once"))
            .into()
    }
}

impl ToSchema for Instant {
    fn name() -> std::borrow::Cow<'static, str> {
        "InstantOrOnce".into()
    }
}

#[cfg(test)]
mod tests;
