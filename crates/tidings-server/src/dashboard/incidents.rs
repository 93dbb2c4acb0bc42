//! Incidents: what happened, what is known, and how somebody ends one, with how much that touches.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::Timestamp;
use tidings_store::{AuditRecord, IncidentId, IncidentRow};
use tidings_truth::{IncidentCause, IncidentEnd};

use super::diagnosed::Diagnosed;
use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{As, Operator, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, length, plain, plural, words};
use crate::diagnosis;
use crate::incidents::{advice, summary};
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;

/// Incidents that are shown of all apps together.
const SHOWN: usize = 100;

/// Device tokens that an incident touches are counted up to this.
const COUNTED: usize = 100_000;

/// What was done just before, that is shown.
const BEFORE: usize = 8;

#[derive(Template)]
#[template(path = "dashboard/incidents.html")]
struct IncidentsPage {
    frame: Frame,
    lines: Vec<Line>,
}

struct Line {
    address: String,
    sign: Sign,
    app: Foreign,
    environment: &'static str,
    reason: Foreign,
    opened: Moment,
    ending: String,
}

/// `GET /dashboard/incidents`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let frame = Frame::new(Page::Incidents, &who, &server).await?;
    let now = server.clock.now();
    let mut found = Vec::new();
    for app in server.store.apps().await? {
        for row in server.store.incidents(app.id).await? {
            found.push((row, app.bundle_id.to_string()));
        }
    }
    found.sort_by_key(|(row, _)| (row.end.is_some(), std::cmp::Reverse(row.incident.opened_at)));
    found.truncate(SHOWN);
    let lines = found.iter().map(|(row, app)| Line::new(row, app, now)).collect();
    page::show(&IncidentsPage { frame, lines })
}

impl Line {
    fn new(row: &IncidentRow, app: &str, now: Timestamp) -> Self {
        Self {
            address: format!("/dashboard/incidents/{}", row.incident.id),
            sign: if row.end.is_some() { Sign::Quiet } else { Sign::Bad },
            app: Foreign::new(app),
            environment: row.environment.as_str(),
            reason: Foreign::short(row.incident.cause.reason().as_str(), 60),
            opened: Moment::new(row.incident.opened_at, now),
            ending: ending(row, now),
        }
    }
}

fn ending(row: &IncidentRow, now: Timestamp) -> String {
    let lasted = row
        .ended_at
        .unwrap_or(now)
        .saturating_since(row.incident.opened_at);
    let how = match row.end {
        None => return format!("goes on, for {} now", length(lasted)),
        Some(IncidentEnd::Recovered) => "recovered by itself",
        Some(IncidentEnd::Released) => "released by hand",
        Some(IncidentEnd::Confirmed) => "confirmed by hand",
    };
    format!("{how} after {}", length(lasted))
}

#[derive(Template)]
#[template(path = "dashboard/incident.html")]
struct IncidentPage {
    frame: Frame,
    id: String,
    app: Foreign,
    app_address: String,
    environment: &'static str,
    sign: Sign,
    is_open: bool,
    ending: String,
    reason: Foreign,
    summary: Foreign,
    advice: Foreign,
    touched: String,
    is_about_tokens: bool,
    timeline: Vec<(String, Foreign)>,
    facts: Vec<(&'static str, Foreign)>,
    before: Vec<BeforeLine>,
    diagnosed: Diagnosed,
}

/// Something that was done before an incident.
struct BeforeLine {
    at: String,
    actor: Foreign,
    action: String,
    subject: Foreign,
}

/// `GET /dashboard/incidents/{id}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place(id): Place<String>,
    mut parameters: Parameters,
) -> Shown {
    let touched: Option<u64> = parameters.value("touched")?;
    parameters.finish()?;
    let frame = Frame::new(Page::Incidents, &who, &server).await?;
    let frame = frame.with_notice(touched.map(|touched| {
        format!(
            "The incident is over. It touched {}.",
            plural(touched, "device token")
        )
    }));
    let row = find(&server, &id).await?;
    let names = server.bundle_ids().await?;
    let bundle_id = names
        .get(&row.app_id)
        .map(ToString::to_string)
        .unwrap_or_default();
    let now = server.clock.now();
    page::show(&IncidentPage {
        frame,
        id: row.incident.id.to_string(),
        app: Foreign::new(&bundle_id),
        app_address: format!("/dashboard/apps/{bundle_id}"),
        environment: row.environment.as_str(),
        sign: if row.end.is_some() { Sign::Quiet } else { Sign::Bad },
        is_open: row.end.is_none(),
        ending: ending(&row, now),
        reason: Foreign::short(row.incident.cause.reason().as_str(), 80),
        summary: Foreign::new(summary(&row)),
        advice: Foreign::new(advice(&row)),
        touched: doubted(&server, row.incident.id).await?,
        is_about_tokens: matches!(row.incident.cause, IncidentCause::ProvenTokensRefused { .. }),
        timeline: timeline(&row),
        facts: facts(&row, now),
        before: before(&server, &row).await?,
        diagnosed: diagnosis::of_incident(&server, &bundle_id, &row).await?.into(),
    })
}

async fn find(server: &Shared, id: &str) -> Result<IncidentRow, Refusal> {
    let id: IncidentId = id.parse().map_err(|_slip| Refusal::not_found("incident"))?;
    let found = server.store.incident(id).await?;
    found.ok_or_else(|| Refusal::not_found("incident"))
}

async fn doubted(server: &Shared, id: IncidentId) -> Result<String, Problem> {
    let count = server.store.count_doubted(id, COUNTED + 1).await?;
    Ok(if count > COUNTED as u64 {
        format!("more than {}", plural(COUNTED as u64, "device token"))
    } else {
        plural(count, "device token")
    })
}

fn timeline(row: &IncidentRow) -> Vec<(String, Foreign)> {
    let incident = &row.incident;
    let mut steps = vec![
        (
            incident.since,
            "Until then APNs accepted what was sent here.".to_owned(),
        ),
        (
            incident.opened_at,
            "The incident opened: the lane stopped, and what was answered since then is not believed."
                .to_owned(),
        ),
    ];
    if let Some(at) = row.ended_at {
        let how = match row.end {
            Some(IncidentEnd::Released) => {
                "Somebody released it: what was said against device tokens is void."
            }
            Some(IncidentEnd::Confirmed) => "Somebody confirmed it: the answers were right.",
            _ => "Enough canaries were accepted: it was over by itself.",
        };
        steps.push((at, how.to_owned()));
    }
    let steps = steps.into_iter();
    steps.map(|(at, text)| (plain(at), Foreign::new(text))).collect()
}

fn facts(row: &IncidentRow, now: Timestamp) -> Vec<(&'static str, Foreign)> {
    let incident = &row.incident;
    let mut facts = vec![
        (
            "Canaries accepted in a row",
            Foreign::new(incident.accepted_in_a_row.to_string()),
        ),
        ("Canaries refused", Foreign::new(incident.refused.to_string())),
    ];
    if row.end.is_none() {
        let next = if incident.next_canary_at > now {
            super::wording::relative(incident.next_canary_at, now)
        } else {
            "now".to_owned()
        };
        facts.push(("Next canary", Foreign::new(next)));
    }
    facts
}

/// What was done to the app just before.
async fn before(server: &Shared, row: &IncidentRow) -> Result<Vec<BeforeLine>, Problem> {
    let records = server.store.audit_of_app(row.app_id, 4 * BEFORE).await?;
    let earlier = records
        .into_iter()
        .filter(|record| record.entry.at <= row.incident.opened_at);
    Ok(earlier.take(BEFORE).map(BeforeLine::from).collect())
}

impl From<AuditRecord> for BeforeLine {
    fn from(record: AuditRecord) -> Self {
        Self {
            at: plain(record.entry.at),
            actor: Foreign::short(&record.entry.actor, 40),
            action: words(&record.entry.action),
            subject: Foreign::short(&record.entry.subject, 40),
        }
    }
}

/// `POST …/release`.
pub(crate) async fn release(
    State(server): State<Shared>,
    who: As<Operator>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let row = find(&server, &id).await?;
    let touched = server.engine.release(row.incident.id, &who.actor()).await?;
    Ok(ended(&row, touched))
}

/// `POST …/confirm`.
pub(crate) async fn confirm(
    State(server): State<Shared>,
    who: As<Operator>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let row = find(&server, &id).await?;
    let touched = server.engine.confirm(row.incident.id, &who.actor()).await?;
    Ok(ended(&row, touched))
}

/// Back to its page; what had ended before just shows how.
fn ended(row: &IncidentRow, touched: Option<u64>) -> axum::response::Response {
    let id = row.incident.id;
    let address = match touched {
        Some(touched) => format!("/dashboard/incidents/{id}?touched={touched}"),
        None => format!("/dashboard/incidents/{id}"),
    };
    Redirect::to(&address).into_response()
}
