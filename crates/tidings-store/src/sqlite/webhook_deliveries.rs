//! Events on their way to webhooks: planned from the outbox by a cursor, leased, and ended.

use rusqlite::params;
use serde_json::json;
use tidings_apns::Timestamp;
use uuid::Uuid;

use super::codes::{Coded, instant, millis, number};
use super::epochs;
use super::events;
use super::failure::unreadable;
use super::reading::Reading;
use super::webhook_attempts;
use super::webhook_row::{delivery, due, select_delivery};
use super::webhooks::{self, bytes};
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::ids::{WebhookDeliveryId, WebhookId};
use crate::store_error::StoreError;
use crate::webhook::{
    AttemptEnd, AttemptReport, DisabledCause, DueDelivery, Replay, WebhookDelivery, WebhookDeliveryState,
    WebhookRow,
};
use crate::work::Epoch;

/// So many events wait for a webhook; further ones stay in the outbox until there is room.
const MOST_WAITING: u64 = 256;

/// So many events are looked at in one go.
const AT_ONCE: usize = 256;

/// So many deliveries of a webhook that have ended are kept.
const MOST_ENDED: i64 = 1_000;

/// Whether there are webhooks with room for events that they have not seen.
pub(crate) fn are_behind(reading: &Reading) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM webhook WHERE disabled_at IS NULL AND cursor < (SELECT max(id) FROM event) AND ?1 >
                   (SELECT count(*) FROM webhook_delivery WHERE webhook_id = webhook.id AND state = 0) LIMIT 1";
    let found = reading.row(sql, [number(MOST_WAITING)], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Plans some of what webhooks have not seen.
pub(crate) fn plan(writing: &mut Writing, now: Timestamp) -> Result<(), StoreError> {
    for webhook in webhooks::all(writing.reading())? {
        if webhook.disabled.is_none() && webhook.cursor < writing.newest_event {
            plan_one(writing, &webhook, now)?;
        }
    }
    Ok(())
}

fn plan_one(writing: &mut Writing, webhook: &WebhookRow, now: Timestamp) -> Result<(), StoreError> {
    let mut room = MOST_WAITING.saturating_sub(webhook.waiting);
    let mut cursor = webhook.cursor;
    for event in events::after(writing.reading(), webhook.cursor, None, AT_ONCE)? {
        if room == 0 {
            break;
        }
        cursor = event.id;
        if webhook.wants(&event) {
            room -= 1;
            writing.execute(
                "INSERT INTO webhook_delivery
                     (webhook_id, event_id, kind, subject, state, attempts, next_at, epoch, leased_until)
                 VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, 0, 0)",
                params![
                    bytes(webhook.id),
                    event.id.0,
                    event.kind.as_str(),
                    event.subject,
                    millis(now)
                ],
            )?;
        }
    }
    writing.execute(
        "UPDATE webhook SET cursor = ?2 WHERE id = ?1",
        params![bytes(webhook.id), cursor.0],
    )?;
    writing.execute(
        "DELETE FROM webhook_delivery WHERE webhook_id = ?1 AND state <> 0 AND id <=
             (SELECT id FROM webhook_delivery WHERE webhook_id = ?1 AND state <> 0 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![bytes(webhook.id), MOST_ENDED],
    )?;
    Ok(())
}

/// Leases what is due for a webhook, the oldest first. What is about the same subject goes one after the other.
pub(crate) fn take(
    writing: &mut Writing,
    webhook: WebhookId,
    limit: usize,
    until: Timestamp,
    now: Timestamp,
) -> Result<(Vec<DueDelivery>, Epoch), StoreError> {
    let epoch = Epoch(writing.epoch);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = "SELECT d.id, d.attempts, e.id, e.at, e.app_id, e.kind, e.subject, e.data
               FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id LEFT JOIN event e ON e.id = d.event_id
               WHERE d.webhook_id = ?1 AND d.state = 0 AND d.next_at <= ?2 AND w.disabled_at IS NULL
                   AND (d.leased_until <= ?2 OR d.epoch <> ?3)
                   AND NOT EXISTS (SELECT 1 FROM webhook_delivery x WHERE x.webhook_id = d.webhook_id
                       AND x.state = 0 AND x.subject = d.subject AND x.event_id < d.event_id)
               ORDER BY d.event_id LIMIT ?4";
    let found = writing
        .reading()
        .rows(sql, params![bytes(webhook), millis(now), epoch.0, limit], due)?;
    for delivery in &found {
        writing.execute(
            "UPDATE webhook_delivery SET attempts = ?2, epoch = ?3, leased_until = ?4, first_at = coalesce(first_at, ?5)
             WHERE id = ?1",
            params![delivery.id.0, delivery.attempt, epoch.0, millis(until), millis(now)],
        )?;
    }
    Ok((found, epoch))
}

/// An attempt has ended. One that somebody else has taken over, or that was replayed meanwhile, says nothing.
pub(crate) fn finish(
    writing: &mut Writing,
    report: &AttemptReport,
    epoch: Epoch,
    now: Timestamp,
) -> Result<(), StoreError> {
    epochs::check(writing, epoch)?;
    let sql = "SELECT webhook_id, coalesce(first_at, ?3) FROM webhook_delivery
               WHERE id = ?1 AND attempts = ?2 AND state = 0";
    let known = writing
        .reading()
        .row(sql, params![report.id.0, report.attempt, millis(now)], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, instant(row.get(1)?)))
        })?;
    let Some((webhook, first_at)) = known else {
        return Ok(());
    };
    let (state, next_at) = match report.end {
        AttemptEnd::Delivered => (WebhookDeliveryState::Delivered, now),
        AttemptEnd::GaveUp | AttemptEnd::Dropped => (WebhookDeliveryState::Failed, now),
        AttemptEnd::Again { at } => (WebhookDeliveryState::Waiting, at),
        AttemptEnd::Gone => (WebhookDeliveryState::Waiting, now),
    };
    writing.execute(
        "UPDATE webhook_delivery SET state = ?2, next_at = ?3, leased_until = 0, last_at = ?4, last_status = ?5,
             last_problem = ?6, last_took = ?7
         WHERE id = ?1",
        params![
            report.id.0,
            state.code(),
            millis(next_at),
            millis(now),
            report.status,
            report.problem,
            i64::try_from(report.took.as_millis()).unwrap_or(i64::MAX),
        ],
    )?;
    webhook_attempts::keep(writing, report, now)?;
    tell_webhook(writing, &webhook, report.end, first_at, now)
}

/// What an attempt says of its webhook.
fn tell_webhook(
    writing: &mut Writing,
    webhook: &[u8],
    end: AttemptEnd,
    first_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    if end == AttemptEnd::Dropped {
        return Ok(());
    }
    if end == AttemptEnd::Delivered {
        writing.execute(
            "UPDATE webhook SET delivered_at = ?2, failing_since = NULL WHERE id = ?1",
            params![webhook, millis(now)],
        )?;
        return Ok(());
    }
    writing.execute(
        "UPDATE webhook SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1",
        params![webhook, millis(now)],
    )?;
    let all = webhooks::all(writing.reading())?;
    let known = all
        .into_iter()
        .find(|known| known.id.0.as_bytes().as_slice() == webhook);
    let Some(known) = known.filter(|known| known.disabled.is_none()) else {
        return Ok(());
    };
    let nothing_since = known.delivered_at.is_none_or(|at| at < first_at);
    match end {
        AttemptEnd::Gone => webhooks::disable(writing, &known, DisabledCause::Gone, now),
        AttemptEnd::GaveUp if nothing_since => {
            webhooks::disable(writing, &known, DisabledCause::Failing, now)
        }
        AttemptEnd::GaveUp | AttemptEnd::Again { .. } | AttemptEnd::Delivered | AttemptEnd::Dropped => Ok(()),
    }
}

/// Webhooks for which something is due that is not being sent.
pub(crate) fn due_webhooks(reading: &Reading, now: Timestamp) -> Result<Vec<WebhookId>, StoreError> {
    let sql =
        "SELECT w.id FROM webhook w WHERE w.disabled_at IS NULL AND EXISTS (SELECT 1 FROM webhook_delivery d
                   WHERE d.webhook_id = w.id AND d.state = 0 AND d.next_at <= ?1 AND d.leased_until <= ?1)";
    let found = reading.rows(sql, [millis(now)], |row| row.get::<_, Vec<u8>>(0))?;
    let id = |bytes: Vec<u8>| Uuid::from_slice(&bytes).map(WebhookId).map_err(unreadable);
    found.into_iter().map(id).collect()
}

/// When something is due next that is not due now.
pub(crate) fn next_at(reading: &Reading, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(d.next_at) FROM webhook w CROSS JOIN webhook_delivery d ON d.webhook_id = w.id
               WHERE w.disabled_at IS NULL AND d.state = 0 AND d.next_at > ?1";
    let found = reading.row(sql, [millis(now)], |row| row.get::<_, Option<i64>>(0))?;
    Ok(found.flatten().map(instant))
}

/// The deliveries of a webhook, the newest first.
pub(crate) fn list(
    reading: &Reading,
    webhook: WebhookId,
    state: Option<WebhookDeliveryState>,
    before: Option<WebhookDeliveryId>,
    limit: usize,
) -> Result<Vec<WebhookDelivery>, StoreError> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match state {
        None => reading.rows(
            select_delivery!("WHERE webhook_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"),
            params![bytes(webhook), before, limit],
            delivery,
        ),
        Some(state) => reading.rows(
            select_delivery!("WHERE webhook_id = ?1 AND id < ?2 AND state = ?4 ORDER BY id DESC LIMIT ?3"),
            params![bytes(webhook), before, limit, state.code()],
            delivery,
        ),
    }
}

/// A delivery of a webhook.
pub(crate) fn by_id(
    reading: &Reading,
    webhook: WebhookId,
    id: WebhookDeliveryId,
) -> Result<Option<WebhookDelivery>, StoreError> {
    reading.row(
        select_delivery!("WHERE webhook_id = ?1 AND id = ?2"),
        params![bytes(webhook), id.0],
        delivery,
    )
}

/// Lets something be sent again; how many deliveries, or for a cursor, how many events there are after it at least.
pub(crate) fn replay(
    writing: &mut Writing,
    webhook: WebhookId,
    replay: &Replay,
    actor: &str,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let Some(known) = webhooks::by_id(writing.reading(), webhook)? else {
        return Ok(None);
    };
    let room = MOST_WAITING.saturating_sub(known.waiting);
    let count = match replay {
        Replay::Deliveries(ids) => {
            let mut count = 0;
            for id in ids {
                count += again(writing, webhook, *id, now)?;
            }
            count
        }
        Replay::Failed => {
            let limit = usize::try_from(room).unwrap_or_default();
            let failed = list(
                writing.reading(),
                webhook,
                Some(WebhookDeliveryState::Failed),
                None,
                limit,
            )?;
            let mut count = 0;
            for delivery in failed {
                count += again(writing, webhook, delivery.id, now)?;
            }
            count
        }
        Replay::After(event) => {
            writing.execute(
                "UPDATE webhook SET cursor = min(cursor, ?2) WHERE id = ?1",
                params![bytes(webhook), event.0],
            )?;
            let after = known.cursor.0.saturating_sub(event.0);
            u64::try_from(after).unwrap_or_default()
        }
    };
    writing.audit(&AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: "webhook.replayed".to_owned(),
        app_id: None,
        subject: webhook.to_string(),
        data: json!({"count": count}),
    })?;
    Ok(Some(count))
}

/// One delivery that has ended waits again.
fn again(
    writing: &Writing,
    webhook: WebhookId,
    id: WebhookDeliveryId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let changed = writing.execute(
        "UPDATE webhook_delivery SET state = 0, attempts = 0, next_at = ?3, first_at = NULL, leased_until = 0
         WHERE id = ?1 AND webhook_id = ?2 AND state <> 0",
        params![id.0, bytes(webhook), millis(now)],
    )?;
    Ok(u64::try_from(changed).unwrap_or_default())
}
