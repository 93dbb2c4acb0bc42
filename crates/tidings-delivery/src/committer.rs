//! Writes results down, many at once: while one write is on its way to the disk, the next gathers.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future;
use tidings_apns::Environment;
use tidings_store::{
    AppId, DeviceId, DirectOutcome, NotificationId, RecipientException, RecipientState, StoreError,
};
use tokio::sync::Notify;

use crate::shared::Shared;

/// A recipient by notification and device token.
pub(crate) type RecipientKey = (NotificationId, DeviceId);

/// Results that wait to be written, and what is on its way meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Committer {
    books: Mutex<Books>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Books {
    outcomes: Vec<DirectOutcome>,
    updates: Vec<(NotificationId, RecipientException)>,
    /// Notifications to few that are on their way, and how many of each app.
    direct: HashMap<NotificationId, AppId>,
    direct_of: HashMap<AppId, usize>,
    /// Recipients that had waited and are on their way, and how many of each lane.
    recipients: HashMap<RecipientKey, (AppId, Option<Environment>)>,
    recipients_of: HashMap<(AppId, Option<Environment>), usize>,
    /// Device tokens to which something goes alone.
    held: HashSet<DeviceId>,
    /// Somebody was turned away because too much was on its way.
    direct_backlog: bool,
    recipients_backlog: bool,
    is_writing: bool,
}

impl Committer {
    /// A notification to few has come to its end.
    pub(crate) fn outcome(&self, outcome: DirectOutcome) {
        self.books().outcomes.push(outcome);
        self.arrived.notify_one();
    }

    /// A recipient that had waited has ended, or waits again.
    pub(crate) fn update(&self, id: NotificationId, row: RecipientException) {
        self.books().updates.push((id, row));
        self.arrived.notify_one();
    }

    /// Takes a notification to few on its way, unless so many of its app are, or it is itself.
    pub(crate) fn take_direct(&self, id: NotificationId, app: AppId, most: usize) -> bool {
        let mut books = self.books();
        let of_app = books.direct_of.entry(app).or_default();
        if *of_app >= most {
            books.direct_backlog = true;
            return false;
        }
        *of_app += 1;
        if books.direct.insert(id, app).is_none() {
            return true;
        }
        decrement(&mut books.direct_of, app);
        false
    }

    /// Takes a recipient that had waited on its way, unless so many of its lane are, or something else goes to its device
    /// token: what waits for one token goes one after the other, so that a dead one is pushed to once and not often.
    pub(crate) fn take_recipient(
        &self,
        key: RecipientKey,
        lane: (AppId, Option<Environment>),
        most: usize,
    ) -> bool {
        let mut books = self.books();
        if books.held.contains(&key.1) {
            books.recipients_backlog = true;
            return false;
        }
        let of_lane = books.recipients_of.entry(lane).or_default();
        if *of_lane >= most {
            books.recipients_backlog = true;
            return false;
        }
        *of_lane += 1;
        books.recipients.insert(key, lane);
        books.held.insert(key.1);
        true
    }

    /// Whether something that had waited goes to a device token, or goes there alone.
    pub(crate) fn is_held(&self, device: DeviceId) -> bool {
        self.books().held.contains(&device)
    }

    /// Something goes to a device token alone, unless something else does.
    pub(crate) fn hold(&self, device: DeviceId) -> bool {
        self.books().held.insert(device)
    }

    /// It has come to its fate.
    pub(crate) fn let_go(&self, device: DeviceId) {
        self.books().held.remove(&device);
    }

    /// Notifications to few that are on their way.
    pub(crate) fn direct(&self) -> Vec<NotificationId> {
        self.books().direct.keys().copied().collect()
    }

    /// Recipients that had waited and are on their way.
    pub(crate) fn recipients(&self) -> HashSet<RecipientKey> {
        self.books().recipients.keys().copied().collect()
    }

    /// Lanes of which so many recipients are on their way.
    pub(crate) fn crowded(&self, most: usize) -> Vec<(AppId, Environment)> {
        let mut books = self.books();
        let crowded = books.recipients_of.iter().filter(|(_, count)| **count >= most);
        let crowded: Vec<_> = crowded
            .filter_map(|((app, environment), _)| Some((*app, (*environment)?)))
            .collect();
        books.recipients_backlog |= !crowded.is_empty();
        crowded
    }

    /// These are no longer on their way.
    pub(crate) fn release_direct(&self, ids: impl IntoIterator<Item = NotificationId>, shared: &Shared) {
        let mut books = self.books();
        for id in ids {
            if let Some(app) = books.direct.remove(&id) {
                decrement(&mut books.direct_of, app);
            }
        }
        if std::mem::take(&mut books.direct_backlog) {
            shared.direct_wake.notify_one();
        }
    }

    /// These are no longer on their way.
    pub(crate) fn release_recipients(&self, keys: impl IntoIterator<Item = RecipientKey>, shared: &Shared) {
        let mut books = self.books();
        for key in keys {
            if let Some(lane) = books.recipients.remove(&key) {
                books.held.remove(&key.1);
                decrement(&mut books.recipients_of, lane);
            }
        }
        if std::mem::take(&mut books.recipients_backlog) {
            shared.waiting_wake.notify_one();
        }
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_idle(&self) -> bool {
        let books = self.books();
        !books.is_writing && books.outcomes.is_empty() && books.updates.is_empty()
    }

    /// Writes until the engine ends.
    pub(crate) async fn run(&self, shared: &Shared) -> Result<(), StoreError> {
        loop {
            let (outcomes, updates) = self.books().turn();
            if outcomes.is_empty() && updates.is_empty() {
                self.arrived.notified().await;
                continue;
            }
            let (first, second) = future::join(
                self.write_outcomes(outcomes, shared),
                self.write_updates(updates, shared),
            )
            .await;
            first.and(second)?;
        }
    }

    async fn write_outcomes(&self, outcomes: Vec<DirectOutcome>, shared: &Shared) -> Result<(), StoreError> {
        if outcomes.is_empty() {
            return Ok(());
        }
        let now = shared.clock.now();
        shared
            .persist(|| shared.store.finish_direct(outcomes.clone(), shared.epoch, now))
            .await?;
        shared.watchers.tried(&outcomes);
        let ids = outcomes.iter().map(|outcome| outcome.notification_id);
        self.release_direct(ids, shared);
        if outcomes.iter().any(|outcome| outcome.rows.iter().any(waits)) {
            shared.waiting_wake.notify_one();
        }
        Ok(())
    }

    async fn write_updates(
        &self,
        updates: Vec<(NotificationId, RecipientException)>,
        shared: &Shared,
    ) -> Result<(), StoreError> {
        if updates.is_empty() {
            return Ok(());
        }
        let now = shared.clock.now();
        shared
            .persist(|| shared.store.update_recipients(updates.clone(), shared.epoch, now))
            .await?;
        shared.watchers.moved(&updates);
        let keys = updates.iter().map(|(id, row)| (*id, row.device_id));
        self.release_recipients(keys, shared);
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a recipient is tried again at some instant, so that somebody must look when.
pub(crate) fn waits(row: &RecipientException) -> bool {
    matches!(row.state, RecipientState::Waiting { .. })
}

impl Books {
    /// What is to be written now.
    fn turn(&mut self) -> (Vec<DirectOutcome>, Vec<(NotificationId, RecipientException)>) {
        let turn = (
            std::mem::take(&mut self.outcomes),
            std::mem::take(&mut self.updates),
        );
        self.is_writing = !turn.0.is_empty() || !turn.1.is_empty();
        turn
    }
}

fn decrement<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    if let std::collections::hash_map::Entry::Occupied(mut entry) = counts.entry(key) {
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }
}
