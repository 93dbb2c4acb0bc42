//! Who may write results: the one who began last.

use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::millis;
use super::writing::Writing;
use crate::store_error::StoreError;
use crate::work::Epoch;

pub(crate) fn begin(writing: &mut Writing, owner: &str, now: Timestamp) -> Result<Epoch, StoreError> {
    writing.execute(
        "INSERT INTO epoch (owner, begun_at) VALUES (?1, ?2)",
        params![owner, millis(now)],
    )?;
    writing.epoch = writing.connection().last_insert_rowid();
    // Who had the work before the one before is of no interest.
    writing.execute("DELETE FROM epoch WHERE id < ?1", [writing.epoch - 100])?;
    Ok(Epoch(writing.epoch))
}

/// Refuses whoever was replaced.
pub(crate) const fn check(writing: &Writing, epoch: Epoch) -> Result<(), StoreError> {
    if epoch.0 == writing.epoch {
        Ok(())
    } else {
        Err(StoreError::Fenced)
    }
}
