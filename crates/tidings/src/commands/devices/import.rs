//! `tidings devices import`: device tokens from elsewhere into a server's registry.
//!
//! The file is read once, some thousand lines at a time; each such batch is durable before the next is read. So memory is
//! constant, and what was interrupted goes on behind the last batch.

mod columns;
mod line;
mod progress;
mod reader;
mod refusals;
mod resume;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use tidings_apns::{BundleId, Environment};

use self::columns::Renaming;
use self::progress::Progress;
use self::reader::Reader;
use self::refusals::Refusals;
use self::resume::{Resume, Tally};
use self::upload::{Batch, Upload};
use super::export::Form;
use crate::output::{self, DIM, Format, GOOD, print_line, styled, tell};
use crate::remote::RemoteArgs;

const EXAMPLES: &str = "\
Examples:
  tidings devices import --app com.example.app devices.csv
  tidings devices import --app com.example.app --resume import.state --refused refused.ndjson devices.ndjson
  psql -c \"copy (select …) to stdout csv header\" | tidings devices import --app com.example.app --form csv -

Columns, or keys of each object: token (needed), kind, environment, installation_id, user_id, tags (in CSV separated by ;),
locale, app_version, os_version, device_model, registered_at (when the app last registered the token: with it, what is known
to be newer is not made older). Usual other names are understood (device_token, external_user_id, updated_at, …), and --map
takes any. An environment that is empty or `unknown` is found out by sending. What has a `state` that says that it is dead, as
`tidings devices export` writes it, is left out.

The same file can be imported again without harm.

Exit status: 0 everything is in, 1 lines were refused or it broke off, 2 wrong usage.";

/// Bring device tokens from elsewhere into a server, from CSV or NDJSON of any length.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The app's bundle id
    #[arg(long, value_name = "ID")]
    app: BundleId,
    /// The file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// ndjson or csv [default: by the name of the file]
    #[arg(long, value_enum, value_name = "FORM", hide_possible_values = true)]
    form: Option<Form>,
    /// Take a column under another name; can be repeated
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    renamings: Vec<Renaming>,
    /// The names of the columns, separated by commas, for CSV without a line of names
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// The environment of lines that name none
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<Environment>,
    /// Write down in this file how far it is, and go on from there the next time
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Write refused lines to this file, one JSON object each [default: the first ones to stderr]
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// How many lines become durable at once
    #[arg(long, value_name = "NUMBER", default_value_t = 5000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
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

/// What becomes of each line of a file in this form: the object for the server, nothing if it is left out, or why it is refused.
pub(crate) fn read_lines(
    form: Form,
    content: Vec<u8>,
) -> anyhow::Result<Vec<Result<Option<String>, String>>> {
    let source = Box::new(std::io::Cursor::new(content));
    let mut reader = Reader::over(source, None, form, &[], &[], None)?;
    let mut lines = Vec::new();
    while let Some(record) = reader.next()? {
        lines.push(record.device);
    }
    Ok(lines)
}

/// Imports.
pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let resume = Resume::open(args.resume.as_deref(), &args.file)?;
    if resume.is_done() {
        tell(styled(DIM, "all of it is in already; nothing was done"));
        return conclude(args, resume.tally());
    }
    let upload = Upload::new(args.remote.remote()?, &args.app);
    let reader = Reader::open(
        &args.file,
        args.form,
        &args.columns,
        &args.renamings,
        args.environment,
    )?;
    let mut import = Import {
        progress: Progress::new(reader.size()),
        refusals: Refusals::open(args.refused.as_deref())?,
        upload,
        reader,
        resume,
    };
    import.reader.skip(import.resume.tally().records)?;
    let result = import.run(usize::from(args.batch)).await;
    import.progress.finish();
    import.refusals.finish()?;
    let tally = *import.resume.tally();
    if let Err(error) = result {
        tell(format_args!(
            "{} lines are in; run it again to go on",
            tally.records
        ));
        return Err(error);
    }
    conclude(args, &tally)
}

/// An import on its way.
struct Import {
    reader: Reader,
    upload: Upload,
    resume: Resume,
    refusals: Refusals,
    progress: Progress,
}

impl Import {
    async fn run(&mut self, at_once: usize) -> anyhow::Result<()> {
        loop {
            let mut tally = *self.resume.tally();
            let batch = self.gather(at_once, &mut tally)?;
            let is_last = batch.is_short;
            for (line, refusal) in self.upload.send(&batch, &mut tally).await? {
                self.refusals.add(line, &refusal)?;
                tally.refused += 1;
            }
            self.refusals.flush()?;
            tally.done = is_last;
            self.resume.write(tally)?;
            self.progress.advance(self.reader.position(), tally.records);
            if is_last {
                self.reader.tell_unused();
                return Ok(());
            }
        }
    }

    /// Reads some lines. What is plainly wrong does not have to travel.
    fn gather(&mut self, at_once: usize, tally: &mut Tally) -> anyhow::Result<Batch> {
        let mut batch = Batch::default();
        while batch.lines.len() < at_once {
            let Some(record) = self.reader.next()? else {
                batch.is_short = true;
                break;
            };
            tally.records += 1;
            match record.device {
                Ok(Some(json)) => batch.add(record.line, &json),
                Ok(None) => tally.left_out += 1,
                Err(refusal) => {
                    self.refusals.add(record.line, &refusal)?;
                    tally.refused += 1;
                }
            }
        }
        Ok(batch)
    }
}

fn conclude(args: &Args, tally: &Tally) -> anyhow::Result<ExitCode> {
    match args.format {
        Format::Json => output::json(tally)?,
        Format::Text => {
            let new = styled(GOOD, format!("{} new", tally.created));
            print_line(format_args!(
                "{} lines: {new}, {} updated, {} known and newer, {} left out, {} refused",
                tally.records, tally.updated, tally.unchanged, tally.left_out, tally.refused
            ))?;
        }
    }
    Ok(if tally.refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
