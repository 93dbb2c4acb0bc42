//! `tidings man`: the manual pages.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::print_bytes;

const EXAMPLES: &str = "\
Examples:
  tidings man | man -l -                      the page of the program
  tidings man send | man -l -                 the page of a command
  tidings man --directory /usr/share/man/man1 all pages, as a package installs them";

/// Print a manual page, or write all of them into a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The command, such as `send` or `channels create`; without it, the page of the whole program
    #[arg(conflicts_with = "directory")]
    command: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
}

/// Prints one page or writes all.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut root = Cli::command();
    root.build();
    match &args.directory {
        Some(directory) => write_all(root, directory)?,
        None => print_bytes(&page(find(&root, &args.command)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn find<'a>(root: &'a Command, path: &[String]) -> Result<&'a Command, Failure> {
    path.iter().try_fold(root, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            Failure::usage(
                format!("there is no command {name:?}"),
                "tidings help lists the commands",
            )
        })
    })
}

fn write_all(root: Command, directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(root, directory))
        .with_context(|| format!("cannot write manual pages into {}", directory.display()))
}

fn page(command: &Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}
