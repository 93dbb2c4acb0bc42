//! Incidents.

use rusqlite::{Row, params};
use tidings_apns::{Environment, Timestamp};
use uuid::Uuid;

use super::codes::{Code, Coded, count, instant, millis, millis_maybe};
use super::failure::{damaged, unreadable};
use super::reading::Reading;
use super::writing::Writing;
use crate::event::{IncidentEnded, IncidentOpened, NewEvent};
use crate::ids::{AppId, CredentialId, IncidentId};
use crate::incident::IncidentRow;
use crate::store_error::StoreError;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT app_id, environment, credential_id, incident, ending, ended_at, details FROM incident ",
            $rest
        )
    };
}

/// What there is to tell of an incident, at its beginning and at its end.
macro_rules! told {
    ($row:ident, $kind:ident) => {
        NewEvent::new(
            Some($row.app_id),
            $row.incident.id.to_string(),
            &$kind {
                environment: $row.environment,
                cause: $row.incident.cause.clone(),
                since: $row.incident.since,
                end: $row.end,
                details: $row.details.clone(),
            },
        )
    };
}

/// Keeps an incident as it is now. One that has ended stays as it ended.
pub(crate) fn save(writing: &mut Writing, row: &IncidentRow, now: Timestamp) -> Result<(), StoreError> {
    let known = by_id(writing.reading(), row.incident.id)?;
    let has_ended = known.as_ref().is_some_and(|known| known.ended_at.is_some());
    if has_ended {
        return Ok(());
    }
    write(writing, row)?;
    if known.is_none() {
        writing.event(&told!(row, IncidentOpened), now)?;
    }
    if row.ended_at.is_some() {
        writing.event(&told!(row, IncidentEnded), now)?;
    }
    Ok(())
}

/// Those of an app, the newest first.
pub(crate) fn of_app(reading: &Reading, app: AppId) -> Result<Vec<IncidentRow>, StoreError> {
    decode(reading.rows(
        select!("WHERE app_id = ?1 ORDER BY opened_at DESC"),
        [app.0],
        texts,
    )?)
}

/// Those that have not ended.
pub(crate) fn open(reading: &Reading) -> Result<Vec<IncidentRow>, StoreError> {
    decode(reading.rows(select!("WHERE ended_at IS NULL ORDER BY opened_at"), [], texts)?)
}

pub(crate) fn by_id(reading: &Reading, id: IncidentId) -> Result<Option<IncidentRow>, StoreError> {
    let found = reading.rows(select!("WHERE id = ?1"), [id.as_bytes().as_slice()], texts)?;
    Ok(decode(found)?.pop())
}

/// Where incidents of an app are open, since when, and which.
pub(crate) fn open_of_app(
    reading: &Reading,
    app: AppId,
) -> Result<Vec<(Environment, Timestamp, IncidentId)>, StoreError> {
    let sql = "SELECT environment, since, id FROM incident WHERE app_id = ?1 AND ended_at IS NULL";
    let found = reading.rows(sql, [app.0], |row| {
        let environment = row.get::<_, Code<Environment>>(0)?.0;
        Ok((environment, instant(row.get(1)?), row.get::<_, Vec<u8>>(2)?))
    })?;
    let known = found.into_iter().map(|(environment, since, id)| {
        let id = Uuid::from_slice(&id).map_err(unreadable)?;
        Ok((environment, since, id))
    });
    known.collect()
}

/// How many device tokens an incident casts doubt on, counted up to a bound.
pub(crate) fn count_doubted(reading: &Reading, id: IncidentId, most: usize) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM device_doubt WHERE incident_id = ?1 LIMIT ?2)";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = reading.row(sql, params![id.as_bytes().as_slice(), most], |row| row.get(0))?;
    Ok(count(found.unwrap_or_default()))
}

fn write(writing: &Writing, row: &IncidentRow) -> Result<(), StoreError> {
    let incident = serde_json::to_string(&row.incident).map_err(unreadable)?;
    let ending = row.end.map(|end| serde_json::to_string(&end)).transpose();
    writing.execute(
        "INSERT INTO incident VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT DO UPDATE SET incident = ?7, ending = ?8, ended_at = ?9, details = ?10",
        params![
            row.incident.id.as_bytes().as_slice(),
            row.app_id.0,
            row.environment.code(),
            row.credential_id.map(|id| id.0.as_bytes().to_vec()),
            millis(row.incident.opened_at),
            millis(row.incident.since),
            incident,
            ending.map_err(unreadable)?,
            millis_maybe(row.ended_at),
            row.details.to_string(),
        ],
    )?;
    Ok(())
}

/// A row as it is kept.
struct Texts {
    app_id: AppId,
    environment: Environment,
    credential: Option<Vec<u8>>,
    incident: String,
    ending: Option<String>,
    ended_at: Option<Timestamp>,
    details: String,
}

fn texts(row: &Row<'_>) -> rusqlite::Result<Texts> {
    Ok(Texts {
        app_id: AppId(row.get(0)?),
        environment: row.get::<_, Code<Environment>>(1)?.0,
        credential: row.get(2)?,
        incident: row.get(3)?,
        ending: row.get(4)?,
        ended_at: row.get::<_, Option<i64>>(5)?.map(instant),
        details: row.get(6)?,
    })
}

fn decode(all: Vec<Texts>) -> Result<Vec<IncidentRow>, StoreError> {
    all.into_iter()
        .map(|texts| decode_one(&texts).ok_or_else(damaged))
        .collect()
}

fn decode_one(texts: &Texts) -> Option<IncidentRow> {
    let credential_id = match &texts.credential {
        Some(bytes) => Some(CredentialId(Uuid::from_slice(bytes).ok()?)),
        None => None,
    };
    let end = match &texts.ending {
        Some(text) => Some(serde_json::from_str(text).ok()?),
        None => None,
    };
    Some(IncidentRow {
        app_id: texts.app_id,
        environment: texts.environment,
        credential_id,
        incident: serde_json::from_str(&texts.incident).ok()?,
        end,
        ended_at: texts.ended_at,
        details: serde_json::from_str(&texts.details).ok()?,
    })
}
