//! What keeps the store healthy: purging, backing up, counting.

use std::path::Path;

use tidings_apns::Timestamp;

use super::{OpenStoreError, Store};
use crate::backup::BackupReport;
use crate::conservation::Conservation;
use crate::retention::{PurgeReport, Retention};
use crate::sqlite::{backup, purge, tally};
use crate::store_error::StoreError;

impl Store {
    /// Removes what has been kept long enough, some of it: again while the report says that there is more.
    pub async fn purge(&self, now: Timestamp, retention: &Retention) -> Result<PurgeReport, StoreError> {
        let retention = retention.clone();
        self.engine
            .write(move |writing| purge::purge(writing, &retention, now))
            .await
    }

    /// Copies the database to a file while it is in use, and checks the copy. The sealing key is not in it.
    pub async fn backup(&self, to: &Path) -> Result<BackupReport, OpenStoreError> {
        backup::backup(self.engine.path(), to.to_owned()).await
    }

    /// Puts a backup into a data directory that has no database.
    pub async fn restore_backup(from: &Path, directory: &Path) -> Result<(), OpenStoreError> {
        backup::restore(from.to_owned(), directory.to_owned()).await
    }

    /// Whether all that was accepted has ended or waits.
    pub async fn conservation(&self) -> Result<Conservation, StoreError> {
        self.engine.read(tally::conservation).await
    }
}
