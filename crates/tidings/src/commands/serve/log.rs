//! What the server says while it works: to stderr, for people or for programs.

mod sampling;
mod storms;

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

pub(super) use self::sampling::Sampling;
use crate::configuration::{LogFormat, LogSettings};

/// Begins it, and answers what keeps storms back. What other libraries say is only of interest when something is wrong.
pub(super) fn begin(settings: LogSettings) -> anyhow::Result<Sampling> {
    let sampling = Sampling::new(settings.storms);
    let filter = Targets::new()
        .with_default(settings.level.min(LevelFilter::WARN))
        .with_target("tidings", settings.level);
    let layer = match settings.format {
        LogFormat::Text => fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(io::stderr)
            .boxed(),
    };
    Registry::default()
        .with(layer.with_filter(filter.and(sampling.clone())))
        .try_init()
        .context("cannot begin the log")?;
    Ok(sampling)
}
