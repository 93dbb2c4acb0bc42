//! The log of devices that have names which may not be in their tables yet, and how far names have gone there: so that after a
//! start those are collected again that are missing, and no others.

use rusqlite::params;
use tidings_apns::DeviceToken;

use super::device_row::token;
use super::failure::unreadable;
use super::keys::{self, Index};
use super::reading::Reading;
use super::recent_names::{Name, SORTS, Step};
use super::writing::{Writing, app_of};
use crate::ids::DeviceId;
use crate::store_error::StoreError;

/// How many entries a commit removes at least, when there are some to remove.
const SOME: usize = 4_096;

/// Writes down that a device has a name that is not in the tables.
pub(crate) fn append(writing: &Writing, device: DeviceId) -> Result<(), StoreError> {
    let sql = "INSERT INTO device_unindexed (device_id) VALUES (?1)";
    writing.execute(sql, [device.0]).map(drop)
}

/// The number of the last entry.
pub(crate) fn newest(reading: &Reading) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce(max(number), 0) FROM device_unindexed";
    let newest = reading.row(sql, [], |row| row.get(0))?;
    Ok(newest.unwrap_or_default())
}

/// The names of a step, of devices up to an entry, go into the tables.
pub(crate) fn note_step(writing: &Writing, step: &Step, newest: i64) -> Result<(), StoreError> {
    let after = step.after.unwrap_or(i64::MIN);
    let covered = "DELETE FROM name_step WHERE upto > ?1 AND upto < ?2";
    writing.execute(covered, [after, step.upto])?;
    let sql = "INSERT INTO name_step VALUES (?1, ?2) ON CONFLICT DO UPDATE SET number = excluded.number";
    writing.execute(sql, [step.upto, newest]).map(drop)
}

/// Removes some of the first entries up to a number: as many as were added and more, so that it does not grow. Says whether
/// those were all.
pub(crate) fn trim(writing: &Writing, upto: i64, added: usize) -> Result<bool, StoreError> {
    let some = SOME.max(added.saturating_mul(2));
    let some = i64::try_from(some).unwrap_or(i64::MAX);
    let sql = "DELETE FROM device_unindexed WHERE number IN
                   (SELECT number FROM device_unindexed WHERE number <= ?1 ORDER BY number LIMIT ?2)";
    Ok(writing.execute(sql, params![upto, some])? == 0)
}

/// Collects the names again that had not gone into the tables when the last process ended.
pub(crate) fn load(reading: &Reading) -> Result<(), StoreError> {
    let steps = Steps::read(reading)?;
    let mut names: [Vec<Name>; SORTS] = Default::default();
    let sql = "SELECT u.number, d.id, d.token, e.installation_id, e.user_id
               FROM device_unindexed u JOIN device d ON d.id = u.device_id
               LEFT JOIN device_detail e ON e.id = d.id ORDER BY u.number";
    let mut statement = reading.statement(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let (id, token): (_, DeviceToken) = (DeviceId(row.get(1)?), token(row, 2)?);
        let mut add = |index: Index, name: &[u8]| {
            let key = keys::key(app_of(id), name);
            if !steps.have_moved(key, number) {
                names[index.sort()].push((key, id.0));
            }
        };
        add(Index::Token, token.as_bytes());
        for (index, column) in [(Index::Installation, 3), (Index::User, 4)] {
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

/// The steps by which names have gone into the tables, in the order of their keys.
struct Steps(Vec<(i64, i64)>);

impl Steps {
    fn read(reading: &Reading) -> Result<Self, StoreError> {
        let sql = "SELECT upto, number FROM name_step ORDER BY upto";
        let steps = reading.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(steps))
    }

    /// Whether a name of a device that stands in the log under this number is in the table.
    fn have_moved(&self, key: i64, number: i64) -> bool {
        let place = self.0.partition_point(|(upto, _)| *upto < key);
        self.0.get(place).is_some_and(|(_, newest)| number <= *newest)
    }
}
