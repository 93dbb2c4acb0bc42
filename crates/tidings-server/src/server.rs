//! What every request shares: the store, the engine, the clock, and what is remembered of them.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use tidings_apns::BundleId;
use tidings_client::Trust;
use tidings_delivery::{Clock, Engine, Tracer};
use tidings_store::{App, AppId, DashboardRole, OnUnknown, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

use crate::authentication::{Caller, Keyring};
use crate::credentials::probe::Probes;
use crate::dashboard::ShownSetting;
use crate::gorush_door::GorushDoorConfig;
use crate::limits::{EVENT_STREAMS, WEBHOOK_TESTS};
use crate::metrics::Metrics;
use crate::practice::Practice;
use crate::problem::{Problem, ProblemKind, sentence};
use crate::webhooks::{Network, Outgoing, SystemResolver, courier};
use crate::{dashboard, routing, serving};

/// How the server works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Connections that are open at once. For one more, idle ones are closed; if there are none, it waits.
    pub max_connections: usize,
    /// Requests that are worked on at once; more are answered with 503.
    pub max_requests_in_flight: usize,
    /// Apps that registrations and credentials make.
    pub max_apps: usize,
    /// How long the body of a request may take to arrive, unless it is a stream.
    pub request_timeout: Duration,
    /// How long the head of a request may take; a connection without a request is closed after so long, too.
    pub header_timeout: Duration,
    /// How long requests may go on after the end of the server was asked for.
    pub shutdown_grace: Duration,
    /// What to do where it is unknown whether APNs has a notification, when the notification says nothing.
    pub default_on_unknown: OnUnknown,
    /// All settings with where each was set, for the dashboard to show.
    pub settings: Vec<ShownSetting>,
    /// How events go to webhooks.
    pub webhooks: WebhookConfig,
    /// The door shaped like gorush, if there is one.
    pub gorush_door: Option<GorushDoorConfig>,
    /// Phones and a key for the first steps, where a simulator stands in for APNs.
    pub practice: Option<Arc<dyn Practice>>,
    /// What follows requests, the same as the engine's; nothing does by itself.
    pub tracer: Option<Arc<Tracer>>,
}

/// How events go to webhooks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WebhookConfig {
    /// The networks that webhooks may go to though they are not public, without TLS and to any port, too.
    pub allow_networks: Vec<Network>,
    /// Who may vouch for receivers.
    pub trust: Trust,
    /// How long a request may take with all that belongs to it, from looking the name up to the answer.
    pub request_timeout: Duration,
    /// How many webhooks there may be.
    pub most: usize,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            trust: Trust::default(),
            request_timeout: Duration::from_secs(15),
            most: 64,
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_requests_in_flight: 4_096,
            max_apps: 1_000,
            request_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(75),
            shutdown_grace: Duration::from_secs(25),
            default_on_unknown: OnUnknown::default(),
            webhooks: WebhookConfig::default(),
            gorush_door: None,
            practice: None,
            settings: Vec::new(),
            tracer: None,
        }
    }
}

/// The HTTP API. A cheap handle; all clones are the same server.
#[derive(Clone)]
pub struct Server {
    shared: Shared,
}

impl Server {
    /// The API over a store and the engine that works on it.
    pub fn new(store: Store, engine: Engine, config: ServerConfig, clock: Arc<dyn Clock>) -> Self {
        let (phase, _) = watch::channel(Phase::Serving);
        let requests = Arc::new(Semaphore::new(config.max_requests_in_flight));
        let webhooks = &config.webhooks;
        let outgoing = Outgoing::new(
            webhooks.allow_networks.clone(),
            &webhooks.trust,
            webhooks.request_timeout,
            Arc::new(SystemResolver),
        );
        let parts = Parts {
            store,
            engine,
            config,
            clock,
            keyring: Keyring::default(),
            apps: RwLock::default(),
            metrics: Metrics::new(),
            requests,
            streams: Arc::new(Semaphore::new(EVENT_STREAMS)),
            outgoing,
            webhook_wake: Notify::new(),
            webhook_tests: Semaphore::new(WEBHOOK_TESTS),
            probes: Probes::default(),
            dashboard: dashboard::Room::default(),
            phase,
        };
        Self {
            shared: Shared(Arc::new(parts)),
        }
    }

    pub(crate) const fn shared(&self) -> &Shared {
        &self.shared
    }

    /// All routes, to be served by something else than [`Self::serve`].
    pub fn router(&self) -> Router {
        routing::router(self.shared.clone())
    }

    /// Makes a link that opens the dashboard once, within half an hour: its path and query. For whoever runs the server.
    pub async fn new_dashboard_link(&self, name: &str, role: DashboardRole) -> Result<String, StoreError> {
        dashboard::new_link(&self.shared.store, name, role, self.shared.clock.now()).await
    }

    /// Tells `/readyz` to say no, and nothing else: for load balancers that want to know some seconds before the end.
    pub fn begin_draining(&self) {
        self.shared.phase.send_if_modified(|phase| {
            let begins = *phase == Phase::Serving;
            *phase = (*phase).max(Phase::Draining);
            begins
        });
    }

    /// Serves until `shutdown` is over, and meanwhile brings events to webhooks. Then nothing is accepted any more, event
    /// streams end, and what is being answered is answered, for so long as the configuration allows.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let serving = serving::serve(&self.shared, self.router(), listener, shutdown);
        tokio::join!(serving, courier::run(self.shared.clone()));
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}

/// The bundle ids of apps.
pub(crate) type BundleIds = HashMap<AppId, BundleId>;

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It is not in sight.
    Serving,
    /// Nobody new should come.
    Draining,
    /// What is being answered is answered, and then it is over.
    Ending,
}

/// What every request shares.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) config: ServerConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keyring: Keyring,
    pub(crate) metrics: Metrics,
    /// Requests that may still be taken.
    pub(crate) requests: Arc<Semaphore>,
    /// Event streams that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// The way to webhooks.
    pub(crate) outgoing: Outgoing,
    /// Says that something has changed about webhooks.
    pub(crate) webhook_wake: Notify,
    /// Webhooks that may still be tried by hand.
    pub(crate) webhook_tests: Semaphore,
    /// When APNs was asked about credentials.
    pub(crate) probes: Probes,
    /// What the dashboard remembers.
    pub(crate) dashboard: dashboard::Room,
    /// How near the end is.
    pub(crate) phase: watch::Sender<Phase>,
    apps: RwLock<HashMap<BundleId, AppId>>,
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// An app that the caller may work with.
    pub(crate) async fn app(&self, caller: &Caller, bundle_id: &str) -> Result<AppId, Problem> {
        let bundle_id = read_bundle_id(bundle_id)?;
        if let Some(app) = self.find_app(&bundle_id).await?.filter(|app| caller.is_for(*app)) {
            return Ok(app);
        }
        // A key for some apps does not learn which others there are.
        if caller.apps().is_some() {
            return Err(not_for(&bundle_id));
        }
        let detail = format!("There is no app `{bundle_id}`.");
        Err(Problem::new(ProblemKind::AppNotFound, detail).at("bundle_id"))
    }

    /// The same, and it is made if there is none.
    pub(crate) async fn app_or_new(&self, caller: &Caller, bundle_id: &str) -> Result<AppId, Problem> {
        let bundle_id = read_bundle_id(bundle_id)?;
        if let Some(app) = self.find_app(&bundle_id).await? {
            return if caller.is_for(app) {
                Ok(app)
            } else {
                Err(not_for(&bundle_id))
            };
        }
        if caller.apps().is_some() {
            return Err(not_for(&bundle_id));
        }
        if self.store.apps().await?.len() >= self.config.max_apps {
            let detail = format!("There are {} apps.", self.config.max_apps);
            return Err(Problem::new(ProblemKind::TooManyApps, detail));
        }
        let app = self.store.ensure_app(&bundle_id, self.clock.now()).await?;
        tracing::info!(app = %bundle_id, key = caller.key_id(), "an app is known from now on");
        Ok(self.remember(&app))
    }

    /// The bundle ids of all apps.
    pub(crate) async fn bundle_ids(&self) -> Result<BundleIds, Problem> {
        let apps = self.store.apps().await?;
        Ok(apps.into_iter().map(|app| (app.id, app.bundle_id)).collect())
    }

    async fn find_app(&self, bundle_id: &BundleId) -> Result<Option<AppId>, Problem> {
        if let Some(app) = self.remembered(bundle_id) {
            return Ok(Some(app));
        }
        Ok(self.store.app(bundle_id).await?.map(|app| self.remember(&app)))
    }

    fn remembered(&self, bundle_id: &BundleId) -> Option<AppId> {
        self.apps
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(bundle_id)
            .copied()
    }

    /// Apps are never removed, and keep their numbers.
    fn remember(&self, app: &App) -> AppId {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        apps.insert(app.bundle_id.clone(), app.id);
        app.id
    }
}

fn read_bundle_id(text: &str) -> Result<BundleId, Problem> {
    text.parse()
        .map_err(|error: tidings_apns::ParseError| Problem::field("bundle_id", sentence(&error.to_string())))
}

fn not_for(bundle_id: &BundleId) -> Problem {
    Problem::new(
        ProblemKind::AppNotAllowed,
        format!("The key is not for `{bundle_id}`."),
    )
}
