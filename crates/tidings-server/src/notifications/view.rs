//! A notification as JSON: how it was submitted, and how far it is. The payload is not shown.

use serde::Serialize;
use tidings_apns::{Environment, Priority, Timestamp};
use tidings_store::{Audience, Counts, NotificationView, OnUnknown, ReplayOrigin, Urgency};
use utoipa::ToSchema;

use super::submission::OnUnknownName;
use crate::names::{EnvironmentName, KindName, PushTypeName};

/// A notification and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationStatus)]
pub(crate) struct NotificationBody {
    #[schema(format = "uuid")]
    id: String,
    /// `scheduled`, `active` (it is being sent, or waits to be), `finished` or `cancelled`.
    state: &'static str,
    /// What became of its recipients.
    counts: CountsBody,
    /// To whom.
    audience: AudienceBody,
    #[schema(value_type = PushTypeName)]
    push_type: &'static str,
    #[schema(value_type = KindName)]
    kind: &'static str,
    /// How large the payload is.
    payload_bytes: usize,
    priority: Option<u8>,
    collapse_id: Option<String>,
    /// The start of 1970 stands for `0`: once, and never stored.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    deadline: Option<String>,
    #[schema(format = DateTime)]
    send_at: Option<String>,
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<&'static str>,
    /// `urgent`, `normal` or `campaign`: what goes first.
    urgency: &'static str,
    #[schema(value_type = OnUnknownName)]
    on_unknown: &'static str,
    /// When it was accepted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the first of it was sent.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When the last recipient ended.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// Where it sends again what had failed: the notification that had, and the plan by which.
    #[serde(skip_serializing_if = "Option::is_none")]
    replays: Option<ReplayOriginBody>,
}

/// What a notification sends again.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayOrigin)]
pub(crate) struct ReplayOriginBody {
    /// The notification that had failed.
    #[schema(format = "uuid")]
    notification_id: String,
    /// The plan.
    #[schema(format = "uuid")]
    replay_id: String,
}

impl NotificationBody {
    /// With what it sends again, if it does.
    pub(crate) fn replaying(mut self, origins: &[ReplayOrigin]) -> Self {
        let origin = origins
            .iter()
            .find(|origin| origin.notification_id.to_string() == self.id);
        self.replays = origin.map(|origin| ReplayOriginBody {
            notification_id: origin.replayed.to_string(),
            replay_id: origin.replay_id.to_string(),
        });
        self
    }
}

/// To whom a notification goes, in short.
#[derive(Serialize, ToSchema)]
#[schema(as = Audience)]
pub(crate) struct AudienceBody {
    /// `tokens`, `users`, `installations`, `tags` or `everyone`.
    by: &'static str,
    /// How many are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    all: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    none: Vec<String>,
}

/// How many recipients ended how, or wait.
#[derive(Serialize, ToSchema)]
#[schema(as = Counts)]
pub(crate) struct CountsBody {
    /// All that are known so far.
    recipients: u64,
    /// APNs has it. That does not prove that it was shown.
    delivered: u64,
    /// APNs does not want it.
    rejected: u64,
    /// It was too late.
    expired: u64,
    /// It was cancelled before it was sent.
    cancelled: u64,
    /// The device token is dead or superseded; nothing was sent.
    undeliverable: u64,
    /// It is not known whether APNs has it, and it was not to be sent twice.
    unknown_dropped: u64,
    /// To be tried at some instant.
    waiting: u64,
    /// To be tried when something changes.
    held: u64,
}

/// A page of notifications.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationPage {
    pub(crate) notifications: Vec<NotificationBody>,
    /// Where the next page begins; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

impl From<&NotificationView> for NotificationBody {
    fn from(view: &NotificationView) -> Self {
        let notification = &view.notification;
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: notification.id.to_string(),
            state: view.state.as_str(),
            counts: view.counts.into(),
            audience: (&notification.audience).into(),
            push_type: notification.push_type.as_str(),
            kind: notification.kind.as_str(),
            payload_bytes: notification.payload.len(),
            priority: notification.priority.map(Priority::as_u8),
            collapse_id: notification.collapse_id.as_ref().map(|id| id.as_str().to_owned()),
            expires_at: instant(notification.expires_at),
            deadline: instant(notification.deadline),
            send_at: instant(notification.send_at),
            environment: notification.environment.map(Environment::as_str),
            urgency: match notification.urgency {
                Urgency::Urgent => "urgent",
                Urgency::Normal => "normal",
                Urgency::Campaign => "campaign",
            },
            on_unknown: match notification.on_unknown {
                OnUnknown::Retry => "retry",
                OnUnknown::Drop => "drop",
            },
            created_at: view.created_at.to_string(),
            started_at: instant(view.started_at),
            finished_at: instant(view.finished_at),
            replays: None,
        }
    }
}

impl From<&Audience> for AudienceBody {
    fn from(audience: &Audience) -> Self {
        let mut body = Self {
            by: "everyone",
            names: audience.is_direct().then(|| audience.names()),
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
        };
        match audience {
            Audience::Tokens(_) => body.by = "tokens",
            Audience::Users(_) => body.by = "users",
            Audience::Installations(_) => body.by = "installations",
            Audience::Tags { any, all, none } => {
                body.by = "tags";
                (body.any, body.all, body.none) = (any.clone(), all.clone(), none.clone());
            }
            _ => {}
        }
        body
    }
}

impl From<Counts> for CountsBody {
    fn from(counts: Counts) -> Self {
        Self {
            recipients: counts.recipients,
            delivered: counts.delivered,
            rejected: counts.rejected,
            expired: counts.expired,
            cancelled: counts.cancelled,
            undeliverable: counts.undeliverable,
            unknown_dropped: counts.unknown_dropped,
            waiting: counts.waiting,
            held: counts.held,
        }
    }
}
