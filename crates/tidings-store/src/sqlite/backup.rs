//! Backups: copies of the database at one instant, made while it is in use, and checked before they have their name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::opening;
use crate::backup::BackupReport;
use crate::hex;
use crate::store::OpenStoreError;
use crate::store_error::StoreError;

/// Copies a database that is in use.
pub(crate) async fn backup(from: &Path, to: PathBuf) -> Result<BackupReport, OpenStoreError> {
    let from = from.to_owned();
    on_a_thread(move || copy(&from, &to)).await
}

/// Puts a backup where no database is.
pub(crate) async fn restore(from: PathBuf, directory: PathBuf) -> Result<(), OpenStoreError> {
    on_a_thread(move || put_back(&from, &directory)).await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenStoreError> + Send + 'static,
) -> Result<T, OpenStoreError> {
    let (reply, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().name("tidings-backup".to_owned());
    // Whoever asked may have gone.
    let spawned = thread.spawn(move || drop(reply.send(work())));
    spawned.map_err(|source| OpenStoreError::Backup {
        path: PathBuf::new(),
        source,
    })?;
    answer
        .await
        .unwrap_or(Err(OpenStoreError::Resume(StoreError::Closed)))
}

fn copy(from: &Path, to: &Path) -> Result<BackupReport, OpenStoreError> {
    let failed = |source| OpenStoreError::Backup {
        path: to.to_owned(),
        source,
    };
    if to.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let draft = with_suffix(to, ".draft");
    opening::remove_if_there(&draft).map_err(failed)?;
    // SQLite makes files for all to read; this one has device tokens in it.
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(&draft);
    made.map_err(failed)?;
    copy_pages(from, &draft).map_err(OpenStoreError::Database)?;
    check(&draft)?;
    File::open(&draft)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    let (bytes, sha256) = digest(&draft).map_err(failed)?;
    std::fs::rename(&draft, to)
        .and_then(|()| sync_parent(to))
        .map_err(failed)?;
    Ok(BackupReport {
        path: to.to_owned(),
        bytes,
        sha256,
    })
}

/// All pages in one step: they are of one instant, and writers need not wait.
fn copy_pages(from: &Path, to: &Path) -> Result<(), rusqlite::Error> {
    let source = opening::connect_to_read(from)?;
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        while backup.step(-1)? != StepResult::Done {
            std::thread::yield_now();
        }
    }
    // A backup is one file, without a log beside it.
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    target.close().map_err(|(_, error)| error)
}

fn put_back(from: &Path, directory: &Path) -> Result<(), OpenStoreError> {
    let unusable = |source| OpenStoreError::Directory {
        directory: directory.to_owned(),
        source,
    };
    let database = directory.join("tidings.db");
    if database.exists() {
        return Err(OpenStoreError::Exists {
            directory: directory.to_owned(),
        });
    }
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(unusable)?;
    let draft = directory.join("tidings.db.restored");
    copy_file(from, &draft).map_err(|source| OpenStoreError::Backup {
        path: from.to_owned(),
        source,
    })?;
    check(&draft)?;
    // What a database that is gone has left would be taken for the log of this one.
    for left in ["-wal", "-shm"] {
        opening::remove_if_there(&with_suffix(&database, left)).map_err(unusable)?;
    }
    std::fs::rename(&draft, &database)
        .and_then(|()| sync_parent(&database))
        .map_err(unusable)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut options = OpenOptions::new();
    let mut target = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(to)?;
    io::copy(&mut source, &mut target)?;
    target.flush()?;
    target.sync_all()
}

/// Whether a copy is a whole database.
fn check(path: &Path) -> Result<(), OpenStoreError> {
    opening::check_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let checked = Connection::open_with_flags(path, flags).and_then(|copy| opening::check_pages(&copy));
    let finding = match checked {
        Ok(None) => return Ok(()),
        Ok(Some(finding)) => finding,
        Err(error) => error.to_string(),
    };
    Err(OpenStoreError::Corrupt {
        path: path.to_owned(),
        finding,
    })
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        bytes += u64::try_from(read).unwrap_or_default();
        context.update(buffer.get(..read).unwrap_or_default());
    }
    Ok((bytes, hex::encode(context.finish().as_ref())))
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
