//! From the options of the command line to what is sent. Pure: files have been read and the time is an argument.

use tidings_apns::{
    Broadcast, BundleId, CheckError, Expiration, Lint, Notification, Payload, Priority, PushType, Topic,
    UnixSeconds,
};

use super::args::Args;
use super::payload::{Texts, payload};
use crate::failure::Failure;

/// What is sent.
pub(super) enum Draft {
    /// A notification for device tokens.
    Notification(Notification),
    /// An update for everybody who follows a channel.
    Broadcast(Broadcast),
}

impl Draft {
    /// What the options ask for. `app` is the app of the client certificate.
    pub(super) fn new(
        args: &Args,
        texts: &Texts,
        app: Option<BundleId>,
        now: UnixSeconds,
    ) -> anyhow::Result<Self> {
        let push_type = push_type(args)?;
        let payload = payload(&args.content, &args.activity, texts, push_type, now)?;
        if args.recipients.broadcast {
            return broadcast(args, app, payload, now).map(Self::Broadcast);
        }
        let topic = topic(args, app, push_type)?;
        Ok(Self::Notification(notification(
            args, topic, push_type, payload, now,
        )))
    }

    /// What will hardly do what was meant.
    pub(super) fn lint(&self, now: UnixSeconds) -> Vec<Lint> {
        match self {
            Self::Notification(notification) => notification.lint_at(now),
            Self::Broadcast(broadcast) => broadcast.lint_at(now),
        }
    }

    /// Refuses what APNs would certainly refuse.
    pub(super) fn check(&self) -> Result<(), CheckError> {
        match self {
            Self::Notification(notification) => notification.check(),
            Self::Broadcast(broadcast) => broadcast.check(),
        }
    }
}

/// The push type that was given, or the one that what was given belongs to.
fn push_type(args: &Args) -> Result<PushType, Failure> {
    let is_activity = args.activity.event.is_some() || args.recipients.broadcast;
    match args.headers.push_type {
        Some(PushType::LiveActivity) => Ok(PushType::LiveActivity),
        Some(other) if is_activity => Err(Failure::usage(
            format!("--event and --broadcast are for Live Activities, not for the push type {other}"),
            "leave --push-type out",
        )),
        Some(other) => Ok(other),
        None if is_activity => Ok(PushType::LiveActivity),
        None => Ok(PushType::Alert),
    }
}

fn topic(args: &Args, app: Option<BundleId>, push_type: PushType) -> Result<Topic, Failure> {
    if let Some(topic) = &args.recipients.topic {
        return Ok(topic.clone());
    }
    let app = args.recipients.bundle_id.clone().or(app).ok_or_else(no_app)?;
    Ok(Topic::for_kind(&app, push_type))
}

fn no_app() -> Failure {
    Failure::usage(
        "there is no app to send to",
        "give --bundle-id, the app's bundle id as in Xcode, or --topic",
    )
}

fn notification(
    args: &Args,
    topic: Topic,
    push_type: PushType,
    payload: Payload,
    now: UnixSeconds,
) -> Notification {
    let headers = &args.headers;
    let mut builder = Notification::builder(topic, push_type, payload);
    if let Some(priority) = headers.priority.or(default_priority(push_type)) {
        builder = builder.priority(priority);
    }
    if let Some(expiration) = headers.expiration {
        builder = builder.expiration(expiration.expiration(now));
    }
    if let Some(id) = &headers.collapse_id {
        builder = builder.collapse_id(id.clone());
    }
    builder.build_unchecked()
}

/// Background notifications are delivered with priority 5 only, and the header's absence means 10 (Apple, *Pushing
/// background updates to your App*).
fn default_priority(push_type: PushType) -> Option<Priority> {
    (push_type == PushType::Background).then_some(Priority::Considerate)
}

fn broadcast(
    args: &Args,
    app: Option<BundleId>,
    payload: Payload,
    now: UnixSeconds,
) -> anyhow::Result<Broadcast> {
    let channel = args.recipients.channel_id.clone().ok_or_else(|| {
        Failure::usage(
            "--broadcast needs --channel-id",
            "tidings channels list shows the channels of an app",
        )
    })?;
    let app = args.recipients.bundle_id.clone().or(app).ok_or_else(no_app)?;
    let headers = &args.headers;
    let expiration = headers
        .expiration
        .map_or(Expiration::Once, |when| when.expiration(now));
    let mut builder = Broadcast::builder(app, channel, payload)
        .priority(headers.priority.unwrap_or(Priority::Immediate))
        .expiration(expiration);
    if let Some(id) = headers.apns_id {
        builder = builder.request_id(id);
    }
    Ok(builder.build_unchecked())
}

#[cfg(test)]
mod tests;
