//! The batch face: a stream of requests in, a stream of outcomes out, and nothing allocated for each.
//!
//! The caller's own task moves requests into the pool's queue in bulk, and is handed outcomes in bulk. A connection
//! tells all outcomes of one turn under one lock; the two buffers are swapped, never copied.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidings_apns::{Request, Response};
use tokio::sync::Notify;

use crate::job::{Job, Recipient, Work};
use crate::pool::Pool;
use crate::send_error::SendError;
use crate::watch::ConnectionId;

/// Requests that are made at a time before they are queued: the caller's iterator may be slow, and must not hold the
/// queue's lock.
const STAGED: usize = 512;

/// How one request of a batch ended.
#[derive(Debug)]
pub struct BatchOutcome {
    /// The place of the request in the batch, from 0.
    pub index: u64,
    /// The answer of APNs, or why there is none.
    pub result: Result<Response, SendError>,
    /// From the request being written to its answer being read; zero if it was never written.
    pub elapsed: Duration,
    /// The way on which the answer came; none where there is no answer.
    pub via: Option<Via>,
}

/// The way on which an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// The connection.
    pub connection: ConnectionId,
    /// The HTTP/2 stream of the request on it.
    pub stream: u32,
}

pub(crate) use BatchOutcome as BatchDone;

/// Where connections put the outcomes of one batch.
#[derive(Debug, Default)]
pub(crate) struct BatchInbox {
    done: Mutex<Vec<BatchDone>>,
    arrived: Notify,
    closed: AtomicBool,
}

impl BatchInbox {
    pub(crate) fn tell(&self, outcomes: impl IntoIterator<Item = BatchDone>) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = done.is_empty();
        done.extend(outcomes);
        drop(done);
        if was_empty {
            self.arrived.notify_one();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Swaps what has arrived into `into`, which is empty.
    fn swap(&self, into: &mut Vec<BatchDone>) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut *done, into);
    }
}

/// Closes the inbox when the caller gives the batch up, so that what waits is not sent.
struct CloseOnDrop<'a>(&'a BatchInbox);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }
}

/// Sends all requests over the pool and tells each outcome, in the order in which they come.
pub(crate) async fn run<I>(pool: &Pool, requests: I, mut tell: impl FnMut(BatchOutcome))
where
    I: IntoIterator<Item = Request>,
{
    let inbox = Arc::new(BatchInbox::default());
    let _close = CloseOnDrop(&inbox);
    let mut requests = requests.into_iter().fuse();
    let mut index = 0;
    let mut outstanding = 0_u64;
    let mut exhausted = false;
    let mut staged = Vec::new();
    let mut arrived = Vec::new();
    loop {
        let mut has_room = true;
        while has_room && !exhausted {
            let room = pool.room_for_batches().min(STAGED);
            staged.extend(requests.by_ref().take(room).map(|request| {
                let recipient = Recipient::Batch(Arc::clone(&inbox), index);
                index += 1;
                Job::new(Work::Push(request, recipient), None)
            }));
            outstanding += staged.len() as u64;
            exhausted = staged.len() < room;
            has_room = room == STAGED;
            pool.submit_many(&mut staged);
        }
        if outstanding == 0 {
            return;
        }
        inbox.arrived.notified().await;
        inbox.swap(&mut arrived);
        outstanding -= arrived.len() as u64;
        arrived.drain(..).for_each(&mut tell);
    }
}
