//! How far a notification is, as the writer changes it: loaded, counted on, and written back with all that follows.

use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::{Code, instant, millis, millis_maybe, number};
use super::devices;
use super::failure::damaged;
use super::notification_row::{counts, notification_id};
use super::problems::ProblemKey;
use super::writing::Writing;
use crate::event::{NewEvent, NotificationFinished, RecipientFailed};
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::{Counts, NotificationState};
use crate::recipient::{RecipientException, RecipientOutcome, RecipientState};
use crate::store_error::StoreError;

/// So many failures of a notification are told one by one: a campaign to dead tokens must not fill the outbox.
const FAILURES_TOLD: u64 = 100;

/// How far a notification is.
pub(crate) struct Progress {
    pub(crate) number: i64,
    pub(crate) id: NotificationId,
    pub(crate) app: AppId,
    pub(crate) state: NotificationState,
    pub(crate) is_planned: bool,
    pub(crate) open_pages: i64,
    pub(crate) planned_after: DeviceId,
    pub(crate) planned_upto: Option<DeviceId>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    /// After this instant nothing of it is sent.
    pub(crate) too_late_at: Option<Timestamp>,
    pub(crate) counts: Counts,
    stored: Counts,
    /// To be told.
    failures: Vec<RecipientException>,
    /// The numbers of problems that were asked for.
    problems: Vec<(ProblemKey, i64)>,
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT number, id, app_id, state, is_planned, open_pages, planned_after, planned_upto, started_at, \
             finished_at, expires_at, deadline, recipients, delivered, rejected, expired, cancelled, undeliverable, \
             unknown_dropped, waiting, held FROM notification WHERE ",
            $condition
        )
    };
}

impl Progress {
    pub(crate) fn load(writing: &Writing, id: NotificationId) -> Result<Option<Self>, StoreError> {
        let id = id.0.as_bytes().as_slice();
        writing.reading().row(select!("id = ?1"), [id], read)
    }

    pub(crate) fn load_number(writing: &Writing, number: i64) -> Result<Self, StoreError> {
        let found = writing.reading().row(select!("number = ?1"), [number], read)?;
        found.ok_or_else(damaged)
    }

    /// So many recipients more are there.
    pub(crate) const fn count(&mut self, state: RecipientState, how_many: u64) {
        *self.counter(state) += how_many;
    }

    /// A recipient more, or one that has come further. The first failures are remembered, to be told.
    pub(crate) fn count_one(&mut self, recipient: &RecipientException) {
        self.count(recipient.state, 1);
        let has_failed = match recipient.state {
            RecipientState::Waiting { .. } | RecipientState::Held | RecipientState::Parked { .. } => false,
            RecipientState::Done(outcome) => outcome.is_failure(),
        };
        if has_failed && self.failed() <= FAILURES_TOLD {
            self.failures.push(recipient.clone());
        }
    }

    /// The number of the problem that a recipient has.
    pub(crate) fn problem(
        &mut self,
        writing: &Writing,
        recipient: &RecipientException,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let Some(key) = ProblemKey::of(recipient) else {
            return Ok(None);
        };
        if let Some((_, number)) = self.problems.iter().find(|(known, _)| *known == key) {
            return Ok(Some(*number));
        }
        let number = key.number(writing, self.app, now)?;
        self.problems.push((key, number));
        Ok(Some(number))
    }

    /// So many recipients are there no more.
    pub(crate) const fn uncount(&mut self, state: RecipientState, how_many: u64) {
        let counter = self.counter(state);
        *counter = counter.saturating_sub(how_many);
    }

    /// What a recipient that has not ended becomes: when the notification was cancelled, it ends.
    pub(crate) fn admit(&self, state: RecipientState) -> RecipientState {
        match state {
            RecipientState::Waiting { .. } | RecipientState::Held | RecipientState::Parked { .. }
                if self.state == NotificationState::Cancelled =>
            {
                RecipientState::Done(RecipientOutcome::Cancelled)
            }
            as_is => as_is,
        }
    }

    /// Writes it back. When nothing is left to be done, that is said.
    pub(crate) fn save(mut self, writing: &mut Writing, now: Timestamp) -> Result<(), StoreError> {
        let is_done = self.is_planned
            && self.open_pages == 0
            && self.counts.waiting == 0
            && self.counts.held == 0
            && self.finished_at.is_none();
        self.tell_failures(writing, now)?;
        if is_done {
            self.finish(writing, now)?;
        }
        let (after, before) = (&self.counts, &self.stored);
        writing.count_accepted(number(after.recipients) - number(before.recipients));
        writing.count_terminal(number(after.terminal()) - number(before.terminal()));
        self.update(writing)
    }

    fn finish(&mut self, writing: &mut Writing, now: Timestamp) -> Result<(), StoreError> {
        self.finished_at = Some(now);
        if self.state != NotificationState::Cancelled {
            self.state = NotificationState::Finished;
        }
        let says = NotificationFinished { counts: self.counts };
        let event = NewEvent::new(Some(self.app), self.id.to_string(), &says);
        writing.event(&event, now).map(drop)
    }

    fn tell_failures(&mut self, writing: &mut Writing, now: Timestamp) -> Result<(), StoreError> {
        for recipient in std::mem::take(&mut self.failures) {
            let RecipientState::Done(outcome) = recipient.state else {
                continue;
            };
            let says = RecipientFailed {
                notification_id: self.id,
                device: devices::fingerprint_of(writing.reading(), recipient.device_id)?,
                outcome,
                status: recipient.status,
                reason: recipient.reason,
                environment: recipient.environment,
                attempts: recipient.attempts,
            };
            let event = NewEvent::new(Some(self.app), self.id.to_string(), &says);
            writing.event(&event, now)?;
        }
        Ok(())
    }

    /// How many recipients have failed that were written down one by one.
    const fn failed(&self) -> u64 {
        let counts = &self.counts;
        counts.rejected + counts.expired + counts.undeliverable + counts.unknown_dropped
    }

    fn update(&self, writing: &Writing) -> Result<(), StoreError> {
        let counts = &self.counts;
        writing.execute(
            "UPDATE notification SET state = ?2, is_planned = ?3, open_pages = ?4, planned_after = ?5,
                 planned_upto = ?6, started_at = ?7, finished_at = ?8, recipients = ?9, delivered = ?10,
                 rejected = ?11, expired = ?12, cancelled = ?13, undeliverable = ?14, unknown_dropped = ?15,
                 waiting = ?16, held = ?17
             WHERE number = ?1",
            params![
                self.number,
                Code(self.state),
                self.is_planned,
                self.open_pages,
                self.planned_after.0,
                self.planned_upto.map(|id| id.0),
                millis_maybe(self.started_at),
                millis_maybe(self.finished_at),
                number(counts.recipients),
                number(counts.delivered),
                number(counts.rejected),
                number(counts.expired),
                number(counts.cancelled),
                number(counts.undeliverable),
                number(counts.unknown_dropped),
                number(counts.waiting),
                number(counts.held),
            ],
        )?;
        Ok(())
    }

    const fn counter(&mut self, state: RecipientState) -> &mut u64 {
        let counts = &mut self.counts;
        match state {
            RecipientState::Waiting { .. } => &mut counts.waiting,
            RecipientState::Held | RecipientState::Parked { .. } => &mut counts.held,
            RecipientState::Done(RecipientOutcome::Delivered) => &mut counts.delivered,
            RecipientState::Done(RecipientOutcome::Rejected) => &mut counts.rejected,
            RecipientState::Done(RecipientOutcome::Expired) => &mut counts.expired,
            RecipientState::Done(RecipientOutcome::Cancelled) => &mut counts.cancelled,
            RecipientState::Done(RecipientOutcome::Undeliverable) => &mut counts.undeliverable,
            RecipientState::Done(RecipientOutcome::UnknownDropped) => &mut counts.unknown_dropped,
        }
    }
}

/// When one that waits for a change must be looked at, since it will be too late.
pub(crate) fn too_late(progress: &Progress) -> i64 {
    progress.too_late_at.map_or(i64::MAX, millis)
}

/// An expiration of 0 says to try once, and ends nothing.
fn ends(expires_at: Timestamp) -> bool {
    expires_at.as_unix_millis() > 0
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Progress> {
    let at = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(instant))
    };
    let counts = counts(row, 12)?;
    Ok(Progress {
        number: row.get(0)?,
        id: notification_id(row, 1)?,
        app: AppId(row.get(2)?),
        state: row.get::<_, Code<NotificationState>>(3)?.0,
        is_planned: row.get(4)?,
        open_pages: row.get(5)?,
        planned_after: DeviceId(row.get(6)?),
        planned_upto: row.get::<_, Option<i64>>(7)?.map(DeviceId),
        started_at: at(8)?,
        finished_at: at(9)?,
        too_late_at: [at(10)?.filter(|at| ends(*at)), at(11)?]
            .into_iter()
            .flatten()
            .min(),
        stored: counts,
        counts,
        failures: Vec::new(),
        problems: Vec::new(),
    })
}
