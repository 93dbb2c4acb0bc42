//! `tidings demo`: the whole system on this machine. Devices register through the API, notifications go through the server to
//! an APNs on this machine, and what became of them is told line by line, each line held against what the simulated devices
//! really got.

mod api;
mod empty;
mod line;
mod narrator;
mod stage;
mod story;

use std::process::ExitCode;

use self::narrator::Narrator;
use self::stage::Stage;
use crate::output::Format;
use crate::runtime;

const EXAMPLES: &str = "\
Examples:
  tidings demo           tell the story, then leave everything running to play with
  tidings demo --empty   no story: a server with nothing in it, and the way to the first push in its dashboard
  tidings demo --once    end after the story; exit status 0 only if every line came true
  tidings demo --once --json";

/// See it all happen on this machine: a server, an APNs, apps, devices, and what becomes of notifications.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// End after the story
    #[arg(long)]
    once: bool,
    /// Tell nothing: leave an empty server running, whose dashboard leads to the first push
    #[arg(long, conflicts_with = "once")]
    empty: bool,
    /// Print each line as a JSON object
    #[arg(long)]
    json: bool,
}

/// Tells the story.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime::on_all_threads(play(args))?
}

async fn play(args: &Args) -> anyhow::Result<ExitCode> {
    let format = if args.json { Format::Json } else { Format::Text };
    if args.empty {
        return empty::run(format).await;
    }
    let stage = Stage::set().await?;
    let mut narrator = Narrator::new(format);
    narrator.open(&stage)?;
    let mut stage = story::tell(stage, &mut narrator).await?;
    let is_true = narrator.conclude()?;
    if !args.once {
        narrator.invite(&stage.invitation().await?)?;
        runtime::told_to_end().await?;
    }
    stage.strike().await?;
    Ok(if is_true {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
