//! The embedded engine: SQLite with one writer, which commits what waits in groups, and a pool of readers.

pub(crate) mod acceptances;
pub(crate) mod addressees;
pub(crate) mod api_keys;
mod app_cache;
pub(crate) mod apps;
mod audience_ids;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod cancelling;
mod checkpoints;
mod codes;
pub(crate) mod cohorts;
pub(crate) mod credentials;
pub(crate) mod dashboard;
mod data_directory;
mod device_detail;
mod device_row;
pub(crate) mod devices;
pub(crate) mod epochs;
pub(crate) mod events;
pub(crate) mod evidence;
mod failure;
mod health;
pub(crate) mod idempotency;
pub(crate) mod incidents;
mod keys;
mod known_device;
mod marks;
mod migrations;
mod name_filter;
mod name_log;
mod names_in_tables;
mod news;
mod notification_row;
pub(crate) mod notifications;
mod opening;
mod operation;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod problems;
mod progress;
pub(crate) mod purge;
pub(crate) mod queue;
mod readers;
mod reading;
mod recent_names;
mod recipient_row;
pub(crate) mod recipients;
pub(crate) mod registration;
mod replaying;
pub(crate) mod replays;
mod reserve;
mod superseding;
pub(crate) mod sweeps;
pub(crate) mod tally;
mod waves;
pub(crate) mod webhook_attempts;
pub(crate) mod webhook_deliveries;
mod webhook_row;
pub(crate) mod webhooks;
mod writer;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tidings_truth::Rules;
use tokio::sync::{oneshot, watch};

use self::app_cache::AppCache;
use self::health::HealthCell;
use self::operation::Urge;
use self::readers::Readers;
pub(crate) use self::reading::Reading;
use self::writer::WriterHandle;
pub(crate) use self::writing::Writing;
use crate::ids::EventId;
use crate::sealing::SealingKey;
use crate::store::{Health, OpenStoreError, StoreConfig};
use crate::store_error::StoreError;

/// The embedded engine.
pub(crate) struct Sqlite {
    path: PathBuf,
    rules: Rules,
    sealing_key: RwLock<SealingKey>,
    pub(crate) apps: Arc<AppCache>,
    health: Arc<HealthCell>,
    writer: WriterHandle,
    readers: Readers,
    events: watch::Receiver<EventId>,
}

impl Sqlite {
    /// Opens the database on a thread of its own, since that waits for the disk.
    pub(crate) async fn open(config: StoreConfig) -> Result<Self, OpenStoreError> {
        let (reply, answer) = oneshot::channel();
        let directory = config.directory.clone();
        let opening = move || {
            // Whoever asked may have gone; then the engine is dropped here, and closes.
            drop(reply.send(Self::open_here(&config)));
        };
        let thread = std::thread::Builder::new().name("tidings-open".to_owned());
        if let Err(source) = thread.spawn(opening) {
            return Err(OpenStoreError::Directory { directory, source });
        }
        answer
            .await
            .unwrap_or(Err(OpenStoreError::Resume(StoreError::Closed)))
    }

    fn open_here(config: &StoreConfig) -> Result<Self, OpenStoreError> {
        let opened = opening::open(config)?;
        let health = Arc::new(HealthCell::default());
        let path = opened.path.clone();
        let (sender, events) = watch::channel(opened.writing.newest_event);
        let names = opened.writing.reading().names();
        let readers =
            Readers::start(&path, config.readers.max(1), names).map_err(OpenStoreError::Database)?;
        let apps = Arc::new(AppCache::default());
        Ok(Self {
            path,
            rules: config.rules.clone(),
            sealing_key: RwLock::new(config.sealing_key.clone()),
            writer: WriterHandle::start(opened, Arc::clone(&health), sender, Arc::clone(&apps))?,
            apps,
            health,
            readers,
            events,
        })
    }

    /// Ends the readers, then the writer.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.health.set(Health::Closed);
        self.readers.close().await;
        self.writer.close().await
    }

    pub(crate) fn health(&self) -> Health {
        self.health.current()
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules.clone()
    }

    pub(crate) fn sealing_key(&self) -> SealingKey {
        let key = self.sealing_key.read().unwrap_or_else(PoisonError::into_inner);
        key.clone()
    }

    pub(crate) fn use_sealing_key(&self, key: SealingKey) {
        *self.sealing_key.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Where the database is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn watch_events(&self) -> watch::Receiver<EventId> {
        self.events.clone()
    }

    /// Writes something new, which is refused while the disk is full.
    pub(crate) async fn take_in<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Writing) -> Result<T, StoreError> + Send + 'static,
    {
        self.health.may(Urge::TakeIn)?;
        self.writer.submit(Urge::TakeIn, operation).await
    }

    /// Writes what became of something, which is done from the reserve while the disk is full.
    pub(crate) async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Writing) -> Result<T, StoreError> + Send + 'static,
    {
        self.health.may(Urge::Finish)?;
        self.writer.submit(Urge::Finish, operation).await
    }

    /// Reads, from one snapshot that has all that was written before.
    pub(crate) async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reading) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.ask(question).await
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.path)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
