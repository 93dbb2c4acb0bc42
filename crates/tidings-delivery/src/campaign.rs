//! Notifications to many: their audience is read in pages, each of which is written down as begun, sent, and written down
//! as ended, with rows only for what is not simply delivered.

mod budget;
mod page;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidings_store::{AppId, NotificationId, OpenPage, ReadyNotification, StoreError, Urgency};
use tokio::task::{JoinError, JoinSet};

pub(crate) use self::budget::Budgets;
use crate::direct::LONGEST;
use crate::shared::Shared;

/// Campaigns that are looked for at once.
const LOOK: usize = 64;

/// Campaigns that are sent at once, at most.
const MOST: usize = 1_024;

/// Campaigns of one app that are sent at once.
const MOST_OF_APP: usize = 4;

/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Campaigns that are being sent, each a task.
type Running = JoinSet<NotificationId>;

/// Campaigns that are known to be sent.
#[derive(Debug, Default)]
pub(crate) struct Campaigns {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Those that are being sent, by app.
    running: BTreeMap<AppId, BTreeSet<NotificationId>>,
    /// Those that were found among the notifications to few and wait for their turn.
    handed_over: BTreeMap<NotificationId, ReadyNotification>,
}

/// Sends until the engine ends, or no new work is taken; then the pages that have begun are finished.
pub(crate) async fn run(shared: Arc<Shared>) -> Result<(), StoreError> {
    let mut running = JoinSet::new();
    resume(&shared, &mut running).await?;
    while shared.is_working() {
        look(&shared, &mut running).await?;
        rest(&shared, &mut running).await;
    }
    while running.join_next().await.is_some() {}
    Ok(())
}

/// Pages that had begun before the last end are sent again.
async fn resume(shared: &Arc<Shared>, running: &mut Running) -> Result<(), StoreError> {
    let ids = shared
        .persist(|| shared.store.notifications_with_open_pages())
        .await?;
    for ready in shared.persist(|| shared.store.to_send(ids.clone())).await? {
        let id = ready.notification.id;
        let pages = shared.persist(|| shared.store.open_pages(id)).await?;
        start(shared, running, ready, pages);
    }
    Ok(())
}

async fn look(shared: &Arc<Shared>, running: &mut Running) -> Result<(), StoreError> {
    let known = shared.campaigns.known();
    let ready = shared
        .persist(|| {
            shared
                .store
                .ready(shared.clock.now(), LOOK, &[Urgency::Campaign], &known)
        })
        .await?;
    for ready in shared.campaigns.handed_over().into_iter().chain(ready) {
        if shared.campaigns.has_room_for(&ready) {
            start(shared, running, ready, Vec::new());
        }
    }
    Ok(())
}

fn start(shared: &Arc<Shared>, running: &mut Running, ready: ReadyNotification, pages: Vec<OpenPage>) {
    let id = ready.notification.id;
    shared.campaigns.begin(id, ready.app_id);
    let shared = Arc::clone(shared);
    running.spawn(async move {
        // An error has ended the engine.
        let _ended = plan::send(&shared, ready, pages).await;
        id
    });
}

async fn rest(shared: &Shared, running: &mut Running) {
    shared.clock.sleep(PAUSE).await;
    let until = shared.until_due(LONGEST).await;
    tokio::select! {
        () = shared.campaign_wake.notified() => {}
        () = shared.clock.sleep(until) => {}
        Some(ended) = running.join_next() => shared.campaigns.ended(&ended),
    }
    while let Some(ended) = running.try_join_next() {
        shared.campaigns.ended(&ended);
    }
}

impl Campaigns {
    /// Those that need not be found again.
    pub(crate) fn known(&self) -> Vec<NotificationId> {
        let known = self.lock();
        let running = known.running.values().flatten();
        running.chain(known.handed_over.keys()).copied().collect()
    }

    /// This one was found among the notifications to few.
    pub(crate) fn hand_over(&self, ready: ReadyNotification) {
        let mut known = self.lock();
        if known.handed_over.len() < MOST {
            known.handed_over.insert(ready.notification.id, ready);
        }
    }

    fn handed_over(&self) -> Vec<ReadyNotification> {
        self.lock().handed_over.values().cloned().collect()
    }

    fn has_room_for(&self, ready: &ReadyNotification) -> bool {
        let known = self.lock();
        let of_app = known.running.get(&ready.app_id);
        let all: usize = known.running.values().map(BTreeSet::len).sum();
        all < MOST
            && of_app.is_none_or(|ids| ids.len() < MOST_OF_APP && !ids.contains(&ready.notification.id))
    }

    fn begin(&self, id: NotificationId, app: AppId) {
        let mut known = self.lock();
        known.handed_over.remove(&id);
        known.running.entry(app).or_default().insert(id);
    }

    fn ended(&self, ended: &Result<NotificationId, JoinError>) {
        let Ok(id) = ended else {
            return;
        };
        self.lock().running.retain(|_, ids| {
            ids.remove(id);
            !ids.is_empty()
        });
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
