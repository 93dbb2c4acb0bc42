//! The requests for one recipient, one by one, in words: for those that did not end with the first.

use serde::Serialize;
use tidings_apns::{Environment, Timestamp};
use tidings_store::{Attempt, Decision};
use utoipa::ToSchema;

use super::recipients::ended;
use crate::names::EnvironmentName;

/// One request to APNs for a recipient.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptBody {
    /// When it was sent.
    #[schema(format = DateTime)]
    at: String,
    /// Where it went.
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    /// The connection on which it was answered, numbered since the start of the process that sent it.
    connection: Option<u64>,
    /// The HTTP/2 stream on that connection.
    stream: Option<u32>,
    /// From being written to being answered.
    took_milliseconds: u64,
    /// The status of the answer; `null` where there was none.
    status: Option<u16>,
    /// The reason that it gave; where there was no answer, `not_sent` or `unknown`.
    reason: Option<String>,
    /// Why there was no answer.
    error: Option<String>,
    /// What was decided: `delivered`, `rejected` and the other outcomes; `waits`, `held`, `parked`, `rerouted` or `renewed`.
    decision: &'static str,
    /// Until when it was to wait.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// All of it in words.
    explanation: String,
}

impl From<&Attempt> for AttemptBody {
    fn from(attempt: &Attempt) -> Self {
        Self {
            at: attempt.at.to_string(),
            environment: attempt.environment.as_str(),
            connection: attempt.connection,
            stream: attempt.stream,
            took_milliseconds: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            status: attempt.status,
            reason: attempt.reason.as_deref().map(str::to_owned),
            error: attempt.error.as_deref().map(str::to_owned),
            decision: name(attempt.decision),
            until: until(attempt.decision).map(|at| at.to_string()),
            explanation: sentence(attempt),
        }
    }
}

/// An attempt, what came of it, and what was decided then.
pub(crate) fn sentence(attempt: &Attempt) -> String {
    let way = match (attempt.connection, attempt.stream) {
        (Some(connection), Some(stream)) => format!(" on connection {connection}, stream {stream}"),
        _ => String::new(),
    };
    format!(
        "Sent to {}{way}: {}. {}",
        attempt.environment.as_str(),
        answer(attempt),
        decided(attempt)
    )
}

fn answer(attempt: &Attempt) -> String {
    let after = format!("after {} ms", attempt.took.as_millis());
    match (attempt.status, attempt.reason.as_deref()) {
        (Some(200), _) => format!("accepted {after}"),
        (Some(status), Some(reason)) => format!("{status} {reason} {after}"),
        (Some(status), None) => format!("{status} without a reason {after}"),
        (None, Some("not_sent")) => format!("it did not leave{}", because(attempt)),
        (None, _) => format!("no answer{}", because(attempt)),
    }
}

fn because(attempt: &Attempt) -> String {
    let error = attempt.error.as_deref();
    error.map(|error| format!(", since {error}")).unwrap_or_default()
}

fn decided(attempt: &Attempt) -> String {
    let other = match attempt.environment {
        Environment::Production => Environment::Sandbox,
        Environment::Sandbox => Environment::Production,
    };
    match attempt.decision {
        Decision::Ended(outcome) => ended(outcome).to_owned(),
        Decision::Waits(until) => format!("To be tried again at {until}."),
        Decision::Held => "Kept until the app registers again, or is given another credential.".to_owned(),
        Decision::Parked => "Kept until the incident is over.".to_owned(),
        Decision::Rerouted => format!("The token may belong to {}: sent there at once.", other.as_str()),
        Decision::Renewed => "Sent again at once, with a new provider token.".to_owned(),
    }
}

const fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::Ended(outcome) => outcome.as_str(),
        Decision::Waits(_) => "waits",
        Decision::Held => "held",
        Decision::Parked => "parked",
        Decision::Rerouted => "rerouted",
        Decision::Renewed => "renewed",
    }
}

const fn until(decision: Decision) -> Option<Timestamp> {
    match decision {
        Decision::Waits(until) => Some(until),
        Decision::Ended(_) | Decision::Held | Decision::Parked | Decision::Rerouted | Decision::Renewed => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidings_store::RecipientOutcome;

    use super::*;

    fn attempt(status: Option<u16>, reason: &str, decision: Decision) -> Attempt {
        Attempt {
            at: Timestamp::from_unix_millis(0),
            environment: Environment::Sandbox,
            connection: status.map(|_| 4),
            stream: status.map(|_| 17),
            took: Duration::from_millis(38),
            status,
            reason: Some(reason.into()),
            error: status.is_none().then(|| "the connection was lost".into()),
            decision,
        }
    }

    #[test]
    fn each_attempt_is_told_in_words() {
        let delivered = Decision::Ended(RecipientOutcome::Delivered);
        for (attempt, expected) in [
            (
                attempt(Some(400), "BadDeviceToken", Decision::Rerouted),
                "Sent to sandbox on connection 4, stream 17: 400 BadDeviceToken after 38 ms. The token may belong to \
                 production: sent there at once.",
            ),
            (
                attempt(None, "unknown", Decision::Waits(Timestamp::from_unix_millis(0))),
                "Sent to sandbox: no answer, since the connection was lost. To be tried again at \
                 1970-01-01T00:00:00.000Z.",
            ),
            (
                attempt(Some(200), "", delivered),
                "Sent to sandbox on connection 4, stream 17: accepted after 38 ms. APNs has it. That does not prove \
                 that it was shown.",
            ),
        ] {
            assert_eq!(sentence(&attempt), expected);
        }
    }
}
