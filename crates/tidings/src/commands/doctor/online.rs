//! `tidings doctor --online`: tries out the way to APNs step by step, and asks APNs about the credential without reaching
//! anybody. Whoever is asked, and for what, stands in [`Plan`] and is announced first.
//!
//! Each environment gets the name looked up, a TCP connection on each of its ports, TLS with HTTP/2, and one background
//! notification to a device token of zeros. No device has that: `BadDeviceToken` says that APNs took credential and topic,
//! and anything else says what it did not take.

mod announcement;
mod question;
mod route;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use tidings_apns::{DeviceToken, Environment, Topic};
use tidings_client::{Credential, Proxy, Resolver, Trust};
use tidings_doctor::Probe;

/// What is tried out.
pub(crate) struct Plan {
    /// Where; of each environment the first that can be reached is asked.
    pub(crate) endpoints: Vec<Endpoint>,
    /// As whom; without one nothing is asked.
    pub(crate) credential: Option<Credential>,
    /// The topic that is asked for; without one nothing is asked.
    pub(crate) topic: Option<Topic>,
    /// A device that gets an empty background notification, if a person has chosen to send it.
    pub(crate) device: Option<DeviceToken>,
    /// Who may vouch for the server.
    pub(crate) trust: Trust,
    /// The proxy to go through.
    pub(crate) proxy: Option<Proxy>,
    /// How long each step may take.
    pub(crate) timeout: Duration,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) environment: Environment,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Apple's server for an environment, on both of its ports.
    pub(crate) fn apple(environment: Environment) -> [Self; 2] {
        [Environment::PORT, Environment::ALTERNATIVE_PORT].map(|port| Self {
            environment,
            host: environment.host().to_owned(),
            port,
        })
    }

    /// `host:port`.
    fn place(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// Tries all of it out, both environments at the same time. `clock` is this machine's, to be compared with APNs's.
pub(crate) async fn probe(plan: &Plan, clock: fn() -> SystemTime) -> Vec<Probe> {
    let (production, sandbox) = tokio::join!(
        probe_environment(plan, Environment::Production, clock),
        probe_environment(plan, Environment::Sandbox, clock),
    );
    production.into_iter().chain(sandbox).collect()
}

async fn probe_environment(plan: &Plan, environment: Environment, clock: fn() -> SystemTime) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut way = None;
    let endpoints = plan.endpoints.iter();
    for endpoint in endpoints.filter(|endpoint| endpoint.environment == environment) {
        let tried = route::probe(plan, endpoint).await;
        probes.extend(tried.probes);
        if let (None, Some(resolver)) = (&way, tried.resolver) {
            way = Some(Way { endpoint, resolver });
        }
    }
    if let Some(way) = &way {
        probes.extend(question::ask(plan, way, clock).await);
    }
    probes
}

/// A server that could be reached.
struct Way<'a> {
    endpoint: &'a Endpoint,
    /// Its addresses, as they were found.
    resolver: Resolver,
}
