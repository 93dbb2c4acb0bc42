//! The `tidings` command: APNs from the shell, and an APNs of one's own to try it on.
//!
//! It is a library only so that the fuzz targets get at its readers; nothing else is for others.

mod access;
mod bench;
mod cli;
mod commands;
mod configuration;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod output;
mod remote;
mod runtime;
mod service;
mod telemetry;
mod when;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

/// Does what the command line says.
#[doc(hidden)]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    commands::run(cli.command).unwrap_or_else(|error| failure::report(&error))
}
