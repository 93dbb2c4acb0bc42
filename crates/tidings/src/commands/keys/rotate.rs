//! `tidings keys rotate`: another key for the stored credentials.
//!
//! The new key is on the disk before anything is sealed under it, and takes the place of the old one when everything is. What is
//! cut off in between, the next call finishes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use tidings_store::{OpenStoreError, SealingKey, Store, StoreConfig};

use super::Data;
use crate::failure::Failure;
use crate::output::{GOOD, print_line, styled};
use crate::runtime;
use crate::service::{make_sealing_key, read_sealing_key_file, with_open_hint};

/// Seal all stored credentials under a new key. The server must not run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tidings keys rotate --data tidings-data\n\n\
    Backups from before need the old key: it is kept beside the new one, under a name that ends in .old.")]
pub(super) struct Args {
    #[command(flatten)]
    data: Data,
}

/// Rotates it.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let file = args.data.sealing_key_file();
    let count = runtime::on_all_threads(rotate(args.data.directory(), &file))??;
    print_line(styled(
        GOOD,
        format_args!(
            "✔ {count} credentials are sealed under the new key in {}",
            file.display()
        ),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn rotate(directory: &Path, file: &Path) -> anyhow::Result<usize> {
    let old = read_sealing_key_file(file)?;
    let beside = with_ending(file, ".new");
    let new = if beside.exists() {
        read_sealing_key_file(&beside)?
    } else {
        make_sealing_key(&beside)?
    };
    let (store, is_resealed) = open(directory, &old, &new).await?;
    let count = if is_resealed {
        store_credentials(&store).await?
    } else {
        store
            .reseal(&new)
            .await
            .context("cannot seal the credentials again")?
    };
    store.close().await?;
    put_in_place(file, &beside)?;
    Ok(count)
}

/// The store, and whether an earlier call had sealed everything under the new key already.
async fn open(directory: &Path, old: &SealingKey, new: &SealingKey) -> anyhow::Result<(Store, bool)> {
    match Store::open(&StoreConfig::new(directory, old.clone())).await {
        Ok(store) => Ok((store, false)),
        Err(OpenStoreError::WrongSealingKey) => {
            let opened = Store::open(&StoreConfig::new(directory, new.clone())).await;
            Ok((opened.map_err(with_open_hint)?, true))
        }
        Err(error) => Err(with_open_hint(error)),
    }
}

async fn store_credentials(store: &Store) -> anyhow::Result<usize> {
    let mut count = 0;
    for app in store.apps().await? {
        count += store.credentials(app.id).await?.len();
    }
    Ok(count)
}

fn put_in_place(file: &Path, beside: &Path) -> anyhow::Result<()> {
    let old = with_ending(file, ".old");
    let placed = fs::copy(file, &old).and_then(|_bytes| fs::rename(beside, file));
    let hint = format!(
        "move {} to {} yourself: it is the key now",
        beside.display(),
        file.display()
    );
    placed.with_context(|| Failure::new("cannot put the new key in its place", hint))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
