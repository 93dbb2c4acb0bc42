//! `tidings devices restore`: undoes what was concluded about device tokens.

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use tidings_apns::{BundleId, DeviceToken};

use super::device::Device;
use super::explain::{in_one_line, in_words};
use crate::failure::Failure;
use crate::output::{self, Format, print, tell};
use crate::remote::{Problem, Question, Remote, RemoteArgs};

/// Undo what was concluded about device tokens: what is held against them is void, and what waits for them is sent.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  tidings devices restore --app com.example.app 00fc13ad…\n  \
    tidings devices list --app com.example.app --state rejected --limit 1000 --format json \\\n      \
    | jq -r .token | tidings devices restore --app com.example.app -\n\n\
    It needs a key with the scope admin."
)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The app's bundle id
    #[arg(long, value_name = "ID")]
    app: BundleId,
    /// Device tokens in hexadecimal; `-` reads many from standard input, one on a line
    #[arg(value_name = "HEX", required = true)]
    tokens: Vec<String>,
    /// How the devices are printed: text or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
}

impl std::fmt::Debug for Args {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Args")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// Restores them one after the other. One that is not known does not keep the others from it.
pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let tokens = tokens(&args.tokens)?;
    let mut remote = args.remote.remote()?;
    let is_one = tokens.len() == 1;
    let mut unknown = 0_usize;
    for token in tokens {
        match restore(&mut remote, &args.app, &token).await {
            Ok(device) => match args.format {
                Format::Json => output::json(&device)?,
                Format::Text if is_one => print(in_words(&device))?,
                Format::Text => in_one_line(&device)?,
            },
            Err(error) if !is_one && is_unknown(&error) => unknown += 1,
            Err(error) => return Err(error),
        }
    }
    if unknown > 0 {
        tell(format_args!("{unknown} of them are not known to the server"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn restore(remote: &mut Remote, app: &BundleId, token: &DeviceToken) -> anyhow::Result<Device> {
    let path = format!("/v1/apps/{app}/devices/{token}:restore");
    remote.json(Question::new(Method::POST, &path)).await
}

fn is_unknown(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Problem>()
        .is_some_and(|problem| problem.status == 404)
}

fn tokens(given: &[String]) -> anyhow::Result<Vec<DeviceToken>> {
    let mut texts = Vec::new();
    for text in given {
        if text == "-" {
            for line in std::io::stdin().lock().lines() {
                texts.push(line.context("cannot read device tokens from standard input")?);
            }
        } else {
            texts.push(text.clone());
        }
    }
    let texts = texts
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty());
    let read = texts.map(|text| {
        let hint = "give them in hexadecimal digits, without spaces or angle brackets";
        text.parse::<DeviceToken>()
            .with_context(|| Failure::usage("cannot read a device token", hint))
    });
    read.collect()
}
