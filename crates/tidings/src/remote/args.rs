//! The options that name a server.

use std::path::PathBuf;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{Address, Remote, tls};
use crate::failure::Failure;
use crate::input;

/// Which server.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct AddressArgs {
    /// The address of the server, as `tidings serve` tells it
    #[arg(
        long = "server",
        value_name = "URL",
        env = "TIDINGS_SERVER",
        default_value = "http://127.0.0.1:8377"
    )]
    pub(crate) address: Address,
}

/// Which server, and with which key.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct RemoteArgs {
    #[command(flatten)]
    server: AddressArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

/// What proves to the server that one may.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct KeyArgs {
    /// An API key of the server; better in a file or in the environment, where other users do not see it
    #[arg(long, value_name = "KEY", env = "TIDINGS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// A file with an API key of the server
    #[arg(long, value_name = "FILE", conflicts_with = "api_key")]
    api_key_file: Option<PathBuf>,
    /// Trust only the root certificates in this PEM file, for a server that is reached by https
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
}

impl std::fmt::Debug for RemoteArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteArgs")
            .field("address", &self.server.address)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for KeyArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyArgs")
            .field("api_key_file", &self.api_key_file)
            .finish_non_exhaustive()
    }
}

impl RemoteArgs {
    /// The server.
    pub(crate) fn remote(&self) -> anyhow::Result<Remote> {
        self.key.remote(self.server.address.clone())
    }
}

impl KeyArgs {
    /// The server at an address.
    pub(crate) fn remote(&self, address: Address) -> anyhow::Result<Remote> {
        let key = self.read()?.ok_or_else(|| {
            Failure::usage(
                "there is no API key to ask the server with",
                "give --api-key-file, or TIDINGS_API_KEY in the environment; the first start of `tidings serve` prints one",
            )
        })?;
        let mut remote = Remote::new(address, Some(key));
        if let Some(path) = &self.server_ca {
            let pem = input::file("the root certificates", path)?;
            let connector = tls::Connector::with_roots(&pem);
            let hint = "give a PEM file of root certificates (-----BEGIN CERTIFICATE-----)";
            let failure = || Failure::new(format!("cannot trust {}", path.display()), hint);
            remote.tls = Some(connector.with_context(failure)?);
        }
        Ok(remote)
    }

    fn read(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        let Some(path) = &self.api_key_file else {
            return Ok(self
                .api_key
                .clone()
                .map(|key| Zeroizing::new(key.trim().to_owned())));
        };
        let bytes = input::secret_file("the API key", path)?;
        let text = std::str::from_utf8(&bytes)
            .with_context(|| format!("the API key in {} is not text", path.display()))?;
        Ok(Some(Zeroizing::new(text.trim().to_owned())))
    }
}
