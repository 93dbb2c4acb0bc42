//! Webhooks: who is told of events, how far they are, and what became of each event.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use tidings_apns::Timestamp;
use zeroize::Zeroizing;

use crate::event::{Event, EventKind};
use crate::ids::{AppId, EventId, WebhookDeliveryId, WebhookId};

/// In which form a webhook wants events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookFormat {
    /// As they stand in the stream of events.
    #[default]
    Plain,
    /// As `CloudEvents`, structured.
    CloudEvents,
}

/// Why a webhook is not sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledCause {
    /// Its receiver said that it is gone.
    Gone,
    /// Nothing was taken for as long as a message is tried.
    Failing,
    /// Somebody disabled it.
    ByHand,
}

/// Since when and why a webhook is not sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub cause: DisabledCause,
}

/// A webhook to be kept.
#[derive(Clone)]
pub struct NewWebhook {
    /// Its id.
    pub id: WebhookId,
    /// Where events are sent.
    pub url: String,
    /// The host of that.
    pub host: String,
    /// What people call it.
    pub name: Option<String>,
    /// The kinds of events that it wants; `None` for all.
    pub kinds: Option<Vec<EventKind>>,
    /// The apps of which it wants events; `None` for all, and for events that concern no app.
    pub app_ids: Option<Vec<AppId>>,
    /// In which form.
    pub format: WebhookFormat,
    /// What signs.
    pub secret: Zeroizing<Vec<u8>>,
}

/// A webhook, without its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// Where events are sent.
    pub url: String,
    /// The host of that.
    pub host: String,
    /// What people call it.
    pub name: Option<String>,
    /// The kinds of events that it wants; `None` for all.
    pub kinds: Option<Vec<EventKind>>,
    /// The apps of which it wants events; `None` for all.
    pub app_ids: Option<Vec<AppId>>,
    /// In which form.
    pub format: WebhookFormat,
    /// When it was made.
    pub created_at: Timestamp,
    /// Events up to this one wait, were delivered, or were not wanted.
    pub cursor: EventId,
    /// When something was delivered last.
    pub delivered_at: Option<Timestamp>,
    /// When the first attempt failed after which none succeeded.
    pub failing_since: Option<Timestamp>,
    /// Whether it is not sent to.
    pub disabled: Option<Disabled>,
    /// Until when the secret before this one signs, too.
    pub previous_secret_until: Option<Timestamp>,
    /// How many events wait for it.
    pub waiting: u64,
}

/// What a change says of something that there may be or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Revision<T> {
    /// It stays.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Revision<T> {
    /// What there is after the change.
    pub fn of(self, known: Option<T>) -> Option<T> {
        match self {
            Self::Keep => known,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// What it is set to.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// `null` clears; what is not there, stays, if the field has its default then.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Revision<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(deserializer)?;
        Ok(value.map_or(Self::Clear, Self::Set))
    }
}

/// What is to be changed of a webhook; what is `None` stays.
#[derive(Clone, Default)]
pub struct WebhookChange {
    /// Where events are sent, and the host of that.
    pub url: Option<(String, String)>,
    /// What people call it.
    pub name: Revision<String>,
    /// The kinds of events that it wants.
    pub kinds: Revision<Vec<EventKind>>,
    /// The apps of which it wants events.
    pub app_ids: Revision<Vec<AppId>>,
    /// In which form.
    pub format: Option<WebhookFormat>,
    /// Why it is sent to no more; clear, and it is sent to again.
    pub disabled: Revision<DisabledCause>,
}

/// What became of an event for a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookDeliveryState {
    /// It is to be sent, or is being sent.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was tried as often as a message is tried.
    Failed,
}

/// The last attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAttempt {
    /// When.
    pub at: Timestamp,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What went wrong, in one word.
    pub problem: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// An attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// When it had ended.
    pub at: Timestamp,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What went wrong, in one word.
    pub problem: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// The beginning of what was answered, where that was no success.
    pub answer: Option<String>,
}

/// An event for a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// The event.
    pub event_id: EventId,
    /// What sort of thing happened.
    pub kind: String,
    /// What became of it.
    pub state: WebhookDeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub next_at: Option<Timestamp>,
    /// The last attempt.
    pub last: Option<LastAttempt>,
}

/// An event that is to be sent to a webhook now.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// Which attempt this is, from 1; the report must name it.
    pub attempt: u32,
    /// The event; `None` when it is not kept any more.
    pub event: Option<Event>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The receiver has it.
    Delivered,
    /// It is to be tried again.
    Again {
        /// When.
        at: Timestamp,
    },
    /// It was the last attempt.
    GaveUp,
    /// The receiver wants nothing any more.
    Gone,
    /// There was nothing to be sent: the event is not kept any more. It says nothing of the receiver.
    Dropped,
}

/// What an attempt brought.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// The delivery.
    pub id: WebhookDeliveryId,
    /// Which attempt it was.
    pub attempt: u32,
    /// How it ended.
    pub end: AttemptEnd,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What went wrong, in one word.
    pub problem: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
    /// The beginning of what was answered, where that was no success.
    pub answer: Option<String>,
}

/// What is to be sent again.
#[derive(Clone, Debug)]
pub enum Replay {
    /// These deliveries, if they have ended.
    Deliveries(Vec<WebhookDeliveryId>),
    /// All that failed.
    Failed,
    /// All events after this one.
    After(EventId),
}

impl WebhookRow {
    /// Whether it wants an event.
    pub fn wants(&self, event: &Event) -> bool {
        let of_its_apps = match (&self.app_ids, event.app_id) {
            (None, _) => true,
            (Some(apps), Some(app)) => apps.contains(&app),
            (Some(_), None) => false,
        };
        of_its_apps
            && self
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.contains(&event.kind))
    }
}

/// The URL is left out: some have secrets in them.
impl fmt::Debug for WebhookRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRow")
            .field("id", &self.id)
            .field("host", &self.host)
            .field("cursor", &self.cursor)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWebhook")
            .field("id", &self.id)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookChange")
            .field("kinds", &self.kinds)
            .field("app_ids", &self.app_ids)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}
