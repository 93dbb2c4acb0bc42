//! What has been kept long enough goes, some at a time; and what has become too old is found out.

use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::{count, millis};
use super::known_device::KnownDevice;
use super::problems;
use super::registration;
use super::replays;
use super::writing::Writing;
use crate::ids::DeviceId;
use crate::retention::{PurgeReport, Retention};
use crate::store_error::StoreError;

/// Removes some of what has been kept long enough.
pub(crate) fn purge(
    writing: &mut Writing,
    retention: &Retention,
    now: Timestamp,
) -> Result<PurgeReport, StoreError> {
    let most = i64::from(retention.rows_at_once);
    let mut purge = Purge {
        writing,
        now,
        most,
        report: PurgeReport::default(),
    };
    purge.age()?;
    purge.devices(now.saturating_sub(retention.devices))?;
    purge.notifications(now.saturating_sub(retention.notifications))?;
    purge.events(now.saturating_sub(retention.events))?;
    purge.idempotency(now.saturating_sub(retention.idempotency))?;
    Ok(purge.report)
}

struct Purge<'a> {
    writing: &'a mut Writing,
    now: Timestamp,
    most: i64,
    report: PurgeReport,
}

impl Purge<'_> {
    /// Tokens that update a Live Activity end without anybody saying so.
    fn age(&mut self) -> Result<(), StoreError> {
        let before = self.now.saturating_sub(self.writing.rules.live_activity_life);
        let sql = "SELECT id FROM device WHERE kind = 9 AND state < 3 AND registered_at <= ?1 LIMIT ?2";
        let ids = self.devices_of(sql, before)?;
        for id in &ids {
            if let Some(device) = KnownDevice::load(self.writing.reading(), *id)? {
                device.save(self.writing, self.now)?;
            }
        }
        self.report.aged += self.done(ids.len());
        Ok(())
    }

    fn devices(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "SELECT id FROM device WHERE state >= 3 AND since <= ?1 LIMIT ?2";
        let ids = self.devices_of(sql, before)?;
        for id in &ids {
            if let Some(device) = KnownDevice::load(self.writing.reading(), *id)? {
                registration::remove(self.writing, &device, self.now)?;
            }
        }
        self.report.devices += self.done(ids.len());
        Ok(())
    }

    /// Recipients first; the notification when none is left.
    fn notifications(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql =
            "SELECT number FROM notification WHERE finished_at IS NOT NULL AND finished_at <= ?1 LIMIT ?2";
        let params = params![millis(before), self.most];
        let numbers: Vec<i64> = self.writing.reading().rows(sql, params, |row| row.get(0))?;
        self.report.has_more |= i64::try_from(numbers.len()) == Ok(self.most);
        problems::purge(self.writing, before)?;
        replays::purge(self.writing, before)?;
        let mut room = self.most;
        for number in numbers {
            let removed = self.writing.execute(
                "DELETE FROM recipient WHERE (notification, device_id) IN
                     (SELECT notification, device_id FROM recipient WHERE notification = ?1 LIMIT ?2)",
                params![number, room],
            )?;
            let removed = i64::try_from(removed).unwrap_or(i64::MAX);
            self.report.recipients += count(removed);
            room -= removed;
            if room <= 0 {
                self.report.has_more = true;
                return Ok(());
            }
            self.writing
                .execute("DELETE FROM notification WHERE number = ?1", [number])?;
            self.report.notifications += 1;
        }
        Ok(())
    }

    fn events(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM event WHERE at <= ?1 AND id IN (SELECT id FROM event ORDER BY id LIMIT ?2)";
        self.report.events += self.delete(sql, before)?;
        Ok(())
    }

    fn idempotency(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM idempotency WHERE id IN
                       (SELECT id FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)";
        self.report.idempotency += self.delete(sql, before)?;
        Ok(())
    }

    fn devices_of(&self, sql: &str, before: Timestamp) -> Result<Vec<DeviceId>, StoreError> {
        let params = params![millis(before), self.most];
        self.writing
            .reading()
            .rows(sql, params, |row| row.get(0).map(DeviceId))
    }

    fn delete(&mut self, sql: &str, before: Timestamp) -> Result<u64, StoreError> {
        let removed = self.writing.execute(sql, params![millis(before), self.most])?;
        Ok(self.done(removed))
    }

    /// If as many as allowed are done, there may be more.
    fn done(&mut self, how_many: usize) -> u64 {
        let how_many = i64::try_from(how_many).unwrap_or(i64::MAX);
        self.report.has_more |= how_many >= self.most;
        count(how_many)
    }
}
