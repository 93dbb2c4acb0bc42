//! Problems over HTTP: what failed, by its cause, and sending it again, carefully.

pub(crate) mod cause;
pub(crate) mod replay;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tidings_apns::Environment;
use tidings_store::{Problem as Cause, ProblemId};
use utoipa::ToSchema;

use crate::authentication::{By, Caller, Read, Send};
use crate::names::EnvironmentName;
use crate::parameters::{Place, action};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::routing::unknown_action;
use crate::server::Shared;

use replay::ReplayBody;

/// Recipients that failed, or wait, for one cause.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemCause)]
pub(crate) struct CauseBody {
    /// Its name, which stays the same: sixteen hexadecimal digits.
    id: String,
    /// Where it was sent; `null` where it was not.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<&'static str>,
    /// The status of the answer; `null` where there was none.
    status: Option<u16>,
    /// The reason that it gave.
    reason: Option<String>,
    /// The cause in a few words.
    title: String,
    /// What it means.
    meaning: &'static str,
    /// Whose fault it is, as far as that can be known.
    fault: &'static str,
    /// What to do.
    what_to_do: &'static str,
    /// How many recipients have it.
    recipients: u64,
    /// Where they are: how many by outcome, or `waiting`, `held`, `parked`.
    outcomes: BTreeMap<&'static str, u64>,
    /// When it was met first.
    #[schema(format = DateTime)]
    first_at: String,
    /// When it was met last.
    #[schema(format = DateTime)]
    last_at: String,
    /// Why nothing of it can be sent again; `null` where it may be.
    not_replayable: Option<&'static str>,
}

/// The problems of an app, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemList {
    problems: Vec<CauseBody>,
}

impl From<&Cause> for CauseBody {
    fn from(problem: &Cause) -> Self {
        let guidance = cause::guidance(&problem.cause);
        let answer = problem.cause.answer.as_ref();
        let stages = problem.stages.iter();
        Self {
            id: problem.cause.id().to_string(),
            environment: problem.cause.environment.map(Environment::as_str),
            status: answer.map(|(status, _)| *status),
            reason: answer
                .map(|(_, reason)| reason.clone())
                .filter(|reason| !reason.is_empty()),
            title: cause::title(&problem.cause),
            meaning: guidance.meaning,
            fault: guidance.fault,
            what_to_do: guidance.what_to_do,
            recipients: problem.recipients(),
            outcomes: stages.map(|(stage, count)| (stage.as_str(), *count)).collect(),
            first_at: problem.first_at.to_string(),
            last_at: problem.last_at.to_string(),
            not_replayable: cause::refusal(problem),
        }
    }
}

/// Lists what went wrong, by its cause, the newest first
///
/// Of recipients that are kept. What has the same cause is one entry, however many it touches; at most a thousand are told.
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/problems",
    operation_id = "list_problems",
    tag = "problems",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    responses((status = 200, description = "The problems", body = ProblemList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
) -> Answered<axum::Json<ProblemList>> {
    let app = server.app(&by, &bundle_id).await?;
    let problems = server.store.problems(Some(app)).await?;
    Ok(axum::Json(ProblemList {
        problems: problems.iter().map(CauseBody::from).collect(),
    }))
}

/// Describes a problem
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/problems/{problem}",
    operation_id = "describe_problem",
    tag = "problems",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("problem" = String, Path, description = "The cause")
    ),
    responses((status = 200, description = "The problem", body = CauseBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, problem)): Place<(String, String)>,
) -> Answered<axum::Json<CauseBody>> {
    let app = server.app(&by, &bundle_id).await?;
    let problem = read_id(&problem)?;
    let problems = server.store.problems(Some(app)).await?;
    let found = problems.iter().find(|known| known.cause.id() == problem);
    Ok(axum::Json(CauseBody::from(found.ok_or_else(not_found)?)))
}

/// `POST …/problems/{problem}:replay`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, segment)): Place<(String, String)>,
) -> Answered<Response> {
    match action(&segment) {
        (problem, Some("replay")) => plan_replay(&server, &by, &bundle_id, problem).await,
        _ => Err(unknown_action()),
    }
}

/// Plans to send again what failed for a cause
///
/// Nothing is sent by it: it is found out for whom it would be, and whom it leaves out. There is one plan for a cause at a
/// time; while it has not ended, it is the answer.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/problems/{problem}:replay",
    operation_id = "plan_replay",
    tag = "problems",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("problem" = String, Path, description = "The cause")
    ),
    responses((
        status = 201,
        description = "The plan",
        body = ReplayBody,
        headers(("Location" = String, description = "Where to ask for it"))
    )),
    security(("api_key" = ["send"]))
)]
async fn plan_replay(server: &Shared, by: &Caller, bundle_id: &str, problem: &str) -> Answered<Response> {
    let app = server.app(by, bundle_id).await?;
    let problem = read_id(problem)?;
    let plan = replay::plan(server, app, problem, by.key_id()).await?;
    let location = format!("/v1/apps/{bundle_id}/replays/{}", plan.id);
    let body = axum::Json(ReplayBody::from(&plan));
    Ok((StatusCode::CREATED, [("location", location)], body).into_response())
}

fn read_id(text: &str) -> Result<ProblemId, Problem> {
    text.parse()
        .map_err(|_slip| Problem::field("problem", "It is not sixteen hexadecimal digits."))
}

pub(crate) fn not_found() -> Problem {
    let detail = "There is no such problem of this app.";
    Problem::new(ProblemKind::ProblemNotFound, detail).at("problem")
}
