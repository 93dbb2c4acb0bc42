//! That nothing is lost: two sums that are kept, and one that is counted.

use super::codes::count;
use super::reading::Reading;
use crate::conservation::Conservation;
use crate::store_error::StoreError;

/// Whether all that was accepted has ended or waits. What waits is counted row by row.
pub(crate) fn conservation(reading: &Reading) -> Result<Conservation, StoreError> {
    let one = |sql: &str| -> Result<u64, StoreError> {
        let value = reading.row(sql, [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(count(value.flatten().unwrap_or_default()))
    };
    let waiting = one("SELECT count(*) FROM recipient WHERE state < 10")?;
    let in_pages = one("SELECT sum(recipients) FROM page")?;
    Ok(Conservation {
        accepted: one("SELECT count FROM tally WHERE name = 'accepted'")?,
        terminal: one("SELECT count FROM tally WHERE name = 'terminal'")?,
        pending: waiting + in_pages,
    })
}
