//! `tidings devices list`: devices of an app, some of them.

use std::process::ExitCode;

use super::device::Device;
use super::query::QueryArgs;
use crate::output::{self, BAD, DIM, DOUBTFUL, Format, GOOD, PLAIN, print_line, styled, tell};
use crate::remote::RemoteArgs;

/// List devices of an app.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings devices list --app com.example.app --user ann\n  \
    tidings devices list --app com.example.app --state quarantined --limit 20 --format json"
)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    query: QueryArgs,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
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
pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut remote = args.remote.remote()?;
    // One more than wanted, to know whether there are more.
    let mut pages = args.query.pages(&mut remote, args.limit.saturating_add(1));
    let mut shown = 0;
    while let Some(page) = pages.next().await? {
        for device in page {
            if shown == args.limit {
                tell(styled(
                    DIM,
                    format_args!("there are more; --limit {shown} showed the first"),
                ));
                return Ok(ExitCode::SUCCESS);
            }
            shown += 1;
            match args.format {
                Format::Text => print_line(in_words(&device))?,
                Format::Json => output::json(&device)?,
            }
        }
    }
    if shown == 0 && args.format == Format::Text {
        tell("there is no such device");
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(device: &Device) -> String {
    let style = match device.state.as_str() {
        "active" => GOOD,
        "unproven" => PLAIN,
        "quarantined" => DOUBTFUL,
        _ => BAD,
    };
    let state = styled(style, format!("{:<12}", device.state));
    let environment = device.environment.as_deref().unwrap_or("?");
    let user = device.user_id.as_deref().unwrap_or("-");
    format!(
        "{state} {environment:<10} {:<8} {} {user} {}",
        device.kind,
        device.last_registered_at,
        styled(DIM, &device.token),
    )
}
