//! `--dry-run`: the requests as they would go out.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;
use tidings_apns::{ApnsId, Broadcast, DeviceToken, Lint, Notification};
use tidings_client::Credential;

use super::draft::Draft;
use crate::output::{DIM, STRONG, styled};

/// A request that is not sent.
#[derive(Serialize)]
pub(super) struct Preview<'a> {
    dry_run: bool,
    method: &'static str,
    url: String,
    headers: Vec<Header>,
    payload: &'a RawValue,
    payload_bytes: usize,
    lints: Vec<LintReport<'a>>,
}

/// A header. The provider token is not among them: it is a secret.
#[derive(Serialize)]
struct Header {
    name: &'static str,
    value: String,
}

/// A finding, for programs.
#[derive(Serialize)]
struct LintReport<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    advice: &'a str,
}

impl<'a> Preview<'a> {
    /// The request for one device token, or for a channel.
    pub(super) fn new(
        server: &str,
        draft: &'a Draft,
        device_token: Option<&DeviceToken>,
        apns_id: ApnsId,
        credential: Option<&Credential>,
        lints: &'a [Lint],
    ) -> serde_json::Result<Self> {
        let (path, mut headers, payload) = match draft {
            Draft::Notification(notification) => (
                device_token.map_or_else(String::new, |token| format!("/3/device/{token}")),
                of_notification(notification, apns_id),
                notification.payload(),
            ),
            Draft::Broadcast(broadcast) => (
                format!("/4/broadcasts/apps/{}", broadcast.bundle_id()),
                of_broadcast(broadcast, apns_id),
                broadcast.payload(),
            ),
        };
        headers.extend(authorization(credential));
        Ok(Self {
            dry_run: true,
            method: "POST",
            url: format!("{server}{path}"),
            headers,
            payload: serde_json::from_slice(payload.as_bytes())?,
            payload_bytes: payload.len(),
            lints: lints.iter().map(LintReport::from).collect(),
        })
    }

    /// For people: the request as HTTP shows it.
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{} {}\n", styled(STRONG, self.method), self.url);
        for Header { name, value } in &self.headers {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{} {value}", styled(DIM, format_args!("{name}:")));
        }
        let size = format_args!("({} bytes; nothing was sent)", self.payload_bytes);
        let _ = write!(out, "\n{}\n{}\n", self.payload, styled(DIM, size));
        out
    }
}

impl<'a> From<&'a Lint> for LintReport<'a> {
    fn from(lint: &'a Lint) -> Self {
        Self {
            code: lint.code.as_str(),
            severity: lint.severity.as_str(),
            message: &lint.message,
            advice: lint.advice,
        }
    }
}

fn of_notification(notification: &Notification, apns_id: ApnsId) -> Vec<Header> {
    let optional = [
        (
            "apns-push-type",
            notification.push_type().map(|it| it.to_string()),
        ),
        ("apns-priority", notification.priority().map(|it| it.to_string())),
        (
            "apns-expiration",
            notification.expiration_text().map(str::to_owned),
        ),
        (
            "apns-collapse-id",
            notification.collapse_id().map(ToString::to_string),
        ),
        ("apns-id", Some(apns_id.to_string())),
    ];
    let topic = header("apns-topic", notification.topic());
    let optional = optional
        .into_iter()
        .filter_map(|(name, value)| Some(Header { name, value: value? }));
    std::iter::once(topic).chain(optional).collect()
}

fn of_broadcast(broadcast: &Broadcast, apns_id: ApnsId) -> Vec<Header> {
    vec![
        header("apns-channel-id", broadcast.channel_id()),
        header("apns-push-type", &Broadcast::PUSH_TYPE),
        header("apns-priority", &broadcast.priority()),
        header("apns-expiration", &broadcast.expiration_text()),
        header("apns-request-id", &apns_id),
    ]
}

/// Who would be sending, without the secret.
fn authorization(credential: Option<&Credential>) -> Option<Header> {
    let key = credential?.signing_key()?;
    let value = format!(
        "bearer <a provider token of key {} in team {}>",
        key.key_id(),
        key.team_id()
    );
    Some(header("authorization", &value))
}

fn header(name: &'static str, value: &dyn ToString) -> Header {
    Header {
        name,
        value: value.to_string(),
    }
}
