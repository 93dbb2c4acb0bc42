//! The `tidings` command: APNs from the shell, and an APNs of one's own to try it on.

mod access;
mod bench;
mod cli;
mod commands;
mod configuration;
mod failure;
mod input;
mod output;
mod remote;
mod runtime;
mod service;
mod when;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    commands::run(cli.command).unwrap_or_else(|error| failure::report(&error))
}
