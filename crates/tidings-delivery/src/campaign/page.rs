//! One page of a campaign, and its books.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{self, Either};
use tidings_apns::Environment;
use tidings_store::{
    Addressee, DeviceId, OpenPage, PageOutcome, RecipientException, RecipientOutcome, RecipientState,
    StoreError,
};

use super::budget::PagePermit;
use crate::committer::waits;
use crate::direct::put_off;
use crate::dispatch::dispatch;
use crate::ledger::{Fate, Ledger};
use crate::letter::Letter;
use crate::parcel::Parcel;
use crate::shared::Shared;

/// A page in which few answers are missing after so long ends without them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Few are one in so many.
const FEW: usize = 8;

/// How a page went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageCourse {
    /// It was sent.
    Sent,
    /// Most of it was not: this environment takes nothing at the moment.
    PutOff(Environment),
}

/// Sends a page that has begun, and writes down how it ended.
///
/// When few answers are missing after a while, the page ends without them: they get rows of their own, so that neither the
/// campaign nor what a crash would repeat depends on the slowest answer.
pub(super) async fn send(
    shared: &Arc<Shared>,
    letter: &Arc<Letter>,
    page: OpenPage,
    addressees: Vec<Addressee>,
    permit: PagePermit,
) -> Result<PageCourse, StoreError> {
    let began_at = shared.clock.monotonic();
    let books = PageBooks::new(shared, letter, &addressees);
    let parcels = addressees
        .into_iter()
        .enumerate()
        .map(|(slot, addressee)| Parcel::new(Arc::clone(letter), slot, addressee))
        .collect();
    let sending = std::pin::pin!(dispatch(shared, letter.app, parcels, &books));
    let patience = shared.clock.sleep(PATIENCE);
    let late = match future::select(sending, patience).await {
        Either::Left((sent, _)) => {
            sent?;
            None
        }
        Either::Right(((), sending)) if books.few_are_missing() => Some(sending),
        Either::Right(((), sending)) => {
            sending.await?;
            None
        }
    };
    let course = books.finish(page).await?;
    let took = shared.clock.monotonic().saturating_sub(began_at);
    permit.took(took, shared.config.pages_in_flight);
    drop(permit);
    if let Some(sending) = late {
        sending.await?;
    }
    Ok(course)
}

/// A page that was not sent because the notification was cancelled before a restart.
pub(super) async fn cancel(
    shared: &Arc<Shared>,
    letter: &Letter,
    page: OpenPage,
    addressees: Vec<Addressee>,
) -> Result<(), StoreError> {
    let cancelled = RecipientState::Done(RecipientOutcome::Cancelled);
    let outcome = PageOutcome {
        delivered: 0,
        exceptions: addressees
            .into_iter()
            .map(|addressee| RecipientException::unsent(addressee.device_id, cancelled))
            .collect(),
    };
    write(shared, letter, page, &outcome).await
}

async fn write(
    shared: &Shared,
    letter: &Letter,
    page: OpenPage,
    outcome: &PageOutcome,
) -> Result<(), StoreError> {
    let now = shared.clock.now();
    shared
        .persist(|| {
            let outcome = outcome.clone();
            shared
                .store
                .finish_page(letter.id, page.after, outcome, shared.epoch, now)
        })
        .await?;
    if outcome.exceptions.iter().any(waits) {
        shared.waiting_wake.notify_one();
    }
    Ok(())
}

/// The books of a page.
struct PageBooks<'a> {
    shared: &'a Shared,
    letter: &'a Letter,
    tally: Mutex<PageTally>,
}

struct PageTally {
    /// Recipients without a fate, by their slots.
    missing: Vec<Option<DeviceId>>,
    missing_count: usize,
    outcome: PageOutcome,
    /// Recipients that were put off or parked, by environment.
    put_off: [usize; 2],
    /// The page is being written down, or has been: what comes now is of a recipient with a row.
    late: Late,
}

enum Late {
    No,
    /// The rows are on their way to the disk.
    Gathering(Vec<RecipientException>),
    /// The rows are there.
    Yes,
}

impl<'a> PageBooks<'a> {
    fn new(shared: &'a Shared, letter: &'a Letter, addressees: &[Addressee]) -> Self {
        let missing = addressees.iter().map(|addressee| Some(addressee.device_id));
        Self {
            shared,
            letter,
            tally: Mutex::new(PageTally {
                missing: missing.collect(),
                missing_count: addressees.len(),
                outcome: PageOutcome::default(),
                put_off: [0; 2],
                late: Late::No,
            }),
        }
    }

    fn few_are_missing(&self) -> bool {
        let tally = self.tally();
        tally.missing_count * FEW <= tally.missing.len()
    }

    /// Writes down how the page ended. Whoever is missing waits, in name, until no answer can come any more.
    async fn finish(&self, page: OpenPage) -> Result<PageCourse, StoreError> {
        let until_answered = self.shared.config.request_timeout.saturating_mul(2);
        let next_at = self.shared.steady.now().saturating_add(until_answered);
        let (outcome, course) = {
            let mut tally = self.tally();
            let missing: Vec<DeviceId> = tally.missing.iter().copied().flatten().collect();
            let mut outcome = std::mem::take(&mut tally.outcome);
            for device in missing {
                self.shared.committer.take_recipient(
                    (self.letter.id, device),
                    (self.letter.app, None),
                    usize::MAX,
                );
                let waits = RecipientState::Waiting { next_at };
                outcome.exceptions.push(RecipientException::unsent(device, waits));
            }
            tally.late = Late::Gathering(Vec::new());
            (outcome, tally.course())
        };
        write(self.shared, self.letter, page, &outcome).await?;
        let mut tally = self.tally();
        if let Late::Gathering(rows) = std::mem::replace(&mut tally.late, Late::Yes) {
            for row in rows {
                self.shared.committer.update(self.letter.id, row);
            }
        }
        Ok(course)
    }

    fn tally(&self) -> MutexGuard<'_, PageTally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageTally {
    /// Put off is a page of which more than half was.
    fn course(&self) -> PageCourse {
        let most = Environment::ALL
            .into_iter()
            .find(|environment| self.put_off[place(*environment)] * 2 > self.missing.len());
        most.map_or(PageCourse::Sent, PageCourse::PutOff)
    }

    fn count(&mut self, slot: usize, row: Option<RecipientException>) {
        if let Some(missing) = self.missing.get_mut(slot)
            && missing.take().is_some()
        {
            self.missing_count -= 1;
        }
        match row {
            None => self.outcome.delivered += 1,
            Some(row) => self.outcome.exceptions.push(row),
        }
    }
}

impl Ledger for PageBooks<'_> {
    fn settle(&self, parcel: Parcel, fate: Fate) {
        let slot = parcel.slot;
        let delivered = RecipientState::Done(RecipientOutcome::Delivered);
        let mut tally = self.tally();
        if let Fate::PutOff(environment) | Fate::Is(RecipientState::Parked { environment }) = fate {
            tally.put_off[place(environment)] += 1;
        }
        match (&mut tally.late, fate) {
            (Late::No, Fate::Delivered) => {
                let row = parcel.has_a_story().then(|| parcel.row(delivered));
                tally.count(slot, row);
            }
            (Late::No, Fate::Is(state)) => tally.count(slot, Some(parcel.row(state))),
            (Late::No, Fate::PutOff(environment)) => {
                let row = put_off(parcel, environment, self.shared);
                tally.count(slot, Some(row));
            }
            (late, fate) => {
                let row = match fate {
                    Fate::Delivered => parcel.row(delivered),
                    Fate::Is(state) => parcel.row(state),
                    Fate::PutOff(environment) => put_off(parcel, environment, self.shared),
                };
                match late {
                    Late::Gathering(rows) => rows.push(row),
                    Late::No | Late::Yes => self.shared.committer.update(self.letter.id, row),
                }
            }
        }
    }
}

const fn place(environment: Environment) -> usize {
    match environment {
        Environment::Production => 0,
        Environment::Sandbox => 1,
    }
}
