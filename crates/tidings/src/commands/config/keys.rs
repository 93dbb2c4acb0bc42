//! `tidings config keys`: every key, where it is set, and what it means.

use std::process::ExitCode;

use crate::configuration::listed;
use crate::output::{self, DIM, Format, STRONG, field, print, print_line, styled};

/// List every key of the configuration with its variable, its default and what it means.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tidings config keys\n  tidings config keys retention --format json")]
pub(super) struct Args {
    /// Only keys whose name holds this
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// How they are printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
}

/// Prints them.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let part = args.part.as_deref().unwrap_or_default();
    let keys = listed().into_iter().filter(|key| key.name.contains(part));
    let mut is_found = false;
    for key in keys {
        is_found = true;
        if args.format == Format::Json {
            output::json(&key)?;
            continue;
        }
        print_line(styled(STRONG, &key.name))?;
        print(field("meaning", key.meaning))?;
        let value = key.default.map(|default| ("default", default));
        let value = value.or(key.example.map(|example| ("example", example)));
        if let Some((name, value)) = value {
            print(field(name, value))?;
        }
        print(field("variable", &styled(DIM, &key.variable).to_string()))?;
    }
    Ok(if is_found {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
