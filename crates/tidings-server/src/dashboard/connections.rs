//! Lanes, which are an app, an environment and a credential each, and their connections to APNs, with how they do now.

mod live_table;

use askama::Template;
use axum::extract::State;
use tidings_apns::Environment;
use tidings_delivery::{Histogram, LaneHealth, LaneStatus};

use self::live_table::{ConnectionLine, LogLine};
use super::app_health::credential_name;
use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::session::{As, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, grouped, latency, plural};
use crate::problem::Problem;
use crate::server::{BundleIds, Shared};

#[derive(Template)]
#[template(path = "dashboard/connections.html")]
struct ConnectionsPage {
    frame: Frame,
    lanes: Vec<LaneLine>,
    connections: Vec<ConnectionLine>,
    more_connections: String,
    log: Vec<LogLine>,
    answers: Vec<AnswerLine>,
    classes: Vec<ClassLine>,
    measured: String,
}

struct LaneLine {
    sign: Sign,
    app: Foreign,
    app_address: String,
    environment: &'static str,
    credential: Foreign,
    health: String,
    on_their_way: String,
}

/// How often APNs answered so.
struct AnswerLine {
    sign: Sign,
    app: Foreign,
    environment: &'static str,
    answer: Foreign,
    count: String,
}

/// How many answers took so long.
struct ClassLine {
    name: String,
    count: String,
    /// Of the fullest class, in hundredths.
    share: u64,
}

/// `GET /dashboard/connections`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let frame = Frame::new(Place::Connections, &who, &server).await?;
    let names = server.bundle_ids().await?;
    let mut lanes = Vec::new();
    for lane in server.engine.lanes() {
        lanes.push(lane_line(&lane, &names, &server).await?);
    }
    let counters = server.engine.counters();
    let report = server.engine.connections();
    page::show(&ConnectionsPage {
        frame,
        lanes,
        connections: live_table::connections(&report, &names),
        more_connections: live_table::more(&report),
        log: live_table::log(&report, &names, server.clock.now()),
        answers: answers(&server, &names),
        classes: classes(&counters.answer_latency),
        measured: plural(counters.answer_latency.count(), "answer"),
    })
}

async fn lane_line(lane: &LaneStatus, names: &BundleIds, server: &Shared) -> Result<LaneLine, Problem> {
    let app = names
        .get(&lane.app_id)
        .map(ToString::to_string)
        .unwrap_or_default();
    let credentials = server.store.credentials(lane.app_id).await?;
    let used = credentials.iter().find(|row| Some(row.id) == lane.credential_id);
    let (sign, health) = match &lane.health {
        LaneHealth::Healthy => (Sign::Good, "Everything is sent.".to_owned()),
        LaneHealth::Cautious { allowance } => (
            Sign::Watch,
            format!(
                "APNs is not well: at most {} at once.",
                plural(*allowance, "request")
            ),
        ),
        LaneHealth::Incident { .. } => (Sign::Bad, "An incident: only canaries are sent.".to_owned()),
        LaneHealth::NoCredential => (Sign::Bad, "There is no credential that can be used.".to_owned()),
    };
    Ok(LaneLine {
        sign,
        app_address: format!("/dashboard/apps/{app}"),
        app: Foreign::new(app),
        environment: lane.environment.as_str(),
        credential: Foreign::new(used.map_or("none".to_owned(), credential_name)),
        health,
        on_their_way: grouped(lane.in_flight),
    })
}

fn answers(server: &Shared, names: &BundleIds) -> Vec<AnswerLine> {
    let mut attempts = server.engine.counters().attempts;
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.count));
    let line = |attempt: &tidings_delivery::AttemptCount| AnswerLine {
        sign: match attempt.answer.status {
            200 => Sign::Good,
            410 => Sign::Quiet,
            403 => Sign::Bad,
            _ => Sign::Watch,
        },
        app: Foreign::new(
            names
                .get(&attempt.app_id)
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        environment: Environment::as_str(attempt.environment),
        answer: Foreign::short(&answer(attempt.answer.status, &attempt.answer.reason), 60),
        count: grouped(attempt.count),
    };
    attempts.iter().take(50).map(line).collect()
}

fn answer(status: u16, reason: &str) -> String {
    match status {
        0 => super::wording::words(reason),
        200 => "200 accepted".to_owned(),
        status => format!("{status} {reason}"),
    }
}

fn classes(histogram: &Histogram) -> Vec<ClassLine> {
    let classes: Vec<_> = histogram.classes().collect();
    let fullest = classes
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default()
        .max(1);
    let last = classes.iter().rposition(|(_, count)| *count > 0);
    let shown = last.map_or(0, |last| last + 1);
    let line = |(bound, count): &(Option<std::time::Duration>, u64)| ClassLine {
        name: bound.map_or("longer".to_owned(), |bound| format!("up to {}", latency(bound))),
        count: grouped(*count),
        share: count * 100 / fullest,
    };
    classes.iter().take(shown).map(line).collect()
}
