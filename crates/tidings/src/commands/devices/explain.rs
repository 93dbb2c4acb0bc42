//! `tidings devices explain`: why a device token is in its state, and what to do.

use std::fmt::Write as _;
use std::process::ExitCode;

use hyper::Method;
use tidings_apns::{BundleId, DeviceToken};

use super::device::Device;
use crate::output::{self, DIM, Format, FormatArgs, STRONG, field, print, print_line, styled};
use crate::remote::{Question, RemoteArgs};

/// Say in words why a device token is in its state, by what evidence, and what to do.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  tidings devices explain --app com.example.app 00fc13ad…")]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The app's bundle id
    #[arg(long, value_name = "ID")]
    app: BundleId,
    /// The device token in hexadecimal
    #[arg(value_name = "HEX")]
    token: DeviceToken,
    #[command(flatten)]
    output: FormatArgs,
}

impl std::fmt::Debug for Args {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Args")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// Prints it.
pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = format!("/v1/apps/{}/devices/{}", args.app, args.token);
    let mut remote = args.remote.remote()?;
    let device: Device = remote.json(Question::new(Method::GET, &path)).await?;
    match args.output.format {
        Format::Text => print(in_words(&device))?,
        Format::Json => output::json(&device)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The device and its story.
pub(super) fn in_words(device: &Device) -> String {
    let environment = device.environment.as_deref().unwrap_or("not known");
    let mut out = format!("{} since {}\n", styled(STRONG, &device.state), device.since);
    out.push_str(&field("why", &device.reason));
    out.push_str(&field("what to do", &device.advice));
    out.push_str(&field("sending", &device.sending));
    out.push_str(&field("kind", &device.kind));
    out.push_str(&field("environment", environment));
    let registered = format!(
        "first {}, last {}",
        device.first_registered_at, device.last_registered_at
    );
    out.push_str(&field("registered", &registered));
    for (name, value) in [
        ("user", &device.user_id),
        ("installation", &device.installation_id),
    ] {
        if let Some(value) = value {
            out.push_str(&field(name, value));
        }
    }
    if !device.tags.is_empty() {
        out.push_str(&field("tags", &device.tags.join(", ")));
    }
    for line in device.evidence.iter().flatten() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}  {}", styled(DIM, &line.at), line.text);
    }
    out
}

/// For who restores several.
pub(super) fn in_one_line(device: &Device) -> std::io::Result<()> {
    print_line(format_args!(
        "{} {} {}",
        styled(STRONG, &device.state),
        styled(DIM, &device.token),
        device.reason
    ))
}
