//! Recipients that are worth a row.

use std::collections::BTreeMap;

use rusqlite::{Row, params};
use tidings_apns::{Environment, Timestamp};

use super::codes::{Coded, environment, instant, millis};
use super::device_row::token;
use super::epochs;
use super::notification_row::notification_id;
use super::notifications;
use super::progress::Progress;
use super::reading::Reading;
use super::recipient_row::{self, exception, log};
use super::writing::Writing;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::recipient::{DueRecipient, RecentException, RecipientException, RecipientState, RecipientView};
use crate::store_error::StoreError;
use crate::work::Epoch;

/// Recipients as they are shown, by device.
pub(crate) fn page(
    reading: &Reading,
    app: AppId,
    id: NotificationId,
    after: Option<DeviceId>,
    limit: usize,
) -> Result<Vec<RecipientView>, StoreError> {
    let Some(number) = notifications::number(reading, app, id)? else {
        return Ok(Vec::new());
    };
    let sql = "SELECT r.device_id, r.state, r.lane, r.next_at, r.status, r.reason, r.attempts, r.environment, r.sent_at,
                   d.token, r.trail
               FROM recipient r LEFT JOIN device d ON d.id = r.device_id
               WHERE r.notification = ?1 AND r.device_id > ?2 ORDER BY r.device_id LIMIT ?3";
    let after = after.unwrap_or(DeviceId::START);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    reading.rows(sql, params![number, after.0, limit], |row| {
        let known = exception(row, 0)?;
        let is_there = row.get_ref(9)? != rusqlite::types::ValueRef::Null;
        Ok(RecipientView {
            device_id: known.device_id,
            token: is_there.then(|| token(row, 9)).transpose()?,
            state: known.state,
            status: known.status,
            reason: known.reason,
            attempts: known.attempts,
            environment: known.environment,
            sent_at: known.sent_at,
            log: log(row, 10)?,
        })
    })
}

/// Those of the newest rows that were not simply delivered.
pub(crate) fn recent(reading: &Reading, among: usize) -> Result<Vec<RecentException>, StoreError> {
    let sql = "SELECT r.device_id, r.state, r.lane, r.next_at, r.status, r.reason, r.attempts, r.environment, r.sent_at,
                   r.app_id, n.id, n.created_at
               FROM (SELECT * FROM recipient ORDER BY notification DESC, device_id DESC LIMIT ?1) r
               JOIN notification n ON n.number = r.notification
               WHERE r.state <> 10 ORDER BY r.notification DESC, r.device_id DESC";
    let among = i64::try_from(among).unwrap_or(i64::MAX);
    reading.rows(sql, [among], |row| {
        Ok(RecentException {
            recipient: exception(row, 0)?,
            app_id: AppId(row.get(9)?),
            notification_id: notification_id(row, 10)?,
            accepted_at: instant(row.get(11)?),
        })
    })
}

/// Recipients whose time has come: those that wait, lane by lane; and those that have waited too long for something else.
pub(crate) fn due(
    reading: &Reading,
    now: Timestamp,
    limit: usize,
    exclude: &[(AppId, Environment)],
) -> Result<Vec<DueRecipient>, StoreError> {
    let mut found = Vec::new();
    for pending in Pending::ALL {
        for (app, lane) in lanes(reading, pending)? {
            let is_excluded =
                |(of, environment): &(AppId, Environment)| of.0 == app && environment.code() == lane;
            if pending == Pending::Waiting && exclude.iter().any(is_excluded) {
                continue;
            }
            let some = i64::try_from(limit).unwrap_or(i64::MAX);
            let params = params![app, lane, millis(now), some];
            found.extend(reading.rows(pending.due(), params, due_recipient)?);
        }
    }
    found.sort_by_key(|(next_at, _)| *next_at);
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, due)| due).collect())
}

/// When the next recipient is to be looked at, of those for which it is not time yet.
pub(crate) fn next_at(reading: &Reading, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut earliest = i64::MAX;
    for pending in Pending::ALL {
        for (app, lane) in lanes(reading, pending)? {
            let next: Option<i64> = reading
                .row(pending.next(), params![app, lane, millis(now)], |row| row.get(0))?
                .flatten();
            earliest = earliest.min(next.unwrap_or(i64::MAX));
        }
    }
    Ok((earliest < i64::MAX).then(|| instant(earliest)))
}

/// What became of recipients that had waited.
pub(crate) fn update(
    writing: &mut Writing,
    updates: &[(NotificationId, RecipientException)],
    epoch: Epoch,
    now: Timestamp,
) -> Result<(), StoreError> {
    epochs::check(writing, epoch)?;
    let mut all: BTreeMap<NotificationId, Vec<&RecipientException>> = BTreeMap::new();
    for (id, recipient) in updates {
        all.entry(*id).or_default().push(recipient);
    }
    for (id, recipients) in all {
        if let Some(progress) = Progress::load(writing, id)? {
            update_some(writing, progress, &recipients, now)?;
        }
    }
    Ok(())
}

/// Lets recipients that are held for a device be looked at again.
pub(crate) fn free_held(writing: &mut Writing, device: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    let sql = "SELECT notification FROM recipient WHERE device_id = ?1 AND state = 1 AND state < 2";
    let held = writing
        .reading()
        .rows(sql, [device.0], |row| Ok((row.get(0)?, device)))?;
    wake(writing, &held, RecipientState::Held, now)
}

/// The same, and those that wait for an instant.
pub(crate) fn free_all(writing: &mut Writing, device: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    free_held(writing, device, now)?;
    let sql = "UPDATE recipient SET next_at = 0 WHERE device_id = ?1 AND state = 0 AND state < 2";
    writing.execute(sql, [device.0]).map(drop)
}

/// Some recipients of an app that wait in one way, in one environment or in all.
pub(crate) fn some(
    writing: &Writing,
    pending: Pending,
    app: AppId,
    environment: Option<Environment>,
    limit: i64,
) -> Result<Vec<(i64, DeviceId)>, StoreError> {
    let reading = writing.reading();
    match environment {
        Some(lane) => reading.rows(pending.of_lane(), params![app.0, lane.code(), limit], named),
        None => reading.rows(pending.of_app(), params![app.0, limit], named),
    }
}

/// Lets recipients be looked at now, whatever the clock says, that waited for something else.
pub(crate) fn wake(
    writing: &mut Writing,
    recipients: &[(i64, DeviceId)],
    from: RecipientState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (notification, device) in recipients {
        writing.execute(
            "UPDATE recipient SET state = 0, next_at = 0 WHERE notification = ?1 AND device_id = ?2",
            params![notification, device.0],
        )?;
        *counts.entry(*notification).or_default() += 1;
    }
    for (notification, count) in counts {
        let mut progress = Progress::load_number(writing, notification)?;
        progress.uncount(from, count);
        progress.count(RecipientState::Waiting { next_at: now }, count);
        progress.save(writing, now)?;
    }
    Ok(())
}

/// How recipients wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    Waiting,
    Held,
    Parked,
}

/// A query over the recipients that wait in one way. That they wait must stand in it as it stands in the index of those that
/// do: else SQLite does not take it.
macro_rules! of_pending {
    ($pending:expr, $before:literal, $alias:literal, $after:literal) => {
        match $pending {
            Pending::Waiting => concat!($before, $alias, "state = 0 AND ", $alias, "state < 10", $after),
            Pending::Held => concat!($before, $alias, "state = 1 AND ", $alias, "state < 10", $after),
            Pending::Parked => concat!($before, $alias, "state = 2 AND ", $alias, "state < 10", $after),
        }
    };
}

impl Pending {
    pub(crate) const ALL: [Self; 3] = [Self::Waiting, Self::Held, Self::Parked];

    pub(crate) const fn candidates(self) -> &'static str {
        of_pending!(
            self,
            "SELECT n.id, r.device_id FROM recipient r JOIN notification n ON n.number = r.notification WHERE ",
            "r.",
            " AND r.app_id = ?1 AND r.lane = ?2 LIMIT ?3"
        )
    }

    pub(crate) const fn count(self) -> &'static str {
        of_pending!(self, "SELECT count(*) FROM recipient WHERE ", "", "")
    }

    const fn of_app(self) -> &'static str {
        of_pending!(
            self,
            "SELECT notification, device_id FROM recipient WHERE ",
            "",
            " AND app_id = ?1 LIMIT ?2"
        )
    }

    const fn of_lane(self) -> &'static str {
        of_pending!(
            self,
            "SELECT notification, device_id FROM recipient WHERE ",
            "",
            " AND app_id = ?1 AND lane = ?2 LIMIT ?3"
        )
    }

    const fn due(self) -> &'static str {
        of_pending!(
            self,
            "SELECT n.id, r.app_id, r.device_id, r.attempts, r.environment, r.sent_at, r.next_at
             FROM recipient r JOIN notification n ON n.number = r.notification WHERE ",
            "r.",
            " AND r.app_id = ?1 AND r.lane = ?2 AND r.next_at <= ?3 ORDER BY r.next_at LIMIT ?4"
        )
    }

    const fn next(self) -> &'static str {
        of_pending!(
            self,
            "SELECT min(next_at) FROM recipient WHERE ",
            "",
            " AND app_id = ?1 AND lane = ?2 AND next_at > ?3"
        )
    }

    const fn next_lane(self) -> &'static str {
        of_pending!(
            self,
            "SELECT app_id, lane FROM recipient WHERE ",
            "",
            " AND app_id = ?1 AND lane > ?2 ORDER BY lane LIMIT 1"
        )
    }

    const fn next_app(self) -> &'static str {
        of_pending!(
            self,
            "SELECT app_id, lane FROM recipient WHERE ",
            "",
            " AND app_id > ?1 ORDER BY app_id, lane LIMIT 1"
        )
    }
}

/// The lanes in which recipients wait: two looks at the index for each, however many wait in it.
fn lanes(reading: &Reading, pending: Pending) -> Result<Vec<(i64, i64)>, StoreError> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut found: Vec<(i64, i64)> = Vec::new();
    let (mut app, mut lane) = (0, i64::MAX);
    loop {
        let next = match reading.row(pending.next_lane(), [app, lane], read)? {
            Some(next) => Some(next),
            None => reading.row(pending.next_app(), [app], read)?,
        };
        let Some(next) = next else {
            return Ok(found);
        };
        found.push(next);
        (app, lane) = next;
    }
}

fn due_recipient(row: &Row<'_>) -> rusqlite::Result<(i64, DueRecipient)> {
    let due = DueRecipient {
        notification_id: notification_id(row, 0)?,
        app_id: AppId(row.get(1)?),
        device_id: DeviceId(row.get(2)?),
        attempts: row.get(3)?,
        environment: environment(row, 4)?,
        sent_at: row.get::<_, Option<i64>>(5)?.map(instant),
    };
    Ok((row.get(6)?, due))
}

fn named(row: &Row<'_>) -> rusqlite::Result<(i64, DeviceId)> {
    Ok((row.get(0)?, DeviceId(row.get(1)?)))
}

fn update_some(
    writing: &mut Writing,
    mut progress: Progress,
    recipients: &[&RecipientException],
    now: Timestamp,
) -> Result<(), StoreError> {
    for recipient in recipients {
        let before = recipient_row::state(writing, progress.number, recipient.device_id)?;
        let Some(before) = before.filter(|state| !matches!(state, RecipientState::Done(_))) else {
            continue;
        };
        let mut recipient = (*recipient).clone();
        recipient.state = progress.admit(recipient.state);
        recipient_row::update(writing, &mut progress, &recipient, now)?;
        progress.uncount(before, 1);
        progress.count_one(&recipient);
    }
    progress.save(writing, now)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::sqlite::migrations;

    /// How SQLite goes about a query.
    fn plan(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = vec![0; statement.parameter_count()];
        let params = rusqlite::params_from_iter(nothing);
        let steps = statement
            .query_map(params, |row| row.get::<_, String>(3))
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_waits_is_found_without_looking_at_what_has_ended() {
        let connection = Connection::open_in_memory().unwrap();
        migrations::prepare(&connection).unwrap();
        migrations::apply_all(&connection, 0).unwrap();
        for pending in Pending::ALL {
            let queries = [
                pending.candidates(),
                pending.count(),
                pending.of_app(),
                pending.of_lane(),
                pending.due(),
                pending.next(),
                pending.next_lane(),
                pending.next_app(),
            ];
            for sql in queries {
                let plan = plan(&connection, sql);
                assert!(plan.contains("recipient_pending"), "{sql}: {plan}");
                assert!(
                    !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
                    "{sql}: {plan}"
                );
            }
        }
    }
}
