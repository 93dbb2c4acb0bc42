//! Each attempt to bring an event to a webhook.

use std::time::Duration;

use rusqlite::{Row, params};
use tidings_apns::Timestamp;

use super::codes::{count, instant, millis};
use super::reading::Reading;
use super::writing::Writing;
use crate::ids::WebhookDeliveryId;
use crate::store_error::StoreError;
use crate::webhook::{AttemptReport, WebhookAttempt};

/// So many attempts of a delivery are kept; they go with it.
const MOST: i64 = 30;

/// Writes an attempt down.
pub(super) fn keep(writing: &Writing, report: &AttemptReport, now: Timestamp) -> Result<(), StoreError> {
    writing.execute(
        "INSERT INTO webhook_attempt (delivery_id, at, status, problem, took, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            report.id.0,
            millis(now),
            report.status,
            report.problem,
            i64::try_from(report.took.as_millis()).unwrap_or(i64::MAX),
            report.answer,
        ],
    )?;
    writing.execute(
        "DELETE FROM webhook_attempt WHERE delivery_id = ?1 AND id <=
             (SELECT id FROM webhook_attempt WHERE delivery_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![report.id.0, MOST],
    )?;
    Ok(())
}

/// The attempts of a delivery, the oldest first.
pub(crate) fn of(reading: &Reading, delivery: WebhookDeliveryId) -> Result<Vec<WebhookAttempt>, StoreError> {
    let sql =
        "SELECT at, status, problem, took, answer FROM webhook_attempt WHERE delivery_id = ?1 ORDER BY id";
    reading.rows(sql, [delivery.0], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<WebhookAttempt> {
    Ok(WebhookAttempt {
        at: instant(row.get(0)?),
        status: row.get(1)?,
        problem: row.get(2)?,
        took: Duration::from_millis(count(row.get(3)?)),
        answer: row.get(4)?,
    })
}
