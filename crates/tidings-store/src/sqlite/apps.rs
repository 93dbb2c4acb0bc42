//! Apps.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use tidings_apns::{BundleId, ParseError, Timestamp};
use tidings_truth::EnvironmentSet;

use super::codes::{instant, millis, reach_of};
use super::reading::Reading;
use super::writing::{APP_SHIFT, Writing};
use crate::app::App;
use crate::ids::AppId;
use crate::store_error::StoreError;

/// The app with this bundle id, new or not.
pub(crate) fn ensure(writing: &mut Writing, bundle_id: &BundleId, now: Timestamp) -> Result<App, StoreError> {
    if let Some(app) = by_bundle_id(writing.reading(), bundle_id)? {
        return Ok(app);
    }
    let newest = "SELECT coalesce(max(id), 0) + 1 FROM app";
    let id: i64 = writing.connection().query_row(newest, [], |row| row.get(0))?;
    let first_device = (id << APP_SHIFT) + 1;
    writing.execute(
        "INSERT INTO app (id, bundle_id, created_at, next_device) VALUES (?1, ?2, ?3, ?4)",
        params![id, bundle_id.as_str(), millis(now), first_device],
    )?;
    Ok(App {
        id: AppId(id),
        bundle_id: bundle_id.clone(),
        created_at: now,
        reach: EnvironmentSet::NONE,
    })
}

pub(crate) fn by_bundle_id(reading: &Reading, bundle_id: &BundleId) -> Result<Option<App>, StoreError> {
    let sql = "SELECT id, bundle_id, created_at, reach FROM app WHERE bundle_id = ?1";
    reading.row(sql, [bundle_id.as_str()], app)
}

pub(crate) fn by_id(reading: &Reading, id: AppId) -> Result<Option<App>, StoreError> {
    let sql = "SELECT id, bundle_id, created_at, reach FROM app WHERE id = ?1";
    reading.row(sql, [id.0], app)
}

pub(crate) fn all(reading: &Reading) -> Result<Vec<App>, StoreError> {
    let sql = "SELECT id, bundle_id, created_at, reach FROM app ORDER BY bundle_id";
    reading.rows(sql, [], app)
}

/// The environments that an app's credentials reach; none, if there is no such app.
pub(crate) fn reach(reading: &Reading, app: AppId) -> Result<EnvironmentSet, StoreError> {
    let reach = reading.row("SELECT reach FROM app WHERE id = ?1", [app.0], |row| row.get(0))?;
    Ok(reach_of(reach.unwrap_or_default()))
}

fn unreadable(error: ParseError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into())
}

fn app(row: &Row<'_>) -> rusqlite::Result<App> {
    let bundle_id: String = row.get(1)?;
    Ok(App {
        id: AppId(row.get(0)?),
        bundle_id: bundle_id.parse().map_err(unreadable)?,
        created_at: instant(row.get(2)?),
        reach: reach_of(row.get(3)?),
    })
}
