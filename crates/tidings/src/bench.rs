//! `tidings bench`: how fast notifications can be sent, measured against a sink that answers as cheaply as it can.

mod duration;
mod measure;
mod send;
mod sink;

use std::process::ExitCode;

/// Measure how fast notifications are sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    tidings bench sink --listen 127.0.0.1:9443 &\n  \
    tidings bench send --target https://127.0.0.1:9443 --ca CA.pem --connections 1 --streams 1000 --count 1000000\n\n\
    The sink prints where it listens and which CA file to give, as a JSON object.")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Send notifications as fast as it goes, and print one JSON object of measurements.
    Send(send::Args),
    /// Answer 200 to every notification, at once or as late as a far-away APNs.
    Sink(sink::Args),
}

/// Runs one of the benchmark commands.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    // One thread, so that a benchmark can be pinned to one core.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match args.what {
        What::Send(args) => runtime.block_on(send::run(args)),
        What::Sink(args) => runtime.block_on(sink::run(args)),
    }
}
