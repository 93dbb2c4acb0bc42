//! An event for a webhook: each attempt with its answer, and what was sent.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{
    Replay, WebhookAttempt, WebhookDelivery, WebhookDeliveryId, WebhookDeliveryState, WebhookRow,
};

use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{Admin, As};
use super::sign::Sign;
use super::webhook::{address, find, sign_of};
use super::webhooks::name;
use super::wording::{Foreign, Moment, latency, plain, plural, relative};
use crate::events::EventBody;
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;
use crate::webhooks::{acting, explain};

#[derive(Template)]
#[template(path = "dashboard/webhook_delivery.html")]
struct DeliveryPage {
    frame: Frame,
    webhook: Foreign,
    webhook_address: String,
    address: String,
    sign: Sign,
    sentence: String,
    kind: Foreign,
    event: i64,
    attempts: Vec<AttemptLine>,
    /// The event, as far as it is kept.
    body: Option<Foreign>,
    can_replay: bool,
}

struct AttemptLine {
    at: String,
    moment: Moment,
    sign: Sign,
    sentence: String,
    explanation: Option<&'static str>,
    answer: Option<Foreign>,
}

/// `GET /dashboard/webhooks/{id}/deliveries/{delivery}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Admin>,
    Place((id, delivery)): Place<(String, String)>,
    mut parameters: Parameters,
) -> Shown {
    let done = parameters.text("done")?;
    parameters.finish()?;
    let notice = done
        .filter(|done| done == "replayed")
        .map(|_| "It is sent again.".to_owned());
    let (row, delivery) = find_both(&server, &id, &delivery).await?;
    let frame = Frame::new(Page::Webhooks, &who, &server).await?;
    let now = server.clock.now();
    let attempts = server.store.webhook_attempts(delivery.id).await?;
    page::show(&DeliveryPage {
        frame: frame.with_notice(notice),
        webhook: name(&row),
        webhook_address: address(&row),
        address: delivery_address(&row, &delivery),
        sign: sign_of(&delivery),
        sentence: sentence(&delivery, now),
        kind: Foreign::new(&delivery.kind),
        event: delivery.event_id.0,
        attempts: attempts
            .iter()
            .map(|attempt| AttemptLine::new(attempt, now))
            .collect(),
        body: body(&server, &delivery).await?,
        can_replay: delivery.state != WebhookDeliveryState::Waiting,
    })
}

async fn find_both(
    server: &Shared,
    id: &str,
    delivery: &str,
) -> Result<(WebhookRow, WebhookDelivery), Refusal> {
    let missing = || Refusal::not_found("delivery");
    let row = find(server, id).await?;
    let number: i64 = delivery.parse().map_err(|_slip| missing())?;
    let found = server.store.webhook_delivery(row.id, WebhookDeliveryId(number));
    let found = found.await?.ok_or_else(missing)?;
    Ok((row, found))
}

fn delivery_address(row: &WebhookRow, delivery: &WebhookDelivery) -> String {
    format!("{}/deliveries/{}", address(row), delivery.id.0)
}

fn sentence(delivery: &WebhookDelivery, now: Timestamp) -> String {
    let tried = plural(delivery.attempts.into(), "attempt");
    match (delivery.state, delivery.next_at) {
        (WebhookDeliveryState::Delivered, _) => format!("Delivered after {tried}."),
        (WebhookDeliveryState::Failed, _) => format!("Given up after {tried}."),
        (WebhookDeliveryState::Waiting, Some(at)) if at > now => {
            format!("Waiting after {tried}; the next is {}.", relative(at, now))
        }
        (WebhookDeliveryState::Waiting, _) => format!("On its way, after {tried}."),
    }
}

/// The event as it stands in the stream of events, in lines that can be read.
async fn body(server: &Shared, delivery: &WebhookDelivery) -> Result<Option<Foreign>, Problem> {
    let Some(event) = server.store.event(delivery.event_id).await? else {
        return Ok(None);
    };
    let names = server.bundle_ids().await?;
    let bundle_id = event
        .app_id
        .and_then(|app| names.get(&app))
        .map(ToString::to_string);
    let body = EventBody::new(&event, bundle_id.as_deref());
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    Ok(Some(Foreign::short(&text, 8_000)))
}

impl AttemptLine {
    fn new(attempt: &WebhookAttempt, now: Timestamp) -> Self {
        let took = latency(attempt.took);
        let (sign, sentence) = match (attempt.status, &attempt.problem) {
            (Some(status), None) => (Sign::Good, format!("{status} in {took}.")),
            (Some(status), Some(_)) => (Sign::Bad, format!("{status} in {took}.")),
            (None, _) => (Sign::Bad, format!("No answer; it ended after {took}.")),
        };
        Self {
            at: plain(attempt.at),
            moment: Moment::new(attempt.at, now),
            sign,
            sentence,
            explanation: attempt.problem.as_deref().map(explain),
            answer: attempt
                .answer
                .as_deref()
                .map(|answer| Foreign::short(answer, 400)),
        }
    }
}

/// `POST …/replay`.
pub(crate) async fn replay(
    State(server): State<Shared>,
    who: As<Admin>,
    Place((id, delivery)): Place<(String, String)>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let (row, delivery) = find_both(&server, &id, &delivery).await?;
    let again = Replay::Deliveries(vec![delivery.id]);
    acting::replay(&server, row.id, again, &who.actor()).await?;
    let address = delivery_address(&row, &delivery);
    Ok(Redirect::to(&format!("{address}?done=replayed")).into_response())
}
