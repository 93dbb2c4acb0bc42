//! `tidings doctor`: why APNs says no, from whatever is at hand.

mod args;
mod case;
mod files;
mod online;
mod probing;
mod reading;
mod registry;
mod report;

use std::process::ExitCode;

use tidings_doctor::diagnose;

pub(crate) use self::args::Args;
use self::reading::Reading;
use crate::output::{self, Format, print};
use crate::runtime;

/// The exit status when something is wrong with what was looked at.
const FOUND_PROBLEMS: u8 = 3;

/// Looks at everything that was given, and says what is wrong.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let reading = match &args.registry.server {
        Some(server) => runtime::on_this_thread(registry::ask(args, server))??,
        None => here(args)?,
    };
    match args.output.format {
        Format::Text => print(report::text(&reading, args.detail()))?,
        Format::Json => output::json(&reading)?,
    }
    Ok(if reading.is_healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND_PROBLEMS)
    })
}

/// Looks at what lies on this machine.
fn here(args: &Args) -> anyhow::Result<Reading> {
    let mut gathered = case::gather(args)?;
    if args.online.online {
        gathered.case.probes = probing::probes(args, &gathered)?;
    }
    let case = &gathered.case;
    Ok(Reading::new(case, diagnose(case)))
}
