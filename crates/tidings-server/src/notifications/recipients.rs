//! What became of each recipient, in words.

use axum::extract::State;
use serde::Serialize;
use tidings_apns::{Environment, Reason};
use tidings_store::{DeviceId, RecipientOutcome, RecipientState, RecipientView};
use utoipa::ToSchema;

use super::attempts::AttemptBody;
use super::view::CountsBody;
use super::{find, read_id};
use crate::authentication::{By, Read};
use crate::cursor::List;
use crate::names::EnvironmentName;
use crate::parameters::{Parameters, Place};
use crate::problem::Answered;
use crate::server::Shared;

/// One notification and one device token.
#[derive(Serialize, ToSchema)]
#[schema(as = Recipient)]
pub(crate) struct RecipientBody {
    /// The device token; `null` when it was forgotten since.
    token: Option<String>,
    /// `delivered`, `rejected`, `expired`, `cancelled`, `undeliverable`, `unknown_dropped`; or `waiting`, `held`, `parked`.
    outcome: &'static str,
    /// The outcome in words.
    explanation: String,
    /// What to do, where something can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    /// The status of the last answer.
    status: Option<u16>,
    /// The reason that it gave.
    reason: Option<String>,
    /// How many requests there were.
    attempts: u16,
    /// Where the last went.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<&'static str>,
    /// When the last was sent.
    #[schema(format = DateTime)]
    sent_at: Option<String>,
    /// When it will be tried next.
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// The requests one by one, the oldest first, where the first did not end it; of many, the last eight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<AttemptBody>,
    /// How many older ones are not kept.
    #[serde(skip_serializing_if = "is_zero")]
    history_dropped: u32,
}

/// A page of recipients.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecipientPage {
    pub(crate) recipients: Vec<RecipientBody>,
    /// How many recipients of the whole notification ended how: of those that were simply delivered, not all are told one by
    /// one.
    pub(crate) counts: CountsBody,
    /// Where the next page begins; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// Lists what became of the recipients of a notification
///
/// Those to whom something happened; of a notification to many, those that were simply delivered are only counted.
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/notifications/{id}/recipients",
    operation_id = "list_recipients",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The notification", format = "uuid"),
        ("limit" = Option<u16>, Query, description = "How many at most", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses((status = 200, description = "A page of recipients", body = RecipientPage)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn recipients(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, id)): Place<(String, String)>,
    mut parameters: Parameters,
) -> Answered<axum::Json<RecipientPage>> {
    let id = read_id(&id)?;
    let limit = parameters.limit()?;
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    let app = server.app(&by, &bundle_id).await?;
    let list = List::new("recipients", (app, id.0));
    let after = list
        .begins_after(cursor)?
        .map(|bytes| DeviceId(i64::from_be_bytes(bytes)));
    let view = find(&server, app, id).await?;
    let page = server.store.recipients(app, id, after, limit).await?;
    let next_cursor = list.next(&page, limit, |view| view.device_id.0.to_be_bytes());
    Ok(axum::Json(RecipientPage {
        recipients: page.iter().map(RecipientBody::from).collect(),
        counts: view.counts.into(),
        next_cursor,
    }))
}

impl From<&RecipientView> for RecipientBody {
    fn from(view: &RecipientView) -> Self {
        let reason = view.reason.as_deref().map(Reason::from_name);
        Self {
            token: view.token.as_ref().map(ToString::to_string),
            outcome: outcome(view.state),
            explanation: explanation(view, reason.as_ref()),
            advice: advice(view.state, reason.as_ref()),
            status: view.status,
            reason: view.reason.as_deref().map(str::to_owned),
            attempts: view.attempts,
            environment: view.environment.map(Environment::as_str),
            sent_at: view.sent_at.map(|at| at.to_string()),
            next_at: view.next_at().map(|at| at.to_string()),
            history: view.log.attempts.iter().map(AttemptBody::from).collect(),
            history_dropped: view.log.dropped,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

pub(crate) const fn outcome(state: RecipientState) -> &'static str {
    match state {
        RecipientState::Waiting { .. } => "waiting",
        RecipientState::Held => "held",
        RecipientState::Parked { .. } => "parked",
        RecipientState::Done(outcome) => outcome.as_str(),
    }
}

pub(crate) fn explanation(view: &RecipientView, reason: Option<&Reason>) -> String {
    let what = match view.state {
        RecipientState::Waiting { next_at } => format!("It is tried again at {next_at}."),
        RecipientState::Held => {
            "It waits until something changes: the app registers again, or is given another credential."
                .to_owned()
        }
        RecipientState::Parked { environment } => {
            format!("It waits until the incident in {environment} is over, and is sent by itself then.")
        }
        RecipientState::Done(outcome) => ended(outcome).to_owned(),
    };
    match (view.status, reason) {
        (Some(200) | None, _) => what,
        (Some(status), Some(reason)) => {
            format!(
                "{what} APNs answered {status} {}: {}",
                reason.as_str(),
                reason.guidance().meaning
            )
        }
        (Some(status), None) => format!("{what} APNs answered {status} without a reason."),
    }
}

pub(crate) const fn ended(outcome: RecipientOutcome) -> &'static str {
    match outcome {
        RecipientOutcome::Delivered => "APNs has it. That does not prove that it was shown.",
        RecipientOutcome::Rejected => "APNs does not want it.",
        RecipientOutcome::Expired => "Its time was over before it could be sent.",
        RecipientOutcome::Cancelled => "It was cancelled before it was sent.",
        RecipientOutcome::Undeliverable => "The device token is no longer in use, and nothing was sent.",
        RecipientOutcome::UnknownDropped => {
            "The connection broke before APNs answered, and it was not to be sent twice."
        }
    }
}

pub(crate) fn advice(state: RecipientState, reason: Option<&Reason>) -> Option<&'static str> {
    if state == RecipientState::Done(RecipientOutcome::Delivered) {
        return None;
    }
    reason.map(|reason| reason.guidance().what_to_do)
}

#[cfg(test)]
mod tests {
    use tidings_apns::Timestamp;
    use tidings_store::AttemptLog;

    use super::*;

    fn view(state: RecipientState, status: Option<u16>, reason: Option<&str>) -> RecipientView {
        RecipientView {
            device_id: DeviceId(1),
            token: None,
            state,
            status,
            reason: reason.map(Into::into),
            attempts: 1,
            environment: Some(Environment::Production),
            sent_at: None,
            log: AttemptLog::default(),
        }
    }

    #[test]
    fn every_outcome_is_a_sentence() {
        let at = Timestamp::from_unix_millis(0);
        for state in [
            RecipientState::Waiting { next_at: at },
            RecipientState::Held,
            RecipientState::Parked {
                environment: Environment::Sandbox,
            },
            RecipientState::Done(RecipientOutcome::Delivered),
            RecipientState::Done(RecipientOutcome::Rejected),
            RecipientState::Done(RecipientOutcome::Expired),
            RecipientState::Done(RecipientOutcome::Cancelled),
            RecipientState::Done(RecipientOutcome::Undeliverable),
            RecipientState::Done(RecipientOutcome::UnknownDropped),
        ] {
            let body = RecipientBody::from(&view(state, None, None));
            assert!(body.explanation.ends_with('.'), "{}", body.explanation);
            assert!(!body.outcome.is_empty());
        }
    }

    #[test]
    fn a_rejection_says_why_and_what_to_do() {
        let state = RecipientState::Done(RecipientOutcome::Rejected);
        let body = RecipientBody::from(&view(state, Some(400), Some("BadCollapseId")));
        assert!(
            body.explanation.contains("400 BadCollapseId"),
            "{}",
            body.explanation
        );
        assert!(body.advice.is_some());
        let odd = RecipientBody::from(&view(state, Some(499), Some("SomethingNew")));
        assert!(
            odd.explanation.contains("499 SomethingNew"),
            "{}",
            odd.explanation
        );
    }
}
