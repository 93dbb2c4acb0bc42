//! The first page: whether users are reached, and if not, what to do. In an empty server: how to begin.

use askama::Template;
use axum::extract::State;
use tidings_store::Health;

use super::app_health::{AppFacts, EnvironmentHealth};
use super::chart::{Chart, newest_rate};
use super::happenings::{Happening, tell};
use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::practice::FirstSteps;
use super::pulse::{self, Beat};
use super::session::{As, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, grouped, latency, length, plural};
use crate::problem::Problem;
use crate::server::Shared;

/// Events that are shown.
const EVENTS: usize = 12;

/// Among so many of the newest.
const LOOKED_AT: usize = 200;

/// Apps that are shown; there is a page for all.
const APPS: usize = 20;

#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage {
    frame: Frame,
    sign: Sign,
    headline: String,
    /// What else there is to say at once.
    troubles: Vec<Foreign>,
    figures: Vec<Figure>,
    chart: Option<Chart>,
    apps: Vec<AppLine>,
    more_apps: usize,
    happenings: Vec<Happening>,
    beginning: Option<Beginning>,
    first_steps: Option<FirstSteps>,
}

/// A number with what it means.
struct Figure {
    name: &'static str,
    value: String,
    note: String,
}

/// An app in short.
struct AppLine {
    bundle_id: Foreign,
    address: String,
    health: Vec<EnvironmentHealth>,
    audience: String,
}

/// How far a newcomer is.
#[derive(Clone, Copy)]
pub(super) struct Beginning {
    pub(super) has_credential: bool,
    pub(super) has_device: bool,
    pub(super) has_sent: bool,
}

impl Beginning {
    fn of(facts: &[AppFacts], newest: &Beat) -> Self {
        Self {
            has_credential: facts.iter().any(|app| !app.credentials.is_empty()),
            has_device: facts.iter().any(|app| app.count(|_| true) > 0),
            has_sent: newest.accepted > 0,
        }
    }

    pub(super) const fn is_done(self) -> bool {
        self.has_credential && self.has_device && self.has_sent
    }
}

/// `GET /dashboard`.
pub(crate) async fn show(State(server): State<Shared>, who: As<Viewer>) -> Shown {
    let frame = Frame::new(Place::Overview, &who, &server).await?;
    let facts = AppFacts::all(&server).await?;
    let beats = beats(&server).await?;
    let newest = beats.last().copied().unwrap_or_default();
    let troubles = troubles(&server, &facts, &newest);
    let beginning = Beginning::of(&facts, &newest);
    let first_steps = FirstSteps::of(&server, beginning);
    let has_sent = first_steps
        .as_ref()
        .map_or(beginning, |steps| steps.progress)
        .has_sent;
    let (sign, headline) = headline(&facts, &troubles, has_sent);
    page::show(&OverviewPage {
        frame,
        sign,
        headline,
        troubles: troubles.into_iter().map(Foreign::new).collect(),
        figures: figures(&server, &beats, &newest),
        chart: Chart::of(&beats),
        more_apps: facts.len().saturating_sub(APPS),
        happenings: happenings(&server).await?,
        beginning: Some(beginning).filter(|begun| !(begun.has_credential && begun.has_device)),
        first_steps,
        apps: facts.iter().take(APPS).map(AppLine::from).collect(),
    })
}

/// What was measured; if nothing was yet, now.
async fn beats(server: &Shared) -> Result<Vec<Beat>, Problem> {
    let beats = server.dashboard.pulse.beats();
    if beats.is_empty() {
        return Ok(vec![pulse::measure(server).await?]);
    }
    Ok(beats)
}

fn troubles(server: &Shared, facts: &[AppFacts], newest: &Beat) -> Vec<String> {
    let mut troubles = Vec::new();
    match server.store.health() {
        Health::Healthy => {}
        Health::Full => troubles.push("There is no room left on the disk: nothing new is taken.".to_owned()),
        Health::Broken | Health::Closed => troubles.push("The store cannot be written.".to_owned()),
    }
    for app in facts {
        for health in app.health() {
            if health.sign == Sign::Bad {
                troubles.push(format!(
                    "{}, {}: see below.",
                    app.app.bundle_id,
                    health.title.to_lowercase()
                ));
            }
        }
    }
    let oldest = newest.depth.oldest_at.zip(newest.taken_at);
    let age = oldest.map(|(oldest, now)| now.saturating_since(oldest));
    if let Some(age) = age.filter(|age| age.as_secs() >= 60) {
        troubles.push(format!(
            "The oldest notification that could be sent waits for {}.",
            length(age)
        ));
    }
    troubles
}

fn headline(facts: &[AppFacts], troubles: &[String], has_sent: bool) -> (Sign, String) {
    if !troubles.is_empty() {
        let sentence = match troubles.len() {
            1 => "One thing needs somebody.".to_owned(),
            count => format!("{count} things need somebody."),
        };
        return (Sign::Bad, sentence);
    }
    if facts.is_empty() {
        return (
            Sign::Quiet,
            "The server runs, and waits for its first app.".to_owned(),
        );
    }
    if !has_sent {
        return (
            Sign::Quiet,
            "All is well; nothing was sent since the server started.".to_owned(),
        );
    }
    (Sign::Good, "All is well: what is sent reaches APNs.".to_owned())
}

fn figures(server: &Shared, beats: &[Beat], newest: &Beat) -> Vec<Figure> {
    let counters = server.engine.counters();
    // Of nothing, every quantile is the shortest.
    let measured = Some(&counters.delivery_latency).filter(|times| times.count() > 0);
    let quantile = |share| measured?.quantile(share).map(latency);
    let depth = newest.depth;
    let (waiting, held) = (depth.waiting, depth.held);
    let oldest = depth.oldest_at.zip(newest.taken_at);
    vec![
        Figure {
            name: "Accepted by APNs",
            value: grouped(newest.accepted),
            note: "since the start; accepted is not shown".to_owned(),
        },
        Figure {
            name: "Refused by APNs",
            value: grouped(newest.refused),
            note: format!("{} rerouted to the other environment", grouped(counters.rerouted)),
        },
        Figure {
            name: "Waiting",
            value: grouped(waiting + held),
            note: match oldest {
                Some((oldest, now)) => format!(
                    "{} held back; the oldest notification waits for {}",
                    grouped(held),
                    length(now.saturating_since(oldest))
                ),
                None => format!("{} of them held back", grouped(held)),
            },
        },
        Figure {
            name: "Time to APNs",
            value: quantile(0.5).unwrap_or_else(|| "–".to_owned()),
            note: match quantile(0.99) {
                Some(slow) => format!("half are faster; 99 of 100 within {slow}"),
                None => "nothing was measured yet".to_owned(),
            },
        },
        Figure {
            name: "Rate",
            value: newest_rate(beats).unwrap_or_else(|| "0.0".to_owned()),
            note: format!("requests a second; {} on their way", grouped(counters.in_flight)),
        },
    ]
}

async fn happenings(server: &Shared) -> Result<Vec<Happening>, Problem> {
    let names = server.bundle_ids().await?;
    let now = server.clock.now();
    let events = server.store.newest_events(None, LOOKED_AT, LOOKED_AT).await?;
    Ok(tell(&events, &names, now, EVENTS))
}

impl From<&AppFacts> for AppLine {
    fn from(facts: &AppFacts) -> Self {
        Self {
            bundle_id: Foreign::new(&facts.app.bundle_id),
            address: format!("/dashboard/apps/{}", facts.app.bundle_id),
            health: facts.health(),
            audience: facts.audience(),
        }
    }
}

impl OverviewPage {
    fn more_apps_in_words(&self) -> String {
        plural(self.more_apps as u64, "more app")
    }
}
