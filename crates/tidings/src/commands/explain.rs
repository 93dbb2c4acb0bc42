//! `tidings explain`: what a word or a number of APNs means, and what to do about it.

mod topic;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::output::{self, DIM, Format, FormatArgs, STRONG, print, styled};

use self::topic::{Entry, find, nearest};

const EXAMPLES: &str = "\
Examples:
  tidings explain BadDeviceToken        a reason of APNs
  tidings explain 410                   all reasons that come with a status
  tidings explain key-id-is-another     a finding of the doctor
  tidings explain background-priority   a finding of `tidings send`
  tidings explain                       everything that can be explained";

/// Explain a reason, a status or a lint finding: what it means, whose fault it is, what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The reason, the HTTP status or the code of a finding; without it, a list of all
    #[arg(value_name = "REASON|STATUS|CODE")]
    what: Vec<String>,
    #[command(flatten)]
    output: FormatArgs,
}

/// Explains each of the words.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.what.is_empty() {
        list(args.output.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    for word in &args.what {
        let entries = find(word);
        if entries.is_empty() {
            return Err(unknown(word).into());
        }
        show(&entries, args.output.format)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(entries: &[Entry], format: Format) -> anyhow::Result<()> {
    for (number, entry) in entries.iter().enumerate() {
        match format {
            Format::Json => output::json(entry)?,
            Format::Text if number == 0 => print(entry.to_text())?,
            Format::Text => print(format_args!("\n{}", entry.to_text()))?,
        }
    }
    Ok(())
}

fn list(format: Format) -> anyhow::Result<()> {
    for entry in topic::all() {
        match format {
            Format::Json => output::json(&entry)?,
            Format::Text => {
                let name = styled(STRONG, format!("{:<42}", entry.name()));
                print(format_args!("{name} {}\n", styled(DIM, entry.origin())))?;
            }
        }
    }
    Ok(())
}

fn unknown(word: &str) -> Failure {
    let hint = match nearest(word) {
        Some(name) => format!("did you mean {name}? `tidings explain` lists everything"),
        None => "`tidings explain` lists everything that can be explained".to_owned(),
    };
    Failure::new(
        format!("{word:?} is no reason, status or finding that is known here"),
        hint,
    )
}
