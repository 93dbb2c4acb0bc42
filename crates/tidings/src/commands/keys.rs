//! `tidings keys`: what is done about keys with the data directory at hand, and without a running server.

mod admin;
mod rotate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tidings_store::SealingKey;

use crate::service::{read_sealing_key, read_sealing_key_file};

/// Look after keys, with the data directory at hand: the one under which credentials are sealed, and the first API key.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings keys rotate --data tidings-data\n  tidings keys admin --data tidings-data"
)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Rotate(rotate::Args),
    Admin(admin::Args),
}

/// Where the data is.
#[derive(Debug, clap::Args)]
struct Data {
    /// The data directory
    #[arg(long = "data", value_name = "FOLDER", default_value = "tidings-data")]
    directory: PathBuf,
    /// The file of the sealing key [default: sealing.key in the data directory]
    #[arg(long, value_name = "FILE")]
    sealing_key_file: Option<PathBuf>,
}

impl Data {
    fn directory(&self) -> &Path {
        &self.directory
    }

    /// The sealing key as the server finds it: where no file is named, the variable goes before that in the directory.
    fn sealing_key(&self) -> anyhow::Result<SealingKey> {
        match &self.sealing_key_file {
            Some(file) => read_sealing_key_file(file),
            None => read_sealing_key(&self.directory),
        }
    }

    fn sealing_key_file(&self) -> PathBuf {
        let given = self.sealing_key_file.clone();
        given.unwrap_or_else(|| self.directory.join("sealing.key"))
    }
}

/// Runs it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Rotate(args) => rotate::run(args),
        What::Admin(args) => admin::run(args),
    }
}
