//! Problems: a row for each cause and stage, to which the recipients that have it point. Triggers count them.

use rusqlite::{Row, params};
use tidings_apns::{Environment, Timestamp};

use super::codes::{Coded, count, instant, millis};
use super::notification_row::notification_id;
use super::reading::Reading;
use super::recipient_row::{exception, stage_code, stage_of};
use super::writing::Writing;
use crate::ids::AppId;
use crate::problem::{Problem, ProblemCause, ProblemStage};
use crate::recipient::{RecentException, RecipientException, RecipientOutcome};
use crate::store_error::StoreError;

/// Rows that are read at most; of more, the newest.
const READ: i64 = 1_000;

/// What a recipient's problem is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProblemKey {
    environment: i64,
    status: u16,
    reason: String,
    stage: ProblemStage,
}

impl ProblemKey {
    /// The problem that a recipient has; none if all is well, it only waits for its time, or it was not wanted any more.
    pub(crate) fn of(recipient: &RecipientException) -> Option<Self> {
        let stage = ProblemStage::from(recipient.state);
        let status = recipient.status.filter(|status| *status != 200);
        let has_one = match stage {
            ProblemStage::Ended(RecipientOutcome::Delivered | RecipientOutcome::Cancelled) => false,
            ProblemStage::Waiting => status.is_some(),
            ProblemStage::Held | ProblemStage::Parked | ProblemStage::Ended(_) => true,
        };
        let reason = recipient.reason.as_deref().filter(|_| status.is_some());
        has_one.then(|| Self {
            environment: recipient.environment.map_or(-1, Environment::code),
            status: status.unwrap_or_default(),
            reason: reason.unwrap_or_default().to_owned(),
            stage,
        })
    }

    /// Its number: it has one from now on.
    pub(crate) fn number(&self, writing: &Writing, app: AppId, at: Timestamp) -> Result<i64, StoreError> {
        let sql = "INSERT INTO problem (app_id, environment, status, reason, stage, first_at, last_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
                   ON CONFLICT (app_id, environment, status, reason, stage) DO UPDATE SET
                       last_at = max(last_at, excluded.last_at),
                       first_at = iif(recipients = 0, excluded.first_at, first_at)
                   RETURNING number";
        let params = params![
            app.0,
            self.environment,
            self.status,
            self.reason,
            stage_code(self.stage),
            millis(at)
        ];
        let number = writing.reading().row(sql, params, |row| row.get(0))?;
        number.ok_or(StoreError::Conflict { what: "the problem" })
    }
}

/// All problems, or those of an app, the newest first.
pub(crate) fn all(reading: &Reading, app: Option<AppId>) -> Result<Vec<Problem>, StoreError> {
    let sql = "SELECT number, app_id, environment, status, reason, stage, recipients, first_at, last_at FROM problem
               WHERE recipients > 0 AND (?1 IS NULL OR app_id = ?1) ORDER BY last_at DESC LIMIT ?2";
    let rows = reading.rows(sql, params![app.map(|app| app.0), READ], read)?;
    let mut problems: Vec<Problem> = Vec::new();
    for found in rows {
        match problems.iter_mut().find(|known| known.cause == found.cause) {
            Some(known) => merge(known, found),
            None => problems.push(found),
        }
    }
    Ok(problems)
}

/// The newest recipients that have a problem.
pub(crate) fn examples(
    reading: &Reading,
    numbers: &[(i64, ProblemStage)],
    limit: usize,
) -> Result<Vec<RecentException>, StoreError> {
    let sql = "SELECT r.device_id, r.state, r.lane, r.next_at, r.status, r.reason, r.attempts, r.environment, r.sent_at,
                   r.app_id, n.id, n.created_at, n.number
               FROM recipient r JOIN notification n ON n.number = r.notification
               WHERE r.problem = ?1 ORDER BY r.notification DESC, r.device_id DESC LIMIT ?2";
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for (number, _) in numbers {
        found.extend(reading.rows(sql, params![number, most], |row| {
            let example = RecentException {
                recipient: exception(row, 0)?,
                app_id: AppId(row.get(9)?),
                notification_id: notification_id(row, 10)?,
                accepted_at: instant(row.get(11)?),
            };
            Ok((row.get::<_, i64>(12)?, example))
        })?);
    }
    found.sort_by_key(|(number, example)| (-number, -example.recipient.device_id.0));
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, example)| example).collect())
}

/// Forgets problems that nobody has any more.
pub(crate) fn purge(writing: &Writing, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM problem WHERE recipients <= 0 AND last_at <= ?1";
    writing.execute(sql, [millis(before)]).map(drop)
}

fn merge(known: &mut Problem, other: Problem) {
    known.stages.extend(other.stages);
    known.numbers.extend(other.numbers);
    known.first_at = known.first_at.min(other.first_at);
    known.last_at = known.last_at.max(other.last_at);
}

fn read(row: &Row<'_>) -> rusqlite::Result<Problem> {
    let status: u16 = row.get(3)?;
    let stage = stage_of(row, 5)?;
    let answer = (status != 0).then(|| Ok::<_, rusqlite::Error>((status, row.get(4)?)));
    let answer = answer.transpose()?;
    Ok(Problem {
        cause: ProblemCause {
            app_id: AppId(row.get(1)?),
            environment: Environment::of_code(row.get(2)?),
            stage: answer.is_none().then_some(stage),
            answer,
        },
        stages: vec![(stage, count(row.get(6)?))],
        first_at: instant(row.get(7)?),
        last_at: instant(row.get(8)?),
        numbers: vec![(row.get(0)?, stage)],
    })
}
