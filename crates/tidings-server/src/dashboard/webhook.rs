//! A webhook: how it does, what can be done to it, and what became of each event.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{
    DisabledCause, Replay, Revision, WebhookChange, WebhookDelivery, WebhookDeliveryId, WebhookDeliveryState,
    WebhookFormat, WebhookRow,
};
use zeroize::Zeroizing;

use super::devices::Choice;
use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{Admin, As, Session};
use super::sign::Sign;
use super::webhook_form::{self, Choices};
use super::webhooks::{Standing, in_short, name, wants};
use super::wording::{Foreign, Moment, latency, plural};
use crate::cursor::List;
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;
use crate::webhooks::acting::{self, Tried};
use crate::webhooks::{explain, in_words};

/// Deliveries of a page.
const PAGE: usize = 50;

/// So many are sent again at once.
const REPLAYED: usize = 256;

/// Since when what failed can be sent again: hours, and in words.
const SINCE: [(u64, &str); 4] = [
    (1, "in the last hour"),
    (24, "in the last day"),
    (72, "in the last three days"),
    (0, "and is kept"),
];

/// How long the secret before signs, too: hours, and in words.
const OVERLAPS: [(u64, &str); 4] = [
    (24, "for a day"),
    (1, "for an hour"),
    (168, "for a week"),
    (0, "not at all: it is known to others"),
];

#[derive(Template)]
#[template(path = "dashboard/webhook.html")]
struct WebhookPage {
    frame: Frame,
    address: String,
    name: Foreign,
    standing: Standing,
    /// Why it is not sent to, and what to do.
    disabled: Option<&'static str>,
    facts: Vec<(&'static str, Foreign)>,
    /// A secret that was just made.
    secret: Option<Zeroizing<String>>,
    tried: Option<TriedLine>,
    complaint: Option<(Foreign, Foreign)>,
    choices: Choices,
    states: Vec<Choice>,
    since: [(u64, &'static str); 4],
    overlaps: [(u64, &'static str); 4],
    deliveries: Vec<DeliveryLine>,
    next: Option<String>,
    is_filtered: bool,
}

struct TriedLine {
    sign: Sign,
    sentence: String,
    explanation: Option<&'static str>,
    answer: Option<Foreign>,
}

struct DeliveryLine {
    address: String,
    kind: Foreign,
    sign: Sign,
    state: &'static str,
    attempts: String,
    answer: Option<Foreign>,
    at: Option<Moment>,
    next: Option<Moment>,
}

/// What a page shows beside the webhook.
#[derive(Default)]
struct Said<'a> {
    notice: Option<String>,
    secret: Option<Zeroizing<String>>,
    tried: Option<Tried>,
    complaint: Option<&'a Problem>,
    choices: Option<Choices>,
    state: Option<WebhookDeliveryState>,
    cursor: Option<String>,
}

/// Where a webhook is shown.
pub(super) fn address(row: &WebhookRow) -> String {
    format!("/dashboard/webhooks/{}", row.id)
}

/// `GET /dashboard/webhooks/{id}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    mut parameters: Parameters,
) -> Shown {
    let row = find(&server, &id).await?;
    let done = parameters.text("done")?.unwrap_or_default();
    let count: Option<u64> = parameters.value("count")?;
    let state = parameters.text("state")?.unwrap_or_default();
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    let said = Said {
        notice: notice(&done, count),
        state: state_named(&state),
        cursor,
        ..Said::default()
    };
    shown(&server, &who, &row, said).await
}

fn notice(done: &str, count: Option<u64>) -> Option<String> {
    Some(match done {
        "changed" => "It is changed.".to_owned(),
        "enabled" => "It is enabled: what waits for it is sent now.".to_owned(),
        "disabled" => "It is disabled: events wait for it as long as they are kept.".to_owned(),
        "replayed" => format!("{} sent again.", are(count.unwrap_or_default())),
        _ => return None,
    })
}

fn are(count: u64) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", plural(count, "event"))
}

pub(super) async fn find(server: &Shared, id: &str) -> Result<WebhookRow, Refusal> {
    let missing = || Refusal::not_found("webhook");
    let id = id.parse().map_err(|_no_uuid| missing())?;
    server.store.webhook(id).await?.ok_or_else(missing)
}

/// The page of a webhook that was just made.
pub(super) async fn after_making(
    server: &Shared,
    who: &Session,
    row: &WebhookRow,
    secret: Zeroizing<String>,
) -> Shown {
    let said = Said {
        notice: Some("The webhook is made. It is told of what happens from now on.".to_owned()),
        secret: Some(secret),
        ..Said::default()
    };
    shown(server, who, row, said).await
}

async fn shown(server: &Shared, who: &Session, row: &WebhookRow, said: Said<'_>) -> Shown {
    let frame = Frame::new(Page::Webhooks, who, server).await?;
    let now = server.clock.now();
    let (deliveries, next) = deliveries(server, row, said.state, said.cursor).await?;
    let choices = match said.choices {
        Some(choices) => choices,
        None => Choices::new(server, Some(row)).await?,
    };
    let complaint = said.complaint;
    let mut page = page::show(&WebhookPage {
        frame: frame.with_notice(said.notice),
        address: address(row),
        name: name(row),
        standing: Standing::of(row, now),
        disabled: row.disabled.map(|disabled| in_words(disabled.cause)),
        facts: facts(server, row, now).await?,
        secret: said.secret,
        tried: said.tried.map(TriedLine::from),
        complaint: complaint.map(|problem| (Foreign::new(problem.detail()), Foreign::new(problem.advice()))),
        choices,
        states: states(said.state),
        since: SINCE,
        overlaps: OVERLAPS,
        deliveries: deliveries
            .iter()
            .map(|delivery| DeliveryLine::new(row, delivery, now))
            .collect(),
        next,
        is_filtered: said.state.is_some(),
    })?;
    if let Some(problem) = complaint {
        *page.status_mut() = problem.status();
    }
    Ok(page)
}

async fn facts(
    server: &Shared,
    row: &WebhookRow,
    now: Timestamp,
) -> Result<Vec<(&'static str, Foreign)>, Problem> {
    let names = server.bundle_ids().await?;
    let format = match row.format {
        WebhookFormat::Plain => "as GET /v1/events has them",
        WebhookFormat::CloudEvents => "CloudEvents 1.0",
    };
    let at = |at: Timestamp| Foreign::new(super::wording::relative(at, now));
    let mut facts = vec![
        ("Goes to", Foreign::short(&row.url, 300)),
        ("Wants", wants(row, &names)),
        ("Form", Foreign::new(format)),
        ("Made", at(row.created_at)),
    ];
    if let Some(until) = row.previous_secret_until.filter(|until| *until > now) {
        let relative = super::wording::relative(until, now);
        facts.push((
            "Secret",
            Foreign::new(format!("changed; the one before signs, too, and ends {relative}")),
        ));
    }
    Ok(facts)
}

async fn deliveries(
    server: &Shared,
    row: &WebhookRow,
    state: Option<WebhookDeliveryState>,
    cursor: Option<String>,
) -> Result<(Vec<WebhookDelivery>, Option<String>), Problem> {
    let list = List::new("dashboard deliveries", (row.id, state.map(state_name)));
    let before = list.begins_after(cursor)?.map(i64::from_be_bytes);
    let found = server
        .store
        .webhook_deliveries(row.id, state, before.map(WebhookDeliveryId), PAGE)
        .await?;
    let next = list.next(&found, PAGE, |last| last.id.0.to_be_bytes());
    let next = next.map(|cursor| {
        let state = state.map(state_name).unwrap_or_default();
        format!("{}?state={state}&cursor={cursor}", address(row))
    });
    Ok((found, next))
}

const STATES: [WebhookDeliveryState; 3] = [
    WebhookDeliveryState::Waiting,
    WebhookDeliveryState::Delivered,
    WebhookDeliveryState::Failed,
];

pub(super) const fn state_name(state: WebhookDeliveryState) -> &'static str {
    match state {
        WebhookDeliveryState::Waiting => "waiting",
        WebhookDeliveryState::Delivered => "delivered",
        WebhookDeliveryState::Failed => "failed",
    }
}

fn state_named(name: &str) -> Option<WebhookDeliveryState> {
    STATES.into_iter().find(|state| state_name(*state) == name)
}

fn states(chosen: Option<WebhookDeliveryState>) -> Vec<Choice> {
    let any = Choice {
        value: String::new(),
        name: "any state".to_owned(),
        is_chosen: chosen.is_none(),
    };
    let others = STATES.into_iter().map(|state| Choice {
        value: state_name(state).to_owned(),
        name: state_name(state).to_owned(),
        is_chosen: chosen == Some(state),
    });
    std::iter::once(any).chain(others).collect()
}

/// How a delivery does, at a glance.
pub(super) fn sign_of(delivery: &WebhookDelivery) -> Sign {
    match delivery.state {
        WebhookDeliveryState::Delivered => Sign::Good,
        WebhookDeliveryState::Failed => Sign::Bad,
        WebhookDeliveryState::Waiting if delivery.attempts > 0 => Sign::Watch,
        WebhookDeliveryState::Waiting => Sign::Quiet,
    }
}

impl DeliveryLine {
    fn new(row: &WebhookRow, delivery: &WebhookDelivery, now: Timestamp) -> Self {
        let last = delivery.last.as_ref();
        let answer = last.map(|last| in_short(last.status, last.problem.as_deref(), last.took));
        Self {
            address: format!("{}/deliveries/{}", address(row), delivery.id.0),
            kind: Foreign::new(&delivery.kind),
            sign: sign_of(delivery),
            state: state_name(delivery.state),
            attempts: super::wording::grouped(delivery.attempts.into()),
            answer: answer.map(Foreign::new),
            at: last.map(|last| Moment::new(last.at, now)),
            next: delivery.next_at.map(|at| Moment::new(at, now)),
        }
    }
}

impl From<Tried> for TriedLine {
    fn from(tried: Tried) -> Self {
        let took = latency(tried.took);
        let (sign, sentence) = match (tried.status, tried.problem) {
            (Some(status), None) => (Sign::Good, format!("The receiver took it: {status} in {took}.")),
            (Some(status), Some(_)) => (
                Sign::Bad,
                format!("The receiver did not take it: {status} in {took}."),
            ),
            (None, _) => (Sign::Bad, format!("There was no answer within {took}.")),
        };
        Self {
            sign,
            sentence,
            explanation: tried.problem.map(explain),
            answer: tried.answer.map(|answer| Foreign::short(&answer, 400)),
        }
    }
}

/// `POST …/test`.
pub(crate) async fn test(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let row = find(&server, &id).await?;
    let tried = acting::try_out(&server, &row).await?;
    let said = Said {
        tried: Some(tried),
        ..Said::default()
    };
    shown(&server, &who, &row, said).await
}

/// `POST …/rotate`.
pub(crate) async fn rotate(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    let hours = hours(form.of(&who)?.text("overlap"), &OVERLAPS)?;
    let row = find(&server, &id).await?;
    let overlap = Duration::from_hours(hours);
    let (secret, _) = acting::rotate_secret(&server, row.id, overlap, &who.actor()).await?;
    let row = find(&server, &id).await?;
    let said = Said {
        notice: Some("The secret is another from now on.".to_owned()),
        secret: Some(secret),
        ..Said::default()
    };
    shown(&server, &who, &row, said).await
}

/// One of the hours that can be chosen.
fn hours(text: &str, choices: &[(u64, &str)]) -> Result<u64, Problem> {
    let wanted: Option<u64> = text.parse().ok();
    let found = choices
        .iter()
        .map(|(hours, _)| *hours)
        .find(|hours| Some(*hours) == wanted);
    found.ok_or_else(|| Problem::field("hours", "It is none of those that can be chosen."))
}

/// `POST …/change`.
pub(crate) async fn change(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    let fields = form.of(&who)?;
    let row = find(&server, &id).await?;
    let change = match webhook_form::read_change(&server, &fields).await {
        Ok(change) => change,
        Err(problem) => {
            let said = Said {
                complaint: Some(&problem),
                choices: Some(Choices::of(&server, &fields).await?),
                ..Said::default()
            };
            return shown(&server, &who, &row, said).await;
        }
    };
    acting::change(&server, row.id, change, &who.actor()).await?;
    Ok(Redirect::to(&format!("{}?done=changed", address(&row))).into_response())
}

/// `POST …/enable`.
pub(crate) async fn enable(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    switch(&server, &who, &id, Revision::Clear, "enabled").await
}

/// `POST …/disable`.
pub(crate) async fn disable(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    switch(
        &server,
        &who,
        &id,
        Revision::Set(DisabledCause::ByHand),
        "disabled",
    )
    .await
}

async fn switch(
    server: &Shared,
    who: &Session,
    id: &str,
    disabled: Revision<DisabledCause>,
    done: &str,
) -> Shown {
    let row = find(server, id).await?;
    let change = WebhookChange {
        disabled,
        ..WebhookChange::default()
    };
    acting::change(server, row.id, change, &who.actor()).await?;
    Ok(Redirect::to(&format!("{}?done={done}", address(&row))).into_response())
}

/// `POST …/remove`.
pub(crate) async fn remove(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let row = find(&server, &id).await?;
    acting::remove(&server, row.id, &who.actor()).await?;
    Ok(Redirect::to("/dashboard/webhooks?done=removed").into_response())
}

/// `POST …/replay`: what failed since then.
pub(crate) async fn replay(
    State(server): State<Shared>,
    who: As<Admin>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    let hours = hours(form.of(&who)?.text("since"), &SINCE)?;
    let row = find(&server, &id).await?;
    let since = match hours {
        0 => Timestamp::from_unix_millis(0),
        hours => server.clock.now().saturating_sub(Duration::from_hours(hours)),
    };
    let failed = failed_since(&server, &row, since).await?;
    let count = if failed.is_empty() {
        0
    } else {
        acting::replay(&server, row.id, Replay::Deliveries(failed), &who.actor()).await?
    };
    Ok(Redirect::to(&format!("{}?done=replayed&count={count}", address(&row))).into_response())
}

/// The newest that failed since then.
async fn failed_since(
    server: &Shared,
    row: &WebhookRow,
    since: Timestamp,
) -> Result<Vec<WebhookDeliveryId>, Problem> {
    let failed = Some(WebhookDeliveryState::Failed);
    let found = server
        .store
        .webhook_deliveries(row.id, failed, None, REPLAYED)
        .await?;
    let lately = found
        .into_iter()
        .filter(|delivery| delivery.last.as_ref().is_none_or(|last| last.at >= since));
    Ok(lately.map(|delivery| delivery.id).collect())
}
