//! The pool of readers: threads with a connection each, and one queue of questions before them.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::opening;
use super::reading::Reading;
use super::recent_names::RecentNames;
use crate::store_error::StoreError;

/// How many questions may wait.
const QUEUE: usize = 1024;

type Question = Box<dyn FnOnce(&Reading) + Send>;

enum Message {
    Question(Question),
    End,
}

/// The pool of readers.
pub(crate) struct Readers {
    inbox: SyncSender<Message>,
    room: Arc<Semaphore>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Readers {
    pub(crate) fn start(
        path: &Path,
        count: usize,
        names: &Arc<RecentNames>,
    ) -> Result<Self, rusqlite::Error> {
        let (inbox, questions) = sync_channel(QUEUE + count);
        let questions = Arc::new(Mutex::new(questions));
        let mut threads = Vec::with_capacity(count);
        for reader in 0..count {
            let reading = Reading::new(opening::connect_to_read(path)?, Arc::clone(names));
            let questions = Arc::clone(&questions);
            let thread = thread::Builder::new().name("tidings-read".to_owned());
            let spawned = thread.spawn(move || answer_questions(&questions, &reading, reader));
            threads.push(spawned.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?);
        }
        Ok(Self {
            inbox,
            room: Arc::new(Semaphore::new(QUEUE)),
            threads: Mutex::new(threads),
        })
    }

    /// Waits for room in the queue, and for the answer.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reading) -> Result<T, StoreError> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.room).acquire_owned().await else {
            return Err(StoreError::Closed);
        };
        let (asker, answer) = oneshot::channel();
        let question = Message::Question(in_a_snapshot(question, asker, place));
        if self.inbox.try_send(question).is_err() {
            return Err(StoreError::Closed);
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Waits until all questions are answered and the threads have ended.
    pub(crate) async fn close(&self) {
        self.room.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for _ in &threads {
            // There is room for one such message for each thread.
            drop(self.inbox.try_send(Message::End));
        }
        let joining = tokio::task::spawn_blocking(move || {
            for thread in threads {
                drop(thread.join());
            }
        });
        drop(joining.await);
    }
}

fn in_a_snapshot<T, F>(
    question: F,
    asker: oneshot::Sender<Result<T, StoreError>>,
    place: OwnedSemaphorePermit,
) -> Question
where
    T: Send + 'static,
    F: FnOnce(&Reading) -> Result<T, StoreError> + Send + 'static,
{
    Box::new(move |reading| {
        let _place = place;
        if !asker.is_closed() {
            // Whoever asked may have gone meanwhile.
            drop(asker.send(reading.in_snapshot(question)));
        }
    })
}

fn answer_questions(questions: &Mutex<Receiver<Message>>, reading: &Reading, reader: usize) {
    loop {
        let message = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match message {
            Ok(Message::Question(question)) => {
                reading.names().enter(reader);
                question(reading);
                reading.names().leave(reader);
            }
            Ok(Message::End) | Err(_) => return,
        }
    }
}
