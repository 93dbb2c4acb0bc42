//! The one door to everything durable.

mod api_keys;
mod apps;
mod dashboard;
mod devices;
mod incidents;
mod maintenance;
mod notifications;
mod open_error;
mod people;
mod problems;
mod sending;
mod webhooks;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use tidings_truth::Rules;

use crate::sealing::SealingKey;
use crate::sqlite::Sqlite;
use crate::store_error::StoreError;
pub use open_error::OpenStoreError;

/// Where the store is and how it works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The data directory. It is made if it is not there, readable by its owner alone.
    pub directory: PathBuf,
    /// The key that seals credentials.
    pub sealing_key: SealingKey,
    /// How many threads read.
    pub readers: usize,
    /// How device tokens are judged.
    pub rules: Rules,
    /// How much room on the disk is kept in reserve, for results when all else is full.
    pub reserve_bytes: u64,
}

impl StoreConfig {
    /// The usual, in this directory.
    pub fn new(directory: impl Into<PathBuf>, sealing_key: SealingKey) -> Self {
        Self {
            directory: directory.into(),
            sealing_key,
            readers: 4,
            rules: Rules::default(),
            reserve_bytes: 64 << 20,
        }
    }

    /// With so many threads that read.
    #[must_use]
    pub const fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// With other rules for device tokens.
    #[must_use]
    pub const fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// With so much room on the disk in reserve.
    #[must_use]
    pub const fn with_reserve_bytes(mut self, reserve_bytes: u64) -> Self {
        self.reserve_bytes = reserve_bytes;
        self
    }
}

/// How the store does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// It writes.
    Healthy,
    /// There is no room on the disk: nothing new is taken, results are still written while the reserve lasts.
    Full,
    /// The disk failed: nothing is written any more. The process should end, and start again.
    Broken,
    /// It was closed.
    Closed,
}

/// Everything durable. A cheap handle; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<Sqlite>,
}

impl Store {
    /// Opens the store in a directory, and makes it if there is none. Waits until it is checked and up to date.
    pub async fn open(config: &StoreConfig) -> Result<Self, OpenStoreError> {
        let engine = Arc::new(Sqlite::open(config.clone()).await?);
        let store = Self { engine };
        store.finish_sweeps().await.map_err(OpenStoreError::Resume)?;
        Ok(store)
    }

    /// Waits for what is being written, and leaves the database in one file. Other handles are closed, too.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.engine.close().await
    }

    /// How the store does.
    pub fn health(&self) -> Health {
        self.engine.health()
    }
}
