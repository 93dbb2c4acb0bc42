//! Webhooks: which there are, how they do, and a new one, whose secret is shown once.

use askama::Template;
use axum::extract::State;
use tidings_apns::Timestamp;
use tidings_store::{DisabledCause, WebhookRow};

use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::session::{Admin, As};
use super::sign::Sign;
use super::webhook;
use super::webhook_form::{self, Choices};
use super::wording::{Foreign, Moment, latency, plural, relative};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::server::{BundleIds, Shared};
use crate::webhooks::{acting, explain};

/// Among so many of the newest deliveries the last answer is looked for.
const LOOKED_AT: usize = 20;

#[derive(Template)]
#[template(path = "dashboard/webhooks.html")]
struct WebhooksPage {
    frame: Frame,
    webhooks: Vec<WebhookLine>,
    choices: Choices,
    complaint: Option<(Foreign, Foreign)>,
}

struct WebhookLine {
    address: String,
    name: Foreign,
    host: Foreign,
    standing: Standing,
    wants: Foreign,
    answer: Option<Foreign>,
    answered: Option<Moment>,
}

/// How a webhook does, at a glance and in words.
pub(super) struct Standing {
    pub(super) sign: Sign,
    pub(super) sentence: String,
}

impl Standing {
    pub(super) fn of(row: &WebhookRow, now: Timestamp) -> Self {
        let (sign, sentence) = match (&row.disabled, row.failing_since, row.delivered_at) {
            (Some(disabled), ..) => {
                let since = relative(disabled.at, now);
                match disabled.cause {
                    DisabledCause::ByHand => (Sign::Quiet, format!("Disabled by hand {since}.")),
                    DisabledCause::Gone => {
                        (Sign::Bad, format!("Disabled {since}: the receiver answered 410."))
                    }
                    DisabledCause::Failing => (
                        Sign::Bad,
                        format!("Disabled {since}: nothing was taken for three days."),
                    ),
                }
            }
            (None, Some(since), _) => (
                Sign::Watch,
                format!("It fails; that began {}.", relative(since, now)),
            ),
            (None, None, Some(at)) => (
                Sign::Good,
                format!("It delivers; the last event arrived {}.", relative(at, now)),
            ),
            (None, None, None) => (Sign::Quiet, "Nothing has happened yet that it wants.".to_owned()),
        };
        let sentence = match row.waiting {
            0 => sentence,
            count => format!("{sentence} {} for it.", waiting(count)),
        };
        Self { sign, sentence }
    }
}

fn waiting(count: u64) -> String {
    let verb = if count == 1 { "waits" } else { "wait" };
    format!("{} {verb}", plural(count, "event"))
}

/// `GET /dashboard/webhooks`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Admin>, mut parameters: Parameters) -> Shown {
    let done = parameters.text("done")?;
    parameters.finish()?;
    let notice = done
        .filter(|done| done == "removed")
        .map(|_| "The webhook is removed, with all that waited for it.".to_owned());
    let choices = Choices::new(&server, None).await?;
    shown(&server, &who, choices, notice, None).await
}

async fn shown(
    server: &Shared,
    who: &As<Admin>,
    choices: Choices,
    notice: Option<String>,
    complaint: Option<&Problem>,
) -> Shown {
    let frame = Frame::new(Page::Webhooks, who, server).await?;
    let names = server.bundle_ids().await?;
    let now = server.clock.now();
    let mut webhooks = Vec::new();
    for row in server.store.webhooks().await? {
        webhooks.push(line(server, &row, &names, now).await?);
    }
    let mut page = page::show(&WebhooksPage {
        frame: frame.with_notice(notice),
        webhooks,
        choices,
        complaint: complaint.map(|problem| (Foreign::new(problem.detail()), Foreign::new(problem.advice()))),
    })?;
    if let Some(problem) = complaint {
        *page.status_mut() = problem.status();
    }
    Ok(page)
}

async fn line(
    server: &Shared,
    row: &WebhookRow,
    names: &BundleIds,
    now: Timestamp,
) -> Result<WebhookLine, Problem> {
    let newest = server
        .store
        .webhook_deliveries(row.id, None, None, LOOKED_AT)
        .await?;
    let attempts = newest.into_iter().filter_map(|delivery| delivery.last);
    let last = attempts.max_by_key(|last| last.at);
    Ok(WebhookLine {
        address: webhook::address(row),
        name: name(row),
        host: Foreign::short(&row.host, 60),
        standing: Standing::of(row, now),
        wants: wants(row, names),
        answer: last
            .as_ref()
            .map(|last| Foreign::new(in_short(last.status, last.problem.as_deref(), last.took))),
        answered: last.map(|last| Moment::new(last.at, now)),
    })
}

/// What people call a webhook, else where it goes.
pub(super) fn name(row: &WebhookRow) -> Foreign {
    Foreign::short(row.name.as_deref().unwrap_or(&row.host), 60)
}

/// What came of an attempt, in a few words.
pub(super) fn in_short(status: Option<u16>, problem: Option<&str>, took: std::time::Duration) -> String {
    let what = match (status, problem) {
        (Some(status), _) => status.to_string(),
        (None, Some(problem)) => explain(problem)
            .split_inclusive('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        (None, None) => "no answer".to_owned(),
    };
    format!("{} in {}", what.trim_end_matches('.'), latency(took))
}

/// Which events a webhook wants, in words.
pub(super) fn wants(row: &WebhookRow, names: &BundleIds) -> Foreign {
    let events = match &row.kinds {
        None => "All events".to_owned(),
        Some(kinds) if kinds.len() <= 3 => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            kinds.join(", ")
        }
        Some(kinds) => format!("{} types of events", kinds.len()),
    };
    let Some(apps) = &row.app_ids else {
        return Foreign::new(events);
    };
    let apps = apps
        .iter()
        .filter_map(|app| names.get(app))
        .map(ToString::to_string);
    Foreign::short(
        &format!("{events} of {}", apps.collect::<Vec<_>>().join(", ")),
        120,
    )
}

/// `POST /dashboard/webhooks`.
pub(crate) async fn create(State(server): State<Shared>, who: As<Admin>, form: Form) -> Shown {
    let fields = form.of(&who)?;
    let made = match webhook_form::read(&server, &fields).await {
        Ok(draft) => acting::create(&server, draft, &who.actor()).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok((row, secret)) => webhook::after_making(&server, &who, &row, secret).await,
        Err(problem) => {
            let choices = Choices::of(&server, &fields).await?;
            shown(&server, &who, choices, None, Some(&problem)).await
        }
    }
}
