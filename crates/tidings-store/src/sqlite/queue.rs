//! What is to be sent, and when.

use std::collections::{HashSet, VecDeque};

use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::{Coded, count, instant, millis};
use super::notification_row::{NotificationRow, columns, notification_id};
use super::reading::Reading;
use super::recipients::{self, Pending};
use super::writing::device_range;
use crate::conservation::QueueDepth;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::Urgency;
use crate::store_error::StoreError;
use crate::work::ReadyNotification;

/// Notifications that can be sent now: the most urgent first; of those, from each app in turn its oldest.
pub(crate) fn ready(
    reading: &Reading,
    now: Timestamp,
    limit: usize,
    urgencies: &[Urgency],
    exclude: &[NotificationId],
) -> Result<Vec<ReadyNotification>, StoreError> {
    let exclude: HashSet<NotificationId> = exclude.iter().copied().collect();
    let mut chosen = Vec::new();
    for urgency in Urgency::ALL
        .into_iter()
        .filter(|urgency| urgencies.contains(urgency))
    {
        let room = limit - chosen.len();
        if room == 0 {
            break;
        }
        let mut queues = Vec::new();
        for app in apps_with_work(reading, urgency)? {
            queues.push(oldest_of_app(reading, urgency, app, now, room, &exclude)?);
        }
        chosen.extend(in_turn(queues, room));
    }
    load(reading, &chosen)
}

pub(crate) fn to_send(
    reading: &Reading,
    ids: &[NotificationId],
) -> Result<Vec<ReadyNotification>, StoreError> {
    let sql = "SELECT number FROM notification WHERE id = ?1";
    let mut numbers = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id.0.as_bytes().as_slice();
        numbers.extend(reading.row(sql, [id], |row| row.get::<_, i64>(0))?);
    }
    load(reading, &numbers)
}

pub(crate) fn next_wake(reading: &Reading, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut earliest = recipients::next_at(reading, now)?;
    for urgency in Urgency::ALL {
        for app in apps_with_work(reading, urgency)? {
            let sql = "SELECT min(due_at) FROM notification
                       WHERE is_planned = 0 AND urgency = ?1 AND app_id = ?2 AND due_at > ?3";
            let due: Option<i64> = reading
                .row(sql, params![urgency.code(), app, millis(now)], |row| row.get(0))?
                .flatten();
            earliest = [earliest, due.map(instant)].into_iter().flatten().min();
        }
    }
    Ok(earliest)
}

pub(crate) fn depth(reading: &Reading, now: Timestamp) -> Result<QueueDepth, StoreError> {
    let one = |sql: &str| -> Result<u64, StoreError> {
        let value = reading.row(sql, [], |row| row.get::<_, i64>(0))?;
        Ok(count(value.unwrap_or_default()))
    };
    let sql = "SELECT min(created_at) FROM notification WHERE is_planned = 0 AND due_at <= ?1";
    let oldest = reading.row(sql, [millis(now)], |row| row.get::<_, Option<i64>>(0))?;
    Ok(QueueDepth {
        notifications: one("SELECT count(*) FROM notification WHERE is_planned = 0")?,
        oldest_at: oldest.flatten().map(instant),
        waiting: one(Pending::Waiting.count())?,
        held: one(Pending::Held.count())? + one(Pending::Parked.count())?,
    })
}

/// The apps that have notifications to be planned: one look at the index for each.
fn apps_with_work(reading: &Reading, urgency: Urgency) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT app_id FROM notification
               WHERE is_planned = 0 AND urgency = ?1 AND app_id > ?2 ORDER BY app_id LIMIT 1";
    let mut apps = Vec::new();
    let mut last = 0;
    while let Some(app) = reading.row(sql, params![urgency.code(), last], |row| row.get(0))? {
        apps.push(app);
        last = app;
    }
    Ok(apps)
}

/// The numbers of an app's oldest: by when they were accepted, or were to be sent.
fn oldest_of_app(
    reading: &Reading,
    urgency: Urgency,
    app: i64,
    now: Timestamp,
    limit: usize,
    exclude: &HashSet<NotificationId>,
) -> Result<VecDeque<i64>, StoreError> {
    let at_once = "SELECT number, id, created_at FROM notification
                   WHERE is_planned = 0 AND urgency = ?1 AND app_id = ?2 AND due_at = 0 AND ?3 >= 0
                   ORDER BY number LIMIT ?4";
    let scheduled = "SELECT number, id, due_at FROM notification
                     WHERE is_planned = 0 AND urgency = ?1 AND app_id = ?2 AND due_at > 0 AND due_at <= ?3
                     ORDER BY due_at LIMIT ?4";
    let enough = i64::try_from(limit + exclude.len()).unwrap_or(i64::MAX);
    let mut found: Vec<(i64, i64)> = Vec::new();
    for sql in [at_once, scheduled] {
        let params = params![urgency.code(), app, millis(now), enough];
        let some = reading.rows(sql, params, |row| {
            Ok((row.get(0)?, notification_id(row, 1)?, row.get(2)?))
        })?;
        let not_excluded = some.into_iter().filter(|(_, id, _)| !exclude.contains(id));
        found.extend(not_excluded.take(limit).map(|(number, _, at)| (at, number)));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, number)| number).take(limit).collect())
}

/// One of each, as long as there are some.
fn in_turn(mut queues: Vec<VecDeque<i64>>, limit: usize) -> Vec<i64> {
    let mut chosen = Vec::new();
    while chosen.len() < limit && !queues.is_empty() {
        for queue in &mut queues {
            chosen.extend(queue.pop_front());
        }
        queues.retain(|queue| !queue.is_empty());
    }
    chosen.truncate(limit);
    chosen
}

fn load(reading: &Reading, numbers: &[i64]) -> Result<Vec<ReadyNotification>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM notification WHERE number = ?1");
    let mut statement = reading.statement(sql)?;
    let mut loaded = Vec::with_capacity(numbers.len());
    for number in numbers {
        let row = statement.query_row([number], NotificationRow::read)?;
        loaded.push(row);
    }
    let mut ready = Vec::with_capacity(loaded.len());
    for row in loaded {
        let upto = match row.planned_upto() {
            Some(upto) => upto,
            None => newest_device(reading, row.app())?,
        };
        ready.push(row.into_ready(upto));
    }
    Ok(ready)
}

/// The last device of an app.
fn newest_device(reading: &Reading, app: AppId) -> Result<DeviceId, StoreError> {
    let (start, end) = device_range(app);
    let sql = "SELECT max(id) FROM device WHERE id > ?1 AND id < ?2";
    let newest = reading.row(sql, [start.0, end.0], |row| row.get::<_, Option<i64>>(0))?;
    Ok(newest.flatten().map_or(start, DeviceId))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_app_has_its_turn() {
        let queues = vec![
            VecDeque::from([1, 2, 3]),
            VecDeque::from([10]),
            VecDeque::from([20, 21]),
        ];
        assert_eq!(in_turn(queues.clone(), 10), [1, 10, 20, 2, 21, 3]);
        assert_eq!(in_turn(queues, 2), [1, 10]);
    }
}
