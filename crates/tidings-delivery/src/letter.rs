//! A notification, ready to be sent: everything that is the same for all of its recipients.

use std::sync::Arc;

use tidings_apns::{
    BundleId, Environment, Expiration, Notification, Payload, PushType, ReadPayloadError, Timestamp,
};
use tidings_store::{AppId, NewNotification, NotificationId, OnUnknown, ReadyNotification, Urgency};

use crate::backoff::BackoffRules;
use crate::schedule::Schedule;

/// A notification, ready to be sent.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) id: NotificationId,
    pub(crate) app: AppId,
    pub(crate) notification: Arc<Notification>,
    pub(crate) push_type: PushType,
    pub(crate) schedule: Schedule,
    /// Where it must go, whatever is known.
    pub(crate) environment: Option<Environment>,
    pub(crate) on_unknown: OnUnknown,
    /// When it was accepted, or its time had come.
    pub(crate) due_at: Timestamp,
    pub(crate) speed: Speed,
}

/// How hurried a notification is: those to few never wait for those to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// To few.
    Express,
    /// To many.
    Bulk,
}

impl Speed {
    /// A notification that names few recipients is looked up, and not paged through.
    pub(crate) fn of(new: &NewNotification) -> Self {
        if new.audience.is_direct() && new.urgency != Urgency::Campaign {
            Self::Express
        } else {
            Self::Bulk
        }
    }
}

impl Letter {
    /// A notification of an app.
    pub(crate) fn new(
        bundle_id: &BundleId,
        ready: &ReadyNotification,
        rules: &BackoffRules,
    ) -> Result<Self, ReadPayloadError> {
        let new = &ready.notification;
        let due_at = new
            .send_at
            .map_or(ready.created_at, |at| at.max(ready.created_at));
        Ok(Self {
            id: new.id,
            app: ready.app_id,
            notification: Arc::new(notification(bundle_id, new)?),
            push_type: new.push_type,
            schedule: schedule(new, due_at, rules),
            environment: new.environment,
            on_unknown: new.on_unknown,
            due_at,
            speed: Speed::of(new),
        })
    }
}

/// What is too large was refused when it was accepted; if not, APNs says so.
fn notification(bundle_id: &BundleId, new: &NewNotification) -> Result<Notification, ReadPayloadError> {
    let payload = Payload::from_json(new.payload.as_bytes())?;
    let mut builder = Notification::for_app(bundle_id, new.push_type, payload);
    if let Some(priority) = new.priority {
        builder = builder.priority(priority);
    }
    if let Some(at) = new.expires_at {
        builder = builder.expiration(Expiration::at(at.as_unix_millis().div_ceil(1000)));
    }
    if let Some(collapse_id) = &new.collapse_id {
        builder = builder.collapse_id(collapse_id.clone());
    }
    Ok(builder.build_unchecked())
}

/// A notification that nothing ends would be tried for ever, so APNs' own longest time ends it.
fn schedule(new: &NewNotification, due_at: Timestamp, rules: &BackoffRules) -> Schedule {
    let schedule = Schedule {
        expires_at: new.expires_at,
        deadline: new.deadline,
    };
    match schedule.end() {
        Some(_) => schedule,
        None => Schedule {
            deadline: Some(due_at.saturating_add(rules.longest_wait)),
            ..schedule
        },
    }
}
