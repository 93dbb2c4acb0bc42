//! What is said of webhooks in bodies, and what of it is refused.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;
use tidings_store::{DisabledCause, EventKind, Revision, WebhookRow};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::destination::{Destination, Host, Scheme};
use super::text;
use crate::devices::check_name;
use crate::events::EventFormat;
use crate::limits::APPS_OF_A_KEY;
use crate::names::BundleIdText;
use crate::problem::{Problem, sentence};
use crate::server::{BundleIds, Shared};

/// How long the secret before signs, when nothing is said.
const OVERLAP: u64 = 24 * 3_600;

/// How long at most.
const OVERLAP_MOST: u64 = 7 * 24 * 3_600;

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewWebhook)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookBody {
    /// Where events are sent: `https://`, at an address of the public internet unless the configuration allows others.
    #[schema(example = "https://example.com/tidings", max_length = 2048)]
    pub(super) url: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    pub(super) name: Option<String>,
    /// The types of events that it wants; all where nothing is said.
    #[schema(value_type = Option<Vec<EventTypeName>>, min_items = 1)]
    pub(super) events: Option<Vec<EventKind>>,
    /// The bundle ids of the apps of which it wants events; all where nothing is said, and only then events that concern
    /// no app.
    #[schema(value_type = Option<Vec<BundleIdText>>, min_items = 1, max_items = 100)]
    pub(super) apps: Option<Vec<String>>,
    /// `tidings` where nothing is said.
    pub(super) format: Option<EventFormat>,
}

/// What is to be changed of a webhook.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChangeBody {
    /// Where events are sent.
    #[schema(max_length = 2048)]
    pub(super) url: Option<String>,
    /// What people call it; `null` for nothing.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    pub(super) name: Revision<String>,
    /// The types of events that it wants; `null` for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EventTypeName>>, min_items = 1)]
    pub(super) events: Revision<Vec<EventKind>>,
    /// The bundle ids of the apps of which it wants events; `null` for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<BundleIdText>>, min_items = 1, max_items = 100)]
    pub(super) apps: Revision<Vec<String>>,
    /// In which form.
    pub(super) format: Option<EventFormat>,
    /// Whether it is sent to.
    pub(super) enabled: Option<bool>,
}

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookBody {
    #[schema(format = "uuid")]
    id: String,
    url: String,
    name: Option<String>,
    /// The types of events that it wants; `null` for all.
    #[schema(value_type = Option<Vec<EventTypeName>>)]
    events: Option<Vec<&'static str>>,
    /// The bundle ids of the apps of which it wants events; `null` for all.
    apps: Option<Vec<String>>,
    format: EventFormat,
    #[schema(format = DateTime)]
    created_at: String,
    /// Whether it is sent to.
    enabled: bool,
    /// Since when and why it is not.
    disabled: Option<DisabledBody>,
    /// When an event was delivered last.
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    /// When the first attempt failed after which none succeeded.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// How many events wait for it, 256 at most; further ones are taken from the outbox when there is room.
    waiting: u64,
    /// The last event that was looked at for it.
    cursor: i64,
    /// Until when the secret before this one signs, too.
    #[schema(format = DateTime)]
    previous_secret_until: Option<String>,
}

/// Why a webhook is not sent to.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDisabled)]
pub(crate) struct DisabledBody {
    #[schema(format = DateTime)]
    at: String,
    cause: DisabledName,
    /// The same in words.
    explanation: &'static str,
}

/// Why a webhook is not sent to, in one word.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDisabledCause)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisabledName {
    /// Its receiver answered 410.
    Gone,
    /// Nothing was taken for as long as a message is tried.
    Failing,
    /// Somebody disabled it.
    ByHand,
}

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub(crate) struct CreatedWebhookBody {
    /// What signs its messages. It is never shown again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub(super) secret: String,
    #[serde(flatten)]
    pub(super) webhook: WebhookBody,
}

/// Webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    pub(super) webhooks: Vec<WebhookBody>,
}

/// How the secret of a webhook is changed.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookRotation)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// How long the secret before signs, too: 86400 where nothing is said, 0 not at all.
    #[schema(maximum = 604_800)]
    previous_for_seconds: Option<u64>,
}

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = RotatedWebhookSecret)]
pub(crate) struct RotatedBody {
    /// What signs from now on. It is never shown again.
    secret: String,
    /// Until when the secret before signs, too.
    #[schema(format = DateTime)]
    previous_secret_until: String,
}

/// What came of a message by which a webhook was tried.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(crate) struct TestedBody {
    /// Whether the receiver took it.
    delivered: bool,
    /// The status of its answer.
    status: Option<u16>,
    /// What went wrong, in one word.
    problem: Option<&'static str>,
    /// What that means, and what to do.
    explanation: Option<&'static str>,
    /// How long it took.
    took_milliseconds: u64,
}

/// The name of a type of events, as the document lists them.
pub(crate) enum EventTypeName {}

impl utoipa::PartialSchema for EventTypeName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let names = EventKind::ALL.iter().map(|kind| kind.as_str());
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.enum_values(Some(names))
            .description(Some("What sort of thing happened"))
            .into()
    }
}

impl ToSchema for EventTypeName {
    fn name() -> Cow<'static, str> {
        "EventType".into()
    }
}

/// Where a URL leads, if webhooks may go there, as far as that can be told without looking the name up.
pub(super) fn destination(server: &Shared, url: &str) -> Result<Destination, Problem> {
    let to: Destination = url
        .parse()
        .map_err(|error: super::destination::ParseDestinationError| {
            Problem::field("/url", sentence(&error.to_string()))
        })?;
    let allowed = server.outgoing.allowed();
    let refusal = match &to.host {
        Host::Address(address) => to.permit(*address, allowed).err(),
        Host::Name(_) if to.scheme == Scheme::Http && allowed.is_empty() => {
            Some(super::destination::Refusal::PlainHttp)
        }
        Host::Name(_) => None,
    };
    match refusal {
        None => Ok(to),
        Some(refusal) => Err(Problem::field("/url", refusal.in_words())
            .hint("Whoever runs the server can allow networks of their own in `webhooks.allow_networks`.")),
    }
}

fn check_events(events: Option<&[EventKind]>) -> Result<(), Problem> {
    match events {
        Some([]) => Err(Problem::field("/events", "There are no types in it.")
            .hint("Leave it out, and the webhook is sent all events.")),
        _ => Ok(()),
    }
}

fn check_apps(apps: Option<&[String]>) -> Result<(), Problem> {
    match apps {
        Some(apps) if !(1..=APPS_OF_A_KEY).contains(&apps.len()) => {
            let detail = format!(
                "There are {} in it, and 1 to {APPS_OF_A_KEY} are taken.",
                apps.len()
            );
            Err(Problem::field("/apps", detail))
        }
        _ => Ok(()),
    }
}

fn check_text(name: Option<&str>) -> Result<(), Problem> {
    name.map_or(Ok(()), |name| {
        check_name(name).map_err(|why| Problem::field("/name", why))
    })
}

impl NewWebhookBody {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_text(self.name.as_deref())?;
        check_events(self.events.as_deref())?;
        check_apps(self.apps.as_deref())
    }
}

impl WebhookChangeBody {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_text(self.name.value().map(String::as_str))?;
        check_events(self.events.value().map(Vec::as_slice))?;
        check_apps(self.apps.value().map(Vec::as_slice))
    }
}

impl RotationBody {
    pub(super) fn overlap(&self) -> Result<Duration, Problem> {
        let seconds = self.previous_for_seconds.unwrap_or(OVERLAP);
        if seconds > OVERLAP_MOST {
            let detail = format!("It is more than {OVERLAP_MOST}, a week.");
            return Err(Problem::field("/previous_for_seconds", detail));
        }
        Ok(Duration::from_secs(seconds))
    }
}

impl RotatedBody {
    pub(super) fn new(secret: String, previous_until: Timestamp) -> Self {
        Self {
            secret,
            previous_secret_until: text(previous_until),
        }
    }
}

impl TestedBody {
    pub(super) fn new(status: Option<u16>, problem: Option<&'static str>, took: Duration) -> Self {
        Self {
            delivered: problem.is_none(),
            status,
            problem,
            explanation: problem.map(explain),
            took_milliseconds: took.as_millis().try_into().unwrap_or(u64::MAX),
        }
    }
}

impl WebhookBody {
    pub(super) fn new(row: &WebhookRow, names: &BundleIds) -> Self {
        let name = |app| names.get(app).map(ToString::to_string).unwrap_or_default();
        let kinds = row.kinds.as_ref();
        Self {
            id: row.id.to_string(),
            url: row.url.clone(),
            name: row.name.clone(),
            events: kinds.map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect()),
            apps: row.app_ids.as_ref().map(|apps| apps.iter().map(name).collect()),
            format: row.format.into(),
            created_at: text(row.created_at),
            enabled: row.disabled.is_none(),
            disabled: row.disabled.map(|disabled| DisabledBody {
                at: text(disabled.at),
                cause: disabled.cause.into(),
                explanation: in_words(disabled.cause),
            }),
            delivered_at: row.delivered_at.map(text),
            failing_since: row.failing_since.map(text),
            waiting: row.waiting,
            cursor: row.cursor.0,
            previous_secret_until: row.previous_secret_until.map(text),
        }
    }
}

impl From<DisabledCause> for DisabledName {
    fn from(cause: DisabledCause) -> Self {
        match cause {
            DisabledCause::Gone => Self::Gone,
            DisabledCause::Failing => Self::Failing,
            DisabledCause::ByHand => Self::ByHand,
        }
    }
}

/// Why a webhook is not sent to, in words.
pub(crate) const fn in_words(cause: DisabledCause) -> &'static str {
    match cause {
        DisabledCause::Gone => {
            "The receiver answered 410: it wants nothing any more. Enable the webhook again if that was a mistake."
        }
        DisabledCause::Failing => {
            "An event was tried ten times in three days, and nothing was taken meanwhile. Mend the receiver, try it with `:test`, \
             and enable the webhook again: what waits is sent then."
        }
        DisabledCause::ByHand => "Somebody disabled it.",
    }
}

/// What went wrong with an attempt, in words.
pub(crate) fn explain(problem: &str) -> &'static str {
    match problem {
        "address_refused" => {
            "The host has an address that is not of the public internet. Whoever runs the server can allow networks in \
             `webhooks.allow_networks`."
        }
        "plain_http_refused" => "Plain HTTP is for networks that the configuration allows. Use https://.",
        "port_refused" => "Webhooks go to port 443, or to 1024 and above.",
        "name_not_resolved" => "The host's name has no address, or too many.",
        "not_connected" => "No address of the host took the connection.",
        "no_roots" => "This server has no root certificates to trust.",
        "tls_failed" => "The receiver's certificate is not trusted, or not good for this host.",
        "no_http_answer" => "The answer was no HTTP, or broke off.",
        "timed_out" => "The receiver took longer than 15 seconds. Answer first, and work afterwards.",
        "redirect_not_followed" => {
            "The receiver answered with a redirect, which is never followed. Change the URL."
        }
        "gone" => "The receiver answered 410: it wants nothing any more.",
        "refused_by_receiver" => {
            "The receiver answered with another status than 200 to 299. Its log says why."
        }
        "event_not_kept" => "The event is so old that it is not kept any more.",
        _ => "What is stored of the webhook could not be used; this server's log says why.",
    }
}
