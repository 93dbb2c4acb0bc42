//! What devices are found by: a number for each name, of an app. Two names may share one; whoever asks compares.

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::params;

use super::device_row::token;
use super::failure::unreadable;
use super::reading::Reading;
use super::recent_names::{Name, SORTS};
use super::writing::{Writing, app_of};
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// What a device is found by.
#[derive(Clone, Copy)]
pub(crate) enum Index {
    Token,
    Installation,
    User,
}

impl Index {
    const fn sort(self) -> usize {
        match self {
            Self::Token => 0,
            Self::Installation => 1,
            Self::User => 2,
        }
    }

    const fn find(self) -> &'static str {
        match self {
            Self::Token => "SELECT device_id FROM device_by_token WHERE key = ?1 ORDER BY device_id",
            Self::Installation => {
                "SELECT device_id FROM device_by_installation WHERE key = ?1 ORDER BY device_id"
            }
            Self::User => "SELECT device_id FROM device_by_user WHERE key = ?1 ORDER BY device_id",
        }
    }

    const fn delete(self) -> &'static str {
        match self {
            Self::Token => "DELETE FROM device_by_token WHERE key = ?1 AND device_id = ?2",
            Self::Installation => "DELETE FROM device_by_installation WHERE key = ?1 AND device_id = ?2",
            Self::User => "DELETE FROM device_by_user WHERE key = ?1 AND device_id = ?2",
        }
    }
}

/// How names go into the tables, for each sort.
const INSERT: [&str; SORTS] = [
    "INSERT OR IGNORE INTO device_by_token VALUES (?1, ?2)",
    "INSERT OR IGNORE INTO device_by_installation VALUES (?1, ?2)",
    "INSERT OR IGNORE INTO device_by_user VALUES (?1, ?2)",
];

/// The number for a name.
pub(crate) fn key(app: AppId, name: &[u8]) -> i64 {
    let mut context = Context::new(&SHA256);
    context.update(&app.0.to_be_bytes());
    context.update(name);
    let hash = context.finish();
    let first = hash.as_ref().iter().take(8);
    first.fold(0, |key, byte| key << 8 | i64::from(*byte))
}

/// The devices that may have a name, in order.
pub(crate) fn find(
    reading: &Reading,
    index: Index,
    app: AppId,
    name: &[u8],
) -> Result<Vec<DeviceId>, StoreError> {
    let key = key(app, name);
    let mut found = reading.rows(index.find(), [key], |row| row.get(0).map(DeviceId))?;
    reading.names().find(index.sort(), key, &mut found);
    Ok(found)
}

pub(crate) fn insert(
    writing: &mut Writing,
    index: Index,
    name: &[u8],
    device: DeviceId,
) -> Result<(), StoreError> {
    writing.add_name(index.sort(), (key(app_of(device), name), device.0))
}

pub(crate) fn delete(
    writing: &mut Writing,
    index: Index,
    name: &[u8],
    device: DeviceId,
) -> Result<(), StoreError> {
    let name = (key(app_of(device), name), device.0);
    writing.remove_name(index.sort(), name);
    writing.execute(index.delete(), params![name.0, name.1]).map(drop)
}

/// Writes names into their tables.
pub(crate) fn write(writing: &Writing, names: &[(usize, Name)]) -> Result<(), StoreError> {
    for (sort, some) in INSERT.iter().enumerate() {
        let mut statement = writing.statement(some)?;
        for (_, name) in names.iter().filter(|(of, _)| *of == sort) {
            statement.execute([name.0, name.1])?;
        }
    }
    Ok(())
}

/// Collects the names again that had not gone into the tables when the last process ended.
pub(crate) fn load_recent(reading: &Reading) -> Result<(), StoreError> {
    let sql = "SELECT d.id, d.token, e.installation_id, e.user_id
               FROM device d LEFT JOIN device_detail e ON e.id = d.id
               WHERE d.id IN (SELECT device_id FROM device_unindexed) ORDER BY d.id";
    let mut statement = reading.statement(sql)?;
    let mut rows = statement.query([])?;
    let mut names: [Vec<Name>; SORTS] = Default::default();
    while let Some(row) = rows.next()? {
        let (id, token) = (DeviceId(row.get(0)?), token(row, 1)?);
        let mut add = |index: Index, name: &[u8]| names[index.sort()].push((key(app_of(id), name), id.0));
        add(Index::Token, token.as_bytes());
        for (index, column) in [(Index::Installation, 2), (Index::User, 3)] {
            if let Some(name) = row.get_ref(column)?.as_str_or_null().map_err(unreadable)? {
                add(index, name.as_bytes());
            }
        }
    }
    for (sort, names) in names.into_iter().enumerate() {
        reading.names().fill(sort, names);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rusqlite::Connection;
    use tidings_apns::{DeviceToken, Timestamp};
    use tidings_truth::Rules;

    use super::*;
    use crate::device::Registration;
    use crate::sqlite::recent_names::RecentNames;
    use crate::sqlite::writing::Fate;
    use crate::sqlite::{apps, migrations, registration};

    const NOW: Timestamp = Timestamp::from_unix_millis(1_000);

    /// A writer that collects few names.
    fn writing() -> (Writing, AppId) {
        let connection = Connection::open_in_memory().unwrap();
        migrations::prepare(&connection).unwrap();
        migrations::apply_all(&connection, 0).unwrap();
        let names = Arc::new(RecentNames::new(50, 0));
        let mut writing = Writing::new(Reading::new(connection, names), Rules::default()).unwrap();
        let bundle_id = "com.example.app".parse().unwrap();
        let app = apps::ensure(&mut writing, &bundle_id, NOW).unwrap();
        (writing, app.id)
    }

    fn token(number: u64) -> DeviceToken {
        DeviceToken::try_from_bytes(&number.to_be_bytes()).unwrap()
    }

    fn register(writing: &mut Writing, app: AppId, number: u64) {
        let said = Registration {
            user_id: Some(format!("user-{number}")),
            ..Registration::default()
        };
        writing.begin_group().unwrap();
        let fate =
            writing.attempt(|writing| registration::register(writing, app, &token(number), &said, NOW));
        assert!(matches!(fate, Fate::Done(Ok(_))));
        writing.commit_group().unwrap();
    }

    fn count(writing: &Writing, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        writing
            .connection()
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn names_go_into_their_tables_and_are_found_wherever_they_are() {
        let (mut writing, app) = writing();
        for number in 0..3_000 {
            register(&mut writing, app, number);
        }
        assert!(count(&writing, "device_by_token") > 2_000);
        assert!(count(&writing, "device_by_user") > 2_000);
        assert!(
            count(&writing, "device_unindexed") < 1_000,
            "the log is of what is not there yet"
        );
        for number in 0..3_000 {
            let by_token = find(writing.reading(), Index::Token, app, token(number).as_bytes()).unwrap();
            let user = format!("user-{number}");
            let by_user = find(writing.reading(), Index::User, app, user.as_bytes()).unwrap();
            assert_eq!((by_token.len(), &by_token), (1, &by_user), "{number}");
        }
    }

    #[test]
    fn what_had_not_gone_into_the_tables_is_collected_again() {
        let (mut writing, app) = writing();
        for number in 0..3_000 {
            register(&mut writing, app, number);
        }
        let connection = writing.into_connection();
        let names = Arc::new(RecentNames::new(50, 0));
        let reading = Reading::new(connection, names);
        load_recent(&reading).unwrap();
        for number in 0..3_000 {
            let found = find(&reading, Index::Token, app, token(number).as_bytes()).unwrap();
            assert_eq!(found.len(), 1, "{number}");
        }
    }
}
