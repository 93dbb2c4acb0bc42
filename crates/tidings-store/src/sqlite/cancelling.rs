//! Notifications that are not wanted any more.

use rusqlite::params;
use serde_json::json;
use tidings_apns::Timestamp;

use super::progress::Progress;
use super::recipient_row::state_of;
use super::sweeps::{self, Sweep};
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::event::{NewEvent, NotificationCancelled};
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::NotificationState;
use crate::recipient::{RecipientOutcome, RecipientState};
use crate::store_error::StoreError;

/// What is to be done about a notification that somebody wants cancelled.
pub(crate) enum Begun {
    /// There is no such notification.
    Unknown,
    /// Nothing of it is left to be cancelled.
    Nothing,
    /// No more of it begins to be sent; recipients that wait, a sweep spares.
    Sweep(i64),
}

/// No more of a notification begins to be sent.
pub(crate) fn begin(
    writing: &mut Writing,
    app: AppId,
    id: NotificationId,
    actor: &str,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let Some(mut progress) = Progress::load(writing, id)?.filter(|progress| progress.app == app) else {
        return Ok(Begun::Unknown);
    };
    match progress.state {
        NotificationState::Finished | NotificationState::Cancelled => return Ok(Begun::Nothing),
        NotificationState::Scheduled | NotificationState::Active => {}
    }
    let number = progress.number;
    progress.state = NotificationState::Cancelled;
    progress.is_planned = true;
    progress.save(writing, now)?;
    tell(writing, app, id, actor, now)?;
    sweeps::begin(writing, &Sweep::cancel(number, now)).map(Begun::Sweep)
}

/// Spares some recipients that wait, after this device; the last, and how many they were.
pub(crate) fn spare_some(
    writing: &mut Writing,
    number: i64,
    after: DeviceId,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<DeviceId>, StoreError> {
    let sql = "SELECT device_id, state, lane, next_at FROM recipient
               WHERE notification = ?1 AND device_id > ?2 AND state < 10 ORDER BY device_id LIMIT ?3";
    let waiting = writing
        .reading()
        .rows(sql, params![number, after.0, limit], |row| {
            Ok((DeviceId(row.get(0)?), state_of(row, 1)?))
        })?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut progress = Progress::load_number(writing, number)?;
    for (device, state) in &waiting {
        // 13: it has ended, cancelled.
        writing.execute(
            "UPDATE recipient SET state = 13, next_at = 0, problem = NULL WHERE notification = ?1 AND device_id = ?2",
            params![number, device.0],
        )?;
        progress.uncount(*state, 1);
        progress.count(RecipientState::Done(RecipientOutcome::Cancelled), 1);
    }
    progress.save(writing, now)?;
    Ok(waiting.into_iter().map(|(device, _)| device).collect())
}

fn tell(
    writing: &mut Writing,
    app: AppId,
    id: NotificationId,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.audit(&AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: "notification.cancelled".to_owned(),
        app_id: Some(app),
        subject: id.to_string(),
        data: json!({}),
    })?;
    let event = NewEvent::new(Some(app), id.to_string(), &NotificationCancelled {});
    writing.event(&event, now).map(drop)
}
