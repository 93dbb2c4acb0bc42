//! The options that say where APNs is and how to get there.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tidings_apns::Environment;
use tidings_client::{ClientBuilder, ConnectTimeouts, PoolSize, Proxy, Trust};

use super::parsed;
use crate::input;
use crate::when;

/// Where to.
#[derive(clap::Args)]
#[command(next_help_heading = "Where to")]
pub(crate) struct EndpointArgs {
    /// `production` for apps from TestFlight, the App Store, ad hoc and in-house; `sandbox` for apps run from Xcode
    /// [default: production; through a --server, where each device token belongs]
    #[arg(long = "environment", value_name = "ENVIRONMENT")]
    pub(crate) named_environment: Option<Environment>,
    /// Another server than Apple's, such as a simulator: https://HOST:PORT
    #[arg(long, value_name = "URL", conflicts_with = "port")]
    url: Option<Url>,
    /// Another port of Apple's server: 2197 passes some firewalls
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Trust only the root certificates in this PEM file; for a simulator, or a proxy that inspects TLS
    #[arg(long, value_name = "FILE", conflicts_with = "bundled_roots")]
    ca: Option<PathBuf>,
    /// Trust Mozilla's root certificates, built into this program, instead of the system's
    #[arg(long)]
    bundled_roots: bool,
    // Not a doc comment: rustdoc would take the brackets for a link.
    #[arg(
        long,
        value_name = "URL",
        help = "Go through an HTTP proxy: http://[USER:PASSWORD@]HOST:PORT"
    )]
    proxy: Option<String>,
    /// How long to wait for an answer, and at most for each step of connecting
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = when::duration)]
    timeout: Duration,
}

impl std::fmt::Debug for EndpointArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndpointArgs")
            .field("environment", &self.named_environment)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Which of APNs' services is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Notifications and broadcasts.
    Push,
    /// The management of broadcast channels.
    Channels,
}

impl EndpointArgs {
    /// The environment that was named, or the usual.
    pub(crate) fn environment(&self) -> Environment {
        self.named_environment.unwrap_or(Environment::Production)
    }

    /// Tells the client all of it.
    pub(crate) fn apply(&self, builder: ClientBuilder) -> anyhow::Result<ClientBuilder> {
        let builder = builder
            .connections(PoolSize { min: 1, max: 8 })
            .request_timeout(self.timeout)
            .connect_timeouts(self.connect_timeouts())
            .trust(self.trust()?);
        let (push, channels) = (self.address(Service::Push), self.address(Service::Channels));
        let builder = builder
            .endpoint(push.host, push.port)
            .management_endpoint(channels.host, channels.port);
        Ok(match &self.proxy {
            Some(proxy) => builder.proxy(parsed::<Proxy>("--proxy", proxy)?),
            None => builder,
        })
    }

    /// Host and port of a service.
    pub(crate) fn address(&self, service: Service) -> Url {
        if let Some(url) = &self.url {
            return url.clone();
        }
        let (host, port) = match service {
            Service::Push => (self.environment().host(), Environment::PORT),
            Service::Channels => (
                self.environment().host_management(),
                self.environment().management_port(),
            ),
        };
        Url {
            host: host.to_owned(),
            port: self.port.unwrap_or(port),
        }
    }

    fn trust(&self) -> anyhow::Result<Trust> {
        Ok(match &self.ca {
            Some(path) => Trust::pem(input::file("the root certificates", path)?),
            None if self.bundled_roots => Trust::Bundled,
            None => Trust::System,
        })
    }

    /// A step gives up before the request does, so that the error names the step.
    fn connect_timeouts(&self) -> ConnectTimeouts {
        ConnectTimeouts::each((self.timeout * 3 / 4).min(Duration::from_secs(10)))
    }
}

/// `https://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Why a text is not the address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give https://HOST:PORT, without a path")]
pub(crate) struct ParseUrlError;

impl FromStr for Url {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        let authority = text.strip_prefix("https://").ok_or(ParseUrlError)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or(ParseUrlError)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_not_a_port| ParseUrlError)?,
            None if port.is_empty() => Environment::PORT,
            None => return Err(ParseUrlError),
        };
        let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
        if !is_host || port == 0 {
            return Err(ParseUrlError);
        }
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port } = self;
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "https://{open}{host}{close}")?;
        if *port == Environment::PORT {
            Ok(())
        } else {
            write!(f, ":{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_addresses_are_read_and_written_again() {
        for (text, host, port, again) in [
            (
                "https://127.0.0.1:8443",
                "127.0.0.1",
                8443,
                "https://127.0.0.1:8443",
            ),
            ("https://localhost:1/", "localhost", 1, "https://localhost:1"),
            ("https://[::1]:2197", "::1", 2197, "https://[::1]:2197"),
            ("https://[::1]", "::1", 443, "https://[::1]"),
            (
                "https://api.push.apple.com",
                "api.push.apple.com",
                443,
                "https://api.push.apple.com",
            ),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!((url.host.as_str(), url.port), (host, port), "{text}");
            assert_eq!(url.to_string(), again);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "127.0.0.1:8443",
            "http://localhost:1",
            "https://",
            "https://:1",
            "https://h:0",
            "https://h:x",
            "https://h:70000",
            "https://h:1/3/device",
            "https://u:p@h",
            "https://[::1",
            "https://[::1]x",
        ] {
            assert_eq!(text.parse::<Url>(), Err(ParseUrlError), "{text}");
        }
    }
}
