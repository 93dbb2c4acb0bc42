//! How an engine works and where APNs is.

use std::sync::Arc;
use std::time::Duration;

use tidings_apns::Environment;
use tidings_client::{ConnectTimeouts, PoolSize, Proxy, Trust};
use tidings_truth::{DetectorRules, IncidentRules};

use crate::backoff::BackoffRules;
use crate::trace::Tracer;

/// How an engine works. The defaults are right for most.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Who works, for the record of epochs: a host name, a process id.
    pub owner: String,
    /// Where APNs is.
    pub endpoints: Endpoints,
    /// Who may vouch for APNs.
    pub trust: Trust,
    /// The proxy on the way there.
    pub proxy: Option<Proxy>,
    /// How many connections a lane may have for proven device tokens.
    pub connections: PoolSize,
    /// How long each step of making a connection may take.
    pub connect_timeouts: ConnectTimeouts,
    /// How long APNs may take to answer.
    pub request_timeout: Duration,
    /// The pauses between attempts.
    pub backoff: BackoffRules,
    /// When a lane is suspected.
    pub detector: DetectorRules,
    /// How an incident is probed.
    pub incidents: IncidentRules,
    /// How many addressees of a campaign are read, begun and settled at once.
    pub page_size: usize,
    /// How many pages of one app may be on their way at once.
    pub pages_in_flight: usize,
    /// How many notifications to few of one app, and how many waiting recipients of one lane, may be on their way at once.
    /// Urgent ones may be a quarter more.
    pub direct_in_flight: usize,
    /// Device tokens of the same lane vouch for it so long; see [`tidings_truth::Detector::is_credible`].
    pub credible_within: Duration,
    /// What follows requests; nothing does by itself.
    pub tracer: Option<Arc<Tracer>>,
}

impl EngineConfig {
    /// The usual, under this owner's name.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            endpoints: Endpoints::default(),
            trust: Trust::default(),
            proxy: None,
            connections: PoolSize::default(),
            connect_timeouts: ConnectTimeouts::default(),
            request_timeout: Duration::from_secs(30),
            backoff: BackoffRules::default(),
            detector: DetectorRules::default(),
            incidents: IncidentRules {
                // A refused credential is asked for at most once a minute.
                first_pause: Duration::from_mins(1),
                ..IncidentRules::default()
            },
            page_size: 1024,
            pages_in_flight: 16,
            direct_in_flight: 4096,
            credible_within: Duration::from_hours(1),
            tracer: None,
        }
    }
}

/// Where APNs is in both environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Production.
    pub production: Endpoint,
    /// The sandbox.
    pub sandbox: Endpoint,
}

/// Where APNs is in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host that takes notifications.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The host that manages broadcast channels.
    pub management_host: String,
    /// Its port.
    pub management_port: u16,
}

impl Endpoints {
    /// Where APNs is in that environment.
    pub const fn of(&self, environment: Environment) -> &Endpoint {
        match environment {
            Environment::Production => &self.production,
            Environment::Sandbox => &self.sandbox,
        }
    }
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            production: Endpoint::apple(Environment::Production),
            sandbox: Endpoint::apple(Environment::Sandbox),
        }
    }
}

impl Endpoint {
    /// Apple's own.
    pub fn apple(environment: Environment) -> Self {
        Self {
            host: environment.host().to_owned(),
            port: Environment::PORT,
            management_host: environment.host_management().to_owned(),
            management_port: environment.management_port(),
        }
    }
}
