//! Notifications as they come in and are looked at.

use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::millis;
use super::idempotency::{self, Begun};
use super::notification_row::{self, NotificationRow, columns};
use super::reading::Reading;
use super::writing::{Writing, device_range};
use crate::idempotency::Idempotency;
use crate::ids::{AppId, NotificationId};
use crate::notification::{Accepted, NewNotification, NotificationView};
use crate::store_error::StoreError;

/// Takes a notification.
pub(crate) fn accept(
    writing: &mut Writing,
    app: AppId,
    notification: &NewNotification,
    idempotency: Option<&Idempotency>,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    let one = std::slice::from_ref(notification);
    let all = accept_many(writing, app, one, idempotency, now)?;
    // There is none only if the key was used for a request of none.
    all.first().copied().ok_or(StoreError::IdempotencyMismatch)
}

/// Takes many.
pub(crate) fn accept_many(
    writing: &mut Writing,
    app: AppId,
    notifications: &[NewNotification],
    idempotency: Option<&Idempotency>,
    now: Timestamp,
) -> Result<Vec<Accepted>, StoreError> {
    if let Some(request) = idempotency
        && let Begun::Answered(answer) = idempotency::begin(writing, request, now)?
    {
        // It may have been used for a request of another sort, with another sort of answer.
        return match serde_json::from_str::<Vec<NotificationId>>(&answer) {
            Ok(ids) => Ok(ids.into_iter().map(Accepted::Replayed).collect()),
            Err(_) => Err(StoreError::IdempotencyMismatch),
        };
    }
    for notification in notifications {
        insert(writing, app, notification, now)?;
    }
    let ids: Vec<NotificationId> = notifications.iter().map(|notification| notification.id).collect();
    if let Some(request) = idempotency {
        let answer = serde_json::to_string(&ids).unwrap_or_default();
        idempotency::answered(writing, request, &answer, now)?;
    }
    Ok(ids.into_iter().map(Accepted::New).collect())
}

pub(crate) fn view(
    reading: &Reading,
    app: AppId,
    id: NotificationId,
    now: Timestamp,
) -> Result<Option<NotificationView>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM notification WHERE id = ?1 AND app_id = ?2"
    );
    let id = id.0.as_bytes().as_slice();
    let found = reading.row(sql, params![id, app.0], NotificationRow::read)?;
    Ok(found.map(|row| row.into_view(now)))
}

/// The newest first.
pub(crate) fn page(
    reading: &Reading,
    app: AppId,
    before: Option<NotificationId>,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<NotificationView>, StoreError> {
    let before = match before {
        None => i64::MAX,
        Some(id) => number(reading, app, id)?.unwrap_or_default(),
    };
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM notification WHERE app_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = reading.rows(sql, params![app.0, before, limit], NotificationRow::read)?;
    Ok(rows.into_iter().map(|row| row.into_view(now)).collect())
}

/// The number of an app's notification.
pub(crate) fn number(reading: &Reading, app: AppId, id: NotificationId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT number FROM notification WHERE id = ?1 AND app_id = ?2";
    let id = id.0.as_bytes().as_slice();
    reading.row(sql, params![id, app.0], |row| row.get(0))
}

/// A notification goes to whoever is there when its time comes; if that is now, nobody is added later.
fn insert(
    writing: &mut Writing,
    app: AppId,
    notification: &NewNotification,
    now: Timestamp,
) -> Result<(), StoreError> {
    let newest = writing.last_device(app)?;
    let is_later = notification.send_at.is_some_and(|at| millis(at) > millis(now));
    let planned = (device_range(app).0, (!is_later).then_some(newest));
    notification_row::insert(writing, app, notification, planned, now)
}
