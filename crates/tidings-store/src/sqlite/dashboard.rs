//! Links to the dashboard, and sessions in it.

use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;

use super::codes::{Code, Coded, instant, millis};
use super::people;
use super::reading::Reading;
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::dashboard::{DashboardPass, DashboardRole};
use crate::ids::PersonId;
use crate::person::{DashboardSession, SignedInBy};
use crate::store_error::StoreError;

/// Links that are there at once; for one more, the oldest goes.
const LINKS: i64 = 100;

/// Sessions that are there at once; for one more, the oldest goes.
const SESSIONS: i64 = 1_000;

/// Sessions of one person, so that nobody's sessions push out those of all others.
const SESSIONS_OF_ONE: i64 = 50;

macro_rules! select_session {
    ($rest:literal) => {
        concat!(
            "SELECT secret_hash, role, name, made_by, created_at, expires_at, person_id, coalesce(seen_at, created_at) \
             FROM dashboard_session ",
            $rest
        )
    };
}

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
    by: SignedInBy,
    now: Timestamp,
) -> Result<(), StoreError> {
    let person = match by {
        SignedInBy::Link => Some(people::greet(writing, session, now)?),
        SignedInBy::Password(person) => Some(person),
        SignedInBy::Key => None,
    };
    keep(writing, "dashboard_session", SESSIONS, session, now)?;
    writing.execute(
        "UPDATE dashboard_session SET person_id = ?2, seen_at = ?3 WHERE secret_hash = ?1",
        params![
            session.secret_hash.as_slice(),
            person.map(|person| person.0),
            millis(now)
        ],
    )?;
    writing.execute(
        "DELETE FROM dashboard_session WHERE person_id = ?1 AND secret_hash NOT IN
             (SELECT secret_hash FROM dashboard_session WHERE person_id = ?1 ORDER BY created_at DESC LIMIT ?2)",
        params![person.map(|person| person.0), SESSIONS_OF_ONE],
    )?;
    let data = json!({"role": session.role, "by": session.made_by, "with": by.as_str()});
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
) -> Result<Option<DashboardSession>, StoreError> {
    reading.row(
        select_session!("WHERE secret_hash = ?1"),
        [secret_hash.as_slice()],
        read_session,
    )
}

/// All sessions that are good, the newest first.
pub(crate) fn sessions(reading: &Reading, now: Timestamp) -> Result<Vec<DashboardSession>, StoreError> {
    reading.rows(
        select_session!("WHERE expires_at > ?1 ORDER BY created_at DESC"),
        [millis(now)],
        read_session,
    )
}

/// Somebody looks.
pub(crate) fn session_seen(
    writing: &mut Writing,
    secret_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(known) = session(writing.reading(), secret_hash)? else {
        return Ok(());
    };
    writing.execute(
        "UPDATE dashboard_session SET seen_at = ?2 WHERE secret_hash = ?1",
        params![secret_hash.as_slice(), millis(now)],
    )?;
    known
        .person
        .map_or(Ok(()), |person| people::seen(writing, person, now))
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
        &session.pass.name,
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
        &format!(
            "INSERT INTO {table} (secret_hash, role, name, made_by, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ),
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

pub(super) fn entry(
    action: &str,
    subject: &str,
    actor: &str,
    data: serde_json::Value,
    now: Timestamp,
) -> AuditEntry {
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

fn read_session(row: &Row<'_>) -> rusqlite::Result<DashboardSession> {
    Ok(DashboardSession {
        pass: read(row)?,
        person: row.get::<_, Option<i64>>(6)?.map(PersonId),
        seen_at: instant(row.get(7)?),
    })
}
