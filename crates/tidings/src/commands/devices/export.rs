//! `tidings devices export`: devices of an app, all of them, for another program or another server.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;

use super::device::Device;
use super::query::QueryArgs;
use crate::failure::Failure;
use crate::output::{DIM, styled, tell};
use crate::remote::RemoteArgs;

/// Write all devices of an app, or those that are asked for, in a form that `tidings devices import` reads.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings devices export --app com.example.app --output devices.ndjson\n  \
    tidings devices export --app com.example.app --form csv --state active > active.csv"
)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    query: QueryArgs,
    /// ndjson (everything that is known) or csv [default: by the name of --output, else ndjson]
    #[arg(long, value_enum, value_name = "FORM", hide_possible_values = true)]
    form: Option<Form>,
    /// Where to; it must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The form of a file of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One JSON object on a line.
    Ndjson,
    /// A table with a line of names at its head.
    Csv,
}

impl Form {
    /// What the name of a file says.
    pub(super) fn of_name(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" | "json" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// The columns of the table.
const COLUMNS: [&str; 14] = [
    "token",
    "kind",
    "environment",
    "state",
    "since",
    "first_registered_at",
    "last_registered_at",
    "installation_id",
    "user_id",
    "tags",
    "locale",
    "app_version",
    "os_version",
    "device_model",
];

/// Writes them.
pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut remote = args.remote.remote()?;
    let by_name = args.output.as_deref().and_then(Form::of_name);
    let form = args.form.or(by_name).unwrap_or(Form::Ndjson);
    let mut sink = Sink::new(form, open(args)?)?;
    let mut pages = args.query.pages(&mut remote, usize::MAX);
    let mut count = 0;
    while let Some(page) = pages.next().await? {
        count += page.len();
        for device in &page {
            sink.write(device)?;
        }
    }
    sink.finish()?;
    if args.output.is_some() {
        tell(styled(DIM, format_args!("{count} devices written")));
    }
    Ok(ExitCode::SUCCESS)
}

fn open(args: &Args) -> anyhow::Result<Box<dyn Write>> {
    let Some(path) = &args.output else {
        return Ok(Box::new(io::stdout().lock()));
    };
    let file = File::create_new(path);
    let hint = "give a path where there is nothing yet, in a folder that is there";
    let file = file.with_context(|| Failure::new(format!("cannot write {}", path.display()), hint))?;
    Ok(Box::new(file))
}

/// Writes devices in one of the forms.
enum Sink {
    Ndjson(BufWriter<Box<dyn Write>>),
    Csv(Box<csv::Writer<Box<dyn Write>>>),
}

impl Sink {
    fn new(form: Form, out: Box<dyn Write>) -> anyhow::Result<Self> {
        match form {
            Form::Ndjson => Ok(Self::Ndjson(BufWriter::new(out))),
            Form::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(COLUMNS)?;
                Ok(Self::Csv(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, device: &Device) -> anyhow::Result<()> {
        match self {
            Self::Ndjson(out) => {
                serde_json::to_writer(&mut *out, device)?;
                out.write_all(b"\n")?;
            }
            Self::Csv(out) => out.write_record(row(device))?,
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Ndjson(mut out) => out.flush(),
            Self::Csv(mut out) => out.flush(),
        }
    }
}

fn row(device: &Device) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        device.token.clone(),
        device.kind.clone(),
        text(&device.environment),
        device.state.clone(),
        device.since.clone(),
        device.first_registered_at.clone(),
        device.last_registered_at.clone(),
        text(&device.installation_id),
        text(&device.user_id),
        device.tags.join(";"),
        text(&device.locale),
        text(&device.app_version),
        text(&device.os_version),
        text(&device.device_model),
    ]
}
