//! What the configuration means: every setting with its type, complete.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tidings_apns::BundleId;
use tidings_client::{ConnectTimeouts, PoolSize, Proxy};
use tidings_server::{GorushAuthentication, Network};
use tidings_store::{OnUnknown, Retention};
use tracing_subscriber::filter::LevelFilter;

use super::credential::DeclaredCredential;
use crate::access::Url;
use crate::remote::Address;

/// The port of the API, if no other is given.
pub(crate) const PORT: u16 = 8377;

/// All that can be set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    pub(crate) data: DataSettings,
    pub(crate) delivery: DeliverySettings,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) apns_door: ApnsDoorSettings,
    pub(crate) gorush_door: GorushDoorSettings,
    pub(crate) retention: Retention,
    pub(crate) log: LogSettings,
    pub(crate) telemetry: TelemetrySettings,
    /// The credentials of the file.
    pub(crate) credentials: Vec<DeclaredCredential>,
}

/// The API.
#[derive(Clone, Debug)]
pub(crate) struct ServerSettings {
    pub(crate) listen: SocketAddr,
    pub(crate) reach: Reach,
    pub(crate) max_connections: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) drain_timeout: Duration,
}

/// Who may reach the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Programs on this machine.
    #[default]
    ThisMachine,
    /// Other machines, too: somebody said that this is meant.
    Network,
}

/// Where everything durable is.
#[derive(Clone, Debug)]
pub(crate) struct DataSettings {
    pub(crate) directory: PathBuf,
    /// `sealing.key` in the data directory, if nothing is given.
    pub(crate) sealing_key_file: Option<PathBuf>,
    pub(crate) readers: usize,
    pub(crate) reserve_bytes: u64,
}

/// How notifications go to APNs.
#[derive(Clone, Debug)]
pub(crate) struct DeliverySettings {
    pub(crate) connections: PoolSize,
    pub(crate) request_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) on_unknown: OnUnknown,
    pub(crate) production_url: Option<Url>,
    pub(crate) sandbox_url: Option<Url>,
    pub(crate) production_channels_url: Option<Url>,
    pub(crate) sandbox_channels_url: Option<Url>,
    pub(crate) roots: Roots,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) proxy: Option<Proxy>,
}

/// How events go to webhooks.
#[derive(Clone, Debug)]
pub(crate) struct WebhookSettings {
    pub(crate) allow_networks: Vec<Network>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) request_timeout: Duration,
}

/// The door shaped like APNs.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApnsDoorSettings {
    /// There is none if nothing is given.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) certificate_file: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
}

/// The door shaped like gorush.
#[derive(Clone, Debug, Default)]
pub(crate) struct GorushDoorSettings {
    /// There is none if nothing is given.
    pub(crate) app: Option<BundleId>,
    pub(crate) authentication: GorushAuthentication,
}

/// Whose root certificates are trusted, if no file is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Roots {
    /// The operating system's.
    #[default]
    System,
    /// Those in this program.
    Bundled,
}

/// What the server says while it works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: LevelFilter,
    pub(crate) storms: StormRules,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub(crate) struct TelemetrySettings {
    /// The collector; without one there are no traces.
    pub(crate) otlp_endpoint: Option<Address>,
    /// One request in so many is followed.
    pub(crate) sample_one_in: usize,
}

impl TelemetrySettings {
    /// The part of the requests that is followed.
    pub(crate) fn ratio(&self) -> f64 {
        1.0 / self.sample_one_in.max(1) as f64
    }
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_one_in: 100,
        }
    }
}

/// How much is said of what happens again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StormRules {
    /// Lines of a kind that are told whole; with 0 all are.
    pub(crate) whole: usize,
    /// How often is told how many there were more.
    pub(crate) interval: Duration,
}

/// How it says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object on a line.
    Json,
}

impl DataSettings {
    /// Where the sealing key is, or will be.
    pub(crate) fn sealing_key_file(&self) -> PathBuf {
        let given = self.sealing_key_file.clone();
        given.unwrap_or_else(|| self.directory.join("sealing.key"))
    }
}

impl DeliverySettings {
    /// The time for each step of connecting.
    pub(crate) fn connect_timeouts(&self) -> ConnectTimeouts {
        ConnectTimeouts::each(self.connect_timeout)
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, PORT).into(),
            reach: Reach::default(),
            max_connections: 10_000,
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            directory: "tidings-data".into(),
            sealing_key_file: None,
            readers: 4,
            reserve_bytes: 64 << 20,
        }
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            connections: PoolSize { min: 1, max: 16 },
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            on_unknown: OnUnknown::default(),
            production_url: None,
            sandbox_url: None,
            production_channels_url: None,
            sandbox_channels_url: None,
            roots: Roots::default(),
            ca_file: None,
            proxy: None,
        }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            ca_file: None,
            request_timeout: Duration::from_secs(15),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            level: LevelFilter::INFO,
            storms: StormRules {
                whole: 20,
                interval: Duration::from_mins(1),
            },
        }
    }
}
