//! The developers' one door: `cargo xtask <command>`.
//!
//! `ci` is what the continuous integration runs and what a person runs before a change is handed over;
//! the other commands are its parts, and the ones that are too long for every change.

#![expect(clippy::print_stdout, reason = "a developers' tool talks to its terminal")]

mod bench;
mod chaos;
mod ci;
mod clients;
mod codegen;
mod fuzz;
mod package;
mod pictures;
mod program;
mod tidy;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The developers' commands of Tidings")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything a change must pass, in order; stops at the first failure
    Ci(ci::Options),
    /// The rules of the code base that no compiler knows
    Tidy,
    /// Write the files that are generated from code
    Codegen(codegen::Options),
    /// Measure the client beside its peers; the machine should have nothing else to do
    Bench(bench::Options),
    /// Kill the server again and again under load, and hold what it had accepted against what arrived
    Chaos(chaos::Options),
    /// Run the fuzz targets
    Fuzz(fuzz::Options),
    /// Make the pictures of the dashboard for the book
    Pictures,
    /// Make what is handed to people
    Package(package::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Ci(options) => ci::run(&options),
        Command::Tidy => tidy::run(),
        Command::Codegen(options) => codegen::run(options),
        Command::Bench(options) => bench::run(&options),
        Command::Chaos(options) => chaos::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Pictures => pictures::run(),
        Command::Package(options) => package::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
