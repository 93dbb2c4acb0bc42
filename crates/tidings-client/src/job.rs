//! One piece of work on its way: what is to be sent, by when, and who waits for the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_apns::{Request, Response};
use tokio::sync::oneshot;

use crate::batch::{BatchDone, BatchInbox};
use crate::exchange::{Exchange, RawAnswer};
use crate::send_error::{Cause, SendError};

/// What waits in a pool's queue, and later on a connection.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) work: Work,
    /// When it is given up. A batch's job has none while it waits, because a batch is as long as it is.
    pub(crate) deadline: Option<Instant>,
    /// How many connections ended under it that never answered anything.
    pub(crate) fruitless: u8,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) enum Work {
    /// A notification for one device.
    Push(Request, Recipient),
    /// Anything else: broadcasts and channel management.
    Exchange(Box<Exchange>, oneshot::Sender<Result<RawAnswer, SendError>>),
}

/// Who waits for the answer to a notification.
#[derive(Debug)]
pub(crate) enum Recipient {
    One(oneshot::Sender<Result<Response, SendError>>),
    Batch(Arc<BatchInbox>, u64),
}

impl Job {
    pub(crate) fn new(work: Work, deadline: Option<Instant>) -> Self {
        Self {
            work,
            deadline,
            fruitless: 0,
        }
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match &self.work {
            Work::Push(_, Recipient::One(waiting)) => waiting.is_closed(),
            Work::Push(_, Recipient::Batch(inbox, _)) => inbox.is_closed(),
            Work::Exchange(_, waiting) => waiting.is_closed(),
        }
    }

    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    /// Bytes of body.
    pub(crate) fn body_len(&self) -> usize {
        match &self.work {
            Work::Push(request, _) => request.notification.payload().len(),
            Work::Exchange(exchange, _) => exchange.body.len(),
        }
    }

    /// Ends it without an answer.
    pub(crate) fn fail(self, error: SendError) {
        match self.work {
            Work::Push(_, recipient) => recipient.tell(Err(error), Duration::ZERO),
            Work::Exchange(_, waiting) => drop(waiting.send(Err(error))),
        }
    }

    /// Ends it: it was surely not processed.
    pub(crate) fn fail_unsent(self, cause: &Arc<Cause>) {
        self.fail(SendError::NotSent(Arc::clone(cause)));
    }
}

impl Recipient {
    /// Tells one outcome. A connection that has many for one batch tells them at once instead.
    pub(crate) fn tell(self, result: Result<Response, SendError>, elapsed: Duration) {
        match self {
            Self::One(waiting) => drop(waiting.send(result)),
            Self::Batch(inbox, index) => inbox.tell([BatchDone {
                index,
                result,
                elapsed,
                via: None,
            }]),
        }
    }
}
