//! `tidings keys admin`: an API key for whoever has the data directory, and no key any more.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use serde::Serialize;
use tidings_server::new_api_key;
use tidings_store::{Scope, Store, StoreConfig};
use zeroize::Zeroizing;

use super::Data;
use crate::output::{self, DIM, Format, FormatArgs, print_line, styled, tell};
use crate::runtime;
use crate::service::with_open_hint;

/// Make an API key with the scope admin, if the first one is lost. The server must not run.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  tidings keys admin --data tidings-data --name 'after the move'\n\n\
    With a key at hand, and the server running, make others over the API: POST /v1/api-keys."
)]
pub(super) struct Args {
    #[command(flatten)]
    data: Data,
    /// What the key is called in lists and in the audit log
    #[arg(long, value_name = "NAME", default_value = "from the shell", value_parser = name)]
    name: String,
    #[command(flatten)]
    output: FormatArgs,
}

#[derive(Serialize)]
struct Made<'a> {
    api_key: &'a str,
    name: &'a str,
    scopes: [&'static str; 1],
}

/// Makes it, and prints it this once.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let key = runtime::on_all_threads(make(args))??;
    match args.output.format {
        Format::Json => output::json(&Made {
            api_key: &key,
            name: &args.name,
            scopes: [Scope::Admin.as_str()],
        })?,
        Format::Text => {
            tell(styled(DIM, "The key, shown this once:"));
            print_line(&*key)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn make(args: &Args) -> anyhow::Result<Zeroizing<String>> {
    let sealing_key = args.data.sealing_key()?;
    let store = Store::open(&StoreConfig::new(args.data.directory(), sealing_key)).await;
    let store = store.map_err(with_open_hint)?;
    let (key, text) = new_api_key(&args.name, &[Scope::Admin], None);
    let made = store
        .create_api_key(key, "tidings keys admin", SystemTime::now().into())
        .await;
    made.context("cannot keep the key")?;
    store.close().await?;
    Ok(text)
}

fn name(text: &str) -> Result<String, &'static str> {
    let is_fit =
        !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control);
    is_fit
        .then(|| text.to_owned())
        .ok_or("a name has 1 to 100 characters on one line")
}
