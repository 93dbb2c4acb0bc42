//! Sending again, carefully: ten, a tenth, the rest; with what each step touches before, and what came of it after.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::{BundleId, Environment, Timestamp};
use tidings_store::{
    AppId, LeftOut, ProblemId, ReplayId, ReplayPlan, ReplayStep, ReplayStepName, StepCourse,
};

use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{As, Operator, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, grouped, plural};
use crate::parameters::Place;
use crate::problems::{cause, replay};
use crate::server::Shared;

#[derive(Template)]
#[template(path = "dashboard/replay.html")]
struct ReplayPage {
    frame: Frame,
    id: String,
    title: Foreign,
    app: Foreign,
    app_address: String,
    environment: &'static str,
    meaning: &'static str,
    what_to_do: &'static str,
    recipients: String,
    made: Moment,
    by: Foreign,
    explanation: String,
    left_out: Vec<(String, &'static str)>,
    steps: Vec<StepLine>,
    next: Option<Next>,
    is_open: bool,
    /// Something of it may still come.
    is_live: bool,
}

/// One of the three steps, whether it has begun or not.
struct StepLine {
    sign: Sign,
    name: &'static str,
    wanted: String,
    /// When it began, and by whom.
    begun: Option<(Moment, Foreign)>,
    delivered: String,
    failed: String,
    spared: String,
    waiting: String,
}

/// The step that can be begun.
struct Next {
    name: &'static str,
    button: String,
}

/// `GET /dashboard/replays/{id}`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>, Place(id): Place<String>) -> Shown {
    let frame = Frame::new(Page::Problems, &who, &server).await?;
    let plan = find(&server, &id).await?;
    let names = server.bundle_ids().await?;
    let app = names
        .get(&plan.app_id)
        .map(ToString::to_string)
        .unwrap_or_default();
    page::show(&described(frame, &plan, &app, server.clock.now()))
}

fn described(frame: Frame, plan: &ReplayPlan, app: &str, now: Timestamp) -> ReplayPage {
    let guidance = cause::guidance(&plan.cause);
    ReplayPage {
        frame,
        id: plan.id.to_string(),
        title: Foreign::short(&cause::title(&plan.cause), 80),
        app: Foreign::new(app),
        app_address: format!("/dashboard/apps/{app}"),
        environment: plan.cause.environment.map_or("not sent", Environment::as_str),
        meaning: guidance.meaning,
        what_to_do: guidance.what_to_do,
        recipients: plural(plan.recipients, "recipient"),
        made: Moment::new(plan.created_at, now),
        by: Foreign::short(&plan.by, 60),
        explanation: replay::explanation(plan),
        left_out: left_out(&plan.left_out),
        steps: ReplayStepName::ALL
            .into_iter()
            .map(|name| StepLine::new(name, plan, now))
            .collect(),
        next: plan.next().map(|(step, recipients)| Next {
            name: step.as_str(),
            button: format!("Send again to {}", plural(recipients, "recipient")),
        }),
        is_open: plan.ended_at.is_none(),
        is_live: plan.ended_at.is_none()
            || plan
                .steps
                .iter()
                .any(|step| step.course() == StepCourse::UnderWay),
    }
}

fn left_out(left_out: &LeftOut) -> Vec<(String, &'static str)> {
    let all = [
        (left_out.expired, "whose time is over"),
        (
            left_out.retired,
            "whose device token is dead, refused or superseded",
        ),
        (left_out.quarantined, "whose device token is in doubt"),
        (
            left_out.gone,
            "whose device token was forgotten, or that are not kept any more",
        ),
        (left_out.before, "that were sent again before"),
    ];
    let all = all.into_iter().filter(|(count, _)| *count > 0);
    all.map(|(count, why)| (grouped(count), why)).collect()
}

const fn step_title(name: ReplayStepName) -> &'static str {
    match name {
        ReplayStepName::Ten => "First ten",
        ReplayStepName::Tenth => "One in ten",
        ReplayStepName::Rest => "The rest",
    }
}

impl StepLine {
    fn new(name: ReplayStepName, plan: &ReplayPlan, now: Timestamp) -> Self {
        let begun = plan.steps.iter().find(|step| step.name == name);
        let dash = || "–".to_owned();
        let count = |of: fn(&ReplayStep) -> u64| begun.map_or_else(dash, |step| grouped(of(step)));
        let next = plan.next().filter(|(next, _)| *next == name);
        Self {
            sign: match begun.map(ReplayStep::course) {
                None | Some(StepCourse::UnderWay) => Sign::Quiet,
                Some(StepCourse::Well) => Sign::Good,
                Some(StepCourse::Badly) => Sign::Bad,
            },
            name: step_title(name),
            wanted: match (begun, next) {
                (Some(step), _) => grouped(step.wanted),
                (None, Some((_, recipients))) => grouped(recipients),
                (None, None) => dash(),
            },
            begun: begun.map(|step| (Moment::new(step.begun_at, now), Foreign::short(&step.by, 40))),
            delivered: count(|step| step.delivered),
            failed: count(|step| step.failed),
            spared: count(|step| step.spared),
            waiting: count(|step| step.waiting),
        }
    }
}

async fn find(server: &Shared, id: &str) -> Result<ReplayPlan, Refusal> {
    let missing = || Refusal::not_found("replay");
    let id: ReplayId = id.parse().map_err(|_slip| missing())?;
    server.store.replay_by_id(id).await?.ok_or_else(missing)
}

/// `POST /dashboard/apps/{bundle_id}/problems/{problem}/replay`: plans it, and sends nothing.
pub(crate) async fn plan(
    State(server): State<Shared>,
    who: As<Operator>,
    Place((bundle_id, problem)): Place<(String, String)>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let missing = || Refusal::not_found("problem");
    let problem: ProblemId = problem.parse().map_err(|_slip| missing())?;
    let app = app(&server, &bundle_id).await?;
    let plan = replay::plan(&server, app, problem, &who.actor()).await?;
    Ok(shown(plan.id))
}

async fn app(server: &Shared, bundle_id: &str) -> Result<AppId, Refusal> {
    let missing = || Refusal::not_found("app");
    let bundle_id: BundleId = bundle_id.parse().map_err(|_slip| missing())?;
    let app = server.store.app(&bundle_id).await?.ok_or_else(missing)?;
    Ok(app.id)
}

/// `POST /dashboard/replays/{id}/send`: begins a step. Pressed twice, it is begun once.
pub(crate) async fn send(
    State(server): State<Shared>,
    who: As<Operator>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    let fields = form.of(&who)?;
    let step = fields.text("step");
    let step = ReplayStepName::ALL
        .into_iter()
        .find(|known| known.as_str() == step);
    let step = step.ok_or_else(|| Refusal::not_found("step"))?;
    let plan = find(&server, &id).await?;
    replay::begin(&server, plan.app_id, plan.id, step, &who.actor()).await?;
    Ok(shown(plan.id))
}

/// `POST /dashboard/replays/{id}/stop`.
pub(crate) async fn stop(
    State(server): State<Shared>,
    who: As<Operator>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let plan = find(&server, &id).await?;
    let now = server.clock.now();
    server
        .store
        .stop_replay(plan.app_id, plan.id, &who.actor(), now)
        .await?;
    Ok(shown(plan.id))
}

fn shown(id: ReplayId) -> axum::response::Response {
    Redirect::to(&format!("/dashboard/replays/{id}")).into_response()
}
