//! Problems by their cause: one bad deploy is one line, however many devices it touches.
//!
//! What was answered is counted exactly since the start of the server; since when, and examples, come from the newest
//! recipients that are written down. Neither counts rows without a bound.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use tidings_apns::{Environment, Reason, Timestamp};
use tidings_store::{AppId, RecentException, RecipientOutcome, RecipientState};
use tidings_truth::TokenState;

use super::app_health::AppFacts;
use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::session::{As, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, grouped, plural};
use crate::notifications::recipients::outcome;
use crate::problem::Problem;
use crate::server::{BundleIds, Shared};

/// So many of the newest recipients are looked at.
const LOOKED_AT: usize = 5_000;

/// Examples of each.
const EXAMPLES: usize = 10;

/// Problems that are shown.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/problems.html")]
struct ProblemsPage {
    frame: Frame,
    groups: Vec<Group>,
    held: Vec<HeldLine>,
    looked_at: String,
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
    recent: String,
    first: Option<Moment>,
    last: Option<Moment>,
    outcomes: String,
    examples: Vec<Example>,
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

/// What makes problems the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    app: AppId,
    environment: Option<Environment>,
    /// The status and the reason; none where nothing was sent.
    answer: Option<(u16, String)>,
    /// How it ended, where there was no answer.
    ended: Option<&'static str>,
}

/// What was found of a cause.
#[derive(Default)]
struct Found {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    outcomes: BTreeMap<&'static str, u64>,
    examples: Vec<RecentException>,
}

/// `GET /dashboard/problems`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let frame = Frame::new(Place::Problems, &who, &server).await?;
    let recent = server.store.recent_exceptions(LOOKED_AT).await?;
    let names = server.bundle_ids().await?;
    let now = server.clock.now();
    let mut causes: Vec<_> = by_cause(recent).into_iter().collect();
    causes.sort_by_key(|(_, found)| std::cmp::Reverse(found.last));
    causes.truncate(SHOWN);
    let group = |(cause, found): &(Cause, Found)| Group::new(cause, found, &names, &server, now);
    page::show(&ProblemsPage {
        frame,
        groups: causes.iter().map(group).collect(),
        held: held(&server).await?,
        looked_at: grouped(LOOKED_AT as u64),
    })
}

fn by_cause(recent: Vec<RecentException>) -> BTreeMap<Cause, Found> {
    let mut causes: BTreeMap<Cause, Found> = BTreeMap::new();
    for exception in recent {
        let Some(cause) = Cause::of(&exception) else {
            continue;
        };
        causes.entry(cause).or_default().add(exception);
    }
    causes
}

impl Cause {
    /// What is to blame; nothing where nothing is wrong: what waits for its time, or was cancelled.
    fn of(exception: &RecentException) -> Option<Self> {
        let recipient = &exception.recipient;
        let answer = recipient.status.filter(|status| *status != 200).map(|status| {
            let reason = recipient.reason.as_deref().unwrap_or("no reason");
            (status, reason.to_owned())
        });
        let ended = match recipient.state {
            RecipientState::Done(RecipientOutcome::Cancelled) => return None,
            RecipientState::Waiting { .. } if answer.is_none() => return None,
            state => outcome(state),
        };
        Some(Self {
            app: exception.app_id,
            environment: recipient.environment,
            ended: answer.is_none().then_some(ended),
            answer,
        })
    }

    fn title(&self) -> String {
        match (&self.answer, self.ended) {
            (Some((status, reason)), _) => format!("{status} {reason}"),
            (None, Some("expired")) => "Too late".to_owned(),
            (None, Some("undeliverable")) => "Not in use any more".to_owned(),
            (None, Some("held" | "parked")) => "Held back".to_owned(),
            (None, other) => super::wording::words(other.unwrap_or("unknown")),
        }
    }

    /// What it means, whose fault it is, what to do.
    fn guidance(&self) -> (&'static str, &'static str, &'static str) {
        if let Some((_, reason)) = &self.answer {
            let guidance = Reason::from_name(reason).guidance();
            return (guidance.meaning, guidance.fault.as_str(), guidance.what_to_do);
        }
        match self.ended {
            Some("expired") => (
                "The time of these notifications was over before they could be sent.",
                "nobody we know",
                "Look whether something held them back: an incident, a missing credential, a pause of APNs.",
            ),
            Some("undeliverable") => (
                "The device tokens are dead or superseded, and nothing was sent to them.",
                "the device token",
                "Nothing: when the app registers again, it is sent to again.",
            ),
            Some("held" | "parked") => (
                "They wait until something changes: the end of an incident, another credential, a new registration.",
                "nobody we know",
                "Look at the incidents, and at the credentials of the app.",
            ),
            _ => (
                "The connection broke before APNs answered, and the notification was not to be sent twice.",
                "nobody we know",
                "If showing it twice is better than not at all, send with `on_unknown` set to `retry`.",
            ),
        }
    }

    fn sign(&self) -> Sign {
        match (&self.answer, self.ended) {
            (Some((status, _)), _) if *status == 410 => Sign::Quiet,
            (Some((status, _)), _) if *status == 403 => Sign::Bad,
            (None, Some("undeliverable")) => Sign::Quiet,
            _ => Sign::Watch,
        }
    }
}

impl Found {
    fn add(&mut self, exception: RecentException) {
        let at = exception.recipient.sent_at.unwrap_or(exception.accepted_at);
        self.count += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        *self
            .outcomes
            .entry(outcome(exception.recipient.state))
            .or_default() += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(exception);
        }
    }
}

impl Group {
    fn new(cause: &Cause, found: &Found, names: &BundleIds, server: &Shared, now: Timestamp) -> Self {
        let app = names.get(&cause.app).map(ToString::to_string).unwrap_or_default();
        let (meaning, fault, what_to_do) = cause.guidance();
        let outcomes = found.outcomes.iter();
        let outcomes: Vec<_> = outcomes
            .map(|(name, count)| format!("{} {}", grouped(*count), super::wording::words(name)))
            .collect();
        let moment = |at: Option<Timestamp>| at.map(|at| Moment::new(at, now));
        Self {
            sign: cause.sign(),
            title: Foreign::short(&cause.title(), 80),
            environment: cause.environment.map_or("not sent", Environment::as_str),
            meaning,
            fault,
            what_to_do,
            answered: answered(cause, server).map(grouped),
            recent: plural(found.count, "recipient"),
            first: moment(found.first),
            last: moment(found.last),
            outcomes: outcomes.join(", "),
            examples: found
                .examples
                .iter()
                .map(|one| Example::new(one, &app, now))
                .collect(),
            app: Foreign::new(app),
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
fn answered(cause: &Cause, server: &Shared) -> Option<u64> {
    let (status, reason) = cause.answer.as_ref()?;
    let counters = server.engine.counters();
    let same = counters.attempts.iter().filter(|attempt| {
        attempt.app_id == cause.app
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

#[cfg(test)]
mod tests {
    use tidings_store::{DeviceId, NotificationId, RecipientException};

    use super::*;

    fn exception(device: i64, state: RecipientState, status: Option<u16>) -> RecentException {
        let at = Timestamp::from_unix_millis(1_000);
        RecentException {
            recipient: RecipientException {
                status,
                reason: status.map(|_| "BadDeviceToken".into()),
                ..RecipientException::unsent(DeviceId(device), state)
            },
            app_id: AppId(1),
            notification_id: NotificationId::new(at),
            accepted_at: at,
        }
    }

    #[test]
    fn what_has_one_cause_is_one_problem() {
        let rejected = RecipientState::Done(RecipientOutcome::Rejected);
        let cancelled = RecipientState::Done(RecipientOutcome::Cancelled);
        let mut all: Vec<_> = (0..20).map(|n| exception(n, rejected, Some(400))).collect();
        all.push(exception(20, RecipientState::Held, Some(400)));
        all.push(exception(21, RecipientState::Held, None));
        all.push(exception(22, cancelled, None));
        let causes = by_cause(all);
        let counts: Vec<_> = causes
            .values()
            .map(|found| (found.count, found.examples.len()))
            .collect();
        assert_eq!(counts, [(1, 1), (21, 10)]);
    }
}
