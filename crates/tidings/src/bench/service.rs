//! `tidings bench service`: the way from the API to APNs's answer, recorded durably: a broadcast to everybody, single
//! notifications at full and at half rate, and the client alone against the same sink, in one run.
//!
//! Sink, server and the client alone are processes of their own, so that processor time and memory are those of the server.

mod broadcast;
mod connection;
pub(super) mod fill;
mod load;
mod outcome;
pub(super) mod process;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

use self::broadcast::Broadcast;
use self::load::{Load, Pace};
use self::outcome::Single;
use self::process::{Running, json_of};
use super::duration;

/// The app of the benchmark.
pub(super) const APP: &str = "com.example.benchmark";

/// Measure the whole way through a server: a broadcast, single notifications, and the client alone beside it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  tidings bench service --devices 1000000 --count 100000 --data ./bench-data

It prints one JSON object: `broadcast` (from the request until every answer is recorded), `single` (`per_second` at full rate;
`accept_us`, from when a request should go out until its 202, and `to_answer_us`, from acceptance until APNs's answer is
recorded, both at half of that rate; the same at full rate under `full_rate`), and `wire`, as `tidings bench send` prints it.
The data directory must be on a real disk for the figures to mean anything.")]
pub(crate) struct Args {
    /// How many devices are registered.
    #[arg(long, default_value_t = 1_000_000)]
    devices: u64,
    /// How many single notifications at full rate; half as many at half rate.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// The data directory; it must be empty or not there [default: one in the working directory that is removed at the end].
    #[arg(long)]
    data: Option<PathBuf>,
    /// How many connections the load generator has.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of each payload, about.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(60..=4000))]
    payload_bytes: u32,
    /// How long each answer of the sink waits, e.g. `50ms`. At once when absent.
    #[arg(long, value_parser = duration::parse)]
    rtt: Option<Duration>,
    /// How much sooner or later than `--rtt` an answer may come.
    #[arg(long, default_value = "0ms", value_parser = duration::parse, requires = "rtt")]
    jitter: Duration,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    devices: u64,
    broadcast: Broadcast,
    single: Single,
    wire: Value,
}

/// Measures.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (directory, _temporary) = directory(args.data.as_deref())?;
    let sink = Running::sink(args.rtt, args.jitter)?;
    let filled = fill::fill(&directory, args.devices).await?;
    let wire = wire(&sink, &args)?;
    let server = Running::server(&directory, &sink, &filled)?;
    let text = "x".repeat(args.payload_bytes as usize - 50);
    let broadcast = broadcast::run(&server, &filled, &text, args.devices).await?;
    let load = Load::new(&server, &filled, &text, args.connections)?;
    let full = load.run(args.count, Pace::AsFastAsItGoes).await?;
    let half = load
        .run((args.count / 2).max(1), Pace::PerSecond(full.per_second / 2.0))
        .await?;
    let single = Single::new(&server, &filled, &full, &half).await?;
    server.end().await?;
    sink.end().await?;
    crate::output::json(&Report {
        devices: args.devices,
        broadcast,
        single,
        wire,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the server keeps everything. What it is given it leaves.
pub(super) fn directory(given: Option<&Path>) -> anyhow::Result<(PathBuf, Option<TempDir>)> {
    if let Some(path) = given {
        return Ok((path.to_owned(), None));
    }
    let here = std::env::current_dir().context("where am I?")?;
    let temporary = tempfile::Builder::new().prefix("tidings-bench-").tempdir_in(here);
    let temporary = temporary.context("making a data directory here; give another with --data")?;
    Ok((temporary.path().join("data"), Some(temporary)))
}

/// The client alone, in a process of its own, with as many notifications as there are devices.
fn wire(sink: &Running, args: &Args) -> anyhow::Result<Value> {
    let count = args.devices.to_string();
    let bytes = args.payload_bytes.to_string();
    let arguments = [
        "bench",
        "send",
        "--target",
        sink.url(),
        "--ca",
        sink.ca(),
        "--count",
        &count,
    ];
    json_of(&[&arguments[..], &["--payload-bytes", &bytes]].concat())
}
