//! `tidings restore`: a backup into a data directory that has no database.

use std::path::PathBuf;
use std::process::ExitCode;

use tidings_store::Store;

use crate::output::{GOOD, SIGN, print_line, styled, tell};
use crate::runtime;
use crate::service::with_open_hint;

/// Put a backup into a data directory that has no database yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tidings restore /var/backups/tidings.db --data tidings-data")]
pub(crate) struct Args {
    /// What `tidings backup` made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The data directory; it is made if it is not there
    #[arg(long, value_name = "FOLDER", default_value = "tidings-data")]
    data: PathBuf,
}

/// Restores it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let restored = runtime::on_all_threads(Store::restore_backup(&args.file, &args.data))?;
    restored.map_err(with_open_hint)?;
    print_line(styled(
        GOOD,
        format_args!("✔ {} holds the database of the backup", args.data.display()),
    ))?;
    let key = args.data.join("sealing.key");
    if !key.exists() {
        tell(format_args!(
            "{} put the sealing key of that server to {}, or name it with `data.sealing_key_file`: it is not part of a backup",
            styled(SIGN, "next:"),
            key.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
