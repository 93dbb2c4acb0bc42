//! `tidings backup`: a checked copy of the database, while the server runs or while it does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use serde::{Deserialize, Serialize};
use tidings_store::{BackupReport, Store, StoreConfig};

use crate::failure::Failure;
use crate::output::{self, Format, GOOD, field, print, print_line, styled};
use crate::remote::{Question, RemoteArgs};
use crate::runtime;
use crate::service::{read_sealing_key, with_open_hint};

/// Copy the database to a file, and check the copy. The sealing key is not in it: keep that apart.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tidings backup /var/backups/tidings.db                   of the running server, which writes the file\n  \
    tidings backup --data tidings-data tidings.db            of a server that does not run\n\n\
    A running server needs a key with the scope admin. `tidings restore` brings the copy back."
)]
pub(crate) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Where to; it must not be there yet. A running server writes it on its own disk
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The data directory of a server that does not run
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
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

/// The copy.
#[derive(Debug, Deserialize, Serialize)]
struct Copy {
    path: PathBuf,
    bytes: u64,
    sha256: String,
}

#[derive(Serialize)]
struct Wish<'a> {
    path: &'a Path,
}

/// Makes the copy.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let copy = runtime::on_all_threads(async {
        match &args.data {
            Some(directory) => of_directory(directory, &args.file).await,
            None => of_server(&args.remote, &args.file).await,
        }
    })??;
    match args.format {
        Format::Json => output::json(&copy)?,
        Format::Text => {
            print_line(styled(GOOD, "✔ copied and checked"))?;
            print(field("file", &copy.path.display().to_string()))?;
            print(field("bytes", &copy.bytes.to_string()))?;
            print(field("sha256", &copy.sha256))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn of_server(remote: &RemoteArgs, file: &Path) -> anyhow::Result<Copy> {
    let path =
        std::path::absolute(file).with_context(|| format!("cannot use the path {}", file.display()))?;
    let question = Question::new(Method::POST, "/v1/backup").with_json(&Wish { path: &path })?;
    remote.remote()?.json(question).await
}

async fn of_directory(directory: &Path, file: &Path) -> anyhow::Result<Copy> {
    if !directory.is_dir() {
        let hint = "give the folder after --data that `tidings serve` uses";
        return Err(Failure::new(
            format!("there is no data directory {}", directory.display()),
            hint,
        )
        .into());
    }
    let key = read_sealing_key(directory)?;
    let store = Store::open(&StoreConfig::new(directory, key))
        .await
        .map_err(with_open_hint)?;
    let report = store.backup(file).await.map_err(with_open_hint)?;
    store.close().await?;
    Ok(report.into())
}

impl From<BackupReport> for Copy {
    fn from(report: BackupReport) -> Self {
        let BackupReport { path, bytes, sha256 } = report;
        Self { path, bytes, sha256 }
    }
}
