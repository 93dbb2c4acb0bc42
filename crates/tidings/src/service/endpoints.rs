//! From the settings to how the engine works.

use std::path::Path;

use anyhow::Context as _;
use tidings_apns::Environment;
use tidings_client::Trust;
use tidings_delivery::{Endpoint, EngineConfig};

use crate::access::Url;
use crate::configuration::{DeliverySettings, Roots};
use crate::failure::Failure;

/// What the engine is told.
pub(super) fn engine_config(settings: &DeliverySettings) -> anyhow::Result<EngineConfig> {
    let mut config = EngineConfig::new(owner());
    let (push, channels) = (&settings.production_url, &settings.production_channels_url);
    config.endpoints.production = endpoint(Environment::Production, push.as_ref(), channels.as_ref());
    let (push, channels) = (&settings.sandbox_url, &settings.sandbox_channels_url);
    config.endpoints.sandbox = endpoint(Environment::Sandbox, push.as_ref(), channels.as_ref());
    config.trust = trust(settings.roots, settings.ca_file.as_deref(), "delivery.ca_file")?;
    config.proxy.clone_from(&settings.proxy);
    config.connections = settings.connections;
    config.connect_timeouts = settings.connect_timeouts();
    config.request_timeout = settings.request_timeout;
    Ok(config)
}

/// Apple's own, except for what was given.
fn endpoint(environment: Environment, push: Option<&Url>, channels: Option<&Url>) -> Endpoint {
    let mut endpoint = Endpoint::apple(environment);
    if let Some(Url { host, port }) = push {
        (endpoint.host, endpoint.port) = (host.clone(), *port);
    }
    if let Some(Url { host, port }) = channels {
        (endpoint.management_host, endpoint.management_port) = (host.clone(), *port);
    }
    endpoint
}

/// The roots in a file, where one is given.
pub(super) fn trust(roots: Roots, ca_file: Option<&Path>, key: &str) -> anyhow::Result<Trust> {
    let Some(path) = ca_file else {
        return Ok(match roots {
            Roots::System => Trust::System,
            Roots::Bundled => Trust::Bundled,
        });
    };
    let pem = std::fs::read(path).with_context(|| {
        let message = format!("cannot read the root certificates from {}", path.display());
        Failure::configuration(message, format!("check `{key}`"))
    })?;
    Ok(Trust::pem(pem))
}

/// Who works, for the record.
fn owner() -> String {
    format!(
        "tidings {} (process {})",
        env!("CARGO_PKG_VERSION"),
        std::process::id()
    )
}
