//! The devices that have some tags and not others, in order and some at a time.

use rusqlite::{CachedStatement, params};

use super::keys::key;
use super::reading::Reading;
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// How many ids of one tag are looked at together.
const BATCH: usize = 1024;

/// Which tags devices are to have.
pub(crate) struct AudienceIds {
    any: Vec<i64>,
    all: Vec<i64>,
    none: Vec<i64>,
}

/// Some ids, and after which there may be more.
pub(crate) struct Batch {
    pub(crate) ids: Vec<DeviceId>,
    pub(crate) more_after: Option<DeviceId>,
}

impl AudienceIds {
    pub(crate) fn new(app: AppId, any: &[String], all: &[String], none: &[String]) -> Self {
        let keys = |tags: &[String]| tags.iter().map(|tag| key(app, tag.as_bytes())).collect();
        Self {
            any: keys(any),
            all: keys(all),
            none: keys(none),
        }
    }

    /// The next ids that have the tags, up to and with one.
    pub(crate) fn next(
        &self,
        reading: &Reading,
        after: DeviceId,
        upto: DeviceId,
    ) -> Result<Batch, StoreError> {
        let mut batch = self.candidates(reading, after, upto)?;
        let mut probe = reading.statement("SELECT 1 FROM device_by_tag WHERE key = ?1 AND device_id = ?2")?;
        let mut kept = Vec::with_capacity(batch.ids.len());
        for id in batch.ids {
            if self.has_all(&mut probe, id)? {
                kept.push(id);
            }
        }
        batch.ids = kept;
        Ok(batch)
    }

    /// Ids among which all that are looked for are: of one tag that all have, or of those of which they have one.
    fn candidates(&self, reading: &Reading, after: DeviceId, upto: DeviceId) -> Result<Batch, StoreError> {
        let sets: &[i64] = match self.all.first() {
            Some(_) => &self.all[..1],
            None => &self.any,
        };
        if sets.is_empty() {
            let sql = "SELECT id FROM device WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3";
            let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
            let ids = reading.rows(sql, params![after.0, upto.0, limit], |row| {
                row.get(0).map(DeviceId)
            })?;
            return Ok(merge(vec![ids]));
        }
        let mut lists = Vec::with_capacity(sets.len());
        for tag in sets {
            lists.push(of_tag(reading, *tag, after, upto)?);
        }
        Ok(merge(lists))
    }

    fn has_all(&self, probe: &mut CachedStatement<'_>, id: DeviceId) -> Result<bool, StoreError> {
        let mut has = |tag: &i64| probe.exists(params![tag, id.0]);
        for tag in &self.all {
            if !has(tag)? {
                return Ok(false);
            }
        }
        for tag in &self.none {
            if has(tag)? {
                return Ok(false);
            }
        }
        for tag in &self.any {
            if has(tag)? {
                return Ok(true);
            }
        }
        Ok(self.any.is_empty())
    }
}

fn of_tag(reading: &Reading, tag: i64, after: DeviceId, upto: DeviceId) -> Result<Vec<DeviceId>, StoreError> {
    let sql = "SELECT device_id FROM device_by_tag WHERE key = ?1 AND device_id > ?2 AND device_id <= ?3
               ORDER BY device_id LIMIT ?4";
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    reading.rows(sql, params![tag, after.0, upto.0, limit], |row| {
        row.get(0).map(DeviceId)
    })
}

/// All ids of the lists, each once and in order, up to where the first list may have been cut off.
fn merge(lists: Vec<Vec<DeviceId>>) -> Batch {
    let cut_off = lists
        .iter()
        .filter(|list| list.len() == BATCH)
        .filter_map(|list| list.last().copied())
        .min();
    let mut ids: Vec<DeviceId> = lists.into_iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    if let Some(last) = cut_off {
        ids.retain(|id| *id <= last);
    }
    Batch {
        ids,
        more_after: cut_off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_merged_as_far_as_all_of_them_go() {
        let long: Vec<DeviceId> = (1..=1024).map(DeviceId).collect();
        let short = vec![DeviceId(5), DeviceId(2000)];
        let batch = merge(vec![long.clone(), short]);
        assert_eq!(batch.ids, long);
        assert_eq!(batch.more_after, Some(DeviceId(1024)));
        let batch = merge(vec![vec![DeviceId(3), DeviceId(7)], vec![DeviceId(3)]]);
        assert_eq!(batch.ids, [DeviceId(3), DeviceId(7)]);
        assert_eq!(batch.more_after, None);
    }
}
