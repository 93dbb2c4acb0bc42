//! A recipient's row, and back.

use rusqlite::{Row, params};
use tidings_apns::{Environment, Timestamp};

use super::codes::{Code, Coded, environment, instant, millis, millis_maybe};
use super::failure::unreadable;
use super::notification_row::environment_code;
use super::progress::{Progress, too_late};
use super::writing::Writing;
use crate::attempt::{Attempt, AttemptLog};
use crate::ids::DeviceId;
use crate::problem::ProblemStage;
use crate::recipient::{RecipientException, RecipientOutcome, RecipientState};
use crate::store_error::StoreError;

const WAITING: i64 = 0;
const HELD: i64 = 1;
const PARKED: i64 = 2;
const DONE: i64 = 10;

impl Coded for RecipientOutcome {
    const TABLE: &'static [Self] = &[
        Self::Delivered,
        Self::Rejected,
        Self::Expired,
        Self::Cancelled,
        Self::Undeliverable,
        Self::UnknownDropped,
    ];
}

/// Writes a recipient down that had no row; whether it had none.
pub(crate) fn insert(
    writing: &Writing,
    progress: &mut Progress,
    recipient: &RecipientException,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql =
        "INSERT INTO recipient (notification, device_id, state, lane, next_at, status, reason, attempts,
                   environment, sent_at, app_id, trail, problem)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING";
    let trail = trail(AttemptLog::default(), &recipient.trail)?;
    let problem = progress.problem(writing, recipient, now)?;
    Ok(run(writing, sql, progress, recipient, (trail, problem))? == 1)
}

/// Writes down what became of a recipient that has a row.
pub(crate) fn update(
    writing: &Writing,
    progress: &mut Progress,
    recipient: &RecipientException,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE recipient SET state = ?3, lane = ?4, next_at = ?5, status = ?6, reason = ?7, attempts = ?8,
                   environment = ?9, sent_at = ?10, app_id = ?11, trail = coalesce(?12, trail),
                   problem = ?13
               WHERE notification = ?1 AND device_id = ?2";
    let before = if recipient.trail.is_empty() {
        AttemptLog::default()
    } else {
        known_log(writing, progress.number, recipient.device_id)?
    };
    let trail = trail(before, &recipient.trail)?;
    let problem = progress.problem(writing, recipient, now)?;
    run(writing, sql, progress, recipient, (trail, problem)).map(drop)
}

/// A stage as its recipients' state.
pub(crate) fn stage_code(stage: ProblemStage) -> i64 {
    match stage {
        ProblemStage::Waiting => WAITING,
        ProblemStage::Held => HELD,
        ProblemStage::Parked => PARKED,
        ProblemStage::Ended(outcome) => DONE + outcome.code(),
    }
}

/// And back.
pub(crate) fn stage_of(row: &Row<'_>, column: usize) -> rusqlite::Result<ProblemStage> {
    match row.get(column)? {
        WAITING => Ok(ProblemStage::Waiting),
        HELD => Ok(ProblemStage::Held),
        PARKED => Ok(ProblemStage::Parked),
        done => {
            let outcome = RecipientOutcome::of_code(done - DONE).map(ProblemStage::Ended);
            outcome.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, done))
        }
    }
}

/// The attempts that a row keeps.
pub(crate) fn log(row: &Row<'_>, column: usize) -> rusqlite::Result<AttemptLog> {
    let text: Option<String> = row.get(column)?;
    match text {
        None => Ok(AttemptLog::default()),
        Some(text) => serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
        }),
    }
}

fn known_log(writing: &Writing, notification: i64, device: DeviceId) -> Result<AttemptLog, StoreError> {
    let sql = "SELECT trail FROM recipient WHERE notification = ?1 AND device_id = ?2";
    let found = writing
        .reading()
        .row(sql, [notification, device.0], |row| log(row, 0))?;
    Ok(found.unwrap_or_default())
}

/// What a row keeps of the attempts; nothing where there is nothing new.
fn trail(mut log: AttemptLog, attempts: &[Attempt]) -> Result<Option<String>, StoreError> {
    if attempts.is_empty() {
        return Ok(None);
    }
    log.add(attempts.iter().cloned());
    serde_json::to_string(&log).map(Some).map_err(unreadable)
}

/// The state of a recipient that has a row.
pub(crate) fn state(
    writing: &Writing,
    notification: i64,
    device: DeviceId,
) -> Result<Option<RecipientState>, StoreError> {
    let sql = "SELECT state, lane, next_at FROM recipient WHERE notification = ?1 AND device_id = ?2";
    let found = writing
        .reading()
        .row(sql, [notification, device.0], |row| state_of(row, 0))?;
    Ok(found)
}

/// A state in three columns: state, lane, next instant.
pub(crate) fn state_of(row: &Row<'_>, first: usize) -> rusqlite::Result<RecipientState> {
    let code: i64 = row.get(first)?;
    Ok(match code {
        WAITING => RecipientState::Waiting {
            next_at: instant(row.get(first + 2)?),
        },
        HELD => RecipientState::Held,
        PARKED => RecipientState::Parked {
            environment: row.get::<_, Code<Environment>>(first + 1)?.0,
        },
        done => {
            let outcome = RecipientOutcome::of_code(done - DONE);
            RecipientState::Done(outcome.ok_or(rusqlite::Error::IntegralValueOutOfRange(first, done))?)
        }
    })
}

/// A recipient in ten columns: device, state, lane, next instant, status, reason, attempts, environment, sent at.
pub(crate) fn exception(row: &Row<'_>, first: usize) -> rusqlite::Result<RecipientException> {
    Ok(RecipientException {
        device_id: DeviceId(row.get(first)?),
        state: state_of(row, first + 1)?,
        status: row.get(first + 4)?,
        reason: row
            .get::<_, Option<String>>(first + 5)?
            .map(String::into_boxed_str),
        attempts: row.get(first + 6)?,
        environment: environment(row, first + 7)?,
        sent_at: row.get::<_, Option<i64>>(first + 8)?.map(instant),
        trail: Vec::new(),
    })
}

fn run(
    writing: &Writing,
    sql: &str,
    progress: &Progress,
    recipient: &RecipientException,
    (trail, problem): (Option<String>, Option<i64>),
) -> Result<usize, StoreError> {
    let last = environment_code(recipient.environment);
    let (state, lane, next_at) = match recipient.state {
        RecipientState::Waiting { next_at } => (WAITING, last, millis(next_at)),
        RecipientState::Held => (HELD, last, too_late(progress)),
        RecipientState::Parked { environment } => (PARKED, environment.code(), too_late(progress)),
        RecipientState::Done(outcome) => (DONE + outcome.code(), last, 0),
    };
    writing.execute(
        sql,
        params![
            progress.number,
            recipient.device_id.0,
            state,
            lane,
            next_at,
            recipient.status,
            recipient.reason.as_deref(),
            recipient.attempts,
            recipient.environment.map(Code),
            millis_maybe(recipient.sent_at),
            progress.app.0,
            trail,
            problem,
        ],
    )
}
