//! `tidings config check`: whether the server would start with it, and what is set by what.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use serde::Serialize;

use crate::configuration::{
    self, Configuration, Gravity, Mistake, ReadConfigurationError, SEALING_KEY_VARIABLE, Source, inspect,
};
use crate::failure::Told;
use crate::output::{self, DIM, Format, GOOD, print_line, styled};

/// Check the configuration: the file, the variables, and the files that they name.
///
/// It says what is set and by what, every mistake with its place, and refuses what is dangerous.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings config check\n  tidings config check /etc/tidings/tidings.toml --format json\n\n\
    Exit status: 0 the server can start with it, 1 it cannot."
)]
pub(super) struct Args {
    /// The file [default: tidings.toml, if there is one]
    #[arg(value_name = "FILE", env = "TIDINGS_CONFIG")]
    file: Option<PathBuf>,
    /// How the result is printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
}

/// The result, for programs.
#[derive(Serialize)]
struct Findings<'a> {
    file: Option<&'a std::path::Path>,
    ok: bool,
    set: Vec<Set<'a>>,
    mistakes: &'a [Mistake],
}

#[derive(Serialize)]
struct Set<'a> {
    key: &'a str,
    by: String,
}

/// Checks it.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = Source::new(args.file.as_deref());
    let (configuration, mistakes) = match source.read() {
        Ok(mut configuration) => {
            let sealing_key = std::env::var(SEALING_KEY_VARIABLE).ok();
            let mut mistakes = std::mem::take(&mut configuration.warnings);
            mistakes.extend(inspect(&configuration, sealing_key.as_deref(), SystemTime::now()));
            (Some(configuration), mistakes)
        }
        Err(ReadConfigurationError::Mistakes(mistakes)) => (None, mistakes),
        Err(error) => return Err(error.into()),
    };
    let is_good = !mistakes.iter().any(|mistake| mistake.gravity == Gravity::Error);
    match args.format {
        Format::Text => tell(&source, configuration.as_ref(), &mistakes)?,
        Format::Json => output::json(&Findings {
            file: source.file(),
            ok: is_good,
            set: set(configuration.as_ref()),
            mistakes: &mistakes,
        })?,
    }
    if is_good {
        return Ok(ExitCode::SUCCESS);
    }
    if args.format == Format::Json {
        return Ok(ExitCode::FAILURE);
    }
    Err(Told::new("the server would not start with this configuration").into())
}

fn tell(source: &Source, configuration: Option<&Configuration>, mistakes: &[Mistake]) -> std::io::Result<()> {
    configuration::tell(mistakes);
    let Some(configuration) = configuration else {
        return Ok(());
    };
    match source.file() {
        Some(file) => print_line(format_args!("{}", file.display()))?,
        None => print_line("no file: defaults and variables")?,
    }
    let widest = configuration.set.iter().map(|(name, _)| name.len()).max();
    let width = widest.unwrap_or_default();
    for (name, origin) in &configuration.set {
        print_line(format_args!("  {name:<width$}  {}", styled(DIM, origin)))?;
    }
    if configuration.set.is_empty() {
        print_line("  nothing is set; every key has its default")?;
    }
    if !mistakes.iter().any(|mistake| mistake.gravity == Gravity::Error) {
        print_line(styled(GOOD, "✔ the server can start with it"))?;
    }
    Ok(())
}

fn set(configuration: Option<&Configuration>) -> Vec<Set<'_>> {
    let set = configuration.map_or(&[][..], |configuration| &configuration.set);
    set.iter()
        .map(|(key, origin)| Set {
            key,
            by: origin.to_string(),
        })
        .collect()
}
