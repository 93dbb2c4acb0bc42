//! Why a store cannot be opened.

use std::io;
use std::path::PathBuf;

use crate::store_error::StoreError;

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used", directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it.
    #[error("the data directory {} is in use by another process{}", directory.display(), process(*pid))]
    InUse {
        /// Which.
        directory: PathBuf,
        /// The process, if it said.
        pid: Option<u32>,
    },
    /// The database is damaged.
    #[error("the database {} is damaged: {finding}", path.display())]
    Corrupt {
        /// Which.
        path: PathBuf,
        /// What was found.
        finding: String,
    },
    /// A newer version has written it.
    #[error("the database is of version {found}, and this program knows {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A migration is not the one that was applied.
    #[error("migration {version} of the database is not the one that was applied to it")]
    Migration {
        /// Which.
        version: i64,
    },
    /// The credentials in it were sealed under another key.
    #[error("the database was sealed under another key")]
    WrongSealingKey,
    /// The library is one that loses data.
    #[error("SQLite {found} is older than 3.51.3, which can lose what was committed")]
    OldLibrary {
        /// Its version.
        found: String,
    },
    /// There is nothing to restore, or it cannot be read.
    #[error("the backup {} cannot be restored", path.display())]
    Backup {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is a database already.
    #[error("there is a database in {} already", directory.display())]
    Exists {
        /// Where.
        directory: PathBuf,
    },
    /// SQLite refused.
    #[error("the database cannot be opened")]
    Database(#[source] rusqlite::Error),
    /// What was begun before the last end could not be finished.
    #[error("what was begun before could not be finished")]
    Resume(#[source] StoreError),
}

impl OpenStoreError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Directory { .. } => {
                "give a directory that this user may read, write and search, with room on its disk"
            }
            Self::InUse { .. } => "end the other process first, or give each its own data directory",
            Self::Corrupt { .. } => "restore the last backup with `tidings restore`",
            Self::Newer { .. } => "use the newer program, or restore the backup from before the upgrade",
            Self::Migration { .. } => "use the program that made the database",
            Self::WrongSealingKey => "give the sealing key that the database was made with",
            Self::OldLibrary { .. } => "build with the bundled SQLite",
            Self::Backup { .. } => "give a file that `tidings backup` made",
            Self::Exists { .. } => {
                "restore into an empty data directory, or move the old database away first"
            }
            Self::Database(_) | Self::Resume(_) => {
                "look at the cause; if it says nothing, restore the last backup"
            }
        }
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or(String::new(), |pid| format!(", {pid}"))
}
