//! Plans to send again, as they are made, looked at and carried out.

use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;
use uuid::Uuid;

use super::codes::{count, instant, millis, millis_maybe, number};
use super::failure::unreadable;
use super::notification_row::notification_id;
use super::problems;
use super::reading::Reading;
use super::sweeps::{self, Sweep};
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::ids::{AppId, NotificationId, ReplayId};
use crate::problem::ProblemId;
use crate::replay_plan::{LeftOut, ReplayOrigin, ReplayPlan, ReplayStep, ReplayStepName};
use crate::store_error::StoreError;

/// Rows of one plan that a purge removes at once.
const PURGED: i64 = 2_000;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT number, id, app_id, cause, actor, created_at, ended_at, is_planned, recipients, expired, retired, \
             quarantined, gone, before FROM replay WHERE ",
            $condition
        )
    };
}

/// What became of the wish for a plan.
pub(crate) enum Wish {
    /// There is no such problem.
    Unknown,
    /// There is a plan for it that has not ended.
    Known(ReplayId),
    /// There is one from now on, and a sweep finds out whom it is for.
    New(ReplayId, i64),
}

/// Plans to send again what failed for a cause.
pub(crate) fn plan(
    writing: &Writing,
    app: AppId,
    problem: ProblemId,
    actor: &str,
    now: Timestamp,
) -> Result<Wish, StoreError> {
    let known = "SELECT id FROM replay WHERE app_id = ?1 AND problem = ?2 AND ended_at IS NULL";
    let params = params![app.0, problem.0.as_slice()];
    if let Some(id) = writing.reading().row(known, params, |row| replay_id(row, 0))? {
        return Ok(Wish::Known(id));
    }
    let found = problems::all(writing.reading(), Some(app))?;
    let Some(found) = found.into_iter().find(|found| found.cause.id() == problem) else {
        return Ok(Wish::Unknown);
    };
    let id = ReplayId::new(now);
    let cause = serde_json::to_string(&found.cause).map_err(unreadable)?;
    writing.execute(
        "INSERT INTO replay (id, app_id, problem, cause, actor, created_at, at_notification, at_device)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        params![
            id.0.as_bytes().as_slice(),
            app.0,
            problem.0.as_slice(),
            cause,
            actor,
            millis(now),
            i64::MAX
        ],
    )?;
    let replay = writing.connection().last_insert_rowid();
    tell(
        writing,
        app,
        id,
        actor,
        "replay.planned",
        json!({"problem": problem.to_string()}),
        now,
    )?;
    let sweep = sweeps::begin(writing, &Sweep::plan_replay(replay, now))?;
    Ok(Wish::New(id, sweep))
}

/// A step begins if it may: the number of the sweep that carries it out.
pub(crate) fn begin_step(
    writing: &Writing,
    plan: &ReplayPlan,
    step: ReplayStepName,
    actor: &str,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let Some((_, wanted)) = plan.next().filter(|(next, _)| *next == step) else {
        return Ok(None);
    };
    let Some(replay) = number_of(writing.reading(), plan.id)? else {
        return Ok(None);
    };
    writing.execute(
        "INSERT INTO replay_step (replay, step, begun_at, actor, wanted) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![replay, step_code(step), millis(now), actor, number(wanted)],
    )?;
    let data = json!({"step": step.as_str(), "recipients": wanted});
    tell(writing, plan.app_id, plan.id, actor, "replay.sent", data, now)?;
    sweeps::begin(writing, &Sweep::send_replay(replay, step_code(step), now)).map(Some)
}

/// Nothing more of it is sent; whether it had not ended.
pub(crate) fn stop(
    writing: &Writing,
    plan: &ReplayPlan,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if plan.ended_at.is_some() {
        return Ok(false);
    }
    writing.execute(
        "UPDATE replay SET ended_at = ?2 WHERE id = ?1",
        params![plan.id.0.as_bytes().as_slice(), millis_maybe(Some(now))],
    )?;
    writing.execute(
        "DELETE FROM replay_recipient WHERE step = 0 AND replay = (SELECT number FROM replay WHERE id = ?1)",
        [plan.id.0.as_bytes().as_slice()],
    )?;
    let data = json!({"left": plan.left()});
    tell(writing, plan.app_id, plan.id, actor, "replay.stopped", data, now)?;
    Ok(true)
}

/// A plan of an app.
pub(crate) fn find(reading: &Reading, app: AppId, id: ReplayId) -> Result<Option<ReplayPlan>, StoreError> {
    let params = params![id.0.as_bytes().as_slice(), app.0];
    let found = reading.row(select!("id = ?1 AND app_id = ?2"), params, read)?;
    found.map(|found| with_steps(reading, found)).transpose()
}

/// A plan, whichever app it is of.
pub(crate) fn find_any(reading: &Reading, id: ReplayId) -> Result<Option<ReplayPlan>, StoreError> {
    let params = [id.0.as_bytes().as_slice()];
    let found = reading.row(select!("id = ?1"), params, read)?;
    found.map(|found| with_steps(reading, found)).transpose()
}

/// The plans for an app's problem, or for all problems of all apps; the newest first.
pub(crate) fn newest(
    reading: &Reading,
    of: Option<(AppId, ProblemId)>,
    limit: usize,
) -> Result<Vec<ReplayPlan>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = match of {
        Some((app, problem)) => {
            let sql = select!("app_id = ?1 AND problem = ?2 ORDER BY number DESC LIMIT ?3");
            reading.rows(sql, params![app.0, problem.0.as_slice(), limit], read)?
        }
        None => reading.rows(select!("number > 0 ORDER BY number DESC LIMIT ?1"), [limit], read)?,
    };
    found
        .into_iter()
        .map(|found| with_steps(reading, found))
        .collect()
}

/// Which of these notifications send again, and what.
pub(crate) fn origins(reading: &Reading, ids: &[NotificationId]) -> Result<Vec<ReplayOrigin>, StoreError> {
    let sql = "SELECT x.replayed, r.id FROM notification n
               JOIN replay_notification x ON x.notification = n.number JOIN replay r ON r.number = x.replay
               WHERE n.id = ?1";
    let mut origins = Vec::new();
    for id in ids {
        let origin = reading.row(sql, [id.0.as_bytes().as_slice()], |row| {
            Ok(ReplayOrigin {
                notification_id: *id,
                replayed: notification_id(row, 0)?,
                replay_id: replay_id(row, 1)?,
            })
        })?;
        origins.extend(origin);
    }
    Ok(origins)
}

/// Forgets old plans, some rows at a time.
pub(crate) fn purge(writing: &Writing, before: Timestamp) -> Result<(), StoreError> {
    let oldest = "SELECT number FROM replay WHERE created_at <= ?1 ORDER BY number LIMIT 1";
    let Some(replay) = writing
        .reading()
        .row(oldest, [millis(before)], |row| row.get::<_, i64>(0))?
    else {
        return Ok(());
    };
    let removed = writing.execute(
        "DELETE FROM replay_recipient WHERE (notification, device_id) IN
             (SELECT notification, device_id FROM replay_recipient WHERE replay = ?1 LIMIT ?2)",
        params![replay, PURGED],
    )?;
    if removed == 0 {
        for sql in [
            "DELETE FROM replay_notification WHERE replay = ?1",
            "DELETE FROM replay_step WHERE replay = ?1",
            "DELETE FROM replay WHERE number = ?1",
        ] {
            writing.execute(sql, [replay])?;
        }
    }
    Ok(())
}

/// The code of a step: 0 is none.
pub(crate) const fn step_code(step: ReplayStepName) -> i64 {
    match step {
        ReplayStepName::Ten => 1,
        ReplayStepName::Tenth => 2,
        ReplayStepName::Rest => 3,
    }
}

fn step_of(row: &Row<'_>, column: usize) -> rusqlite::Result<ReplayStepName> {
    let code: i64 = row.get(column)?;
    let found = ReplayStepName::ALL
        .into_iter()
        .find(|step| step_code(*step) == code);
    found.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

fn number_of(reading: &Reading, id: ReplayId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT number FROM replay WHERE id = ?1";
    reading.row(sql, [id.0.as_bytes().as_slice()], |row| row.get(0))
}

fn replay_id(row: &Row<'_>, column: usize) -> rusqlite::Result<ReplayId> {
    row.get::<_, [u8; 16]>(column)
        .map(|bytes| ReplayId(Uuid::from_bytes(bytes)))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, ReplayPlan)> {
    let cause: String = row.get(3)?;
    let cause: crate::problem::ProblemCause = serde_json::from_str(&cause).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let counted = |column: usize| row.get(column).map(count);
    let plan = ReplayPlan {
        id: replay_id(row, 1)?,
        app_id: AppId(row.get(2)?),
        problem: cause.id(),
        cause,
        by: row.get(4)?,
        created_at: instant(row.get(5)?),
        ended_at: row.get::<_, Option<i64>>(6)?.map(instant),
        is_planned: row.get(7)?,
        recipients: counted(8)?,
        left_out: LeftOut {
            expired: counted(9)?,
            retired: counted(10)?,
            quarantined: counted(11)?,
            gone: counted(12)?,
            before: counted(13)?,
        },
        steps: Vec::new(),
    };
    Ok((row.get(0)?, plan))
}

/// The steps, with what the notifications of each say. A recipient that a finished notification did not find is spared.
fn with_steps(reading: &Reading, (replay, mut plan): (i64, ReplayPlan)) -> Result<ReplayPlan, StoreError> {
    let sql = "SELECT s.step, s.begun_at, s.actor, s.wanted, s.taken, s.is_taken,
                   coalesce(sum(n.delivered), 0),
                   coalesce(sum(n.rejected + n.expired + n.unknown_dropped), 0),
                   coalesce(sum(n.undeliverable + n.cancelled), 0)
                       + coalesce(sum(iif(n.finished_at IS NULL, 0, max(x.asked - n.recipients, 0))), 0)
               FROM replay_step s
               LEFT JOIN replay_notification x ON x.replay = s.replay AND x.step = s.step
               LEFT JOIN notification n ON n.number = x.notification
               WHERE s.replay = ?1 GROUP BY s.step ORDER BY s.step";
    plan.steps = reading.rows(sql, [replay], |row| {
        let counted = |column: usize| row.get(column).map(count);
        let (taken, delivered, failed, spared) = (counted(4)?, counted(6)?, counted(7)?, counted(8)?);
        Ok(ReplayStep {
            name: step_of(row, 0)?,
            begun_at: instant(row.get(1)?),
            by: row.get(2)?,
            wanted: counted(3)?,
            taken,
            is_taken: row.get(5)?,
            delivered,
            failed,
            spared,
            waiting: taken.saturating_sub(delivered + failed + spared),
        })
    })?;
    Ok(plan)
}

fn tell(
    writing: &Writing,
    app: AppId,
    id: ReplayId,
    actor: &str,
    action: &str,
    data: serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.audit(&AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: Some(app),
        subject: id.to_string(),
        data,
    })
}
