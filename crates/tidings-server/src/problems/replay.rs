//! Plans to send again, over HTTP and in words.

use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use tidings_store::{
    AppId, LeftOut, ProblemId, ReplayId, ReplayPlan, ReplayStep, ReplayStepName, StepCourse, StepWish,
};
use utoipa::ToSchema;

use super::cause;
use crate::authentication::{By, Caller, Read, Send};
use crate::body;
use crate::limits::JSON_BODY_BYTES;
use crate::parameters::{Place, action};
use crate::problem::{Answered, Problem, ProblemKind};
use crate::routing::unknown_action;
use crate::server::Shared;

/// The steps of a plan, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepName {
    /// Ten recipients.
    Ten,
    /// One in ten of all.
    Tenth,
    /// All that are left.
    Rest,
}

/// Which step is to begin.
#[derive(Deserialize, ToSchema)]
#[schema(as = ReplayStepToBegin)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepToBegin {
    step: StepName,
}

/// A plan to send again what failed for one cause.
///
/// Each recipient is sent a new notification with the payload and the expiry of the one that failed, under a new `apns-id`.
#[derive(Serialize, ToSchema)]
#[schema(as = Replay)]
pub(crate) struct ReplayBody {
    #[schema(format = "uuid")]
    id: String,
    /// The cause: the id of a problem.
    problem: String,
    /// The cause in a few words.
    title: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Who made it: the id of an API key, or somebody at the dashboard.
    created_by: String,
    /// When it ended: all was sent, or it was stopped; `null` while it goes on.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// For how many recipients it is.
    recipients: u64,
    /// How many of them no step has taken.
    left: u64,
    left_out: LeftOutBody,
    /// The steps that have begun.
    steps: Vec<StepBody>,
    /// The step that may begin now; `null` while none may.
    next: Option<NextBody>,
    /// How it stands, in a sentence.
    explanation: String,
}

/// How many recipients that failed a plan leaves out.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayLeftOut)]
pub(crate) struct LeftOutBody {
    /// The time of their notification is over.
    expired: u64,
    /// Their device token is dead, refused or superseded.
    retired: u64,
    /// Their device token is in doubt.
    quarantined: u64,
    /// Their device token was forgotten, or their notification is not kept any more.
    gone: u64,
    /// They were sent to again before.
    before: u64,
}

/// A step that has begun, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayStep)]
pub(crate) struct StepBody {
    step: StepName,
    #[schema(format = DateTime)]
    begun_at: String,
    begun_by: String,
    /// How many recipients it is for.
    recipients: u64,
    /// APNs has accepted it.
    delivered: u64,
    /// It failed again.
    failed: u64,
    /// Nothing was sent: the device token had come to its end meanwhile, or it was cancelled.
    spared: u64,
    /// It waits, or is on its way.
    waiting: u64,
    /// `under_way`, `well` or `badly`: the next step begins only after one that went well.
    course: &'static str,
}

/// The step that may begin now.
#[derive(Serialize, ToSchema)]
#[schema(as = NextReplayStep)]
pub(crate) struct NextBody {
    step: StepName,
    /// How many recipients it touches.
    recipients: u64,
}

impl From<ReplayStepName> for StepName {
    fn from(name: ReplayStepName) -> Self {
        match name {
            ReplayStepName::Ten => Self::Ten,
            ReplayStepName::Tenth => Self::Tenth,
            ReplayStepName::Rest => Self::Rest,
        }
    }
}

impl From<StepName> for ReplayStepName {
    fn from(name: StepName) -> Self {
        match name {
            StepName::Ten => Self::Ten,
            StepName::Tenth => Self::Tenth,
            StepName::Rest => Self::Rest,
        }
    }
}

impl From<&ReplayPlan> for ReplayBody {
    fn from(plan: &ReplayPlan) -> Self {
        let LeftOut {
            expired,
            retired,
            quarantined,
            gone,
            before,
        } = plan.left_out;
        Self {
            id: plan.id.to_string(),
            problem: plan.problem.to_string(),
            title: cause::title(&plan.cause),
            created_at: plan.created_at.to_string(),
            created_by: plan.by.clone(),
            ended_at: plan.ended_at.map(|at| at.to_string()),
            recipients: plan.recipients,
            left: plan.left(),
            left_out: LeftOutBody {
                expired,
                retired,
                quarantined,
                gone,
                before,
            },
            steps: plan.steps.iter().map(StepBody::from).collect(),
            next: plan.next().map(|(step, recipients)| NextBody {
                step: step.into(),
                recipients,
            }),
            explanation: explanation(plan),
        }
    }
}

impl From<&ReplayStep> for StepBody {
    fn from(step: &ReplayStep) -> Self {
        Self {
            step: step.name.into(),
            begun_at: step.begun_at.to_string(),
            begun_by: step.by.clone(),
            recipients: step.wanted,
            delivered: step.delivered,
            failed: step.failed,
            spared: step.spared,
            waiting: step.waiting,
            course: match step.course() {
                StepCourse::UnderWay => "under_way",
                StepCourse::Well => "well",
                StepCourse::Badly => "badly",
            },
        }
    }
}

/// How a plan stands, in a sentence.
pub(crate) fn explanation(plan: &ReplayPlan) -> String {
    let last = plan.steps.last();
    match (plan.next(), last.map(ReplayStep::course)) {
        _ if !plan.is_planned => "It is being found out for whom it is.".to_owned(),
        (Some((_, recipients)), None) => format!("Nothing was sent yet. The first step is for {recipients}."),
        (Some((_, recipients)), Some(_)) => {
            format!("The step before went well. The next is for {recipients}.")
        }
        (None, _) if plan.ended_at.is_some() && plan.left() > 0 => "It was stopped.".to_owned(),
        (None, Some(StepCourse::UnderWay)) => "A step is on its way; the next waits for it.".to_owned(),
        (None, Some(StepCourse::Badly)) => {
            "Too much of the last step failed again: look at why before more is sent.".to_owned()
        }
        (None, None) if plan.recipients == 0 => nothing(&plan.left_out),
        (None, _) => "All of it was sent again.".to_owned(),
    }
}

/// Why nobody is left to send to.
fn nothing(left_out: &LeftOut) -> String {
    let reasons = [
        (left_out.expired, "expired"),
        (
            left_out.retired,
            "went to device tokens that are dead, refused or superseded",
        ),
        (left_out.quarantined, "went to device tokens that are in doubt"),
        (
            left_out.gone,
            "went to device tokens that were forgotten, or are not kept any more",
        ),
        (left_out.before, "were sent again before"),
    ];
    let reasons = reasons.into_iter().filter(|(count, _)| *count > 0);
    let reasons: Vec<_> = reasons.map(|(count, why)| format!("{count} {why}")).collect();
    if reasons.is_empty() {
        "Nothing of it can be sent again: nothing is kept of what failed.".to_owned()
    } else {
        format!("Nothing of it can be sent again: {}.", reasons.join(", "))
    }
}

/// Plans to send again what failed for a cause, for anybody who may.
pub(crate) async fn plan(
    server: &Shared,
    app: AppId,
    problem: ProblemId,
    actor: &str,
) -> Result<ReplayPlan, Problem> {
    let problems = server.store.problems(Some(app)).await?;
    let known = problems.iter().find(|known| known.cause.id() == problem);
    if let Some(why) = known.and_then(cause::refusal) {
        return Err(Problem::new(ProblemKind::NothingToReplay, why).at("problem"));
    }
    let now = server.clock.now();
    let plan = server.store.plan_replay(app, problem, actor, now).await?;
    let plan = plan.ok_or_else(super::not_found)?;
    if plan.is_planned && plan.recipients == 0 {
        return Err(Problem::new(ProblemKind::NothingToReplay, nothing(&plan.left_out)).at("problem"));
    }
    Ok(plan)
}

/// Begins a step, for anybody who may. One that had begun stays as it is.
pub(crate) async fn begin(
    server: &Shared,
    app: AppId,
    id: ReplayId,
    step: ReplayStepName,
    actor: &str,
) -> Result<ReplayPlan, Problem> {
    let now = server.clock.now();
    let wish = server.store.begin_replay_step(app, id, step, actor, now).await?;
    match wish.ok_or_else(not_found)? {
        StepWish::Begun(plan) => {
            server.engine.work_arrived();
            Ok(plan)
        }
        StepWish::Known(plan) => Ok(plan),
        StepWish::Refused(plan) => {
            Err(Problem::new(ProblemKind::StepNotOffered, explanation(&plan)).at("/step"))
        }
    }
}

/// Describes a plan to send again, with what came of its steps
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/replays/{id}",
    operation_id = "describe_replay",
    tag = "problems",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The plan", format = "uuid")
    ),
    responses((status = 200, description = "The plan", body = ReplayBody)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn describe(
    State(server): State<Shared>,
    by: By<Read>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Answered<axum::Json<ReplayBody>> {
    let id = read_id(&id)?;
    let app = server.app(&by, &bundle_id).await?;
    let plan = server.store.replay(app, id).await?.ok_or_else(not_found)?;
    Ok(axum::Json(ReplayBody::from(&plan)))
}

/// `POST …/replays/{id}:send` and `:stop`.
pub(crate) async fn act(
    State(server): State<Shared>,
    by: By<Send>,
    Place((bundle_id, segment)): Place<(String, String)>,
    request: Request,
) -> Answered<axum::Json<ReplayBody>> {
    match action(&segment) {
        (id, Some("send")) => {
            let within = server.config.request_timeout;
            let bytes = body::read(request.into_body(), JSON_BODY_BYTES, within).await?;
            send(&server, &by, &bundle_id, id, &body::parse(&bytes)?).await
        }
        (id, Some("stop")) => stop(&server, &by, &bundle_id, id).await,
        _ => Err(unknown_action()),
    }
}

/// Begins a step of a plan
///
/// It is answered once its notifications are on the disk. The same step again is answered in the same way, and sends nothing
/// again. What has expired, or has lost its device token since the plan was made, is left out.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/replays/{id}:send",
    operation_id = "send_replay",
    tag = "problems",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The plan", format = "uuid")
    ),
    request_body = StepToBegin,
    responses((status = 200, description = "The plan as it stands now", body = ReplayBody)),
    security(("api_key" = ["send"]))
)]
async fn send(
    server: &Shared,
    by: &Caller,
    bundle_id: &str,
    id: &str,
    wanted: &StepToBegin,
) -> Answered<axum::Json<ReplayBody>> {
    let id = read_id(id)?;
    let app = server.app(by, bundle_id).await?;
    let plan = begin(server, app, id, wanted.step.into(), by.key_id()).await?;
    Ok(axum::Json(ReplayBody::from(&plan)))
}

/// Ends a plan
///
/// Nothing more of it is sent; what was sent goes its way. Another can be made for what is left.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/replays/{id}:stop",
    operation_id = "stop_replay",
    tag = "problems",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The plan", format = "uuid")
    ),
    responses((status = 200, description = "The plan as it stands now", body = ReplayBody)),
    security(("api_key" = ["send"]))
)]
async fn stop(server: &Shared, by: &Caller, bundle_id: &str, id: &str) -> Answered<axum::Json<ReplayBody>> {
    let id = read_id(id)?;
    let app = server.app(by, bundle_id).await?;
    let now = server.clock.now();
    let plan = server.store.stop_replay(app, id, by.key_id(), now).await?;
    Ok(axum::Json(ReplayBody::from(&plan.ok_or_else(not_found)?)))
}

fn read_id(text: &str) -> Result<ReplayId, Problem> {
    text.parse()
        .map_err(|_not_a_uuid| Problem::field("id", "It is not a UUID, as ids of replays are."))
}

fn not_found() -> Problem {
    let detail = "There is no such replay of this app.";
    Problem::new(ProblemKind::ReplayNotFound, detail).at("id")
}
