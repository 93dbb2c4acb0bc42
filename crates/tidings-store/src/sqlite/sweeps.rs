//! What is done to many devices or recipients, some at a time: written down first, so that a crash only delays it.

use rusqlite::params;
use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};
use tidings_truth::{Cause, Evidence, RestoreCause, TokenState};
use uuid::Uuid;

use super::cancelling;
use super::codes::{Coded, millis};
use super::failure::unreadable;
use super::known_device::KnownDevice;
use super::reading::Reading;
use super::recipients::{self, Pending};
use super::replaying;
use super::writing::{Writing, device_range};
use crate::ids::{AppId, DeviceId, IncidentId};
use crate::recipient::RecipientState;
use crate::store_error::StoreError;

/// How many are done in one step: the writer does other things between.
const STEP: i64 = 500;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sweep {
    at: Timestamp,
    what: What,
}

#[derive(Debug, Serialize, Deserialize)]
enum What {
    Doubt {
        app: AppId,
        environment: Environment,
        since: Timestamp,
        incident: Uuid,
    },
    Release {
        app: AppId,
        incident: Option<Uuid>,
        why: RestoreCause,
    },
    Excuse {
        app: AppId,
        since: Timestamp,
        incident: Uuid,
    },
    Confirm {
        app: AppId,
        incident: Uuid,
    },
    CredentialChanged {
        app: AppId,
    },
    Cancel {
        notification: i64,
    },
    Unpark {
        app: AppId,
        environment: Environment,
    },
    PlanReplay {
        replay: i64,
    },
    SendReplay {
        replay: i64,
        step: i64,
    },
}

impl Sweep {
    pub(crate) const fn doubt(
        app: AppId,
        environment: Environment,
        since: Timestamp,
        incident: IncidentId,
        at: Timestamp,
    ) -> Self {
        let what = What::Doubt {
            app,
            environment,
            since,
            incident,
        };
        Self { at, what }
    }

    pub(crate) const fn release(
        app: AppId,
        incident: Option<IncidentId>,
        why: RestoreCause,
        at: Timestamp,
    ) -> Self {
        let what = What::Release { app, incident, why };
        Self { at, what }
    }

    pub(crate) const fn excuse(app: AppId, since: Timestamp, incident: IncidentId, at: Timestamp) -> Self {
        let what = What::Excuse { app, since, incident };
        Self { at, what }
    }

    pub(crate) const fn confirm(app: AppId, incident: IncidentId, at: Timestamp) -> Self {
        let what = What::Confirm { app, incident };
        Self { at, what }
    }

    pub(crate) const fn credential_changed(app: AppId, at: Timestamp) -> Self {
        let what = What::CredentialChanged { app };
        Self { at, what }
    }

    pub(crate) const fn cancel(notification: i64, at: Timestamp) -> Self {
        let what = What::Cancel { notification };
        Self { at, what }
    }

    pub(crate) const fn unpark(app: AppId, environment: Environment, at: Timestamp) -> Self {
        let what = What::Unpark { app, environment };
        Self { at, what }
    }

    pub(crate) const fn plan_replay(replay: i64, at: Timestamp) -> Self {
        let what = What::PlanReplay { replay };
        Self { at, what }
    }

    pub(crate) const fn send_replay(replay: i64, step: i64, at: Timestamp) -> Self {
        let what = What::SendReplay { replay, step };
        Self { at, what }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// How many it touched.
    pub(crate) touched: u64,
    /// Nothing is left to be done.
    pub(crate) is_last: bool,
}

/// Where a sweep is.
#[derive(Clone, Copy)]
struct Place {
    phase: i64,
    after: DeviceId,
}

/// What a step found in its place: how many it touched, and whether there may be more, after which device.
struct Found {
    touched: u64,
    more_after: Option<DeviceId>,
}

/// Writes down what is to be done.
pub(crate) fn begin(writing: &Writing, sweep: &Sweep) -> Result<i64, StoreError> {
    let what = serde_json::to_string(sweep).map_err(unreadable)?;
    writing.execute("INSERT INTO sweep (what) VALUES (?1)", [what])?;
    Ok(writing.connection().last_insert_rowid())
}

/// What was begun and has not ended.
pub(crate) fn unfinished(reading: &Reading) -> Result<Vec<i64>, StoreError> {
    reading.rows("SELECT id FROM sweep ORDER BY id", [], |row| row.get(0))
}

/// Does some of it.
pub(crate) fn step(writing: &mut Writing, id: i64) -> Result<Step, StoreError> {
    let sql = "SELECT what, phase, after FROM sweep WHERE id = ?1";
    let known = writing.reading().row(sql, [id], |row| {
        let place = Place {
            phase: row.get(1)?,
            after: DeviceId(row.get(2)?),
        };
        Ok((row.get::<_, String>(0)?, place))
    })?;
    let Some((what, place)) = known else {
        return Ok(Step {
            touched: 0,
            is_last: true,
        });
    };
    let sweep: Sweep = serde_json::from_str(&what).map_err(unreadable)?;
    let found = do_some(writing, &sweep, place)?;
    let next = match found.more_after {
        Some(after) => Place { after, ..place },
        None => Place {
            phase: place.phase + 1,
            after: DeviceId::START,
        },
    };
    let is_last = next.phase >= phases(&sweep.what);
    if is_last {
        writing.execute("DELETE FROM sweep WHERE id = ?1", [id])?;
    } else {
        let params = params![id, next.phase, next.after.0];
        writing.execute("UPDATE sweep SET phase = ?2, after = ?3 WHERE id = ?1", params)?;
    }
    Ok(Step {
        touched: found.touched,
        is_last,
    })
}

const fn phases(what: &What) -> i64 {
    match what {
        // Devices that are quarantined, devices that are rejected, recipients that are held, recipients that are parked.
        What::CredentialChanged { .. } => 4,
        What::Doubt { .. }
        | What::Release { .. }
        | What::Excuse { .. }
        | What::Confirm { .. }
        | What::Cancel { .. }
        | What::Unpark { .. }
        | What::PlanReplay { .. }
        | What::SendReplay { .. } => 1,
    }
}

fn do_some(writing: &mut Writing, sweep: &Sweep, place: Place) -> Result<Found, StoreError> {
    let at = sweep.at;
    match &sweep.what {
        What::Doubt {
            app,
            environment,
            since,
            incident,
        } => {
            let ids = damned(writing, *app, *since, place.after)?;
            each(writing, &ids, |writing, device| {
                doubt(writing, device, *environment, *since, *incident, at)
            })
        }
        What::Release {
            incident: Some(incident),
            why,
            ..
        } => {
            let ids = doubted(writing, *incident, place.after)?;
            let found = each(writing, &ids, |writing, device| {
                release(writing, device, *incident, why, at)
            })?;
            forget_doubts(writing, *incident, &ids)?;
            Ok(found)
        }
        What::Release { app, why, .. } => {
            let ids = in_state(writing, *app, TokenState::Quarantined, place.after)?;
            each(writing, &ids, |writing, device| restore(writing, device, why, at))
        }
        What::Excuse { app, since, incident } => {
            let ids = in_state(writing, *app, TokenState::Quarantined, place.after)?;
            each(writing, &ids, |writing, device| {
                excuse(writing, device, *since, *incident, at)
            })
        }
        What::Confirm { app, incident } => {
            let ids = doubted(writing, *incident, place.after)?;
            let found = each(writing, &ids, |writing, device| {
                Ok(device.app() == *app && confirm(writing, device, *incident, at)?)
            })?;
            forget_doubts(writing, *incident, &ids)?;
            Ok(found)
        }
        What::CredentialChanged { app } => credential_changed(writing, *app, place, at),
        What::Cancel { notification } => {
            let spared = cancelling::spare_some(writing, *notification, place.after, STEP, at)?;
            Ok(found(spared.len(), spared.last().copied()))
        }
        What::Unpark { app, environment } => {
            let parked = recipients::some(writing, Pending::Parked, *app, Some(*environment), STEP)?;
            wake_parked(writing, &parked, at)
        }
        What::PlanReplay { replay } => replaying::plan_some(writing, *replay, STEP, at).map(turn),
        What::SendReplay { replay, step } => {
            replaying::send_some(writing, *replay, *step, STEP, at).map(turn)
        }
    }
}

/// Where a replay is, its own rows say.
fn turn(turn: replaying::Turn) -> Found {
    Found {
        touched: turn.touched,
        more_after: if turn.has_more {
            Some(DeviceId::START)
        } else {
            None
        },
    }
}

fn credential_changed(
    writing: &mut Writing,
    app: AppId,
    place: Place,
    at: Timestamp,
) -> Result<Found, StoreError> {
    match place.phase {
        0 | 1 => {
            let state = if place.phase == 0 {
                TokenState::Quarantined
            } else {
                TokenState::Rejected
            };
            let ids = in_state(writing, app, state, place.after)?;
            each(writing, &ids, |writing, device| {
                give_a_chance(writing, device, at)
            })
        }
        2 => {
            let held = recipients::some(writing, Pending::Held, app, None, STEP)?;
            recipients::wake(writing, &held, RecipientState::Held, at)?;
            Ok(found(held.len(), held.last().map(|(_, device)| *device)))
        }
        _ => {
            let parked = recipients::some(writing, Pending::Parked, app, None, STEP)?;
            wake_parked(writing, &parked, at)
        }
    }
}

fn wake_parked(
    writing: &mut Writing,
    parked: &[(i64, DeviceId)],
    at: Timestamp,
) -> Result<Found, StoreError> {
    let environment = Environment::Production;
    recipients::wake(writing, parked, RecipientState::Parked { environment }, at)?;
    Ok(found(parked.len(), parked.last().map(|(_, device)| *device)))
}

fn found(touched: usize, last: Option<DeviceId>) -> Found {
    let touched = u64::try_from(touched).unwrap_or(u64::MAX);
    Found {
        touched,
        more_after: last,
    }
}

/// Does something to each device that is still there; counts those that it concerned.
fn each(
    writing: &mut Writing,
    ids: &[DeviceId],
    mut act: impl FnMut(&mut Writing, KnownDevice) -> Result<bool, StoreError>,
) -> Result<Found, StoreError> {
    let mut touched = 0;
    for id in ids {
        if let Some(device) = KnownDevice::load(writing.reading(), *id)?
            && act(writing, device)?
        {
            touched += 1;
        }
    }
    Ok(found(touched, ids.last().copied()))
}

/// What was answered for it since then is not believed for now; whether there was something.
fn doubt(
    writing: &mut Writing,
    mut device: KnownDevice,
    environment: Environment,
    since: Timestamp,
    incident: Uuid,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let generation = device.generation();
    let is_doubtful = |evidence: &Evidence| {
        can_be_doubted(evidence)
            && evidence.generation() == generation
            && evidence.environment() == Some(environment)
            && evidence.at() >= since
    };
    if !device.history.exceptions().iter().any(is_doubtful) {
        return Ok(false);
    }
    device.history.record(Evidence::Doubted {
        generation,
        at,
        environment,
        since,
        incident,
    });
    note_doubt(writing, incident, device.id)?;
    device.save(writing, at)?;
    Ok(true)
}

/// Whether an incident can cast doubt on it. What APNs says of a death, it dates: that is no mistake of ours.
pub(crate) const fn can_be_doubted(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::BadToken { .. } | Evidence::WrongTopic { .. })
}

/// Writes down that an incident concerns a device.
pub(crate) fn note_doubt(writing: &Writing, incident: Uuid, device: DeviceId) -> Result<(), StoreError> {
    writing.execute(
        "INSERT OR IGNORE INTO device_doubt VALUES (?1, ?2)",
        params![incident.as_bytes().as_slice(), device.0],
    )?;
    Ok(())
}

/// Gives a new chance to a device that this incident holds.
fn release(
    writing: &mut Writing,
    device: KnownDevice,
    incident: Uuid,
    why: &RestoreCause,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let is_held = cause(writing, &device, at)? == Cause::Incident { incident };
    Ok(is_held && restore(writing, device, why, at)?)
}

/// Gives a new chance to a device that is in doubt for nothing older than the mistake which this incident was about.
fn excuse(
    writing: &mut Writing,
    device: KnownDevice,
    since: Timestamp,
    incident: Uuid,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let reach = writing.reach(device.app())?;
    let standing = device.standing(reach, &writing.rules, at);
    let why = RestoreCause::IncidentReleased { incident };
    Ok(device.history.is_excused_by_mistake(&standing, since) && restore(writing, device, &why, at)?)
}

fn restore(
    writing: &mut Writing,
    mut device: KnownDevice,
    why: &RestoreCause,
    at: Timestamp,
) -> Result<bool, StoreError> {
    device.history.record(Evidence::Restored {
        generation: device.generation().next(),
        at,
        why: why.clone(),
    });
    device.save(writing, at)?;
    Ok(true)
}

fn confirm(
    writing: &mut Writing,
    mut device: KnownDevice,
    incident: Uuid,
    at: Timestamp,
) -> Result<bool, StoreError> {
    device.history.record(Evidence::Confirmed {
        generation: device.generation(),
        at,
        incident,
    });
    let (change, _) = device.save(writing, at)?;
    Ok(change.after.cause == Cause::Confirmed { incident })
}

/// Judges a device anew. If that changes nothing, and what is held against it may be the fault of the credential, voids it.
fn give_a_chance(writing: &mut Writing, device: KnownDevice, at: Timestamp) -> Result<bool, StoreError> {
    let reach = writing.reach(device.app())?;
    let standing = device.standing(reach, &writing.rules, at);
    if Some(standing.sending) != device.stored_sending() {
        device.save(writing, at)?;
        return Ok(true);
    }
    match standing.cause {
        Cause::LaneUnproven | Cause::WrongTopic { .. } | Cause::ProvenAndBad { .. } => {
            restore(writing, device, &RestoreCause::CredentialChanged, at)
        }
        _ => Ok(false),
    }
}

fn cause(writing: &mut Writing, device: &KnownDevice, at: Timestamp) -> Result<Cause, StoreError> {
    let reach = writing.reach(device.app())?;
    Ok(device.standing(reach, &writing.rules, at).cause)
}

/// Devices of an app about which something was answered since then that can be doubted.
fn damned(
    writing: &Writing,
    app: AppId,
    since: Timestamp,
    after: DeviceId,
) -> Result<Vec<DeviceId>, StoreError> {
    let (start, end) = device_range(app);
    let after = after.max(start);
    let sql = "SELECT id FROM device_evidence WHERE id > ?1 AND id < ?2 AND damned_at > 0 AND damned_at >= ?3
               ORDER BY id LIMIT ?4";
    let params = params![after.0, end.0, millis(since), STEP];
    writing
        .reading()
        .rows(sql, params, |row| row.get(0).map(DeviceId))
}

fn doubted(writing: &Writing, incident: Uuid, after: DeviceId) -> Result<Vec<DeviceId>, StoreError> {
    let sql = "SELECT device_id FROM device_doubt WHERE incident_id = ?1 AND device_id > ?2
               ORDER BY device_id LIMIT ?3";
    let params = params![incident.as_bytes().as_slice(), after.0, STEP];
    writing
        .reading()
        .rows(sql, params, |row| row.get(0).map(DeviceId))
}

fn in_state(
    writing: &Writing,
    app: AppId,
    state: TokenState,
    after: DeviceId,
) -> Result<Vec<DeviceId>, StoreError> {
    let (start, end) = device_range(app);
    let after = after.max(start);
    let sql =
        "SELECT id FROM device WHERE state = ?1 AND state >= 2 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4";
    let params = params![state.code(), after.0, end.0, STEP];
    writing
        .reading()
        .rows(sql, params, |row| row.get(0).map(DeviceId))
}

fn forget_doubts(writing: &Writing, incident: Uuid, ids: &[DeviceId]) -> Result<(), StoreError> {
    for id in ids {
        writing.execute(
            "DELETE FROM device_doubt WHERE incident_id = ?1 AND device_id = ?2",
            params![incident.as_bytes().as_slice(), id.0],
        )?;
    }
    Ok(())
}
