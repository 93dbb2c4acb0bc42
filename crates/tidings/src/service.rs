//! A Tidings server in this process: store, engine and API, from their settings to their end in good order. `serve` runs
//! one, and so do the demo and the benchmark.

mod admin_key;
mod data_directory;
mod declared;
mod doors;
mod endpoints;
mod housekeeping;
mod sealing;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tidings_delivery::{Clock, DrainReport, Engine, EngineConfig, StopCause, Tracer};
use tidings_server::{Practice, Server, ServerConfig, ShownSetting};
use tidings_store::{DashboardRole, Health, Store, StoreConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

pub(crate) use self::data_directory::with_open_hint;
pub(crate) use self::declared::Declared;
pub(crate) use self::doors::door as apns_door;
pub(crate) use self::sealing::{
    SealingKeySource, make_sealing_key, read_sealing_key, read_sealing_key_file, sealing_key,
};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::telemetry;

/// How often it is looked whether the store still works: a server without a disk must be gone within a second.
const HEALTH_EVERY: Duration = Duration::from_millis(100);

/// How long the end waits for the last traces to reach their collector.
const LAST_TRACES: Duration = Duration::from_secs(3);

/// A running server.
pub(crate) struct Service {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where the door shaped like APNs listens, if there is one.
    pub(crate) apns_door: Option<SocketAddr>,
    /// The first key, if this was the first start.
    pub(crate) admin_key: Option<Zeroizing<String>>,
    /// A link that opens the dashboard once, if this was the first start.
    pub(crate) dashboard_link: Option<Zeroizing<String>>,
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    declared: Declared,
    server: Server,
    /// Tells the listener to end.
    end: watch::Sender<bool>,
    serving: JoinHandle<()>,
    serving_apns_door: Option<JoinHandle<()>>,
    housekeeping: JoinHandle<()>,
    drain_timeout: Duration,
    /// What brings traces to their collector.
    exporting: Option<JoinHandle<()>>,
}

/// How a server is begun.
pub(crate) struct Beginning {
    pub(crate) settings: Settings,
    /// All keys as the dashboard shows them; none where no configuration was read.
    pub(crate) shown: Vec<ShownSetting>,
    pub(crate) sealing_key: SealingKeySource,
    pub(crate) clock: Arc<dyn Clock>,
    /// Changes to how the engine works that no setting makes: the demo has no hour to wait.
    pub(crate) tune: fn(&mut EngineConfig),
    /// Phones and a key for the first steps, where a simulator stands in for APNs.
    pub(crate) practice: Option<Arc<dyn Practice>>,
}

/// Why a server has to end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unable {
    /// The disk failed.
    #[error("the disk failed: nothing can be written any more")]
    StoreBroken,
    /// The engine cannot go on.
    #[error("delivery has stopped: {}", .0.in_words())]
    EngineStopped(StopCause),
    /// The listener ended.
    #[error("the API has stopped by itself")]
    ServerStopped,
}

impl Service {
    /// Starts it: when this returns, it accepts connections.
    pub(crate) async fn start(beginning: Beginning) -> anyhow::Result<Self> {
        let Beginning {
            settings,
            shown,
            sealing_key,
            clock,
            tune,
            practice,
        } = beginning;
        // First what costs nothing to be undone.
        let listener = listen(settings.server.listen).await?;
        let address = listener
            .local_addr()
            .context("cannot tell where the API listens")?;
        let apns_door = doors::open(&settings.apns_door).await?;
        let store = open_store(&settings, &sealing_key).await?;
        let declared = Declared::new(&store, &settings.data.directory);
        declared.apply(&settings.credentials, clock.now()).await?;
        let admin_key = admin_key::create_first(&store, clock.now()).await?;
        let mut config = endpoints::engine_config(&settings.delivery)?;
        tune(&mut config);
        let mut api_config = server_config(&settings, shown)?;
        let exporting = settings.telemetry.otlp_endpoint.clone().map(|collector| {
            let (sink, exporter) = telemetry::begin(collector);
            let tracer = Arc::new(Tracer::new(sink, settings.telemetry.ratio()));
            (api_config.tracer, config.tracer) = (Some(Arc::clone(&tracer)), Some(tracer));
            tokio::spawn(exporter.run())
        });
        let engine = Engine::start(store.clone(), config, Arc::clone(&clock)).await;
        let engine = engine.context("cannot start delivery")?;
        api_config.practice = practice;
        let server = Server::new(store.clone(), engine.clone(), api_config, Arc::clone(&clock));
        let dashboard_link = match &admin_key {
            Some(_) => Some(link(&server, address, "first admin").await?),
            None => None,
        };
        let (end, ended) = watch::channel(false);
        Ok(Self {
            address,
            apns_door: apns_door.as_ref().map(|door| door.address),
            admin_key,
            dashboard_link,
            serving: tokio::spawn(serve(server.clone(), listener, ended)),
            serving_apns_door: apns_door.map(|door| tokio::spawn(door.serve(server.clone()))),
            housekeeping: tokio::spawn(housekeeping::purge(store.clone(), settings.retention, clock)),
            store,
            engine,
            declared,
            server,
            end,
            drain_timeout: settings.server.drain_timeout,
            exporting,
        })
    }

    /// Where clients find it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where people look at it.
    pub(crate) fn dashboard_url(&self) -> String {
        format!("{}/dashboard", self.url())
    }

    /// A link that opens the dashboard once, for somebody who may do everything.
    pub(crate) async fn new_dashboard_link(&self, name: &str) -> anyhow::Result<Zeroizing<String>> {
        link(&self.server, self.address, name).await
    }

    /// Keeps the store's credentials like the declared ones.
    pub(crate) fn declared(&self) -> Declared {
        self.declared.clone()
    }

    /// Waits until the server cannot go on.
    pub(crate) async fn unable(&mut self) -> Unable {
        tokio::select! {
            cause = self.engine.stopped() => match cause {
                StopCause::StoreBroken => Unable::StoreBroken,
                cause => Unable::EngineStopped(cause),
            },
            () = broken(&self.store) => Unable::StoreBroken,
            _ended = &mut self.serving => Unable::ServerStopped,
        }
    }

    /// Ends in good order: nothing new is taken, what is on its way is finished and written down.
    pub(crate) async fn drain(self) -> anyhow::Result<DrainReport> {
        self.server.begin_draining();
        self.end.send_replace(true);
        let serving = async {
            // Whatever they end by, they have ended.
            let _ = self.serving.await;
            if let Some(door) = self.serving_apns_door {
                let _ = door.await;
            }
        };
        let (report, ()) = tokio::join!(self.engine.drain(self.drain_timeout), serving);
        self.housekeeping.abort();
        if let Some(exporting) = self.exporting {
            // What was made last is brought there, too; for that nobody may be left who could make more.
            drop((self.engine, self.server));
            let _told = tokio::time::timeout(LAST_TRACES, exporting).await;
        }
        self.store.close().await.context("cannot close the store")?;
        Ok(report)
    }
}

async fn link(server: &Server, address: SocketAddr, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let path = server.new_dashboard_link(name, DashboardRole::Admin).await;
    let path = path.context("cannot make a link to the dashboard")?;
    Ok(Zeroizing::new(format!("http://{address}{path}")))
}

async fn serve(server: Server, listener: TcpListener, mut ended: watch::Receiver<bool>) {
    // If nobody is left who could say so, it ends as well.
    let shutdown = async move { drop(ended.wait_for(|ended| *ended).await) };
    server.serve(listener, shutdown).await;
}

/// Waits until the disk has failed.
async fn broken(store: &Store) {
    while store.health() != Health::Broken {
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let hint = "end what listens there, or set `server.listen` (TIDINGS_SERVER__LISTEN) to another address; port 0 takes a free \
                one";
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| Failure::new(format!("cannot listen on {address}"), hint))
}

async fn open_store(settings: &Settings, sealing_key: &SealingKeySource) -> anyhow::Result<Store> {
    let data = &settings.data;
    data_directory::make(&data.directory)?;
    let key = sealing::read_or_make(sealing_key, &data.directory)?;
    let config = StoreConfig::new(&data.directory, key)
        .with_readers(data.readers)
        .with_reserve_bytes(data.reserve_bytes);
    Store::open(&config).await.map_err(with_open_hint)
}

fn server_config(settings: &Settings, shown: Vec<ShownSetting>) -> anyhow::Result<ServerConfig> {
    let mut config = ServerConfig::default();
    config.max_connections = settings.server.max_connections;
    config.request_timeout = settings.server.request_timeout;
    config.shutdown_grace = settings.server.drain_timeout;
    config.default_on_unknown = settings.delivery.on_unknown;
    config.settings = shown;
    config.gorush_door = doors::gorush(&settings.gorush_door);
    let webhooks = &settings.webhooks;
    config
        .webhooks
        .allow_networks
        .clone_from(&webhooks.allow_networks);
    config.webhooks.request_timeout = webhooks.request_timeout;
    let (roots, ca_file) = (settings.delivery.roots, webhooks.ca_file.as_deref());
    config.webhooks.trust = endpoints::trust(roots, ca_file, "webhooks.ca_file")?;
    Ok(config)
}
