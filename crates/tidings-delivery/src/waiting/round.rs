//! One group of recipients that had waited, of one app, and its books.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tidings_apns::Environment;
use tidings_store::{
    Addressee, AppId, DeviceId, DueRecipient, NotificationId, RecipientException, RecipientOutcome,
    RecipientState, StoreError,
};

use crate::committer::RecipientKey;
use crate::direct::put_off;
use crate::dispatch::dispatch;
use crate::ledger::{Fate, Ledger};
use crate::letter::Letter;
use crate::parcel::{Hold, Last, Parcel};
use crate::shared::Shared;

/// Sends a group.
pub(super) async fn send(shared: Arc<Shared>, app: AppId, group: Vec<DueRecipient>) {
    let mut guard = OnTheirWay {
        shared: &shared,
        keys: group.iter().map(key).collect(),
    };
    // An error has ended the engine.
    let _ended = try_send(&shared, app, &group, &mut guard).await;
}

async fn try_send(
    shared: &Arc<Shared>,
    app: AppId,
    group: &[DueRecipient],
    guard: &mut OnTheirWay<'_>,
) -> Result<(), StoreError> {
    let letters = letters(shared, group).await?;
    let addressees = addressees(shared, app, group).await?;
    let mut parcels = Vec::with_capacity(group.len());
    guard.keys.clear();
    for due in group {
        let letter = letters.get(&due.notification_id);
        match (letter, addressees.get(&due.device_id)) {
            (Some(letter), Some(addressee)) => parcels.push(parcel(letter, addressee, due)),
            // The device token was forgotten, or nothing is left of the notification.
            _ => shared.committer.update(due.notification_id, undeliverable(due)),
        }
    }
    dispatch(shared, app, parcels, &RoundBooks { shared }).await
}

async fn letters(
    shared: &Arc<Shared>,
    group: &[DueRecipient],
) -> Result<HashMap<NotificationId, Arc<Letter>>, StoreError> {
    let ids: BTreeSet<NotificationId> = group.iter().map(|due| due.notification_id).collect();
    let ids: Vec<NotificationId> = ids.into_iter().collect();
    let found = shared.persist(|| shared.store.to_send(ids.clone())).await?;
    let mut letters = HashMap::with_capacity(found.len());
    for ready in found {
        if let Some(letter) = shared.letter(&ready).await? {
            letters.insert(ready.notification.id, letter);
        }
    }
    Ok(letters)
}

async fn addressees(
    shared: &Arc<Shared>,
    app: AppId,
    group: &[DueRecipient],
) -> Result<HashMap<DeviceId, Addressee>, StoreError> {
    let ids: BTreeSet<DeviceId> = group.iter().map(|due| due.device_id).collect();
    let ids: Vec<DeviceId> = ids.into_iter().collect();
    let now = shared.clock.now();
    let found = shared
        .persist(|| shared.store.addressees_by_id(app, ids.clone(), now))
        .await?;
    Ok(found
        .into_iter()
        .map(|addressee| (addressee.device_id, addressee))
        .collect())
}

fn parcel(letter: &Arc<Letter>, addressee: &Addressee, due: &DueRecipient) -> Parcel {
    Parcel {
        attempts: due.attempts,
        last: Last {
            environment: due.environment,
            sent_at: due.sent_at,
            ..Last::default()
        },
        hold: Hold::Books,
        ..Parcel::new(Arc::clone(letter), 0, addressee.clone())
    }
}

fn undeliverable(due: &DueRecipient) -> RecipientException {
    RecipientException {
        attempts: due.attempts,
        environment: due.environment,
        sent_at: due.sent_at,
        ..RecipientException::unsent(
            due.device_id,
            RecipientState::Done(RecipientOutcome::Undeliverable),
        )
    }
}

const fn key(due: &DueRecipient) -> RecipientKey {
    (due.notification_id, due.device_id)
}

/// Recipients that are on their way and have not come to their fate.
struct OnTheirWay<'a> {
    shared: &'a Shared,
    keys: Vec<RecipientKey>,
}

impl Drop for OnTheirWay<'_> {
    fn drop(&mut self) {
        self.shared
            .committer
            .release_recipients(self.keys.drain(..), self.shared);
    }
}

/// The books of a group: each recipient has a row already, which is changed as soon as it comes to its fate.
struct RoundBooks<'a> {
    shared: &'a Arc<Shared>,
}

impl RoundBooks<'_> {
    /// It is due, and its lane says when; if nothing was sent, nothing has changed.
    fn put_off(&self, parcel: Parcel, environment: Environment) {
        if parcel.was_tried() {
            let id = parcel.letter.id;
            let row = put_off(parcel, environment, self.shared);
            return self.shared.committer.update(id, row);
        }
        let key = (parcel.letter.id, parcel.addressee.device_id);
        self.shared.committer.release_recipients([key], self.shared);
    }
}

impl Ledger for RoundBooks<'_> {
    fn settle(&self, parcel: Parcel, fate: Fate) {
        let id = parcel.letter.id;
        let state = match fate {
            Fate::Delivered => RecipientState::Done(RecipientOutcome::Delivered),
            Fate::Is(state) => state,
            Fate::PutOff(environment) => return self.put_off(parcel, environment),
        };
        self.shared.committer.update(id, parcel.row(state));
    }
}
