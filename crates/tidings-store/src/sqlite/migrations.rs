//! Forward-only changes of the schema. One that was applied must stay as it was: its checksum is kept beside its number.

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, params};

use crate::store::OpenStoreError;

/// All migrations; the first has number 1.
const ALL: &[&str] = &[
    include_str!("migrations/0001_foundation.sql"),
    include_str!("migrations/0002_dashboard.sql"),
    include_str!("migrations/0003_webhooks.sql"),
    include_str!("migrations/0004_people.sql"),
    include_str!("migrations/0005_problems.sql"),
    include_str!("migrations/0006_name_steps.sql"),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written down before problems were counted is counted by the migration, and by the triggers from then on.
    #[test]
    fn problems_that_are_known_already_are_counted() {
        let connection = Connection::open_in_memory().unwrap();
        let place = ALL
            .iter()
            .position(|sql| sql.contains("CREATE TABLE problem "))
            .unwrap();
        for sql in &ALL[..place] {
            connection.execute_batch(sql).unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO notification (number, id, app_id, state, is_planned, urgency, due_at, planned_after, created_at,
                     push_type, kind, on_unknown, audience, payload)
                 VALUES (1, x'00', 1, 1, 1, 1, 0, 0, 500, 'alert', 0, 0, '\"everyone\"', '{}');
                 INSERT INTO recipient VALUES
                     (1, 1, 1, 11, 0, 0, 400, 'BadTopic', 1, 0, 700), (1, 2, 1, 11, 0, 0, 400, 'BadTopic', 1, 0, 800),
                     (1, 3, 1, 10, 0, 0, 200, NULL, 2, 0, 800), (1, 4, 1, 13, 0, 0, NULL, NULL, 0, NULL, NULL),
                     (1, 5, 1, 0, 0, 900, NULL, 'not_sent', 1, 0, 800), (1, 6, 1, 1, -1, 900, NULL, NULL, 0, NULL, NULL);",
            )
            .unwrap();
        connection.execute_batch(ALL[place]).unwrap();
        let problems = || {
            let sql = "SELECT environment, status, reason, stage, recipients, first_at, last_at FROM problem ORDER BY stage";
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| {
                let key: (i64, i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok((key, row.get(4)?, row.get(5)?, row.get(6)?))
            });
            rows.unwrap()
                .collect::<Result<Vec<(_, i64, i64, i64)>, _>>()
                .unwrap()
        };
        let held = ((-1, 0, String::new(), 1), 1, 500, 500);
        let refused = |count| ((0, 400, "BadTopic".to_owned(), 11), count, 700, 800);
        assert_eq!(problems(), [held.clone(), refused(2)]);
        connection
            .execute("DELETE FROM recipient WHERE device_id = 2", [])
            .unwrap();
        assert_eq!(problems(), [held, refused(1)]);
    }
}
