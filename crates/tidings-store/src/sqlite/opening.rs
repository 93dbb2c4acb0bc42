//! How a database is opened: checked before it is touched, brought up to date, and proved to be sealed under our key.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::data_directory::DataDirectory;
use super::migrations;
use super::name_log;
use super::reading::Reading;
use super::recent_names::{MOST, RecentNames};
use super::reserve::Reserve;
use super::writing::Writing;
use crate::sealing::SealingKey;
use crate::store::{OpenStoreError, StoreConfig};
use crate::store_error::StoreError;

/// The oldest SQLite that keeps what was committed when a log is begun anew (its change log, 3.51.3).
const OLDEST_LIBRARY: i32 = 3_051_003;

/// Databases up to this size are checked page by page when they are opened.
const CHECKED_WHOLE: u64 = 128 << 20;

/// `TDGS`, by which `file` and we know our databases.
const APPLICATION_ID: i32 = 0x5444_4753;

/// What is sealed to know the key again.
const PROOF: &[u8] = b"tidings";
const PROOF_PLACE: &str = "setting/sealing_proof";

/// KiB of pages that the writer and each reader keep.
const WRITER_CACHE: i64 = 32 << 10;
const READER_CACHE: i64 = 8 << 10;

const BUSY: Duration = Duration::from_secs(10);

/// A database that may be written.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) directory: DataDirectory,
    pub(crate) writing: Writing,
    pub(crate) reserve: Reserve,
}

/// Opens the database of a data directory, or makes it.
pub(crate) fn open(config: &StoreConfig) -> Result<Opened, OpenStoreError> {
    check_library()?;
    let directory = DataDirectory::take(&config.directory)?;
    let path = directory.database();
    if !exists(&path)? {
        create(&directory, &path, &config.sealing_key)?;
    }
    check_file(&path)?;
    let writing = open_file(&path, config).map_err(|error| name_damage(error, &path))?;
    Ok(Opened {
        reserve: Reserve::new(directory.path(), config.reserve_bytes),
        path,
        directory,
        writing,
    })
}

/// A connection that reads a database which a writer has opened.
pub(crate) fn connect_to_read(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, READER_CACHE)?;
    Ok(connection)
}

/// Whether the pages of a database fit together.
pub(crate) fn check_pages(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((finding != "ok").then_some(finding))
}

/// What can be told of a database by its first page and its length.
pub(crate) fn check_file(path: &Path) -> Result<(), OpenStoreError> {
    let unreadable = |source| OpenStoreError::Directory {
        directory: path.parent().unwrap_or(path).to_owned(),
        source,
    };
    let mut header = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    file.take(100).read_to_end(&mut header).map_err(unreadable)?;
    match finding(&header, length, has_log(path)) {
        None => Ok(()),
        Some(finding) => Err(OpenStoreError::Corrupt {
            path: path.to_owned(),
            finding,
        }),
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn check_library() -> Result<(), OpenStoreError> {
    if rusqlite::version_number() < OLDEST_LIBRARY {
        let found = rusqlite::version().to_owned();
        return Err(OpenStoreError::OldLibrary { found });
    }
    Ok(())
}

fn exists(path: &Path) -> Result<bool, OpenStoreError> {
    path.try_exists().map_err(|source| OpenStoreError::Directory {
        directory: path.parent().unwrap_or(path).to_owned(),
        source,
    })
}

/// Makes a database under another name, so that one of our name is always whole.
fn create(directory: &DataDirectory, path: &Path, key: &SealingKey) -> Result<(), OpenStoreError> {
    let unusable = |source| OpenStoreError::Directory {
        directory: directory.path().to_owned(),
        source,
    };
    let new = directory.path().join("tidings.db.new");
    if has_log(path) {
        return Err(OpenStoreError::Corrupt {
            path: path.to_owned(),
            finding: "it is missing, and its log is there".to_owned(),
        });
    }
    remove_if_there(&new).map_err(unusable)?;
    // SQLite makes files for all to read, and gives the log what rights the database has.
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(unusable)?;
    fill(&new, key).map_err(OpenStoreError::Database)?;
    std::fs::rename(&new, path)
        .and_then(|()| directory.sync())
        .map_err(unusable)
}

fn fill(path: &Path, key: &SealingKey) -> Result<(), rusqlite::Error> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrations::prepare(&connection)?;
    let transaction = connection.transaction()?;
    migrations::apply_all(&transaction, 0)?;
    let proof = key.seal(PROOF, PROOF_PLACE);
    transaction.execute("INSERT INTO setting VALUES ('sealing_proof', ?1)", params![proof])?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

fn open_file(path: &Path, config: &StoreConfig) -> Result<Writing, OpenStoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(OpenStoreError::Database)?;
    set_up(&connection, WRITER_CACHE).map_err(OpenStoreError::Database)?;
    set_up_to_write(&connection).map_err(OpenStoreError::Database)?;
    check_whole(&connection, path)?;
    migrations::migrate(&mut connection)?;
    check_key(&connection, &config.sealing_key)?;
    // What was in flight when the last process ended will not be answered any more.
    connection
        .execute("DELETE FROM idempotency WHERE answer IS NULL", [])
        .map_err(OpenStoreError::Database)?;
    let names = Arc::new(RecentNames::new(MOST, config.readers.max(1)));
    let writing = Writing::new(Reading::new(connection, names), config.rules.clone());
    let writing = writing.map_err(OpenStoreError::Resume)?;
    name_log::load(writing.reading()).map_err(OpenStoreError::Resume)?;
    Ok(writing)
}

fn set_up(connection: &Connection, cache: i64) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    // Plans are made once, whatever is asked: else many statements would be compiled again for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -cache)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", false)
}

/// Checkpoints are made by the writer alone, which looks at their errors: SQLite's own would be tried again after the disk
/// failed to sync, and then seem to do well.
fn set_up_to_write(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))
}

fn check_whole(connection: &Connection, path: &Path) -> Result<(), OpenStoreError> {
    let is_small = std::fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_WHOLE);
    if !is_small {
        return Ok(());
    }
    match check_pages(connection).map_err(OpenStoreError::Database)? {
        None => Ok(()),
        Some(finding) => Err(OpenStoreError::Corrupt {
            path: path.to_owned(),
            finding,
        }),
    }
}

fn check_key(connection: &Connection, key: &SealingKey) -> Result<(), OpenStoreError> {
    let proof: Option<Vec<u8>> = connection
        .query_row(
            "SELECT value FROM setting WHERE name = 'sealing_proof'",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(OpenStoreError::Database)?;
    let is_ours = proof.is_some_and(|proof| key.unseal(&proof, PROOF_PLACE).is_some());
    if is_ours {
        Ok(())
    } else {
        Err(OpenStoreError::WrongSealingKey)
    }
}

/// The proof by which another key will be known.
pub(crate) fn write_proof(writing: &Writing, key: &SealingKey) -> Result<(), StoreError> {
    let proof = key.seal(PROOF, PROOF_PLACE).ok_or(StoreError::Unsealable)?;
    let sql = "UPDATE setting SET value = ?1 WHERE name = 'sealing_proof'";
    writing.execute(sql, params![proof]).map(drop)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|file| file.len() > 0)
}

/// What is wrong with a file of this length that begins so. With a log beside it the pages may still be there.
fn finding(header: &[u8], length: u64, has_log: bool) -> Option<String> {
    if header.len() < 100 {
        return Some(format!("the file has only {length} bytes"));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Some("the file does not begin as a database does".to_owned());
    }
    let number = |at: usize| {
        header.get(at..at + 4).map_or(0, |bytes| {
            bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        })
    };
    let page_bytes = match number(16) >> 16 {
        1 => 65_536,
        bytes => bytes,
    };
    let pages_are_counted = number(24) == number(92);
    let expected = number(28) * page_bytes;
    if pages_are_counted && !has_log && length < expected {
        return Some(format!("the file has {length} of its {expected} bytes"));
    }
    None
}

/// Errors of SQLite that mean damage, under their name.
fn name_damage(error: OpenStoreError, path: &Path) -> OpenStoreError {
    let damage = match &error {
        OpenStoreError::Database(source) => finding_of(source),
        OpenStoreError::Resume(StoreError::Corrupt(source)) => Some(
            source
                .as_ref()
                .map_or_else(|| "a value makes no sense".to_owned(), ToString::to_string),
        ),
        _ => None,
    };
    match damage {
        Some(finding) => OpenStoreError::Corrupt {
            path: path.to_owned(),
            finding,
        },
        None => error,
    }
}

fn finding_of(error: &rusqlite::Error) -> Option<String> {
    let is_damage = match error.sqlite_error_code() {
        Some(code) => matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase),
        None => matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        ),
    };
    is_damage.then(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_compiled_once_whatever_is_asked() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection, READER_CACHE).unwrap();
        migrations::prepare(&connection).unwrap();
        migrations::apply_all(&connection, 0).unwrap();
        for sql in [
            "SELECT device_id FROM device_by_token WHERE key = ?1 AND device_id > ?2 ORDER BY device_id",
            "SELECT key FROM device_by_token WHERE key >= ?1 ORDER BY key LIMIT ?2",
        ] {
            let mut statement = connection.prepare(sql).unwrap();
            for asked in 0..9_i64 {
                let found = statement.query_map([asked * 1000, asked], |_| Ok(())).unwrap();
                assert_eq!(found.count(), 0);
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
        }
    }
}
