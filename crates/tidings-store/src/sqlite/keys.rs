//! What devices are found by: a number for each name, of an app. Two names may share one; whoever asks compares.

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::params;

use super::names_in_tables::AT_ONCE;
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
    pub(crate) const fn sort(self) -> usize {
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

/// What the writer looks for, and how it reads what there is.
const LOOKED_FOR: [(Index, &str); 2] = [
    (
        Index::Token,
        "SELECT key FROM device_by_token WHERE key >= ?1 ORDER BY key LIMIT ?2",
    ),
    (
        Index::Installation,
        "SELECT key FROM device_by_installation WHERE key >= ?1 ORDER BY key LIMIT ?2",
    ),
];

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
    look(reading, index, key(app, name))
}

/// The same by the number, in the table and among what is not there yet.
fn look(reading: &Reading, index: Index, key: i64) -> Result<Vec<DeviceId>, StoreError> {
    let mut found = reading.rows(index.find(), [key], |row| row.get(0).map(DeviceId))?;
    reading.names().find(index.sort(), key, &mut found);
    Ok(found)
}

/// The same for the writer, who does not look into a table for what is surely not there.
pub(crate) fn find_to_write(
    writing: &Writing,
    index: Index,
    app: AppId,
    name: &[u8],
) -> Result<Vec<DeviceId>, StoreError> {
    let key = key(app, name);
    if writing.in_tables().may_have(index.sort(), key) {
        return look(writing.reading(), index, key);
    }
    let mut found = Vec::new();
    writing.reading().names().find(index.sort(), key, &mut found);
    Ok(found)
}

/// The other devices that may have a name of this one, for the writer.
pub(crate) fn find_others(
    writing: &Writing,
    index: Index,
    device: DeviceId,
    name: &[u8],
) -> Result<Vec<DeviceId>, StoreError> {
    let (key, sort) = (key(app_of(device), name), index.sort());
    let mut found = Vec::new();
    writing.reading().names().find(sort, key, &mut found);
    let is_in_table = !found.contains(&device);
    let in_tables = writing.in_tables();
    let may_have_others = if is_in_table {
        in_tables.may_have_more(sort, key)
    } else {
        in_tables.may_have(sort, key)
    };
    if may_have_others {
        found = look(writing.reading(), index, key)?;
    }
    found.retain(|other| *other != device);
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

/// Whether there is something in the tables that the writer does not know of.
pub(crate) fn has_more_to_learn(writing: &Writing) -> bool {
    let unread = |index: Index| writing.in_tables().unread(index.sort());
    LOOKED_FOR.iter().any(|(index, _)| unread(*index).is_some())
}

/// Learns some more of what is in the tables.
pub(crate) fn learn(writing: &mut Writing) -> Result<(), StoreError> {
    for (index, sql) in LOOKED_FOR {
        let sort = index.sort();
        if let Some(unread) = writing.in_tables().unread(sort) {
            let keys = writing.reading().rows(sql, [unread, AT_ONCE], |row| row.get(0))?;
            writing.in_tables_mut().has_read(sort, &keys, AT_ONCE);
        }
    }
    Ok(())
}

/// Writes names into their tables.
pub(crate) fn write(writing: &mut Writing, names: &[(usize, Name)]) -> Result<(), StoreError> {
    for (index, _) in LOOKED_FOR {
        let sort = index.sort();
        for (_, name) in names.iter().filter(|(of, _)| *of == sort) {
            writing.in_tables_mut().added(sort, name.0);
        }
    }
    for (sort, some) in INSERT.iter().enumerate() {
        let mut statement = writing.statement(some)?;
        for (_, name) in names.iter().filter(|(of, _)| *of == sort) {
            statement.execute([name.0, name.1])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use rusqlite::Connection;
    use tidings_apns::{DeviceToken, Timestamp, TokenKind};
    use tidings_truth::Rules;

    use super::*;
    use crate::device::Registration;
    use crate::sqlite::recent_names::RecentNames;
    use crate::sqlite::writing::Fate;
    use crate::sqlite::{apps, migrations, name_log, registration};

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
        // Two live activities of a pair share an installation.
        let said = Registration {
            kind: Some(TokenKind::LiveActivityUpdate),
            user_id: Some(format!("user-{number}")),
            installation_id: Some(pair(number)),
            ..Registration::default()
        };
        writing.begin_group().unwrap();
        let fate =
            writing.attempt(|writing| registration::register(writing, app, &token(number), &said, NOW));
        assert!(matches!(fate, Fate::Done(Ok(_))));
        writing.commit_group().unwrap();
    }

    fn pair(number: u64) -> String {
        format!("installation-{}", number / 2)
    }

    /// The same database with another writer, as after a start.
    fn again(writing: Writing) -> Writing {
        let names = Arc::new(RecentNames::new(50, 0));
        let reading = Reading::new(writing.into_connection(), names);
        name_log::load(&reading).unwrap();
        Writing::new(reading, Rules::default()).unwrap()
    }

    fn everything_is_found(writing: &Writing, app: AppId, numbers: Range<u64>) {
        for number in numbers {
            let found = find_to_write(writing, Index::Token, app, token(number).as_bytes()).unwrap();
            assert_eq!(found.len(), 1, "{number}");
            let others =
                find_others(writing, Index::Installation, found[0], pair(number).as_bytes()).unwrap();
            let other = find_to_write(writing, Index::Token, app, token(number ^ 1).as_bytes()).unwrap();
            assert_eq!(others, other, "{number}");
        }
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
        let writing = again(writing);
        everything_is_found(&writing, app, 0..3_000);
        let is_collected = |number: &u64| {
            let mut found = Vec::new();
            let key = key(app, token(*number).as_bytes());
            writing
                .reading()
                .names()
                .find(Index::Token.sort(), key, &mut found);
            !found.is_empty()
        };
        let collected = (0..3_000).filter(is_collected).count();
        assert_eq!(
            count(&writing, "device_by_token"),
            3_000 - i64::try_from(collected).unwrap(),
            "and nothing else is"
        );
        assert!(collected > 0);
    }

    #[test]
    fn the_log_does_not_grow_however_many_names_come_at_once() {
        let (mut writing, app) = writing();
        let mut longest = 0;
        for group in 0..15_u64 {
            writing.begin_group().unwrap();
            for number in group * 10_000..(group + 1) * 10_000 {
                let said = Registration::default();
                let fate = writing
                    .attempt(|writing| registration::register(writing, app, &token(number), &said, NOW));
                assert!(matches!(fate, Fate::Done(Ok(_))));
            }
            writing.commit_group().unwrap();
            longest = longest.max(count(&writing, "device_unindexed"));
        }
        assert!(longest < 45_000, "{longest}");
    }

    #[test]
    fn the_writer_knows_what_is_new_without_looking_once_it_has_seen_the_tables() {
        let (mut writing, app) = writing();
        for number in 0..6_000 {
            register(&mut writing, app, number);
        }
        everything_is_found(&writing, app, 0..6_000);
        let mut writing = again(writing);
        let may_be_new = |writing: &Writing| {
            let new = (10_000..11_000_u64).filter(|number| {
                let key = key(app, token(*number).as_bytes());
                !writing.in_tables().may_have(Index::Token.sort(), key)
            });
            new.count()
        };
        register(&mut writing, app, 6_000);
        register(&mut writing, app, 6_001);
        assert_eq!(may_be_new(&writing), 0, "it has not seen all yet");
        everything_is_found(&writing, app, 0..6_002);
        for number in 6_002..6_012 {
            register(&mut writing, app, number);
        }
        assert!(may_be_new(&writing) > 950);
        everything_is_found(&writing, app, 0..6_012);
    }
}
