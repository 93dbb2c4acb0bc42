//! The one thread that writes. It takes what waits, runs it in one transaction, and replies when that is on the disk.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot, watch};

use super::app_cache::AppCache;
use super::checkpoints::Checkpoints;
use super::data_directory::DataDirectory;
use super::health::HealthCell;
use super::keys;
use super::opening::Opened;
use super::operation::{Errand, Operation, Urge};
use super::reserve::Reserve;
use super::writing::Writing;
use crate::ids::EventId;
use crate::store::{Health, OpenStoreError};
use crate::store_error::StoreError;

/// How many operations may wait or be under way.
const QUEUE: usize = 4096;

/// How many operations one transaction has at most.
const GROUP: usize = 512;

/// How long the writer waits for company, when there has been some.
const GATHER: Duration = Duration::from_micros(300);

/// How often it is tried whether there is room on the disk again.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);

/// Who waits for the end.
type Asker = oneshot::Sender<Result<(), StoreError>>;

enum Message {
    Operation(Box<dyn Operation>),
    End(Asker),
}

/// The way to the writer.
pub(crate) struct WriterHandle {
    inbox: SyncSender<Message>,
    room: Arc<Semaphore>,
}

impl WriterHandle {
    /// Starts the thread.
    pub(crate) fn start(
        opened: Opened,
        health: Arc<HealthCell>,
        events: watch::Sender<EventId>,
        apps: Arc<AppCache>,
    ) -> Result<Self, OpenStoreError> {
        let (inbox, messages) = sync_channel(QUEUE + 1);
        let mut writing = opened.writing;
        let checkpoints = Checkpoints::watch(writing.connection_mut()).map_err(OpenStoreError::Database)?;
        let directory = opened.directory.path().to_owned();
        let mut writer = Writer {
            messages,
            writing,
            checkpoints,
            reserve: opened.reserve,
            health,
            events,
            apps,
            company: 0,
            looked_at: Instant::now(),
            _directory: opened.directory,
        };
        writer.look_for_room();
        let thread = thread::Builder::new().name("tidings-write".to_owned());
        thread
            .spawn(move || writer.work())
            .map_err(|source| OpenStoreError::Directory { directory, source })?;
        Ok(Self {
            inbox,
            room: Arc::new(Semaphore::new(QUEUE)),
        })
    }

    /// Waits for room in the queue, and until the operation is on the disk.
    pub(crate) async fn submit<T, F>(&self, urge: Urge, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Writing) -> Result<T, StoreError> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.room).acquire_owned().await else {
            return Err(StoreError::Closed);
        };
        let (asker, answer) = oneshot::channel();
        let errand = Errand::new(urge, operation, asker, place);
        if self.inbox.try_send(Message::Operation(Box::new(errand))).is_err() {
            return Err(StoreError::Closed);
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Waits until what was submitted is written, and the database is one file.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.room.close();
        let (asker, answer) = oneshot::channel();
        if self.inbox.try_send(Message::End(asker)).is_err() {
            // It has ended before.
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}

struct Writer {
    messages: Receiver<Message>,
    writing: Writing,
    checkpoints: Checkpoints,
    reserve: Reserve,
    health: Arc<HealthCell>,
    events: watch::Sender<EventId>,
    apps: Arc<AppCache>,
    /// How many operations the last group had.
    company: usize,
    looked_at: Instant,
    /// Locked until the writer has ended.
    _directory: DataDirectory,
}

impl Writer {
    fn work(mut self) {
        let asker = loop {
            if self.is_time_to_look() {
                self.look_for_room();
            }
            match self.next() {
                Ok(Message::Operation(first)) => {
                    let (group, end) = self.gather(first);
                    self.company = group.len();
                    self.run(group);
                    if let Some(asker) = end {
                        break Some(asker);
                    }
                }
                Ok(Message::End(asker)) => break Some(asker),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        let ended = self.end();
        if let Some(asker) = asker {
            // Whoever waited for the end may have gone.
            drop(asker.send(ended));
        }
    }

    /// Whether it is full, and has not been looked for room lately.
    fn is_time_to_look(&self) -> bool {
        self.health.current() == Health::Full && self.looked_at.elapsed() >= LOOK_FOR_ROOM
    }

    /// What comes next; nothing comes for a while when there is to be looked for room. Until something comes, the tables of
    /// names are read, as far as they were not.
    fn next(&mut self) -> Result<Message, RecvTimeoutError> {
        while keys::has_more_to_learn(&self.writing) {
            match self.messages.try_recv() {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                // What cannot be read now is not needed now.
                Err(TryRecvError::Empty) if keys::learn(&mut self.writing).is_err() => break,
                Err(TryRecvError::Empty) => {}
            }
        }
        if self.health.current() == Health::Full {
            self.messages.recv_timeout(LOOK_FOR_ROOM)
        } else {
            self.messages.recv().map_err(RecvTimeoutError::from)
        }
    }

    /// What waits. After a group of several, others that were answered with it are about to come: they are waited for.
    fn gather(&self, first: Box<dyn Operation>) -> (Vec<Box<dyn Operation>>, Option<Asker>) {
        let mut group = vec![first];
        let until = Instant::now() + GATHER;
        while group.len() < GROUP {
            let next = match self.messages.try_recv() {
                Ok(message) => Ok(message),
                Err(_) if group.len() < self.company => self
                    .messages
                    .recv_timeout(until.saturating_duration_since(Instant::now())),
                Err(_) => break,
            };
            match next {
                Ok(Message::Operation(operation)) => group.push(operation),
                Ok(Message::End(asker)) => return (group, Some(asker)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    fn run(&mut self, group: Vec<Box<dyn Operation>>) {
        let mut group = self.admit(group);
        if group.is_empty() {
            return;
        }
        let mut committed = self.commit(&mut group);
        if matches!(committed, Err(StoreError::Full)) && self.health.current() == Health::Healthy {
            self.fill_up();
            group = self.admit(group);
            committed = self.commit(&mut group);
        }
        if let Err(StoreError::Broken(error)) = &committed {
            self.break_down(error.as_deref());
        }
        let is_committed = committed.is_ok();
        if is_committed && self.writing.take_apps_have_changed() {
            self.apps.forget();
        }
        for operation in group {
            operation.reply(committed.clone());
        }
        if is_committed {
            self.tell();
            self.checkpoint();
        }
    }

    /// Those that may be tried; the others are told why not.
    fn admit(&self, group: Vec<Box<dyn Operation>>) -> Vec<Box<dyn Operation>> {
        let health = &self.health;
        let may = |operation: &dyn Operation| match health.current() {
            // What came before the end is still done.
            Health::Closed => Ok(()),
            _ => health.may(operation.urge()),
        };
        let mut admitted = Vec::with_capacity(group.len());
        for operation in group {
            match may(&*operation) {
                Ok(()) => admitted.push(operation),
                Err(error) => operation.reply(Err(error)),
            }
        }
        admitted
    }

    fn commit(&mut self, group: &mut [Box<dyn Operation>]) -> Result<(), StoreError> {
        let committed = self.try_to_commit(group);
        if committed.is_err() {
            self.writing.abandon_group();
        }
        committed
    }

    fn try_to_commit(&mut self, group: &mut [Box<dyn Operation>]) -> Result<(), StoreError> {
        self.writing.begin_group()?;
        for operation in group {
            operation.run(&mut self.writing)?;
        }
        self.writing.commit_group()
    }

    /// Tells those who watch that there are newer events.
    fn tell(&self) {
        let newest = self.writing.newest_event;
        self.events.send_if_modified(|known| {
            let is_newer = newest > *known;
            *known = newest;
            is_newer
        });
    }

    fn checkpoint(&mut self) {
        if !self.checkpoints.is_due() {
            return;
        }
        match self.checkpoints.run(self.writing.connection()) {
            Ok(()) => {}
            Err(StoreError::Full) => self.fill_up(),
            Err(StoreError::Broken(error)) => self.break_down(error.as_deref()),
            Err(error) => tracing::error!(%error, "the log could not be brought into the database"),
        }
    }

    fn fill_up(&self) {
        tracing::error!("the disk of the data directory is full; nothing new is taken until there is room");
        self.health.set(Health::Full);
        self.reserve.release();
    }

    /// Whether there is room on the disk, and for the reserve.
    fn look_for_room(&mut self) {
        self.looked_at = Instant::now();
        match (self.reserve.take(), self.health.current()) {
            (Ok(()), Health::Full) => {
                tracing::info!("there is room on the disk of the data directory again");
                self.health.set(Health::Healthy);
            }
            (Err(error), Health::Healthy) => {
                tracing::warn!(%error, "there is no room on the disk for the reserve");
                self.health.set(Health::Full);
            }
            _ => {}
        }
    }

    fn break_down(&self, error: Option<&rusqlite::Error>) {
        let error = error.map(ToString::to_string);
        tracing::error!(
            error,
            "the disk failed while the store was being written; nothing more is written"
        );
        self.health.set(Health::Broken);
    }

    /// What has failed once is left as it is: the next start finds in the log what was committed.
    fn end(self) -> Result<(), StoreError> {
        let health = self.health.current();
        self.health.set(Health::Closed);
        if health == Health::Broken {
            return Err(StoreError::Broken(None));
        }
        self.writing.end()
    }
}
