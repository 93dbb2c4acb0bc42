//! Everything that is known of a failure, laid together.

use tidings_apns::{Environment, Timestamp, TokenKind};

use crate::artefact::Artefact;

/// Everything that is known of a failure. All of it is optional: the rules say what they can, and ask for what would
/// decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Now.
    pub now: Timestamp,
    /// Files.
    pub artefacts: Vec<Artefact>,
    /// The app in question, by its bundle id.
    pub bundle_id: Option<String>,
    /// The topic that was sent to, where it is not the bundle id.
    pub topic: Option<String>,
    /// The device token, as somebody typed or stored it.
    pub device_token: Option<String>,
    /// The environment that was sent to.
    pub environment: Option<Environment>,
    /// What APNs answered.
    pub answer: Option<Answer>,
    /// An error message that somebody pasted: of TLS, of iOS, of Xcode, of another service.
    pub message: Option<String>,
    /// How many devices are concerned.
    pub reach: Option<Reach>,
    /// The credentials that are configured.
    pub credentials: Vec<ConfiguredCredential>,
    /// What the registry knows of the device token.
    pub registration: Option<Registration>,
    /// What was tried out against APNs.
    pub probes: Vec<Probe>,
}

impl Case {
    /// A case of which nothing is known but the time.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now,
            artefacts: Vec::new(),
            bundle_id: None,
            topic: None,
            device_token: None,
            environment: None,
            answer: None,
            message: None,
            reach: None,
            credentials: Vec::new(),
            registration: None,
            probes: Vec::new(),
        }
    }
}

/// An answer of APNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The reason as it was spelled.
    pub reason: Option<String>,
    /// `timestamp` of a 410.
    pub timestamp: Option<Timestamp>,
}

/// How many devices are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One, while others do well.
    One,
    /// Some, while others do well.
    Some,
    /// All of the app.
    All,
    /// All of all apps.
    AllApps,
}

/// A credential as somebody configured it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfiguredCredential {
    /// Where it is configured, for people: a key of a file, or a flag.
    pub origin: String,
    /// The app that it is for, by its bundle id.
    pub bundle_id: Option<String>,
    /// The file, where there is one: names one of the case's artefacts.
    pub path: Option<String>,
    /// The key id.
    pub key_id: Option<String>,
    /// The team.
    pub team_id: Option<String>,
    /// The environments that it is said to reach; empty where nothing is said.
    pub environments: Vec<Environment>,
    /// The topics that it is said to be restricted to.
    pub topics: Vec<String>,
    /// When it ends, where that is known without its file.
    pub expires_at: Option<Timestamp>,
}

/// What a registry knows of a device token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// The kind under which it was registered.
    pub kind: TokenKind,
    /// The environment that the app claimed.
    pub claimed: Option<Environment>,
    /// The environments in which APNs has accepted it since.
    pub proven: Vec<Environment>,
    /// When the app last registered it.
    pub registered_at: Option<Timestamp>,
    /// The version of the app, as registered.
    pub app_version: Option<String>,
    /// The device's model, as registered; `Simulator` or `arm64` tell a simulator.
    pub device_model: Option<String>,
}

/// Something that was tried out against APNs, or on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Where.
    pub environment: Environment,
    /// Host and port, for people.
    pub endpoint: String,
    /// What.
    pub step: ProbeStep,
    /// How it went.
    pub outcome: ProbeOutcome,
}

/// A step of a probe: each needs the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeStep {
    /// The name of the host was resolved.
    Dns,
    /// A TCP connection was made.
    Tcp,
    /// TLS was negotiated with a certificate that is trusted, and with `h2` by ALPN.
    Tls,
    /// A notification to no device (a token of zeros) was answered.
    Request,
    /// An empty background notification to the device token was answered.
    Device,
}

/// How a step of a probe went.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeOutcome {
    /// It went well, with a word on it, such as the address or the protocol.
    Done(String),
    /// It failed, with the error for people. For TLS the issuer of what the peer showed, where that was seen.
    Failed {
        /// The error.
        error: String,
        /// Who issued the certificate that the peer showed.
        issuer: Option<String>,
    },
    /// APNs answered.
    Answered {
        /// What.
        answer: Answer,
        /// How far this machine's clock is ahead of APNs's `date`, in seconds; negative if behind.
        clock_ahead_seconds: Option<i64>,
    },
}
