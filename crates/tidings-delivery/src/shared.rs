//! What all parts of an engine have in common.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidings_apns::BundleId;
use tidings_store::{AppId, Epoch, ReadyNotification, Store, StoreError};
use tokio::sync::{Notify, watch};

use crate::campaign::{Budgets, Campaigns};
use crate::clock::Clock;
use crate::committer::Committer;
use crate::config::EngineConfig;
use crate::counters::Counters;
use crate::lane::{Lane, OpenLine};
use crate::lane_state::Now;
use crate::lanes::Lanes;
use crate::letter::Letter;
use crate::status::{EngineHealth, StopCause};
use crate::steady::Steady;
use crate::watching::Watchers;

/// How long a full store is given before it is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(500);

/// What all parts of an engine have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) config: EngineConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) steady: Steady,
    pub(crate) epoch: Epoch,
    pub(crate) lanes: Lanes,
    pub(crate) counters: Counters,
    pub(crate) committer: Committer,
    pub(crate) budgets: Budgets,
    pub(crate) campaigns: Campaigns,
    pub(crate) watchers: Arc<Watchers>,
    pub(crate) direct_wake: Notify,
    pub(crate) campaign_wake: Notify,
    pub(crate) waiting_wake: Notify,
    pub(crate) keeper_wake: Notify,
    bundle_ids: Mutex<BTreeMap<AppId, BundleId>>,
    health: watch::Sender<EngineHealth>,
    /// How many answers of the store are awaited.
    questions: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(
        store: Store,
        config: EngineConfig,
        clock: Arc<dyn Clock>,
        epoch: Epoch,
        lanes: Lanes,
    ) -> Self {
        Self {
            store,
            config,
            steady: Steady::new(Arc::clone(&clock)),
            clock,
            epoch,
            lanes,
            counters: Counters::default(),
            committer: Committer::default(),
            budgets: Budgets::default(),
            campaigns: Campaigns::default(),
            watchers: Arc::default(),
            direct_wake: Notify::new(),
            campaign_wake: Notify::new(),
            waiting_wake: Notify::new(),
            keeper_wake: Notify::new(),
            bundle_ids: Mutex::default(),
            health: watch::Sender::new(EngineHealth::Working),
            questions: AtomicUsize::new(0),
        }
    }

    /// The times of now.
    pub(crate) fn now(&self) -> Now {
        Now {
            wall: self.clock.now(),
            steady: self.steady.now(),
            monotonic: self.clock.monotonic(),
        }
    }

    /// There may be work for every part.
    pub(crate) fn wake_all(&self) {
        self.direct_wake.notify_one();
        self.campaign_wake.notify_one();
        self.waiting_wake.notify_one();
    }

    /// Does something with the store until it does well. While the disk is full it is tried again and again; whatever else
    /// goes wrong ends the engine: to go on without writing results down would be to send everything again and again.
    pub(crate) async fn persist<T, F>(&self, mut operation: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        loop {
            let asking = self.ask_store();
            let answer = operation().await;
            drop(asking);
            match answer {
                Err(error) if error.is_temporary() && !self.has_stopped() => {
                    tracing::warn!(%error, "a result could not be written yet");
                    self.clock.sleep(FULL_PAUSE).await;
                }
                Err(error) => {
                    self.stop(&error);
                    return Err(error);
                }
                done => return done,
            }
        }
    }

    /// The line of a lane; `None` when no credential can be used.
    pub(crate) async fn line(&self, lane: &Lane) -> Result<Option<Arc<OpenLine>>, StoreError> {
        let now = self.now();
        self.persist(|| self.lanes.line(lane, now)).await
    }

    /// How long until something may be due by itself, at most so long.
    pub(crate) async fn until_due(&self, longest: Duration) -> Duration {
        let now = self.now();
        let asking = self.ask_store();
        let next = self.store.next_wake(now.steady).await;
        drop(asking);
        let Ok(Some(next)) = next else {
            return longest;
        };
        let until = next
            .saturating_since(now.steady)
            .min(next.saturating_since(now.wall));
        // What is due and was not taken waits for something else.
        if until.is_zero() {
            longest
        } else {
            until.min(longest)
        }
    }

    /// Makes a notification ready to be sent; `None` if it cannot be.
    pub(crate) async fn letter(&self, ready: &ReadyNotification) -> Result<Option<Arc<Letter>>, StoreError> {
        let Some(bundle_id) = self.bundle_id(ready.app_id).await? else {
            return Ok(None);
        };
        match Letter::new(&bundle_id, ready, &self.config.backoff) {
            Ok(letter) => Ok(Some(Arc::new(letter))),
            Err(error) => {
                tracing::error!(notification = %ready.notification.id, %error, "a stored payload cannot be sent");
                Ok(None)
            }
        }
    }

    async fn bundle_id(&self, app: AppId) -> Result<Option<BundleId>, StoreError> {
        let known = || self.bundle_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bundle_id) = known().get(&app) {
            return Ok(Some(bundle_id.clone()));
        }
        let found = self.persist(|| self.store.app_by_id(app)).await?;
        Ok(found.map(|app| {
            known().insert(app.id, app.bundle_id.clone());
            app.bundle_id
        }))
    }

    pub(crate) fn health(&self) -> EngineHealth {
        self.health.borrow().clone()
    }

    pub(crate) fn watch_health(&self) -> watch::Receiver<EngineHealth> {
        self.health.subscribe()
    }

    /// Whether new work is taken.
    pub(crate) fn is_working(&self) -> bool {
        *self.health.borrow() == EngineHealth::Working
    }

    pub(crate) fn has_stopped(&self) -> bool {
        matches!(*self.health.borrow(), EngineHealth::Stopped(_))
    }

    /// No new work is taken from now on.
    pub(crate) fn begin_drain(&self) {
        self.move_on(|health| (*health == EngineHealth::Working).then_some(EngineHealth::Draining));
        self.wake_all();
        self.keeper_wake.notify_one();
    }

    pub(crate) fn end_drain(&self) {
        self.move_on(|health| (*health == EngineHealth::Draining).then_some(EngineHealth::Drained));
    }

    fn stop(&self, error: &StoreError) {
        let cause = match error {
            StoreError::Fenced => StopCause::Fenced,
            _ => StopCause::StoreBroken,
        };
        tracing::error!(%error, cause = cause.in_words(), "the engine stops");
        self.move_on(|health| {
            (!matches!(health, EngineHealth::Stopped(_))).then_some(EngineHealth::Stopped(cause))
        });
        self.wake_all();
        self.keeper_wake.notify_one();
    }

    fn move_on(&self, next: impl FnOnce(&EngineHealth) -> Option<EngineHealth>) {
        self.health.send_if_modified(|health| match next(health) {
            Some(changed) => {
                *health = changed;
                true
            }
            None => false,
        });
    }

    /// Requests that are on their way.
    pub(crate) fn in_flight(&self) -> u64 {
        self.lanes.all().iter().map(|lane| lane.in_flight()).sum()
    }

    /// The store is asked until what is returned is dropped.
    fn ask_store(&self) -> Asking<'_> {
        self.questions.fetch_add(1, Ordering::AcqRel);
        Asking(&self.questions)
    }

    /// Whether no answer of the store is awaited. When every task has had its turn since, all of them wait for APNs, for the
    /// clock, or for work.
    pub(crate) fn is_idle(&self) -> bool {
        self.questions.load(Ordering::Acquire) == 0
    }
}

/// The store is being asked.
#[derive(Debug)]
struct Asking<'a>(&'a AtomicUsize);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
