//! The server killed under load, more often than an ordinary run does it.

use anyhow::Result;
use clap::Args;

use crate::program::{cargo, run as run_program};

#[derive(Args)]
pub(crate) struct Options {
    /// How often the server is killed
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// When, in a way that can be repeated
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The test that every run has, with more kills and the optimised program.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut command = cargo([
        "test",
        "--release",
        "--locked",
        "--package",
        "tidings",
        "--test",
        "chaos",
        "--",
        "--nocapture",
    ]);
    command.env("TIDINGS_CHAOS_KILLS", options.kills.to_string());
    command.env("TIDINGS_CHAOS_SEED", options.seed.to_string());
    run_program(&mut command)
}
