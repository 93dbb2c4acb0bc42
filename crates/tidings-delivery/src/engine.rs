//! The engine as everybody else sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{self, Either};
use tidings_apns::{Environment, Request, Response};
use tidings_client::{Client, SendError};
use tidings_store::{AppId, CredentialId, IncidentId, NotificationId, Store, StoreError};
use tidings_truth::IncidentEnd;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::EngineConfig;
use crate::connections::{ConnectionReport, LaneCounts};
use crate::counters::CountersSnapshot;
use crate::engine_error::{NoClient, StartEngineError};
use crate::lanes::Lanes;
use crate::shared::Shared;
use crate::status::{DrainReport, EngineHealth, LaneStatus, StopCause};
use crate::watching::NotificationWatch;
use crate::wire::{ClientWire, Wire};
use crate::{campaign, direct, keeper, waiting};

/// Sends what the store has accepted, until it is delivered, has failed for good, or is too late.
///
/// A handle; clones are the same engine. When the last one is dropped the engine stops at once, as if the process had been
/// killed: nothing is lost, and what was on its way is sent again after the next start. [`Engine::drain`] ends it in good
/// order.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    tasks: Arc<Tasks>,
}

/// The parts of an engine. They end when this is dropped.
#[derive(Debug)]
struct Tasks {
    /// The parts that begin new work.
    pumps: tokio::sync::Mutex<JoinSet<Result<(), StoreError>>>,
    /// The part that writes results down.
    committer: Mutex<JoinSet<Result<(), StoreError>>>,
}

impl Engine {
    /// Takes over the work of a store, and begins.
    pub async fn start(
        store: Store,
        config: EngineConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartEngineError> {
        let wire = Arc::new(ClientWire::new(config.clone()));
        Self::start_over(store, config, clock, wire).await
    }

    /// The same over another wire than the client: for tests and simulations.
    pub async fn start_over(
        store: Store,
        config: EngineConfig,
        clock: Arc<dyn Clock>,
        wire: Arc<dyn Wire>,
    ) -> Result<Self, StartEngineError> {
        let epoch = store.begin_epoch(&config.owner, clock.now()).await?;
        let lanes = Lanes::new(store.clone(), wire, config.detector.clone());
        let shared = Arc::new(Shared::new(store, config, clock, epoch, lanes));
        keeper::resume(&shared).await?;
        let tasks = Arc::new(Tasks::start(&shared));
        Ok(Self { shared, tasks })
    }

    /// There may be new work: after notifications were accepted, or device tokens registered or restored. Cheap.
    pub fn work_arrived(&self) {
        self.shared.wake_all();
    }

    /// Watches what becomes of a notification to few from now on: what has happened before, the store knows.
    pub fn watch(&self, id: NotificationId) -> NotificationWatch {
        self.shared.watchers.watch(id)
    }

    /// The credentials of an app have changed: the newest that is good is used from now on, and open incidents of the app are
    /// probed at once.
    pub async fn credentials_changed(&self, app: AppId) -> Result<(), StoreError> {
        let now = self.shared.now();
        self.shared.lanes.reload(app, now).await?;
        self.shared.keeper_wake.notify_one();
        self.shared.wake_all();
        Ok(())
    }

    /// The client of an app in an environment, for broadcast channels.
    pub async fn client(&self, app: AppId, environment: Environment) -> Result<Client, NoClient> {
        let now = self.shared.now();
        let lane = self.shared.lanes.lane(app, environment, now.wall);
        let open = self.shared.lanes.try_line(&lane, now).await?;
        open.line.client().ok_or(NoClient::NoCredential { environment })
    }

    /// Asks APNs something under a credential of an app. The answer is the caller's alone: no lane goes by it, and nothing of it
    /// is counted.
    pub async fn ask(
        &self,
        app: AppId,
        credential: CredentialId,
        environment: Environment,
        request: Request,
    ) -> Result<Result<Response, SendError>, NoClient> {
        let way = self
            .shared
            .lanes
            .way(app, credential, environment, self.shared.now())
            .await?;
        let client = way.line.client();
        let client = client.ok_or(NoClient::NoCredential { environment })?;
        let answer = client.probation().send(request).await;
        if way.is_own {
            way.line.close().await;
        }
        Ok(answer)
    }

    /// Ends an incident: what was answered during it is void, and what waited is sent. How many device tokens were released;
    /// `None` when there is no such incident, or it has ended.
    pub async fn release(&self, incident: IncidentId, actor: &str) -> Result<Option<u64>, StoreError> {
        keeper::end_by_hand(&self.shared, incident, IncidentEnd::Released, actor).await
    }

    /// Ends an incident: what was answered during it was right. How many device tokens that concerned; `None` when there is no
    /// such incident, or it has ended.
    pub async fn confirm(&self, incident: IncidentId, actor: &str) -> Result<Option<u64>, StoreError> {
        keeper::end_by_hand(&self.shared, incident, IncidentEnd::Confirmed, actor).await
    }

    /// All lanes that were used since the start.
    pub fn lanes(&self) -> Vec<LaneStatus> {
        let lanes = self.shared.lanes.all();
        lanes.iter().map(|lane| lane.status()).collect()
    }

    /// All connections of lanes that were used since the start, and what happened to earlier ones.
    pub fn connections(&self) -> ConnectionReport {
        let mut report = ConnectionReport::default();
        for lane in self.shared.lanes.all() {
            lane.watch.report(lane.app, lane.environment, &mut report);
        }
        report.records.sort_by_key(|record| record.record.at);
        report
    }

    /// How often what has happened to the connections of lanes since the start.
    pub fn connection_counts(&self) -> Vec<LaneCounts> {
        let lanes = self.shared.lanes.all();
        let counts = lanes.iter().map(|lane| LaneCounts {
            app_id: lane.app,
            environment: lane.environment,
            counts: lane.watch.counts(),
        });
        counts.collect()
    }

    /// All counts since the start.
    pub fn counters(&self) -> CountersSnapshot {
        self.shared.counters.snapshot(self.shared.in_flight())
    }

    /// Whether it works.
    pub fn health(&self) -> EngineHealth {
        self.shared.health()
    }

    /// Waits until it cannot go on. Never returns while it works, nor after a drain.
    pub async fn stopped(&self) -> StopCause {
        let mut health = self.shared.watch_health();
        loop {
            if let EngineHealth::Stopped(cause) = &*health.borrow_and_update() {
                return *cause;
            }
            if health.changed().await.is_err() {
                future::pending::<()>().await;
            }
        }
    }

    /// Takes no more work, finishes what is on its way, and writes it down; gives up after this long.
    pub async fn drain(&self, within: Duration) -> DrainReport {
        let began_at = self.shared.clock.monotonic();
        self.shared.begin_drain();
        let mut pumps = self.tasks.pumps.lock().await;
        let patience = self.shared.clock.sleep(within);
        let finished = {
            let finish = std::pin::pin!(self.finish(&mut pumps));
            matches!(future::select(finish, patience).await, Either::Left(_))
        };
        let abandoned = self.shared.in_flight();
        pumps.shutdown().await;
        self.tasks.stop_committer();
        if finished {
            self.shared.lanes.close().await;
        }
        self.shared.end_drain();
        DrainReport {
            finished,
            abandoned,
            took: self.shared.clock.monotonic().saturating_sub(began_at),
        }
    }

    /// Finishes what has begun.
    async fn finish(&self, pumps: &mut JoinSet<Result<(), StoreError>>) {
        while pumps.join_next().await.is_some() {}
        while !self.shared.committer.is_idle() && !self.shared.has_stopped() {
            self.shared.clock.sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether no answer of the store is awaited: when every task has had its turn, it is time to turn the clock. For tests.
    pub fn is_idle(&self) -> bool {
        self.shared.is_idle()
    }
}

impl Tasks {
    fn start(shared: &Arc<Shared>) -> Self {
        let mut pumps = JoinSet::new();
        pumps.spawn(direct::run(Arc::clone(shared)));
        pumps.spawn(campaign::run(Arc::clone(shared)));
        pumps.spawn(waiting::run(Arc::clone(shared)));
        pumps.spawn(keeper::run(Arc::clone(shared)));
        let mut committer = JoinSet::new();
        let writer = Arc::clone(shared);
        committer.spawn(async move { writer.committer.run(&writer).await });
        Self {
            pumps: tokio::sync::Mutex::new(pumps),
            committer: Mutex::new(committer),
        }
    }

    fn stop_committer(&self) {
        let mut committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner);
        committer.abort_all();
    }
}
