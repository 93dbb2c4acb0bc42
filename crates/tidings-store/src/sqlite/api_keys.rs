//! API keys.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;

use super::codes::{instant, millis, millis_maybe};
use super::reading::Reading;
use super::writing::Writing;
use crate::api_key::{ApiKeyRow, NewApiKey, Scope};
use crate::audit::AuditEntry;
use crate::ids::AppId;
use crate::store_error::StoreError;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, scopes, app_ids, secret_hash, created_at, expires_at, revoked_at FROM api_key ",
            $rest
        )
    };
}

pub(crate) fn create(
    writing: &mut Writing,
    key: &NewApiKey,
    actor: &str,
    now: Timestamp,
) -> Result<ApiKeyRow, StoreError> {
    if by_id(writing.reading(), &key.id)?.is_some() {
        return Err(StoreError::Conflict { what: "the API key" });
    }
    writing.execute(
        "INSERT INTO api_key VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
        params![
            key.id,
            key.name,
            json!(key.scopes).to_string(),
            key.app_ids.as_ref().map(|apps| json!(apps).to_string()),
            key.secret_hash.as_slice(),
            millis(now),
            millis_maybe(key.expires_at),
        ],
    )?;
    let data = json!({"name": key.name, "scopes": key.scopes, "app_ids": key.app_ids});
    writing.audit(&entry("api_key.created", &key.id, data, actor, now))?;
    Ok(ApiKeyRow {
        id: key.id.clone(),
        name: key.name.clone(),
        scopes: key.scopes.clone(),
        app_ids: key.app_ids.clone(),
        secret_hash: key.secret_hash,
        created_at: now,
        expires_at: key.expires_at,
        revoked_at: None,
    })
}

pub(crate) fn by_id(reading: &Reading, id: &str) -> Result<Option<ApiKeyRow>, StoreError> {
    reading.row(select!("WHERE id = ?1"), [id], read)
}

pub(crate) fn all(reading: &Reading) -> Result<Vec<ApiKeyRow>, StoreError> {
    reading.rows(select!("ORDER BY created_at, id"), [], read)
}

pub(crate) fn revoke(
    writing: &mut Writing,
    id: &str,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE api_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
    let is_revoked = writing.execute(sql, params![id, millis(now)])? == 1;
    if is_revoked {
        writing.audit(&entry("api_key.revoked", id, json!({}), actor, now))?;
    }
    Ok(is_revoked)
}

fn entry(action: &str, id: &str, data: serde_json::Value, actor: &str, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: None,
        subject: id.to_owned(),
        data,
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ApiKeyRow> {
    let unreadable = |column: usize, error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
    };
    let scopes: Vec<Scope> =
        serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(|error| unreadable(2, error))?;
    let app_ids: Option<Vec<AppId>> = match row.get_ref(3)?.as_str_or_null()? {
        Some(text) => Some(serde_json::from_str(text).map_err(|error| unreadable(3, error))?),
        None => None,
    };
    Ok(ApiKeyRow {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes,
        app_ids,
        secret_hash: row.get(4)?,
        created_at: instant(row.get(5)?),
        expires_at: row.get::<_, Option<i64>>(6)?.map(instant),
        revoked_at: row.get::<_, Option<i64>>(7)?.map(instant),
    })
}
