//! `tidings devices`: the registry of a running server from the shell.

mod device;
mod explain;
mod export;
mod import;
mod list;
mod query;
mod restore;

pub(crate) use self::export::Form;
pub(crate) use self::import::read_lines;

use std::process::ExitCode;

use crate::runtime;

/// Look at a server's device tokens, bring them in and out, and undo what was concluded about them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings devices import --app com.example.app devices.csv\n  \
    tidings devices list --app com.example.app --state quarantined\n  \
    tidings devices explain --app com.example.app 00fc13ad…"
)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Import(Box<import::Args>),
    Export(export::Args),
    List(list::Args),
    Explain(explain::Args),
    Restore(restore::Args),
}

/// Runs one of them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Import(args) => runtime::on_this_thread(import::run(args))?,
        What::Export(args) => runtime::on_this_thread(export::run(args))?,
        What::List(args) => runtime::on_this_thread(list::run(args))?,
        What::Explain(args) => runtime::on_this_thread(explain::run(args))?,
        What::Restore(args) => runtime::on_this_thread(restore::run(args))?,
    }
}
