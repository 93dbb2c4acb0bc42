//! The benchmark: our client beside its peers, in one run on one machine, client and server on cores of their own.
//!
//! Each scenario is a server and some clients. The clients take turns, round after round, so that a machine whose
//! clock drifts is unfair to nobody; what is shown is the median of the rounds and their range.

mod report;
mod run;
mod scenario;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use self::run::Bench;
use self::scenario::SCENARIOS;
use crate::program::{cargo, root, run as run_program, target_dir};

#[derive(Args)]
pub(crate) struct Options {
    /// Which scenarios; all when none is named
    scenarios: Vec<String>,
    /// How often each client runs in each scenario
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// A part of the notifications, in per cent, for a quick look
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    size: u64,
    /// Put the tables into the book
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let known: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    if let Some(unknown) = options
        .scenarios
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        bail!("there is no scenario `{unknown}`; there are {}", known.join(", "));
    }
    let bench = build()?;
    let mut tables = Vec::new();
    for scenario in &SCENARIOS {
        if !options.scenarios.is_empty() && !options.scenarios.iter().any(|name| name == scenario.name) {
            continue;
        }
        println!("{}", scenario.name);
        let mut series: Vec<_> = scenario.clients.iter().map(|_| Vec::new()).collect();
        for round in 1..=options.rounds {
            for (client, runs) in scenario.clients.iter().zip(&mut series) {
                let measured = bench.measure(scenario, client, options.size)?;
                println!("  {round}/{} {}: {measured}", options.rounds, client.label);
                runs.push(measured);
            }
        }
        tables.push(report::table(scenario, &series));
    }
    let report = tables.join("\n");
    println!("\n{report}");
    if options.write {
        report::write_into_book(&report)?;
    }
    Ok(())
}

/// Builds everything that runs, optimised.
fn build() -> Result<Bench> {
    run_program(&mut cargo(["build", "--release", "--locked", "--bin", "tidings"]))?;
    run_program(&mut cargo([
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        "interop/Cargo.toml",
    ]))?;
    let interop =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("interop/target"), PathBuf::from);
    Bench::new(
        target_dir().join("release/tidings"),
        interop.join("release"),
        target_dir().join("bench"),
    )
}
