//! What became of each event for a webhook, and how something is sent again.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tidings_store::{EventId, Replay, WebhookDelivery, WebhookDeliveryId, WebhookDeliveryState, WebhookRow};
use utoipa::ToSchema;

use super::body::explain;
use super::{acting, find, text};
use crate::authentication::{Admin, By, Caller};
use crate::cursor::List;
use crate::limits::REPLAYED;
use crate::parameters::{Parameters, Place};
use crate::problem::{Answered, Problem};
use crate::server::Shared;

/// An event for a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryBody {
    id: i64,
    /// The event.
    event_id: i64,
    /// What sort of thing happened.
    #[serde(rename = "type")]
    kind: String,
    state: StateName,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next, while it waits.
    #[schema(format = DateTime)]
    next_at: Option<String>,
    last_attempt: Option<AttemptBody>,
}

/// An attempt to deliver an event.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(crate) struct AttemptBody {
    #[schema(format = DateTime)]
    at: String,
    /// The status of the answer.
    status: Option<u16>,
    /// What went wrong, in one word.
    problem: Option<String>,
    /// What that means, and what to do.
    explanation: Option<&'static str>,
    took_milliseconds: u64,
}

/// What became of an event for a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    /// It is to be sent.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was tried as often as a message is tried.
    Failed,
}

impl std::str::FromStr for StateName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "waiting" => Ok(Self::Waiting),
            "delivered" => Ok(Self::Delivered),
            "failed" => Ok(Self::Failed),
            _ => Err("the state is none of waiting, delivered and failed"),
        }
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveryList)]
pub(crate) struct DeliveryList {
    deliveries: Vec<DeliveryBody>,
    /// Where the next page begins; `null` on the last.
    next_cursor: Option<String>,
}

/// What is to be sent again: one of the three.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookReplay)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayBody {
    /// These deliveries, if they have ended.
    #[schema(min_items = 1, max_items = 100)]
    deliveries: Option<Vec<i64>>,
    /// `true` for all that failed and are kept.
    failed: Option<bool>,
    /// All events after this one, as far as they are kept; `0` is the beginning.
    #[schema(minimum = 0)]
    after: Option<i64>,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
pub(crate) struct ReplayedBody {
    /// How many deliveries; with `after`, how many events are looked at at most.
    count: u64,
}

/// Lists what became of events for a webhook, the newest first
///
/// Of those that have ended, the newest thousand are kept.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}/deliveries",
    operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook", format = "uuid"),
        ("state" = Option<StateName>, Query, description = "Only those in this state"),
        ("limit" = Option<u16>, Query, description = "How many at most", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses((status = 200, description = "A page of deliveries", body = DeliveryList)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(id): Place<String>,
    mut parameters: Parameters,
) -> Answered<axum::Json<DeliveryList>> {
    let state: Option<StateName> = parameters.value("state")?;
    let limit = parameters.limit()?;
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    let row = find(&server, &by, &id).await?;
    let list = List::new("webhook_deliveries", (row.id, state));
    let before = list.begins_after(cursor)?.map(i64::from_be_bytes);
    let found = server
        .store
        .webhook_deliveries(
            row.id,
            state.map(Into::into),
            before.map(WebhookDeliveryId),
            limit,
        )
        .await?;
    Ok(axum::Json(DeliveryList {
        next_cursor: list.next(&found, limit, |last| last.id.0.to_be_bytes()),
        deliveries: found.into_iter().map(DeliveryBody::from).collect(),
    }))
}

/// Sends events to a webhook again
///
/// Under the same `webhook-id` as before, so that a receiver that remembers those it has seen does nothing twice.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}:replay",
    operation_id = "replay_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook", format = "uuid")),
    request_body = ReplayBody,
    responses((status = 200, description = "What is sent again", body = ReplayedBody)),
    security(("api_key" = ["admin"]))
)]
pub(super) async fn replay(
    server: &Shared,
    by: &Caller,
    row: &WebhookRow,
    body: ReplayBody,
) -> Answered<axum::Json<ReplayedBody>> {
    let what = body.read()?;
    let count = acting::replay(server, row.id, what, by.key_id()).await?;
    Ok(axum::Json(ReplayedBody { count }))
}

impl ReplayBody {
    fn read(self) -> Result<Replay, Problem> {
        match (self.deliveries, self.failed, self.after) {
            (Some(ids), None, None) if (1..=REPLAYED).contains(&ids.len()) => Ok(Replay::Deliveries(
                ids.into_iter().map(WebhookDeliveryId).collect(),
            )),
            (Some(ids), None, None) => {
                let detail = format!("There are {} in it, and 1 to {REPLAYED} are taken.", ids.len());
                Err(Problem::field("/deliveries", detail))
            }
            (None, Some(true), None) => Ok(Replay::Failed),
            (None, None, Some(after)) if after >= 0 => Ok(Replay::After(EventId(after))),
            (None, None, Some(_)) => Err(Problem::field("/after", "It is not the id of an event.")),
            _ => Err(Problem::field(
                "",
                "It must say one of `deliveries`, `failed: true` and `after`.",
            )),
        }
    }
}

impl From<StateName> for WebhookDeliveryState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Waiting => Self::Waiting,
            StateName::Delivered => Self::Delivered,
            StateName::Failed => Self::Failed,
        }
    }
}

impl From<WebhookDelivery> for DeliveryBody {
    fn from(delivery: WebhookDelivery) -> Self {
        let state = match delivery.state {
            WebhookDeliveryState::Waiting => StateName::Waiting,
            WebhookDeliveryState::Delivered => StateName::Delivered,
            WebhookDeliveryState::Failed => StateName::Failed,
        };
        Self {
            id: delivery.id.0,
            event_id: delivery.event_id.0,
            kind: delivery.kind,
            state,
            attempts: delivery.attempts,
            next_at: delivery.next_at.map(text),
            last_attempt: delivery.last.map(|last| AttemptBody {
                at: text(last.at),
                status: last.status,
                explanation: last.problem.as_deref().map(explain),
                problem: last.problem,
                took_milliseconds: last.took.as_millis().try_into().unwrap_or(u64::MAX),
            }),
        }
    }
}
