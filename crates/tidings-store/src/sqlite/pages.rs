//! Parts of audiences: begun before anything of them is sent, ended with what became of them.

use rusqlite::{Row, params};
use tidings_apns::Timestamp;

use super::codes::millis;
use super::epochs;
use super::notification_row::notification_id;
use super::progress::Progress;
use super::reading::Reading;
use super::recipient_row;
use super::writing::Writing;
use crate::ids::{DeviceId, NotificationId};
use crate::notification::NotificationState;
use crate::recipient::{RecipientException, RecipientOutcome, RecipientState};
use crate::store_error::StoreError;
use crate::work::{DirectOutcome, Epoch, OpenPage, PageOutcome};

/// A page begins; whether it may. One that has begun before and not ended may again.
pub(crate) fn begin(
    writing: &mut Writing,
    id: NotificationId,
    page: OpenPage,
    epoch: Epoch,
    now: Timestamp,
) -> Result<bool, StoreError> {
    epochs::check(writing, epoch)?;
    let Some(mut progress) = Progress::load(writing, id)?.filter(|progress| !progress.is_planned) else {
        return Ok(false);
    };
    if let Some(known) = find(writing, progress.number, page.after)? {
        let is_the_same = known == page;
        return if is_the_same {
            Ok(true)
        } else {
            Err(StoreError::Conflict { what: "the page" })
        };
    }
    writing.execute(
        "INSERT INTO page VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            progress.number,
            page.after.0,
            page.last.0,
            page.recipients,
            millis(now)
        ],
    )?;
    start(&mut progress, now);
    if progress.planned_upto.is_none() {
        progress.planned_upto = Some(writing.last_device(progress.app)?);
    }
    progress.planned_after = progress.planned_after.max(page.last);
    progress.open_pages += 1;
    progress.counts.recipients += u64::from(page.recipients);
    progress.save(writing, now)?;
    Ok(true)
}

/// A page has ended. Recipients that it had when it began and that nothing is said of were forgotten since.
pub(crate) fn finish(
    writing: &mut Writing,
    id: NotificationId,
    after: DeviceId,
    outcome: &PageOutcome,
    epoch: Epoch,
    now: Timestamp,
) -> Result<(), StoreError> {
    epochs::check(writing, epoch)?;
    let Some(mut progress) = Progress::load(writing, id)? else {
        return Ok(());
    };
    let Some(page) = find(writing, progress.number, after)? else {
        return Ok(());
    };
    writing.execute(
        "DELETE FROM page WHERE notification = ?1 AND after = ?2",
        params![progress.number, after.0],
    )?;
    progress.open_pages -= 1;
    let begun_with = u64::from(page.recipients);
    progress.counts.recipients = progress.counts.recipients.saturating_sub(begun_with);
    let ended = end_some(
        writing,
        &mut progress,
        outcome.delivered,
        &outcome.exceptions,
        now,
    )?;
    let forgotten = begun_with.saturating_sub(ended);
    progress.counts.recipients += forgotten;
    progress.count(RecipientState::Done(RecipientOutcome::Undeliverable), forgotten);
    progress.save(writing, now)
}

/// There are no more pages.
pub(crate) fn finish_planning(
    writing: &mut Writing,
    id: NotificationId,
    epoch: Epoch,
    now: Timestamp,
) -> Result<(), StoreError> {
    epochs::check(writing, epoch)?;
    let Some(mut progress) = Progress::load(writing, id)?.filter(|progress| !progress.is_planned) else {
        return Ok(());
    };
    start(&mut progress, now);
    progress.is_planned = true;
    progress.save(writing, now)
}

/// Many notifications to few have been sent. One that was cancelled while it was being sent is told of, too.
pub(crate) fn finish_direct(
    writing: &mut Writing,
    outcomes: &[DirectOutcome],
    epoch: Epoch,
    now: Timestamp,
) -> Result<(), StoreError> {
    epochs::check(writing, epoch)?;
    for outcome in outcomes {
        let Some(mut progress) = Progress::load(writing, outcome.notification_id)? else {
            continue;
        };
        let was_cancelled = progress.state == NotificationState::Cancelled && progress.counts.recipients == 0;
        if progress.is_planned && !was_cancelled {
            continue;
        }
        start(&mut progress, outcome.begun_at);
        progress.is_planned = true;
        end_some(writing, &mut progress, outcome.delivered, &outcome.rows, now)?;
        progress.save(writing, now)?;
    }
    Ok(())
}

/// Pages that have begun and not ended.
pub(crate) fn open(reading: &Reading, id: NotificationId) -> Result<Vec<OpenPage>, StoreError> {
    let sql =
        "SELECT p.after, p.last, p.recipients FROM notification n JOIN page p ON p.notification = n.number
               WHERE n.id = ?1 ORDER BY p.after";
    reading.rows(sql, [id.0.as_bytes().as_slice()], page)
}

pub(crate) fn notifications_with_open(reading: &Reading) -> Result<Vec<NotificationId>, StoreError> {
    let sql = "SELECT id FROM notification WHERE number IN (SELECT notification FROM page) ORDER BY number";
    reading.rows(sql, [], |row| notification_id(row, 0))
}

fn find(writing: &Writing, number: i64, after: DeviceId) -> Result<Option<OpenPage>, StoreError> {
    let sql = "SELECT after, last, recipients FROM page WHERE notification = ?1 AND after = ?2";
    writing.reading().row(sql, [number, after.0], page)
}

fn page(row: &Row<'_>) -> rusqlite::Result<OpenPage> {
    Ok(OpenPage {
        after: DeviceId(row.get(0)?),
        last: DeviceId(row.get(1)?),
        recipients: row.get(2)?,
    })
}

fn start(progress: &mut Progress, at: Timestamp) {
    progress.started_at.get_or_insert(at);
    if progress.state == NotificationState::Scheduled {
        progress.state = NotificationState::Active;
    }
}

/// Counts recipients that are simply delivered, and writes down the others, each once; how many they are.
fn end_some(
    writing: &Writing,
    progress: &mut Progress,
    delivered: u32,
    others: &[RecipientException],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let before = progress.counts.recipients;
    let delivered = u64::from(delivered);
    progress.counts.recipients += delivered;
    progress.count(RecipientState::Done(RecipientOutcome::Delivered), delivered);
    for recipient in others {
        let mut recipient = recipient.clone();
        recipient.state = progress.admit(recipient.state);
        if recipient_row::insert(writing, progress, &recipient, now)? {
            progress.counts.recipients += 1;
            progress.count_one(&recipient);
        }
    }
    Ok(progress.counts.recipients - before)
}
