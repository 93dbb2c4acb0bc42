//! What the rules look at: headers as APNs will take them, and the payload taken apart.

use serde_json::{Map, Value};

use super::{Findings, Lint, LintCode, Rules, dates};
use crate::broadcast::Broadcast;
use crate::expiration::Expiration;
use crate::notification::Notification;
use crate::priority::Priority;
use crate::push_type::PushType;
use crate::topic::Topic;
use crate::unix_seconds::UnixSeconds;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// A notification or a broadcast, as the rules see it.
pub(super) struct Subject<'a> {
    /// The push type; `None` when the header is left out.
    pub(super) kind: Option<PushType>,
    /// The topic; a broadcast has none.
    pub(super) topic: Option<&'a Topic>,
    /// The priority that APNs will assume.
    pub(super) priority: Priority,
    pub(super) expiration: Option<Expiration>,
    /// The payload; `None` when it is nested too deeply to be looked at.
    body: Option<Object>,
}

impl<'a> Subject<'a> {
    pub(super) fn of_notification(notification: &'a Notification) -> Self {
        Self {
            kind: notification.push_type(),
            topic: Some(notification.topic()),
            priority: notification.priority().unwrap_or(Priority::Immediate),
            expiration: notification.expiration(),
            body: serde_json::from_slice(notification.payload().as_bytes()).ok(),
        }
    }

    pub(super) fn of_broadcast(broadcast: &'a Broadcast) -> Self {
        Self {
            kind: Some(Broadcast::PUSH_TYPE),
            topic: None,
            priority: broadcast.priority(),
            expiration: Some(broadcast.expiration()),
            body: serde_json::from_slice(broadcast.payload().as_bytes()).ok(),
        }
    }

    pub(super) fn lint(&self, rules: &[Rules]) -> Vec<Lint> {
        let mut findings = Findings::default();
        if self.body.is_none() {
            findings.add(
                LintCode::PayloadUnreadable,
                "the payload is nested too deeply, or has a number too large",
            );
        }
        for rule in rules {
            rule(self, &mut findings);
        }
        findings.0
    }

    pub(super) fn lint_dates(&self, now: UnixSeconds) -> Vec<Lint> {
        let mut findings = Findings::default();
        dates::against_clock(self, now, &mut findings);
        findings.0
    }

    pub(super) fn is_broadcast(&self) -> bool {
        self.topic.is_none()
    }

    pub(super) fn is(&self, kind: PushType) -> bool {
        self.kind == Some(kind)
    }

    /// The whole payload.
    pub(super) fn body(&self) -> Option<&Object> {
        self.body.as_ref()
    }

    /// Apple's dictionary, if there is one and it is an object.
    pub(super) fn aps(&self) -> Option<&Object> {
        self.body()?.get("aps")?.as_object()
    }

    /// A key of Apple's dictionary; `null` is as good as nothing.
    pub(super) fn key(&self, name: &str) -> Option<&Value> {
        self.aps()?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.key(name).is_some()
    }

    /// Whether a key that acts as a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.key(name).is_some_and(|value| value == 1 || value == true)
    }
}
