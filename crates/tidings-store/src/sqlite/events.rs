//! What happened, in order.

use rusqlite::{Row, params};
use tidings_apns::Timestamp;

use super::codes::{instant, millis};
use super::failure::damaged;
use super::reading::Reading;
use super::writing::Writing;
use crate::event::{Event, EventKind, NewEvent};
use crate::ids::{AppId, EventId};
use crate::store_error::StoreError;

pub(crate) fn append(writing: &Writing, event: &NewEvent, now: Timestamp) -> Result<EventId, StoreError> {
    writing.execute(
        "INSERT INTO event (at, app_id, kind, subject, data) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            millis(now),
            event.app_id.map(|app| app.0),
            event.kind.as_str(),
            event.subject,
            event.data.to_string(),
        ],
    )?;
    Ok(EventId(writing.connection().last_insert_rowid()))
}

/// What happened after something; to one app alone, where one is given.
pub(crate) fn after(
    reading: &Reading,
    after: EventId,
    app: Option<AppId>,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = match app {
        Some(app) => reading.rows(
            "SELECT id, at, app_id, kind, subject, data FROM event WHERE app_id = ?3 AND id > ?1 ORDER BY id LIMIT ?2",
            params![after.0, limit, app.0],
            read,
        )?,
        None => reading.rows(
            "SELECT id, at, app_id, kind, subject, data FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after.0, limit],
            read,
        )?,
    };
    found.into_iter().map(|event| event.ok_or_else(damaged)).collect()
}

/// What has a cursor, as far as it is kept.
pub(crate) fn by_id(reading: &Reading, id: EventId) -> Result<Option<Event>, StoreError> {
    let sql = "SELECT id, at, app_id, kind, subject, data FROM event WHERE id = ?1";
    match reading.row(sql, [id.0], read)? {
        Some(event) => event.ok_or_else(damaged).map(Some),
        None => Ok(None),
    }
}

/// What happened last, the newest first. With a subject, only what happened to it, among the newest `among` events.
pub(crate) fn newest(
    reading: &Reading,
    subject: Option<&str>,
    among: usize,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let sql =
        "SELECT id, at, app_id, kind, subject, data FROM (SELECT * FROM event ORDER BY id DESC LIMIT ?1)
               WHERE ?2 IS NULL OR subject = ?2 ORDER BY id DESC LIMIT ?3";
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let found = reading.rows(sql, params![count(among), subject, count(limit)], read)?;
    found.into_iter().map(|event| event.ok_or_else(damaged)).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<Event>> {
    let kind = row.get_ref(3)?.as_str()?;
    let kind = EventKind::ALL.iter().find(|known| known.as_str() == kind);
    let data = serde_json::from_str(row.get_ref(5)?.as_str()?);
    let (Some(kind), Ok(data)) = (kind, data) else {
        return Ok(None);
    };
    Ok(Some(Event {
        id: EventId(row.get(0)?),
        at: instant(row.get(1)?),
        app_id: row.get::<_, Option<i64>>(2)?.map(AppId),
        kind: *kind,
        subject: row.get(4)?,
        data,
    }))
}
