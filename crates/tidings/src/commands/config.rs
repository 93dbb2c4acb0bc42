//! `tidings config`: an example of the configuration, its keys, and whether a configuration makes sense.

mod check;
mod keys;

use std::process::ExitCode;

use crate::configuration;
use crate::output::print;

/// Look at the configuration of `tidings serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings config example > tidings.toml\n  tidings config check\n  \
    tidings config keys --format json"
)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Check(check::Args),
    Example(ExampleArgs),
    Keys(keys::Args),
}

/// Print a tidings.toml with every key, its default and what it means.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tidings config example > tidings.toml")]
struct ExampleArgs {}

/// Runs one of them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Check(args) => check::run(args),
        What::Example(ExampleArgs {}) => {
            print(configuration::example())?;
            Ok(ExitCode::SUCCESS)
        }
        What::Keys(args) => keys::run(args),
    }
}
