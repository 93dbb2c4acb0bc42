//! `tidings bench`: how fast notifications can be sent, measured against a sink that answers as cheaply as it can; and what
//! it costs to believe APNs's refusals, played in virtual time.

mod duration;
mod measure;
mod registry;
mod scatter;
mod send;
mod service;
mod sink;
mod truth;

use std::process::ExitCode;

/// Measure how fast notifications are sent, and what believing APNs's refusals costs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidings bench sink --listen 127.0.0.1:9443 &\n  \
    tidings bench send --target https://127.0.0.1:9443 --ca CA.pem --connections 1 --streams 1000 --count 1000000\n  \
    tidings bench truth --world careless\n\n\
    The sink prints where it listens and which CA file to give, as a JSON object.")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Send notifications as fast as it goes, and print one JSON object of measurements.
    Send(send::Args),
    Registry(registry::Args),
    Service(service::Args),
    /// Answer 200 to every notification, at once or as late as a far-away APNs.
    Sink(sink::Args),
    Truth(truth::Args),
}

/// Runs one of the benchmark commands.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    // One thread, so that a benchmark can be pinned to one core.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match args.what {
        What::Send(args) => runtime.block_on(send::run(args)),
        What::Registry(args) => runtime.block_on(registry::run(args)),
        What::Service(args) => runtime.block_on(service::run(args)),
        What::Sink(args) => runtime.block_on(sink::run(args)),
        What::Truth(args) => truth::run(&args),
    }
}
