//! People who may see the dashboard: known from the first link that they open, with a password if they set one.

use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;

use super::codes::{Code, Coded, instant, millis};
use super::dashboard::entry;
use super::failure::damaged;
use super::reading::Reading;
use super::writing::Writing;
use crate::dashboard::{DashboardPass, DashboardRole};
use crate::ids::PersonId;
use crate::person::{Person, PersonSecret};
use crate::store_error::StoreError;

/// People who are known at once; for one more, whoever has no password and was not seen for longest goes.
const MOST: i64 = 1_000;

macro_rules! select_person {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, role, made_by, password IS NOT NULL, created_at, seen_at, password FROM person ",
            $rest
        )
    };
}

/// Whoever opens a link: known already, or from now on. What the link allows they may do from then on; sessions that allow
/// something else end.
pub(super) fn greet(writing: &Writing, pass: &DashboardPass, now: Timestamp) -> Result<PersonId, StoreError> {
    writing.execute(
        "DELETE FROM person WHERE password IS NULL AND id NOT IN (SELECT id FROM person ORDER BY seen_at DESC LIMIT ?1)",
        [MOST - 1],
    )?;
    writing.execute(
        "INSERT INTO person (name, role, made_by, created_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (name) DO UPDATE SET role = excluded.role, made_by = excluded.made_by, seen_at = excluded.seen_at",
        params![pass.name, pass.role.code(), pass.made_by, millis(now)],
    )?;
    let person = by_name(writing.reading(), &pass.name)?
        .ok_or_else(damaged)?
        .person;
    writing.execute(
        "DELETE FROM dashboard_session WHERE person_id = ?1 AND role <> ?2",
        params![person.id.0, pass.role.code()],
    )?;
    Ok(person.id)
}

/// All of them, by name.
pub(crate) fn all(reading: &Reading) -> Result<Vec<Person>, StoreError> {
    let found = reading.rows(select_person!("ORDER BY name"), [], read)?;
    Ok(found.into_iter().map(|secret| secret.person).collect())
}

/// Somebody.
pub(crate) fn by_id(reading: &Reading, id: PersonId) -> Result<Option<PersonSecret>, StoreError> {
    reading.row(select_person!("WHERE id = ?1"), [id.0], read)
}

/// Somebody by their name, whatever is written large.
pub(crate) fn by_name(reading: &Reading, name: &str) -> Result<Option<PersonSecret>, StoreError> {
    reading.row(select_person!("WHERE name = ?1"), [name], read)
}

/// Sets a password; all sessions of the person but one end. Whether there is such a person.
pub(crate) fn set_password(
    writing: &mut Writing,
    id: PersonId,
    password: &str,
    keeping: &[u8; 32],
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(known) = by_id(writing.reading(), id)? else {
        return Ok(false);
    };
    writing.execute(
        "UPDATE person SET password = ?2 WHERE id = ?1",
        params![id.0, password],
    )?;
    writing.execute(
        "DELETE FROM dashboard_session WHERE person_id = ?1 AND secret_hash <> ?2",
        params![id.0, keeping.as_slice()],
    )?;
    told(writing, "dashboard.password_set", &known.person, actor, now)?;
    Ok(true)
}

/// Takes a password away; whether there was one.
pub(crate) fn remove_password(
    writing: &mut Writing,
    id: PersonId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = by_id(writing.reading(), id)?;
    let Some(known) = known.filter(|known| known.person.has_password) else {
        return Ok(false);
    };
    writing.execute("UPDATE person SET password = NULL WHERE id = ?1", [id.0])?;
    told(writing, "dashboard.password_removed", &known.person, actor, now)?;
    Ok(true)
}

/// Forgets somebody, with their sessions, their password, and the links that wait for them; whether they were known.
pub(crate) fn remove(
    writing: &mut Writing,
    id: PersonId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(known) = by_id(writing.reading(), id)? else {
        return Ok(false);
    };
    writing.execute("DELETE FROM person WHERE id = ?1", [id.0])?;
    writing.execute("DELETE FROM dashboard_session WHERE person_id = ?1", [id.0])?;
    writing.execute(
        "DELETE FROM dashboard_link WHERE name = ?1 COLLATE NOCASE",
        [&known.person.name],
    )?;
    told(writing, "dashboard.person_removed", &known.person, actor, now)?;
    Ok(true)
}

/// They have been seen.
pub(super) fn seen(writing: &Writing, id: PersonId, now: Timestamp) -> Result<(), StoreError> {
    writing.execute(
        "UPDATE person SET seen_at = max(seen_at, ?2) WHERE id = ?1",
        params![id.0, millis(now)],
    )?;
    Ok(())
}

fn told(
    writing: &Writing,
    action: &str,
    person: &Person,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.audit(&entry(action, &person.name, actor, json!({}), now))
}

fn read(row: &Row<'_>) -> rusqlite::Result<PersonSecret> {
    Ok(PersonSecret {
        person: Person {
            id: PersonId(row.get(0)?),
            name: row.get(1)?,
            role: row.get::<_, Code<DashboardRole>>(2)?.0,
            made_by: row.get(3)?,
            has_password: row.get(4)?,
            created_at: instant(row.get(5)?),
            seen_at: instant(row.get(6)?),
        },
        password: row.get(7)?,
    })
}
