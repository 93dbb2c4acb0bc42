//! The way to one server: name, TCP, TLS. The client does it as it always does, and its errors tell how far it came.

use std::error::Error;
use std::net::IpAddr;

use tidings_client::{
    ConnectError, ConnectTimeouts, Connector, ConnectorConfig, Established, Resolver, Stage,
};
use tidings_doctor::{Probe, ProbeOutcome, ProbeStep};
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::{Endpoint, Plan};

/// Addresses that are named; a name has a handful.
const ADDRESS_LIMIT: usize = 16;

/// How far one came.
pub(super) struct Tried {
    pub(super) probes: Vec<Probe>,
    /// The addresses that lead there, if all went well.
    pub(super) resolver: Option<Resolver>,
}

pub(super) async fn probe(plan: &Plan, endpoint: &Endpoint) -> Tried {
    let mut steps = Vec::new();
    let resolver = reach(plan, endpoint, &mut steps).await;
    let probes = steps.into_iter().map(|(step, outcome)| Probe {
        environment: endpoint.environment,
        endpoint: endpoint.place(),
        step,
        outcome,
    });
    Tried {
        probes: probes.collect(),
        resolver,
    }
}

type Steps = Vec<(ProbeStep, ProbeOutcome)>;

async fn reach(plan: &Plan, endpoint: &Endpoint, steps: &mut Steps) -> Option<Resolver> {
    let resolver = match resolve(plan, endpoint).await {
        Ok(addresses) => {
            let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
            steps.push((ProbeStep::Dns, ProbeOutcome::Done(shown.join(", "))));
            Resolver::Fixed(addresses)
        }
        Err(error) => {
            steps.push((ProbeStep::Dns, failed(error, None)));
            return None;
        }
    };
    let connected = match connector(plan, endpoint, resolver.clone()) {
        Ok(connector) => connector.connect().await,
        Err(error) => {
            steps.push((ProbeStep::Tcp, failed(error, None)));
            return None;
        }
    };
    match connected {
        Ok(established) => {
            steps.push((ProbeStep::Tcp, ProbeOutcome::Done(established.peer.to_string())));
            steps.push((ProbeStep::Tls, ProbeOutcome::Done(protocols(&established))));
            Some(resolver)
        }
        Err(error) => {
            record(&error, steps);
            None
        }
    }
}

/// The addresses of the first hop: of the proxy, if there is one.
async fn resolve(plan: &Plan, endpoint: &Endpoint) -> Result<Vec<IpAddr>, String> {
    let (host, port) = match &plan.proxy {
        Some(proxy) => (proxy.host(), proxy.port()),
        None => (endpoint.host.as_str(), endpoint.port),
    };
    let found = timeout(plan.timeout, lookup_host((host, port)))
        .await
        .map_err(|_elapsed| format!("the name {host} was not found within {:?}", plan.timeout))?
        .map_err(|error| format!("the name {host} was not found: {error}"))?;
    let mut addresses = found.map(|address| address.ip()).collect::<Vec<_>>();
    addresses.dedup();
    addresses.truncate(ADDRESS_LIMIT);
    if addresses.is_empty() {
        return Err(format!("the name {host} has no address"));
    }
    Ok(addresses)
}

fn connector(plan: &Plan, endpoint: &Endpoint, resolver: Resolver) -> Result<Connector, String> {
    let mut config = ConnectorConfig::new(endpoint.host.as_str(), endpoint.port);
    config.trust = plan.trust.clone();
    config.proxy.clone_from(&plan.proxy);
    config.certificate = plan
        .credential
        .as_ref()
        .and_then(|credential| credential.certificate().cloned());
    config.resolver = resolver;
    config.timeouts = ConnectTimeouts::each(plan.timeout);
    Connector::new(config).map_err(|error| told(&error))
}

fn protocols(established: &Established) -> String {
    let version = match established.tls.protocol_version() {
        Some(version) => format!("{version:?}").replace("TLSv1_", "TLS 1."),
        None => "TLS".to_owned(),
    };
    format!("{version}, HTTP/2")
}

fn record(error: &ConnectError, steps: &mut Steps) {
    let (step, issuer) = match error {
        ConnectError::Tls { issuer, .. } => (ProbeStep::Tls, issuer.clone()),
        ConnectError::Closed {
            stage: Stage::Tls, ..
        }
        | ConnectError::TimedOut {
            stage: Stage::Tls, ..
        }
        | ConnectError::Io {
            stage: Stage::Tls, ..
        } => (ProbeStep::Tls, None),
        _before_tls => (ProbeStep::Tcp, None),
    };
    if step == ProbeStep::Tls {
        steps.push((ProbeStep::Tcp, ProbeOutcome::Done("connected".to_owned())));
    }
    steps.push((step, failed(told(error), issuer)));
}

pub(super) fn failed(error: String, issuer: Option<String>) -> ProbeOutcome {
    ProbeOutcome::Failed { error, issuer }
}

/// An error with what it came from.
pub(super) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
