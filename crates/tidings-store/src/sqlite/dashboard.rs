//! Links to the dashboard, and sessions in it.

use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;

use super::codes::{Code, Coded, instant, millis};
use super::reading::Reading;
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::dashboard::{DashboardPass, DashboardRole};
use crate::store_error::StoreError;

/// Links that are there at once; for one more, the oldest goes.
const LINKS: i64 = 100;

/// Sessions that are there at once; for one more, the oldest goes.
const SESSIONS: i64 = 1_000;

impl Coded for DashboardRole {
    const TABLE: &'static [Self] = &Self::ALL;
}

/// Keeps a link.
pub(crate) fn add_link(
    writing: &mut Writing,
    link: &DashboardPass,
    now: Timestamp,
) -> Result<(), StoreError> {
    keep(writing, "dashboard_link", LINKS, link, now)?;
    let data = json!({"role": link.role, "for": link.name});
    writing.audit(&entry(
        "dashboard.link_made",
        &link.name,
        &link.made_by,
        data,
        now,
    ))
}

/// Takes a link out, so that it opens nothing again; `None` where there is none that is good.
pub(crate) fn take_link(
    writing: &mut Writing,
    secret_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<DashboardPass>, StoreError> {
    let sql = "SELECT secret_hash, role, name, made_by, created_at, expires_at FROM dashboard_link WHERE secret_hash = ?1";
    let found = writing.reading().row(sql, [secret_hash.as_slice()], read)?;
    writing.execute(
        "DELETE FROM dashboard_link WHERE secret_hash = ?1",
        [secret_hash.as_slice()],
    )?;
    Ok(found.filter(|link| link.expires_at > now))
}

/// Begins a session.
pub(crate) fn begin_session(
    writing: &mut Writing,
    session: &DashboardPass,
    now: Timestamp,
) -> Result<(), StoreError> {
    keep(writing, "dashboard_session", SESSIONS, session, now)?;
    let data = json!({"role": session.role, "by": session.made_by});
    writing.audit(&entry(
        "dashboard.signed_in",
        &session.name,
        &session.name,
        data,
        now,
    ))
}

/// A session by its secret.
pub(crate) fn session(
    reading: &Reading,
    secret_hash: &[u8; 32],
) -> Result<Option<DashboardPass>, StoreError> {
    let sql = "SELECT secret_hash, role, name, made_by, created_at, expires_at FROM dashboard_session WHERE secret_hash = ?1";
    reading.row(sql, [secret_hash.as_slice()], read)
}

/// All sessions that are good, the newest first.
pub(crate) fn sessions(reading: &Reading, now: Timestamp) -> Result<Vec<DashboardPass>, StoreError> {
    let sql = "SELECT secret_hash, role, name, made_by, created_at, expires_at FROM dashboard_session
               WHERE expires_at > ?1 ORDER BY created_at DESC";
    reading.rows(sql, [millis(now)], read)
}

/// Ends a session; whether there was one.
pub(crate) fn end_session(
    writing: &mut Writing,
    secret_hash: &[u8; 32],
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(session) = session(writing.reading(), secret_hash)? else {
        return Ok(false);
    };
    writing.execute(
        "DELETE FROM dashboard_session WHERE secret_hash = ?1",
        [secret_hash.as_slice()],
    )?;
    writing.audit(&entry(
        "dashboard.signed_out",
        &session.name,
        actor,
        json!({}),
        now,
    ))?;
    Ok(true)
}

/// Keeps a link or a session in its table; those that have ended go, and the oldest where there are too many.
fn keep(
    writing: &mut Writing,
    table: &str,
    most: i64,
    pass: &DashboardPass,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = format!("DELETE FROM {table} WHERE expires_at <= ?1");
    writing.execute(&ended, [millis(now)])?;
    let oldest = format!(
        "DELETE FROM {table} WHERE secret_hash NOT IN
             (SELECT secret_hash FROM {table} ORDER BY created_at DESC LIMIT ?1)"
    );
    writing.execute(&oldest, [most - 1])?;
    writing.execute(
        &format!("INSERT INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        params![
            pass.secret_hash.as_slice(),
            pass.role.code(),
            pass.name,
            pass.made_by,
            millis(pass.created_at),
            millis(pass.expires_at),
        ],
    )?;
    Ok(())
}

fn entry(action: &str, subject: &str, actor: &str, data: serde_json::Value, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: None,
        subject: subject.to_owned(),
        data,
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<DashboardPass> {
    Ok(DashboardPass {
        secret_hash: row.get(0)?,
        role: row.get::<_, Code<DashboardRole>>(1)?.0,
        name: row.get(2)?,
        made_by: row.get(3)?,
        created_at: instant(row.get(4)?),
        expires_at: instant(row.get(5)?),
    })
}
