//! The simulator as a whole: listeners, control API, files.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::authentication::session::Service;
use crate::authority::{Authority, IssueError};
use crate::config::SimulatorConfig;
use crate::control::{self, Control, ControlError};
use crate::directory::Directory;
use crate::listener::{self, Listener};
use crate::population::populate;
use crate::ready::Ready;
use crate::state::Shared;
use crate::vocabulary::Environment;
use crate::world_file::ReadWorldError;

/// How long connections may take to end before they are dropped.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(8);

/// A running APNs. Dropping it ends it at once; [`Simulator::shutdown`] lets connections finish.
pub struct Simulator {
    ready: Ready,
    ca_pem: String,
    control: Control,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
    _directory: Directory,
}

/// Why a simulator cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address is taken, or not this machine's.
    #[error("listening on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// `ca.pem`, or a key or certificate of the world, cannot be written.
    #[error("writing {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A .p8 file of the world cannot be read.
    #[error("reading signing key {}", path.display())]
    ReadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The simulator's own certificates cannot be made.
    #[error("making the simulator's certificates")]
    Issue(#[from] IssueError),
    /// TLS cannot be set up with them.
    #[error("setting up TLS")]
    Tls(#[from] rustls::Error),
    /// The world makes no sense.
    #[error(transparent)]
    World(#[from] ReadWorldError),
    /// An item of the world makes no sense.
    #[error("making the world")]
    Populate(#[from] ControlError),
}

impl Simulator {
    /// Starts an APNs that accepts connections when this returns.
    pub async fn start(config: SimulatorConfig) -> Result<Self, StartError> {
        config.world.check()?;
        let authority = Authority::new()?;
        let acceptor = listener::acceptor(authority.server_identity(&config.listen.ip().to_string())?)?;
        let directory = Directory::open(config.directory.as_deref())?;
        let ca_pem = authority.root_pem();
        let ca = directory.write("ca.pem", &ca_pem)?;
        let shared = Arc::new(Shared::new(
            config.world.seed,
            config.world.behaviour.clone(),
            authority,
        ));
        let control = Control::new(Arc::clone(&shared));
        populate(&control, &config.world, &directory)?;
        let sockets = Sockets::bind(config.listen).await?;
        let ready = sockets.ready(ca);
        let (shutdown, told) = watch::channel(false);
        let connections = Arc::new(Semaphore::new(config.world.behaviour.limits.connections));
        let services = Services {
            acceptor,
            shared,
            connections,
            told,
        };
        let tasks = services.spawn(sockets, control.clone());
        Ok(Self {
            ready,
            ca_pem,
            control,
            shutdown,
            tasks,
            _directory: directory,
        })
    }

    /// Where everything is.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The URL for notifications and broadcasts, such as `https://127.0.0.1:40001`.
    pub fn push_url(&self, environment: Environment) -> &str {
        self.ready.push_url(environment)
    }

    /// The URL for channel management.
    pub fn channels_url(&self, environment: Environment) -> &str {
        self.ready.channels_url(environment)
    }

    /// The URL of the control API.
    pub fn control_url(&self) -> &str {
        &self.ready.control
    }

    /// The root certificate to trust, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file with the root certificate.
    pub fn ca_path(&self) -> &Path {
        &self.ready.ca
    }

    /// What the control API does, without HTTP.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Ends it: connections get GOAWAY with `Shutdown` and a few seconds for what is under way.
    pub async fn shutdown(mut self) {
        self.shutdown.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // Whoever has not ended by now is dropped with the tasks.
        let _ = timeout(SHUTDOWN_LIMIT, all).await;
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

/// What the listeners have in common.
struct Services {
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    connections: Arc<Semaphore>,
    told: watch::Receiver<bool>,
}

impl Services {
    fn spawn(&self, sockets: Sockets, control: Control) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for (socket, service, environment) in [
            (sockets.production, Service::Push, Environment::Production),
            (sockets.sandbox, Service::Push, Environment::Sandbox),
            (
                sockets.channels_production,
                Service::Channels,
                Environment::Production,
            ),
            (sockets.channels_sandbox, Service::Channels, Environment::Sandbox),
        ] {
            tasks.spawn(self.listener(socket, service, environment).run());
        }
        let mut told = self.told.clone();
        let end = async move { drop(told.wait_for(|ends| *ends).await) };
        tasks.spawn(async move {
            // Its errors are those of accepting connections, after which there is nothing left to do.
            let _ = control::serve(sockets.control, control, end).await;
        });
        tasks
    }

    fn listener(&self, socket: TcpListener, service: Service, environment: Environment) -> Listener {
        Listener {
            socket,
            service,
            environment,
            acceptor: self.acceptor.clone(),
            shared: Arc::clone(&self.shared),
            connections: Arc::clone(&self.connections),
            shutdown: self.told.clone(),
        }
    }
}

/// All listening sockets.
struct Sockets {
    production: TcpListener,
    sandbox: TcpListener,
    channels_production: TcpListener,
    channels_sandbox: TcpListener,
    control: TcpListener,
}

impl Sockets {
    async fn bind(first: SocketAddr) -> Result<Self, StartError> {
        Ok(Self {
            production: bind(first, 0).await?,
            sandbox: bind(first, 1).await?,
            channels_production: bind(first, 2).await?,
            channels_sandbox: bind(first, 3).await?,
            control: bind(first, 4).await?,
        })
    }

    fn ready(&self, ca: PathBuf) -> Ready {
        Ready {
            event: "ready".to_owned(),
            production: url("https", &self.production),
            sandbox: url("https", &self.sandbox),
            channels_production: url("https", &self.channels_production),
            channels_sandbox: url("https", &self.channels_sandbox),
            control: url("http", &self.control),
            ca,
        }
    }
}

async fn bind(first: SocketAddr, offset: u16) -> Result<TcpListener, StartError> {
    let mut address = first;
    if first.port() != 0 {
        address.set_port(first.port().saturating_add(offset));
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

/// The URL of a listener; one on all addresses is reached by the loopback address.
fn url(scheme: &str, socket: &TcpListener) -> String {
    let Ok(mut address) = socket.local_addr() else {
        return String::new();
    };
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        address.set_ip(loopback.parse().unwrap_or(address.ip()));
    }
    format!("{scheme}://{address}")
}
