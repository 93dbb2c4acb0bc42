//! Forward-only changes of the schema. One that was applied must stay as it was: its checksum is kept beside its number.

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, params};

use crate::store::OpenStoreError;

/// All migrations; the first has number 1.
const ALL: &[&str] = &[
    include_str!("migrations/0001_foundation.sql"),
    include_str!("migrations/0002_dashboard.sql"),
    include_str!("migrations/0003_webhooks.sql"),
];

/// The table in which they are written down.
pub(crate) fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, checksum BLOB NOT NULL) STRICT",
    )
}

/// Applies those after a number.
pub(crate) fn apply_all(connection: &Connection, after: usize) -> Result<(), rusqlite::Error> {
    for (place, sql) in ALL.iter().enumerate().skip(after) {
        connection.execute_batch(sql)?;
        connection.execute(
            "INSERT INTO migration VALUES (?1, ?2)",
            params![number(place + 1), checksum(sql)],
        )?;
    }
    Ok(())
}

/// Brings the schema up to date, all or nothing.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenStoreError> {
    let applied = applied(connection).map_err(OpenStoreError::Database)?;
    check(&applied)?;
    let is_up_to_date = applied.len() == ALL.len();
    if is_up_to_date {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(OpenStoreError::Database)?;
    apply_all(&transaction, applied.len())
        .and_then(|()| transaction.commit())
        .map_err(OpenStoreError::Database)
}

fn applied(connection: &Connection) -> Result<Vec<(i64, Vec<u8>)>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT version, checksum FROM migration ORDER BY version")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn check(applied: &[(i64, Vec<u8>)]) -> Result<(), OpenStoreError> {
    let known = number(ALL.len());
    if let Some((found, _)) = applied.last().filter(|(found, _)| *found > known) {
        return Err(OpenStoreError::Newer { found: *found, known });
    }
    for (place, (version, applied)) in applied.iter().enumerate() {
        let ours = ALL.get(place).map(|sql| checksum(sql));
        if *version != number(place + 1) || ours.as_ref() != Some(applied) {
            return Err(OpenStoreError::Migration { version: *version });
        }
    }
    Ok(())
}

fn checksum(sql: &str) -> Vec<u8> {
    digest(&SHA256, sql.as_bytes()).as_ref().to_vec()
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
