//! Incidents over HTTP: what is known of them, and how somebody ends one.

use axum::extract::State;
use serde::Serialize;
use tidings_store::{AppId, IncidentId, IncidentRow};
use tidings_truth::{IncidentCause, IncidentEnd};
use utoipa::ToSchema;

use crate::authentication::{Admin, By, Caller, Read};
use crate::diagnosis::{self, DiagnosisBody};
use crate::help;
use crate::names::EnvironmentName;
use crate::parameters::{Parameters, Place, action};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::routing::unknown_action;
use crate::server::Shared;

/// A lane that stopped sending, because something is wrong with it.
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentBody {
    #[schema(format = "uuid")]
    id: String,
    /// Where.
    #[schema(value_type = EnvironmentName)]
    environment: &'static str,
    /// The credential that was used.
    #[schema(format = "uuid")]
    credential_id: Option<String>,
    /// Whether it goes on.
    open: bool,
    /// `proven_tokens_refused` or `credential_refused`.
    cause: &'static str,
    /// What APNs answers.
    reason: String,
    /// What happened, in a sentence or two.
    summary: String,
    /// What to do.
    advice: String,
    #[schema(format = DateTime)]
    opened_at: String,
    /// Since when the lane has been doubtful: the last instant at which it did well.
    #[schema(format = DateTime)]
    since: String,
    /// `recovered`, `released` or `confirmed`; `null` while it goes on.
    end: Option<&'static str>,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    canaries: CanariesBody,
    /// What else is known, such as what was changed just before.
    #[schema(value_type = Object)]
    details: serde_json::Value,
    /// Where the reason is explained: a path of this server.
    #[schema(format = "uri-reference", example = "/help/InvalidProviderToken")]
    help: String,
    /// What the doctor says of the credential, and what would explain the answers; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<DiagnosisBody>,
}

/// How an incident finds out that it is over: notifications that wait are sent one at a time, with growing pauses.
#[derive(Serialize, ToSchema)]
#[schema(as = Canaries)]
pub(crate) struct CanariesBody {
    /// Accepted since the last that was refused.
    accepted_in_a_row: u32,
    refused: u32,
    /// When the next may be sent.
    #[schema(format = DateTime)]
    next_at: Option<String>,
}

/// The incidents of an app.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentList {
    incidents: Vec<IncidentBody>,
}

/// An incident that somebody has ended.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedIncident)]
pub(crate) struct EndedBody {
    incident: IncidentBody,
    /// How many device tokens it touched.
    touched: u64,
}

/// Lists the incidents of an app, the newest first
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/incidents",
    operation_id = "list_incidents",
    tag = "incidents",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("open" = Option<bool>, Query, description = "Only those that go on, or only those that have ended")
    ),
    responses((status = 200, description = "The incidents", body = IncidentList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
    mut parameters: Parameters,
) -> Answered<axum::Json<IncidentList>> {
    let open: Option<bool> = parameters.value("open")?;
    parameters.finish()?;
    let app = server.app(&by, &bundle_id).await?;
    let rows = server.store.incidents(app).await?;
    let wanted = |row: &&IncidentRow| open.is_none_or(|open| row.end.is_none() == open);
    Ok(axum::Json(IncidentList {
        incidents: rows.iter().filter(wanted).map(IncidentBody::from).collect(),
    }))
}

/// Describes an incident, with what the doctor says
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/incidents/{id}",
    operation_id = "describe_incident",
    tag = "incidents",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The incident", format = "uuid")
    ),
    responses((status = 200, description = "The incident", body = IncidentBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Answered<axum::Json<IncidentBody>> {
    let app = server.app(&by, &bundle_id).await?;
    let row = find(&server, app, read_id(&id)?).await?;
    let diagnosis = diagnosis::of_incident(&server, &bundle_id, &row).await?;
    Ok(axum::Json(IncidentBody {
        diagnosis: Some(diagnosis),
        ..IncidentBody::from(&row)
    }))
}

/// `POST …/incidents/{id}:release` and `:confirm`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Admin>,
    Place((bundle_id, segment)): Place<(String, String)>,
) -> Answered<axum::Json<EndedBody>> {
    match action(&segment) {
        (id, Some("release")) => release(&server, &by, &bundle_id, id).await,
        (id, Some("confirm")) => confirm(&server, &by, &bundle_id, id).await,
        _ => Err(unknown_action()),
    }
}

/// Ends an incident: the fault was ours, or Apple's
///
/// What was said against device tokens while it lasted is void, and what waited is sent.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/incidents/{id}:release",
    operation_id = "release_incident",
    tag = "incidents",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The incident", format = "uuid")
    ),
    responses((status = 200, description = "It is ended", body = EndedBody)),
    security(("api_key" = ["admin"]))
)]
async fn release(server: &Shared, by: &Caller, bundle_id: &str, id: &str) -> Answered<axum::Json<EndedBody>> {
    let (app, id) = open(server, by, bundle_id, id).await?;
    let touched = server.engine.release(id, by.key_id()).await?;
    ended(server, app, id, touched).await
}

/// Ends an incident: the answers were right
///
/// The device tokens that APNs refused while it lasted are given up.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/incidents/{id}:confirm",
    operation_id = "confirm_incident",
    tag = "incidents",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The incident", format = "uuid")
    ),
    responses((status = 200, description = "It is ended", body = EndedBody)),
    security(("api_key" = ["admin"]))
)]
async fn confirm(server: &Shared, by: &Caller, bundle_id: &str, id: &str) -> Answered<axum::Json<EndedBody>> {
    let (app, id) = open(server, by, bundle_id, id).await?;
    let touched = server.engine.confirm(id, by.key_id()).await?;
    ended(server, app, id, touched).await
}

/// An incident of the app that goes on.
async fn open(
    server: &Shared,
    by: &Caller,
    bundle_id: &str,
    id: &str,
) -> Result<(AppId, IncidentId), Problem> {
    let app = server.app(by, bundle_id).await?;
    let row = find(server, app, read_id(id)?).await?;
    match row.end {
        None => Ok((app, row.incident.id)),
        Some(_) => Err(has_ended()),
    }
}

async fn ended(
    server: &Shared,
    app: AppId,
    id: IncidentId,
    touched: Option<u64>,
) -> Answered<axum::Json<EndedBody>> {
    let touched = touched.ok_or_else(has_ended)?;
    let row = find(server, app, id).await?;
    let incident = IncidentBody::from(&row);
    Ok(axum::Json(EndedBody { incident, touched }))
}

async fn find(server: &Shared, app: AppId, id: IncidentId) -> Result<IncidentRow, Problem> {
    let found = server.store.incident(id).await?.filter(|row| row.app_id == app);
    found.ok_or_else(|| {
        let detail = "There is no such incident of this app.";
        Problem::new(ProblemKind::IncidentNotFound, detail).at("id")
    })
}

fn read_id(text: &str) -> Result<IncidentId, Problem> {
    text.parse()
        .map_err(|_not_a_uuid| Problem::field("id", "It is not a UUID, as ids of incidents are."))
}

fn has_ended() -> Problem {
    Problem::new(ProblemKind::IncidentEnded, "It has ended already.").at("id")
}

impl From<&IncidentRow> for IncidentBody {
    fn from(row: &IncidentRow) -> Self {
        let incident = &row.incident;
        let open = row.end.is_none();
        Self {
            id: incident.id.to_string(),
            environment: row.environment.as_str(),
            credential_id: row.credential_id.map(|id| id.to_string()),
            open,
            cause: cause(&incident.cause),
            reason: incident.cause.reason().as_str().to_owned(),
            summary: summary(row),
            advice: advice(row),
            opened_at: incident.opened_at.to_string(),
            since: incident.since.to_string(),
            end: row.end.map(|end| match end {
                IncidentEnd::Recovered => "recovered",
                IncidentEnd::Released => "released",
                IncidentEnd::Confirmed => "confirmed",
            }),
            ended_at: row.ended_at.map(|at| at.to_string()),
            canaries: CanariesBody {
                accepted_in_a_row: incident.accepted_in_a_row,
                refused: incident.refused,
                next_at: open.then(|| incident.next_canary_at.to_string()),
            },
            details: row.details.clone(),
            help: help::path(incident.cause.reason().as_str()),
            diagnosis: None,
        }
    }
}

const fn cause(cause: &IncidentCause) -> &'static str {
    match cause {
        IncidentCause::CredentialRefused { .. } => "credential_refused",
        _ => "proven_tokens_refused",
    }
}

pub(crate) fn summary(row: &IncidentRow) -> String {
    let environment = row.environment;
    match &row.incident.cause {
        IncidentCause::CredentialRefused { status, reason } => {
            let meaning = row.incident.cause.reason().guidance().meaning;
            format!(
                "APNs refuses what is sent in {environment} with {status} {reason}: {meaning} It says nothing of any \
                 device token; notifications wait."
            )
        }
        IncidentCause::ProvenTokensRefused { reason, against } => format!(
            "APNs answers {reason} to device tokens that it accepted in {environment} before; {against} of them were \
             enough to notice. What it says against device tokens is not believed for now, and notifications wait."
        ),
        _ => format!("Something is wrong with what is sent in {environment}; notifications wait."),
    }
}

pub(crate) fn advice(row: &IncidentRow) -> String {
    if row.end.is_some() {
        return "Nothing: it is over.".to_owned();
    }
    let what_to_do = row.incident.cause.reason().guidance().what_to_do;
    match &row.incident.cause {
        IncidentCause::CredentialRefused { .. } => format!(
            "{what_to_do} It ends by itself as soon as APNs accepts a notification again."
        ),
        _ => "Look at what was changed just before: credential, environment, topic. Once that is mended it ends by \
              itself. `release` it if the fault was ours or Apple's, `confirm` it if the device tokens are really bad."
            .to_owned(),
    }
}
