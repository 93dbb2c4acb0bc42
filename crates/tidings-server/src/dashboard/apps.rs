//! Apps: the environments side by side, the credentials with what is to be said of them, the devices by state.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::{BundleId, Environment, Timestamp};
use tidings_doctor::CredentialFile;
use tidings_store::CredentialRow;

use super::app_health::{AppFacts, EnvironmentHealth, credential_name};
use super::diagnosed::FindingLine;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{As, Session, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, grouped, length};
use crate::diagnosis;
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;

#[derive(Template)]
#[template(path = "dashboard/apps.html")]
struct AppsPage {
    frame: Frame,
    apps: Vec<AppLine>,
}

struct AppLine {
    bundle_id: Foreign,
    address: String,
    devices: String,
    credentials: usize,
    health: Vec<EnvironmentHealth>,
}

#[derive(Template)]
#[template(path = "dashboard/app.html")]
struct AppPage {
    frame: Frame,
    bundle_id: Foreign,
    address: String,
    /// Since when it is known; an admin can give a credential to one that is not yet.
    known: Option<Moment>,
    health: Vec<EnvironmentHealth>,
    audience: String,
    states: Vec<StateLine>,
    credentials: Vec<CredentialLine>,
    complaint: Option<Complaint>,
}

struct StateLine {
    sign: Sign,
    name: &'static str,
    count: String,
    meaning: &'static str,
    address: String,
}

/// A credential as it is shown.
pub(crate) struct CredentialLine {
    pub(crate) id: String,
    pub(crate) name: Foreign,
    pub(crate) team: String,
    pub(crate) environments: String,
    pub(crate) topics: Option<Foreign>,
    pub(crate) fingerprint: String,
    pub(crate) added: Moment,
    pub(crate) ends: String,
    pub(crate) findings: Vec<FindingLine>,
}

/// Why a file was not taken.
pub(crate) struct Complaint {
    pub(crate) detail: Foreign,
    pub(crate) hint: Foreign,
}

impl From<&Problem> for Complaint {
    fn from(problem: &Problem) -> Self {
        Self {
            detail: Foreign::new(problem.detail()),
            hint: Foreign::new(problem.advice()),
        }
    }
}

/// `GET /dashboard/apps`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Viewer>, mut parameters: Parameters) -> Shown {
    if let Some(new) = parameters.value::<BundleId>("new")? {
        return Ok(Redirect::to(&format!("/dashboard/apps/{new}")).into_response());
    }
    let frame = Frame::new(Page::Apps, &who, &server).await?;
    let facts = AppFacts::all(&server).await?;
    let line = |facts: &AppFacts| AppLine {
        bundle_id: Foreign::new(&facts.app.bundle_id),
        address: format!("/dashboard/apps/{}", facts.app.bundle_id),
        devices: grouped(facts.count(|_| true)),
        credentials: facts.credentials.len(),
        health: facts.health(),
    };
    let apps = facts.iter().map(line).collect();
    page::show(&AppsPage { frame, apps })
}

/// `GET /dashboard/apps/{bundle_id}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place(bundle_id): Place<String>,
    mut parameters: Parameters,
) -> Shown {
    let done = parameters.text("done")?;
    let notice = done
        .is_some_and(|done| done == "added")
        .then(|| "The credential is used from now on; what waited for it is being sent.".to_owned());
    shown(&server, &who, &bundle_id, None, notice).await
}

/// The page of an app, with what came of an upload.
pub(crate) async fn shown(
    server: &Shared,
    session: &Session,
    bundle_id: &str,
    complaint: Option<Complaint>,
    notice: Option<String>,
) -> Shown {
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| Refusal::not_found("app"))?;
    let frame = Frame::new(Page::Apps, session, server).await?.with_notice(notice);
    let address = format!("/dashboard/apps/{bundle_id}");
    let Some(facts) = facts(server, &bundle_id).await? else {
        if !frame.may_administer() {
            return Err(Refusal::not_found("app"));
        }
        return page::show(&AppPage {
            frame,
            bundle_id: Foreign::new(&bundle_id),
            address,
            known: None,
            health: Vec::new(),
            audience: String::new(),
            states: Vec::new(),
            credentials: Vec::new(),
            complaint,
        });
    };
    page::show(&AppPage {
        frame,
        bundle_id: Foreign::new(&bundle_id),
        address,
        known: Some(Moment::new(facts.app.created_at, facts.now)),
        health: facts.health(),
        audience: facts.audience(),
        states: states(&facts),
        credentials: facts
            .credentials
            .iter()
            .map(|row| CredentialLine::new(bundle_id.as_str(), row, None, facts.now))
            .collect(),
        complaint,
    })
}

async fn facts(server: &Shared, bundle_id: &BundleId) -> Result<Option<AppFacts>, Problem> {
    let Some(app) = server.store.app(bundle_id).await? else {
        return Ok(None);
    };
    // What is remembered of it may be older than its newest credential.
    let Some(app) = server.store.app_by_id(app.id).await? else {
        return Ok(None);
    };
    let open = server.store.open_incidents().await?;
    AppFacts::of(app, &open, server).await.map(Some)
}

fn states(facts: &AppFacts) -> Vec<StateLine> {
    let line = |(state, count): (tidings_truth::TokenState, u64)| StateLine {
        sign: Sign::of_state(state),
        name: state.as_str(),
        count: grouped(count),
        meaning: state.in_words(),
        address: format!("/dashboard/devices?app={}&state={state}", facts.app.bundle_id),
    };
    facts.by_state().into_iter().map(line).collect()
}

impl CredentialLine {
    /// A credential as it is shown; with what the doctor finds in its file, where that is at hand.
    pub(crate) fn new(
        bundle_id: &str,
        row: &CredentialRow,
        file: Option<&CredentialFile>,
        now: Timestamp,
    ) -> Self {
        let environments: Vec<_> = row.environments.iter().map(Environment::as_str).collect();
        let found = diagnosis::of_credential(bundle_id, row, file, now);
        Self {
            id: row.id.to_string(),
            name: Foreign::new(credential_name(row)),
            team: row.team_id.as_ref().map_or("–".to_owned(), ToString::to_string),
            environments: environments.join(" and "),
            topics: (!row.topics.is_empty()).then(|| Foreign::short(&row.topics.join(", "), 120)),
            fingerprint: row.fingerprint.get(..16).unwrap_or_default().to_owned(),
            added: Moment::new(row.created_at, now),
            ends: match row.not_after {
                None => "does not expire".to_owned(),
                Some(end) if end <= now => "has expired".to_owned(),
                Some(end) => format!("expires in {}", length(end.saturating_since(now))),
            },
            findings: found.into_iter().map(FindingLine::from).collect(),
        }
    }
}
