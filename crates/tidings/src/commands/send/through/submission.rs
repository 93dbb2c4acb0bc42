//! From what would go to APNs to what a server takes.

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tidings_apns::{DeviceToken, Expiration, Notification, Timestamp};

use super::super::Sending;

/// How many device tokens a server takes in one notification.
pub(super) const NAMES: usize = 1000;

/// A notification as a server takes it, but for the recipients.
pub(super) struct Submission {
    object: Map<String, Value>,
}

impl Submission {
    /// The same as would go to APNs.
    pub(super) fn new(sending: &Sending<'_>, notification: &Notification) -> anyhow::Result<Self> {
        let args = sending.args;
        let payload = serde_json::from_slice(notification.payload().as_bytes());
        let mut data: Map<String, Value> = payload.context("the payload is not a JSON object")?;
        let mut object = Map::new();
        if let Some(aps) = data.remove("aps") {
            object.insert("aps".to_owned(), aps);
        }
        if !data.is_empty() {
            object.insert("data".to_owned(), Value::Object(data));
        }
        let expiration = args.headers.expiration.map(|when| when.expiration(sending.now));
        let send_at = args.through.send_at.map(|when| when.from(sending.now));
        let environment = args.access.endpoint.named_environment;
        let members = [
            (
                "push_type",
                notification.push_type().map(|it| it.to_string().into()),
            ),
            ("priority", notification.priority().map(|it| it.as_u8().into())),
            (
                "collapse_id",
                notification.collapse_id().map(|it| it.as_str().into()),
            ),
            ("expires_at", expiration.map(expires_at)),
            ("send_at", send_at.map(|at| instant(at.0))),
            ("environment", environment.map(|it| it.as_str().into())),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                object.insert(name.to_owned(), value);
            }
        }
        Ok(Self { object })
    }

    /// To these device tokens; without any, to whoever else is meant.
    pub(super) fn to(&self, sending: &Sending<'_>, tokens: Option<&[DeviceToken]>) -> Value {
        let args = &sending.args.through;
        let to = match tokens {
            Some(tokens) => json!({"tokens": tokens.iter().map(ToString::to_string).collect::<Vec<_>>()}),
            None if !args.users.is_empty() => json!({"users": args.users}),
            None if !args.installations.is_empty() => json!({"installations": args.installations}),
            None if !args.tags.is_empty() => json!({"tags": {"any": args.tags}}),
            None => json!({"everyone": true}),
        };
        let mut object = self.object.clone();
        object.insert("to".to_owned(), to);
        Value::Object(object)
    }
}

fn expires_at(expiration: Expiration) -> Value {
    match expiration {
        Expiration::Once => 0.into(),
        Expiration::At(seconds) => instant(seconds),
    }
}

fn instant(seconds: u64) -> Value {
    Timestamp::from_unix_millis(seconds.saturating_mul(1000))
        .to_string()
        .into()
}
