//! Problems by their cause: one bad deploy is one line, however many devices it touches.
//!
//! The store keeps count of them, so that the page looks at as many rows as it shows.

use askama::Template;
use axum::extract::State;
use tidings_apns::{Environment, Timestamp};
use tidings_store::{Problem as Cause, ProblemCause, ProblemStage, RecentException, RecipientOutcome};
use tidings_truth::TokenState;

use super::app_health::AppFacts;
use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::session::{As, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, grouped, plural, words};
use crate::problem::Problem;
use crate::problems::cause::{self, Guidance};
use crate::server::{BundleIds, Shared};

/// Examples of each.
const EXAMPLES: usize = 10;

/// Problems that are shown.
const SHOWN: usize = 50;

/// Plans that are looked through for those that go on.
const PLANS: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/problems.html")]
struct ProblemsPage {
    frame: Frame,
    groups: Vec<Group>,
    held: Vec<HeldLine>,
    is_cut: bool,
}

/// What has one cause.
struct Group {
    sign: Sign,
    title: Foreign,
    app: Foreign,
    environment: &'static str,
    meaning: &'static str,
    fault: &'static str,
    what_to_do: &'static str,
    /// How often APNs said so since the start.
    answered: Option<String>,
    recipients: String,
    first: Moment,
    last: Moment,
    outcomes: String,
    examples: Vec<Example>,
    replay: Replay,
}

/// Whether what failed can be sent again.
enum Replay {
    /// It is planned already.
    Planned(String),
    /// It can be planned: where, and for how many at most.
    Possible(String, String),
    /// Why not.
    Refused(&'static str),
}

struct Example {
    notification: String,
    device: String,
    at: Option<Moment>,
}

/// Device tokens in a state that somebody may want to look at.
struct HeldLine {
    sign: Sign,
    app: Foreign,
    state: &'static str,
    meaning: &'static str,
    count: String,
    address: String,
}

/// `GET /dashboard/problems`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let frame = Frame::new(Place::Problems, &who, &server).await?;
    let mut problems = server.store.problems(None).await?;
    let is_cut = problems.len() > SHOWN;
    problems.truncate(SHOWN);
    let names = server.bundle_ids().await?;
    let plans = server.store.newest_replays(None, PLANS).await?;
    let now = server.clock.now();
    let mut groups = Vec::with_capacity(problems.len());
    for problem in &problems {
        let examples = server.store.problem_examples(problem, EXAMPLES).await?;
        let id = problem.cause.id();
        let plan = plans
            .iter()
            .find(|plan| plan.problem == id && plan.ended_at.is_none());
        let plan = plan.map(|plan| format!("/dashboard/replays/{}", plan.id));
        groups.push(Group::new(problem, &examples, plan, &names, &server, now));
    }
    page::show(&ProblemsPage {
        frame,
        groups,
        held: held(&server).await?,
        is_cut,
    })
}

/// How bad it is.
pub(crate) fn sign(cause: &ProblemCause) -> Sign {
    match (&cause.answer, cause.stage) {
        (Some((403, _)), _) => Sign::Bad,
        (Some((410, _)), _) | (None, Some(ProblemStage::Ended(RecipientOutcome::Undeliverable))) => {
            Sign::Quiet
        }
        _ => Sign::Watch,
    }
}

impl Group {
    fn new(
        problem: &Cause,
        examples: &[RecentException],
        plan: Option<String>,
        names: &BundleIds,
        server: &Shared,
        now: Timestamp,
    ) -> Self {
        let cause = &problem.cause;
        let app = names
            .get(&cause.app_id)
            .map(ToString::to_string)
            .unwrap_or_default();
        let Guidance {
            meaning,
            fault,
            what_to_do,
        } = cause::guidance(cause);
        let outcomes = problem.stages.iter();
        let outcomes: Vec<_> = outcomes
            .map(|(stage, count)| format!("{} {}", grouped(*count), words(stage.as_str())))
            .collect();
        Self {
            sign: sign(cause),
            title: Foreign::short(&cause::title(cause), 80),
            environment: cause.environment.map_or("not sent", Environment::as_str),
            meaning,
            fault,
            what_to_do,
            answered: answered(cause, server).map(grouped),
            recipients: plural(problem.recipients(), "recipient"),
            first: Moment::new(problem.first_at, now),
            last: Moment::new(problem.last_at, now),
            outcomes: outcomes.join(", "),
            examples: examples.iter().map(|one| Example::new(one, &app, now)).collect(),
            replay: Replay::of(problem, plan, &app),
            app: Foreign::new(app),
        }
    }
}

impl Replay {
    fn of(problem: &Cause, plan: Option<String>, app: &str) -> Self {
        match (plan, cause::refusal(problem)) {
            (Some(address), _) => Self::Planned(address),
            (None, Some(why)) => Self::Refused(why),
            (None, None) => Self::Possible(
                format!("/dashboard/apps/{app}/problems/{}/replay", problem.cause.id()),
                plural(problem.failed(), "recipient"),
            ),
        }
    }
}

impl Example {
    fn new(exception: &RecentException, app: &str, now: Timestamp) -> Self {
        let sent_at = exception.recipient.sent_at;
        Self {
            notification: format!(
                "/dashboard/apps/{app}/notifications/{}",
                exception.notification_id
            ),
            device: format!("/dashboard/devices/{}", exception.recipient.device_id),
            at: sent_at.map(|at| Moment::new(at, now)),
        }
    }
}

/// How often APNs has answered so since the start.
fn answered(cause: &ProblemCause, server: &Shared) -> Option<u64> {
    let (status, reason) = cause.answer.as_ref()?;
    let counters = server.engine.counters();
    let same = counters.attempts.iter().filter(|attempt| {
        attempt.app_id == cause.app_id
            && Some(attempt.environment) == cause.environment
            && attempt.answer.status == *status
            && *attempt.answer.reason == **reason
    });
    let count: u64 = same.map(|attempt| attempt.count).sum();
    (count > 0).then_some(count)
}

async fn held(server: &Shared) -> Result<Vec<HeldLine>, Problem> {
    const WORTH_A_LOOK: [TokenState; 3] = [
        TokenState::Quarantined,
        TokenState::Rejected,
        TokenState::Unregistered,
    ];
    let mut lines = Vec::new();
    for facts in AppFacts::all(server).await? {
        let states = facts.by_state();
        let wanted = states
            .into_iter()
            .filter(|(state, _)| WORTH_A_LOOK.contains(state));
        lines.extend(wanted.map(|(state, count)| HeldLine {
            sign: Sign::of_state(state),
            app: Foreign::new(&facts.app.bundle_id),
            state: state.as_str(),
            meaning: state.in_words(),
            count: grouped(count),
            address: format!("/dashboard/devices?app={}&state={state}", facts.app.bundle_id),
        }));
    }
    Ok(lines)
}
