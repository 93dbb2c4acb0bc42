//! One group of notifications to few of one app, and its books.

use std::sync::{Arc, Mutex, PoisonError};

use tidings_apns::Timestamp;
use tidings_store::{
    AppId, DirectOutcome, NotificationId, ReadyNotification, RecipientException, RecipientOutcome,
    RecipientState, StoreError,
};

use crate::dispatch::dispatch;
use crate::ledger::{Fate, Ledger};
use crate::parcel::Parcel;
use crate::shared::Shared;

/// Sends a group.
pub(super) async fn send(shared: Arc<Shared>, app: AppId, group: Vec<ReadyNotification>) {
    let mut guard = OnTheirWay {
        shared: &shared,
        ids: group.iter().map(|ready| ready.notification.id).collect(),
    };
    // An error has ended the engine.
    let _ended = try_send(&shared, app, &group, &mut guard).await;
}

async fn try_send(
    shared: &Arc<Shared>,
    app: AppId,
    group: &[ReadyNotification],
    guard: &mut OnTheirWay<'_>,
) -> Result<(), StoreError> {
    let questions: Vec<_> = group
        .iter()
        .map(|ready| {
            let new = &ready.notification;
            (new.id, new.audience.clone(), new.kind)
        })
        .collect();
    let now = shared.clock.now();
    let addressees = shared
        .persist(|| shared.store.resolve(app, questions.clone(), now))
        .await?;
    let mut parcels = Vec::with_capacity(group.len());
    let mut entries = Vec::with_capacity(group.len());
    for (slot, (ready, addressees)) in group.iter().zip(addressees).enumerate() {
        let letter = shared.letter(ready).await?;
        let addressees = if letter.is_some() { addressees } else { Vec::new() };
        entries.push(Entry::new(ready.notification.id, now, addressees.len()));
        for addressee in addressees {
            parcels.extend(letter.clone().map(|letter| Parcel::new(letter, slot, addressee)));
        }
    }
    let books = GroupBooks {
        shared,
        entries: Mutex::new(entries),
    };
    books.finish_empty();
    guard.ids.clear();
    dispatch(shared, app, parcels, &books).await
}

/// Notifications that are on their way and have no books yet.
struct OnTheirWay<'a> {
    shared: &'a Shared,
    ids: Vec<NotificationId>,
}

impl Drop for OnTheirWay<'_> {
    fn drop(&mut self) {
        self.shared
            .committer
            .release_direct(self.ids.drain(..), self.shared);
    }
}

/// The books of a group.
struct GroupBooks<'a> {
    shared: &'a Arc<Shared>,
    entries: Mutex<Vec<Entry>>,
}

/// One notification in the books.
struct Entry {
    id: NotificationId,
    begun_at: Timestamp,
    recipients: u32,
    left: u32,
    delivered: u32,
    rows: Vec<RecipientException>,
}

impl Entry {
    fn new(id: NotificationId, begun_at: Timestamp, recipients: usize) -> Self {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        Self {
            id,
            begun_at,
            recipients,
            left: recipients,
            delivered: 0,
            rows: Vec::new(),
        }
    }

    fn take_outcome(&mut self) -> DirectOutcome {
        DirectOutcome {
            notification_id: self.id,
            begun_at: self.begun_at,
            recipients: self.recipients,
            delivered: self.delivered,
            rows: std::mem::take(&mut self.rows),
        }
    }
}

impl GroupBooks<'_> {
    /// Notifications without any recipient have come to their end.
    fn finish_empty(&self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries.iter_mut().filter(|entry| entry.left == 0) {
            self.shared.committer.outcome(entry.take_outcome());
        }
    }
}

impl Ledger for GroupBooks<'_> {
    fn settle(&self, parcel: Parcel, fate: Fate) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get_mut(parcel.slot) else {
            return;
        };
        match fate {
            Fate::Delivered if parcel.has_a_story() => {
                let delivered = RecipientState::Done(RecipientOutcome::Delivered);
                entry.rows.push(parcel.row(delivered));
            }
            Fate::Delivered => entry.delivered += 1,
            Fate::Is(state) => entry.rows.push(parcel.row(state)),
            Fate::PutOff(environment) => entry.rows.push(put_off(parcel, environment, self.shared)),
        }
        entry.left -= 1;
        if entry.left == 0 {
            let outcome = entry.take_outcome();
            drop(entries);
            self.shared.committer.outcome(outcome);
        }
    }
}

/// The row of a recipient that its lane did not take: it is due, and its lane says when.
pub(crate) fn put_off(
    mut parcel: Parcel,
    environment: tidings_apns::Environment,
    shared: &Shared,
) -> RecipientException {
    parcel.last.environment.get_or_insert(environment);
    parcel.row(RecipientState::Waiting {
        next_at: shared.steady.now(),
    })
}
