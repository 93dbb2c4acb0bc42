//! What came of a request: for people, and as JSON for programs.

use serde::Serialize;
use tidings_apns::{ApnsId, DeviceToken, Environment, Rejected, Response, Timestamp, UnixSeconds};
use tidings_client::SendError;

use crate::failure::in_one_line;
use crate::output::{BAD, DIM, DOUBTFUL, GOOD, STRONG, field, styled};

/// What acceptance means, because it is taken for more than it is.
const ACCEPTED: &str = "APNs took the notification and will try to deliver it. That does not say that a device \
                        showed it, nor that the app is still installed.";

/// What a request was about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) environment: Environment,
    /// The topic, or the bundle id of a broadcast.
    pub(super) topic: &'a str,
    /// Whom to; none for a broadcast.
    pub(super) device_token: Option<&'a DeviceToken>,
    /// The id that the request was sent with.
    pub(super) apns_id: Option<ApnsId>,
}

/// What came of a request.
#[derive(Serialize)]
pub(super) struct Report {
    outcome: Outcome,
    status: Option<u16>,
    reason: Option<String>,
    apns_id: Option<ApnsId>,
    apns_unique_id: Option<String>,
    /// Since when APNs knows that the device token is dead; RFC 3339.
    timestamp: Option<String>,
    retry_after_seconds: Option<u64>,
    meaning: String,
    fault: Option<&'static str>,
    what_to_do: Option<String>,
    send_again: Option<&'static str>,
    environment: Environment,
    topic: String,
    device_token: Option<String>,
    #[serde(skip)]
    since: Option<Timestamp>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// APNs took it.
    Accepted,
    /// APNs refused it.
    Rejected,
    /// It surely was not processed.
    NotSent,
    /// It may have been processed.
    Unknown,
}

impl Report {
    /// The report of one request.
    pub(super) fn new(about: About<'_>, result: &Result<Response, SendError>) -> Self {
        let report = Self::blank(about);
        match result {
            Ok(Response::Accepted(accepted)) => Self {
                status: Some(200),
                apns_id: accepted.apns_id.or(about.apns_id),
                apns_unique_id: accepted.apns_unique_id.as_deref().map(str::to_owned),
                ..report
            },
            Ok(Response::Rejected(rejected)) => report.rejected(rejected),
            Err(error) => report.failed(error),
        }
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn blank(about: About<'_>) -> Self {
        Self {
            outcome: Outcome::Accepted,
            status: None,
            reason: None,
            apns_id: about.apns_id,
            apns_unique_id: None,
            timestamp: None,
            retry_after_seconds: None,
            meaning: ACCEPTED.to_owned(),
            fault: None,
            what_to_do: None,
            send_again: None,
            environment: about.environment,
            topic: about.topic.to_owned(),
            device_token: about.device_token.map(ToString::to_string),
            since: None,
        }
    }

    fn rejected(self, rejected: &Rejected) -> Self {
        let guidance = rejected.reason.guidance();
        Self {
            outcome: Outcome::Rejected,
            status: Some(rejected.status),
            reason: Some(rejected.reason.to_string()),
            apns_id: rejected.apns_id.or(self.apns_id),
            apns_unique_id: rejected.apns_unique_id.as_deref().map(str::to_owned),
            timestamp: rejected.timestamp.map(|at| at.to_string()),
            retry_after_seconds: rejected.retry_after.map(|delay| delay.as_secs()),
            meaning: guidance.meaning.to_owned(),
            fault: Some(guidance.fault.as_str()),
            what_to_do: Some(guidance.what_to_do.to_owned()),
            send_again: Some(rejected.resend().as_str()),
            since: rejected.timestamp,
            ..self
        }
    }

    fn failed(self, error: &SendError) -> Self {
        let is_unsent = error.is_unsent();
        Self {
            outcome: if is_unsent {
                Outcome::NotSent
            } else {
                Outcome::Unknown
            },
            meaning: in_one_line(error),
            what_to_do: Some(error.hint().to_owned()),
            ..self
        }
    }

    /// For people, in full.
    pub(super) fn to_text(&self, now: UnixSeconds) -> String {
        let mut out = format!("{}\n", self.headline());
        let short = self.device_token.as_deref().map(shortened);
        let whom = short.map_or_else(
            || "everybody on the channel".to_owned(),
            |token| format!("device token {token}"),
        );
        out += &field("to", &format!("{} · {} · {whom}", self.environment, self.topic));
        for (name, value) in [
            ("apns-id", self.apns_id.map(|id| id.to_string())),
            ("apns-unique-id", self.apns_unique_id.clone()),
            ("since", self.since.map(|at| since(at, now))),
            (
                "retry after",
                self.retry_after_seconds
                    .map(|seconds| format!("{seconds} seconds")),
            ),
            ("means", Some(self.meaning.clone())),
            ("fault", self.fault.map(str::to_owned)),
            ("what to do", self.what_to_do.clone()),
            ("send again", self.send_again.map(str::to_owned)),
        ] {
            if let Some(value) = value {
                out += &field(name, &value);
            }
        }
        out
    }

    /// For people, as one of many.
    pub(super) fn to_line(&self) -> String {
        let token = self.device_token.as_deref().map(shortened).unwrap_or_default();
        let id = self.apns_id.map(|id| id.to_string()).unwrap_or_default();
        let why = match self.outcome {
            Outcome::NotSent | Outcome::Unknown => &self.meaning,
            Outcome::Accepted | Outcome::Rejected => &id,
        };
        format!("{}  {token}  {}", self.headline(), styled(DIM, why))
    }

    /// The outcome in a few words, whose form is the same in a list.
    fn headline(&self) -> String {
        let (style, sign, word) = match self.outcome {
            Outcome::Accepted => (GOOD, "✔", "accepted"),
            Outcome::Rejected => (BAD, "✘", "rejected"),
            Outcome::NotSent => (BAD, "✘", "not sent"),
            Outcome::Unknown => (DOUBTFUL, "?", "outcome unknown"),
        };
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let reason = self.reason.as_deref().unwrap_or_default();
        let what = [status.as_str(), reason].join(" ");
        format!(
            "{} {}",
            styled(style, format_args!("{sign} {word}")),
            styled(STRONG, what.trim_end())
        )
    }
}

/// The beginning of a device token, by which people know it again.
fn shortened(token: &str) -> String {
    match token.get(..12) {
        Some(start) if token.len() > 16 => format!("{start}…"),
        _ => token.to_owned(),
    }
}

/// The instant with its distance.
fn since(at: Timestamp, now: UnixSeconds) -> String {
    let seconds = now.0.saturating_sub(at.as_unix_millis() / 1000);
    let ago = match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!(
        "{at} ({ago} ago): from then on APNs knows the device token as dead; one registered later is alive"
    )
}

#[cfg(test)]
mod tests {
    use tidings_apns::AnswerHeaders;

    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_750_000_600);

    fn report(status: u16, body: &str) -> Report {
        let token = "00fc13adff78512200fc13adff785122".parse().unwrap();
        let about = About {
            environment: Environment::Sandbox,
            topic: "com.example.app",
            device_token: Some(&token),
            apns_id: None,
        };
        let response = Response::new(status, AnswerHeaders::default(), body.as_bytes());
        Report::new(about, &Ok(response))
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_410_says_since_when_in_words() {
        let report = report(410, r#"{"reason":"Unregistered","timestamp":1750000000042}"#);
        let text = plain(&report.to_text(NOW));
        assert!(text.starts_with("✘ rejected 410 Unregistered\n"), "{text}");
        assert!(
            text.contains("2025-06-15T15:06:40.042Z (10 minutes ago)"),
            "{text}"
        );
        assert!(
            text.contains("00fc13adff78…") && !text.contains("00fc13adff785122"),
            "{text}"
        );
    }

    #[test]
    fn programs_get_every_fact_under_a_stable_name() {
        let report = report(410, r#"{"reason":"Unregistered","timestamp":1750000000042}"#);
        let json = serde_json::to_value(&report).unwrap();
        for (key, value) in [
            ("outcome", "rejected"),
            ("reason", "Unregistered"),
            ("timestamp", "2025-06-15T15:06:40.042Z"),
            ("fault", "the device token"),
            ("environment", "sandbox"),
            ("device_token", "00fc13adff78512200fc13adff785122"),
        ] {
            assert_eq!(json[key], value, "{key}");
        }
        assert_eq!(json["status"], 410);
    }

    #[test]
    fn acceptance_is_not_sold_as_delivery() {
        let text = plain(&report(200, "").to_text(NOW));
        assert!(text.starts_with("✔ accepted 200\n"), "{text}");
        assert!(text.contains("does not say that a"), "{text}");
    }

    #[test]
    fn one_of_many_is_one_line() {
        let line = plain(&report(400, r#"{"reason":"BadDeviceToken"}"#).to_line());
        assert_eq!(line, "✘ rejected 400 BadDeviceToken  00fc13adff78…  ");
    }
}
