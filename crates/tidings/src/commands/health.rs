//! `tidings health`: whether a server takes requests, for containers that have nothing else to ask with.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::output::{self, BAD, Format, FormatArgs, GOOD, print_line, styled};
use crate::remote::{Address, AddressArgs, Question, Remote};
use crate::runtime;

/// A server that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ask a server whether it takes requests.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings health\n  tidings health --server http://127.0.0.1:9000 --format json\n\n\
    Exit status: 0 it takes requests, 1 it does not, or does not answer within three seconds."
)]
pub(crate) struct Args {
    #[command(flatten)]
    server: AddressArgs,
    #[command(flatten)]
    output: FormatArgs,
}

/// What `/readyz` says.
#[derive(Debug, Deserialize, Serialize)]
struct Readiness {
    ready: bool,
    store: String,
    engine: String,
    draining: bool,
}

/// Asks.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let readiness = runtime::on_this_thread(ask(args.server.address.clone()))??;
    match args.output.format {
        Format::Json => output::json(&readiness)?,
        Format::Text if readiness.ready => print_line(styled(GOOD, "✔ it takes requests"))?,
        Format::Text => print_line(styled(
            BAD,
            format_args!(
                "✘ it takes no requests: the store is {}, delivery is {}",
                readiness.store, readiness.engine
            ),
        ))?,
    }
    Ok(ExitCode::from(u8::from(!readiness.ready)))
}

async fn ask(address: Address) -> anyhow::Result<Readiness> {
    let mut remote = Remote::new(address, None);
    let asked = tokio::time::timeout(PATIENCE, remote.ask(Question::new(Method::GET, "/readyz")));
    let answer = asked.await.context(Failure::new(
        "the server does not answer within three seconds",
        "look at its log: the machine or the disk may be overloaded",
    ))??;
    match answer.status {
        StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE => {
            serde_json::from_slice(&answer.body).with_context(|| not_ours(answer.status))
        }
        status => Err(not_ours(status).into()),
    }
}

fn not_ours(status: StatusCode) -> Failure {
    Failure::new(
        format!("what answers there (with {status}) is no Tidings server"),
        "give the address that `tidings serve` tells after --server",
    )
}
