//! A pool: one queue of work, and as many connections to one host under one credential as the work needs.

pub(crate) mod governor;
pub(crate) mod queue;
mod supervisor;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};

use self::governor::PoolSize;
use self::queue::Refused;
use self::supervisor::Supervisor;
use crate::connect::Connector;
use crate::connection::Context;
use crate::job::Job;
use crate::send_error::Cause;
use crate::watch::ledger::Ledger;

/// Jobs of batches that may wait in the queue: enough to keep many connections busy for a turn.
const BATCH_QUEUE: usize = 16 * 1024;

/// Whether the minimum of connections is up.
type Warmed = Result<(), Arc<Cause>>;

/// A handle on a pool. The last one dropped closes it.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<PoolShared>,
    context: Arc<Context>,
    connector: Arc<Connector>,
    started: AtomicBool,
}

/// What a pool's handle and its supervisor have in common.
#[derive(Debug)]
pub(crate) struct PoolShared {
    size: PoolSize,
    idle_timeout: Duration,
    wake: Arc<Notify>,
    closing: AtomicBool,
    /// Somebody waits for the minimum of connections to be up.
    warming: Mutex<Vec<oneshot::Sender<Warmed>>>,
    ended: watch::Sender<bool>,
}

impl Pool {
    pub(crate) fn new(
        context: Context,
        connector: Arc<Connector>,
        size: PoolSize,
        idle_timeout: Duration,
    ) -> Self {
        let shared = PoolShared {
            size: size.sane(),
            idle_timeout,
            wake: Arc::new(Notify::new()),
            closing: AtomicBool::new(false),
            warming: Mutex::default(),
            ended: watch::Sender::new(false),
        };
        Self {
            shared: Arc::new(shared),
            context: Arc::new(context),
            connector,
            started: AtomicBool::new(false),
        }
    }

    /// Adds work, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// The job, if the pool is closed.
    pub(crate) async fn submit(&self, job: Job) -> Result<(), Job> {
        self.start();
        match self.context.queue.try_push(job) {
            Ok(()) => Ok(()),
            Err(Refused::Closed(job)) => Err(job),
            // Boxed, so that waiting for room, which is rare, makes every other request's future no larger.
            Err(Refused::Full(job)) => Box::pin(self.context.queue.push(job)).await,
        }
    }

    /// Adds the work of a batch, or ends it when the pool is closed.
    pub(crate) fn submit_many(&self, jobs: &mut Vec<Job>) {
        self.start();
        self.context.queue.push_many(jobs);
        if !jobs.is_empty() {
            let cause = Arc::new(Cause::Closed);
            jobs.drain(..).for_each(|job| job.fail_unsent(&cause));
        }
    }

    /// How much of a batch the queue has room for. Some is always let in, lest batches starve behind one another.
    pub(crate) fn room_for_batches(&self) -> usize {
        BATCH_QUEUE.saturating_sub(self.context.queue.len()).max(1)
    }

    /// How long a request may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.context.request_timeout
    }

    /// What others may see of the connections.
    pub(crate) fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.context.ledger)
    }

    /// Opens the minimum of connections.
    pub(crate) async fn warm_up(&self) -> Warmed {
        let (tell, told) = oneshot::channel();
        self.shared
            .warming
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(tell);
        self.start();
        self.shared.wake.notify_one();
        let mut ended = self.shared.ended.subscribe();
        let warmed = tokio::select! {
            warmed = told => warmed.ok(),
            _ended = ended.wait_for(|&ended| ended) => None,
        };
        warmed.unwrap_or_else(|| Err(Arc::new(Cause::Closed)))
    }

    /// Takes no more work, and waits until what there is has ended and the connections are closed.
    pub(crate) async fn close(&self) {
        self.begin_to_close();
        if self.started.load(Ordering::Acquire) {
            let mut ended = self.shared.ended.subscribe();
            // An error means that the supervisor is gone, which is what was waited for.
            let _ended = ended.wait_for(|&ended| ended).await;
        }
    }

    fn begin_to_close(&self) {
        self.context.queue.close();
        self.shared.closing.store(true, Ordering::Release);
        self.shared.wake.notify_one();
    }

    /// Starts the supervisor with the first work, so that a client can be made outside of a runtime.
    fn start(&self) {
        if self.started.load(Ordering::Acquire) || self.started.swap(true, Ordering::AcqRel) {
            return;
        }
        let (pool, context, connector) = (
            Arc::clone(&self.shared),
            Arc::clone(&self.context),
            Arc::clone(&self.connector),
        );
        Handle::current().spawn(Supervisor::new(pool, context, connector).run());
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.begin_to_close();
    }
}

impl PoolShared {
    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    fn is_warming(&self) -> bool {
        !self
            .warming
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Tells those who wait for the minimum of connections how it went.
    fn warmed(&self, result: &Warmed) {
        for waiting in self
            .warming
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            // Whoever waited may have gone away since.
            let _waiting = waiting.send(result.clone());
        }
    }

    fn ended(&self) {
        self.warmed(&Err(Arc::new(Cause::Closed)));
        self.ended.send_replace(true);
    }
}
