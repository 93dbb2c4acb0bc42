//! Who is sending and where to: the options that all commands share which talk to APNs.

mod credential;
mod endpoint;

use anyhow::Context as _;
use tidings_apns::{BundleId, Topic};
use tidings_client::{Client, Credential};

use crate::failure::Failure;

pub(crate) use self::credential::{CredentialArgs, key_id_of};
pub(crate) use self::endpoint::{EndpointArgs, Service, Url};

/// Who is sending and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

impl AccessArgs {
    /// The client that sends with `credential`.
    pub(crate) fn client(&self, credential: Credential) -> anyhow::Result<Client> {
        let builder = Client::builder(self.endpoint.environment(), credential);
        let client = self.endpoint.apply(builder)?.build();
        client.context("cannot set up the client")
    }
}

/// The app that a client certificate was issued for: most are for one app only, so nobody has to say it twice.
pub(crate) fn app_of(credential: Option<&Credential>) -> Option<BundleId> {
    let facts = credential?.certificate()?.facts();
    let topic: Topic = facts.user_id.as_deref()?.parse().ok()?;
    Some(topic.bundle_id())
}

/// Reads a value that must not turn up in an error as a whole.
pub(crate) fn parsed<T>(option: &str, text: &str) -> anyhow::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let hint = format!("look at what {option} takes: tidings help");
    text.parse()
        .with_context(|| Failure::usage(format!("cannot use the value of {option}"), hint))
}
