//! What an error of SQLite means for those who asked.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{ErrorCode, ffi};

use crate::store_error::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else {
            return without_code(error);
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            // Shared memory cannot grow when there is no room.
            ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
                Self::Broken(Some(Arc::new(error)))
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt(Some(Arc::new(error))),
            ErrorCode::ConstraintViolation => Self::Conflict { what: "a row" },
            _ => Self::Refused(Arc::new(error)),
        }
    }
}

/// A value that is not what its column holds is damage, too.
fn without_code(error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => StoreError::Corrupt(Some(Arc::new(error))),
        _ => StoreError::Refused(Arc::new(error)),
    }
}

/// What is kept cannot be read as what it should be.
pub(crate) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    let error = rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    StoreError::Corrupt(Some(Arc::new(error)))
}

/// What is kept does not make sense.
pub(crate) fn damaged() -> StoreError {
    StoreError::Corrupt(None)
}
