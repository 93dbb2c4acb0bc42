//! `tidings bench truth`: what each way to treat APNs's refusals costs, in a year that is played in seconds.

mod apns;
mod chance;
mod detector;
mod life;
mod nature;
mod notification;
mod operator;
mod ours;
mod peer;
mod plot;
mod policy;
mod report;
mod sender;
mod simulation;
mod tally;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use self::report::Report;
use self::world::World;
use crate::output::{self, Format};

/// Play a year of installs, deletions, 410s and mistakes through five ways to keep a registry.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidings bench truth                                   an ordinary year of 100,000 devices\n  \
    tidings bench truth --world careless --seed 7         everything is done wrong that can be\n  \
    tidings bench truth --world my.toml --plot year.svg   a world of your own, and a picture of it\n  \
    tidings bench truth --detector                        how often the incident detector is wrong\n\n\
    What a world file may say, and what the figures mean, is in the book: \"The truth benchmark\".")]
pub(crate) struct Args {
    // Not a doc comment: there the names would need marks that a terminal shows.
    #[arg(
        long,
        default_value = "ordinary",
        value_name = "FILE",
        help = "A file, or a world that comes with the program: ordinary, careless, apple_waves or dirty_import"
    )]
    world: String,
    /// How many devices have the app at the start.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=2_000_000))]
    devices: u32,
    /// What chance begins with. The same seed gives the same figures.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Draw the year into an SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Measure the incident detector by itself instead: false alarms and misses.
    #[arg(long, conflicts_with_all = ["world", "devices", "plot"])]
    detector: bool,
    /// How many answers to measure the detector with, for each share of bad ones.
    #[arg(long, default_value_t = 10_000_000, value_name = "N", requires = "detector")]
    answers: u32,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Plays, or measures the detector, and prints the figures.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.detector {
        let report = detector::measure(args.seed, args.answers);
        match args.format {
            Format::Text => output::print(detector::text::render(&report))?,
            Format::Json => output::json(&report)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (title, world) = World::find(&args.world)?;
    let played = simulation::play(world, args.devices, args.seed);
    if let Some(path) = &args.plot {
        let svg = plot::draw(&played, &title, args.seed);
        std::fs::write(path, svg).with_context(|| format!("writing {}", path.display()))?;
    }
    let report = Report::of(&played, title, args.devices, args.seed);
    match args.format {
        Format::Text => output::print(report::text::render(&report))?,
        Format::Json => output::json(&report)?,
    }
    Ok(ExitCode::SUCCESS)
}
