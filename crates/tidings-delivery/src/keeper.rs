//! Keeps the incidents: writes new ones down, sends their canaries, and ends those that are over.

mod canary;
mod story;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use tidings_apns::Environment;
use tidings_store::{AuditEntry, IncidentId, StoreError};
use tidings_truth::{CanaryStep, Incident, IncidentCause, IncidentEnd, RestoreCause};

use self::canary::CanaryAnswer;
use crate::direct::LONGEST;
use crate::lane::Lane;
use crate::shared::Shared;

/// The shortest pause between two canaries.
const SHORTEST: Duration = Duration::from_millis(100);

/// A canary for which nobody waits is looked for again after so long.
const NO_CANARY: Duration = Duration::from_secs(5);

/// Takes over the incidents that were open at the last end, and lets what no incident holds any more be sent.
pub(crate) async fn resume(shared: &Arc<Shared>) -> Result<(), StoreError> {
    let now = shared.now();
    let mut open = BTreeSet::new();
    for row in shared.store.open_incidents().await? {
        open.insert((row.app_id, row.environment.as_str()));
        let mut incident = row.incident;
        // The date may have been set back since.
        let latest = now.steady.saturating_add(shared.config.incidents.longest_pause);
        incident.next_canary_at = incident.next_canary_at.min(latest);
        let lane = shared.lanes.lane(row.app_id, row.environment, now.wall);
        lane.state().resume(incident);
    }
    for app in shared.store.apps().await? {
        for environment in Environment::ALL {
            if !open.contains(&(app.id, environment.as_str())) {
                shared.store.unpark(app.id, environment, now.wall).await?;
            }
        }
    }
    Ok(())
}

/// Keeps the incidents until the engine ends, or no new work is taken.
pub(crate) async fn run(shared: Arc<Shared>) -> Result<(), StoreError> {
    while shared.is_working() {
        let mut until = LONGEST;
        for lane in shared.lanes.all() {
            until = until.min(look_after(&shared, &lane).await?);
        }
        let woken = std::pin::pin!(shared.keeper_wake.notified());
        future::select(woken, shared.clock.sleep(until)).await;
    }
    Ok(())
}

/// Looks after the incident of a lane, if it has one; how long until it must be looked after again.
async fn look_after(shared: &Arc<Shared>, lane: &Arc<Lane>) -> Result<Duration, StoreError> {
    let Some(open) = lane.state().incident().cloned() else {
        return Ok(LONGEST);
    };
    if !open.is_kept {
        keep(shared, lane, &open.incident).await?;
    }
    match open.incident.canary(shared.steady.now()) {
        CanaryStep::Wait(at) => Ok(at.saturating_since(shared.steady.now())),
        CanaryStep::Send => send_canary(shared, lane).await,
    }
}

/// Writes a new incident down. From then on the store doubts what speaks against device tokens there; what did so before is
/// doubted now.
async fn keep(shared: &Arc<Shared>, lane: &Arc<Lane>, incident: &Incident) -> Result<(), StoreError> {
    save(shared, lane, incident, None).await?;
    let mut doubted = 0;
    if matches!(incident.cause, IncidentCause::ProvenTokensRefused { .. }) {
        let now = shared.clock.now();
        doubted = shared
            .persist(|| {
                shared
                    .store
                    .doubt(lane.app, lane.environment, incident.since, incident.id, now)
            })
            .await?;
    }
    tracing::warn!(
        app = %lane.app,
        environment = %lane.environment,
        incident = %incident.id,
        doubted,
        sentence = story::sentence(incident, lane.environment),
        help = format!("/help/{}", incident.cause.reason().as_str()),
        "an incident has opened"
    );
    if let Some(open) = lane.state().incident_mut() {
        open.is_kept = true;
    }
    Ok(())
}

/// Sends one canary and draws the conclusion; how long until the next.
async fn send_canary(shared: &Arc<Shared>, lane: &Arc<Lane>) -> Result<Duration, StoreError> {
    let answer = canary::send(shared, lane).await?;
    let now = shared.steady.now();
    let rules = &shared.config.incidents;
    let (incident, end) = {
        let mut state = lane.state();
        let Some(open) = state.incident_mut() else {
            return Ok(LONGEST);
        };
        let incident = &mut open.incident;
        let mut end = None;
        match answer {
            CanaryAnswer::NobodyWaits => return Ok(NO_CANARY),
            CanaryAnswer::Accepted => end = incident.canary_accepted(now, rules),
            CanaryAnswer::Refused => incident.canary_refused(now, rules),
            CanaryAnswer::Unanswered => incident.canary_unanswered(now, rules),
            CanaryAnswer::SaidNothing => incident.canary_said_nothing(now),
        }
        (incident.clone(), end)
    };
    match end {
        None => save(shared, lane, &incident, None).await?,
        Some(end) => {
            finish(shared, lane, &incident, end).await?;
        }
    }
    Ok(incident.next_canary_at.saturating_since(now).max(SHORTEST))
}

/// Ends an incident in whatever way; how many device tokens that concerned.
///
/// The order is such that a crash between two steps leaves the incident open, or what it held free to be sent.
async fn finish(
    shared: &Arc<Shared>,
    lane: &Arc<Lane>,
    incident: &Incident,
    end: IncidentEnd,
) -> Result<u64, StoreError> {
    let store = &shared.store;
    let (app, id) = (lane.app, incident.id);
    let now = shared.clock.now();
    let why = RestoreCause::IncidentReleased { incident: id };
    let concerned = match end {
        IncidentEnd::Recovered | IncidentEnd::Released => {
            let released = shared
                .persist(|| store.release(app, Some(id), why.clone(), now))
                .await?;
            // The mistake was the app's: a lane that is too quiet for an incident suffered from it as well.
            let excused = shared
                .persist(|| store.excuse(app, incident.since, id, now))
                .await?;
            released + excused
        }
        IncidentEnd::Confirmed => shared.persist(|| store.confirm(app, id, now)).await?,
    };
    save(shared, lane, incident, Some(end)).await?;
    lane.state().recover();
    lane.changed.notify_waiters();
    shared
        .persist(|| store.unpark(app, lane.environment, now))
        .await?;
    tracing::info!(%app, environment = %lane.environment, incident = %id, concerned, ?end, "an incident has ended");
    shared.wake_all();
    Ok(concerned)
}

async fn save(
    shared: &Arc<Shared>,
    lane: &Lane,
    incident: &Incident,
    end: Option<IncidentEnd>,
) -> Result<(), StoreError> {
    let details = story::details(shared, lane, incident).await?;
    let (store, now) = (&shared.store, shared.clock.now());
    shared
        .persist(|| {
            store.save_incident(
                lane.app,
                lane.environment,
                lane.credential(),
                incident,
                end,
                details.clone(),
                now,
            )
        })
        .await
}

/// Somebody ends an incident; `None` when there is no such incident, or it has ended.
pub(crate) async fn end_by_hand(
    shared: &Arc<Shared>,
    id: IncidentId,
    end: IncidentEnd,
    actor: &str,
) -> Result<Option<u64>, StoreError> {
    let has_it = |lane: &Arc<Lane>| {
        lane.state()
            .incident()
            .filter(|open| open.incident.id == id)
            .map(|open| open.incident.clone())
    };
    let lanes = shared.lanes.all();
    let Some((lane, incident)) = lanes.iter().find_map(|lane| Some((lane, has_it(lane)?))) else {
        return Ok(None);
    };
    let action = match end {
        IncidentEnd::Confirmed => "incident.confirmed",
        IncidentEnd::Released | IncidentEnd::Recovered => "incident.released",
    };
    let entry = AuditEntry {
        at: shared.clock.now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: Some(lane.app),
        subject: id.to_string(),
        data: serde_json::Value::Null,
    };
    shared.persist(|| shared.store.audit(entry.clone())).await?;
    finish(shared, lane, &incident, end).await.map(Some)
}
