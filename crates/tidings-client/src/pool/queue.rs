//! The work that waits for a connection. Connections pull from it when they have room, so that one that is slow or
//! stuck takes nothing more, and what a dead one leaves behind goes back to the front.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::job::Job;

/// Jobs beyond which single ones have to wait for room.
const FULL: usize = 64 * 1024;

/// A pool's queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    /// Told when a full queue has room again.
    room: Notify,
}

/// Why the queue did not take a job.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is closed.
    Closed(Job),
    /// There is no room at the moment.
    Full(Job),
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Connections with room that found nothing; the last one to starve is the first to be woken, so that few
    /// connections do all of a light load.
    hungry: Vec<Arc<Notify>>,
    /// The supervisor sleeps until there is work.
    sleeper: Option<Arc<Notify>>,
    closed: bool,
}

impl Queue {
    /// Adds work at the end, as soon as there is room.
    ///
    /// # Errors
    ///
    /// The job itself, when the queue is closed.
    pub(crate) async fn push(&self, mut job: Job) -> Result<(), Job> {
        loop {
            job = match self.try_push(job) {
                Ok(()) => return Ok(()),
                Err(Refused::Closed(job)) => return Err(job),
                Err(Refused::Full(job)) => job,
            };
            // Room that is made between the next attempt and the wait is not missed: the wait begins here.
            let room = self.room.notified();
            job = match self.try_push(job) {
                Ok(()) => return Ok(()),
                Err(Refused::Closed(job)) => return Err(job),
                Err(Refused::Full(job)) => job,
            };
            room.await;
        }
    }

    /// Adds work at the end.
    pub(crate) fn try_push(&self, job: Job) -> Result<(), Refused> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Refused::Closed(job));
        }
        if waiting.jobs.len() >= FULL {
            return Err(Refused::Full(job));
        }
        waiting.jobs.push_back(job);
        let to_wake = waiting.wake();
        drop(waiting);
        to_wake.into_iter().flatten().for_each(|waker| waker.notify_one());
        Ok(())
    }

    /// Moves work to the end of the queue, all under one lock. A closed queue leaves it where it is.
    pub(crate) fn push_many(&self, jobs: &mut Vec<Job>) {
        let mut waiting = self.lock();
        if waiting.closed || jobs.is_empty() {
            return;
        }
        waiting.jobs.extend(jobs.drain(..));
        let mut wakers = std::mem::take(&mut waiting.hungry);
        wakers.extend(waiting.sleeper.take());
        drop(waiting);
        for waker in wakers {
            waker.notify_one();
        }
    }

    /// Puts work back at the front, in the order given.
    pub(crate) fn give_back(&self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        for job in jobs.into_iter().rev() {
            waiting.jobs.push_front(job);
        }
        let to_wake = waiting.wake();
        drop(waiting);
        to_wake.into_iter().flatten().for_each(|waker| waker.notify_one());
    }

    /// Moves up to `most` jobs into `into`. If there are fewer, `waker` is woken when there are more.
    pub(crate) fn take(&self, most: usize, into: &mut VecDeque<Job>, waker: &Arc<Notify>) {
        let mut waiting = self.lock();
        let before = waiting.jobs.len();
        let count = most.min(before);
        into.extend(waiting.jobs.drain(..count));
        if before >= FULL {
            self.room.notify_waiters();
        }
        if count < most && !waiting.hungry.iter().any(|other| Arc::ptr_eq(other, waker)) {
            waiting.hungry.push(Arc::clone(waker));
        }
    }

    /// The connection takes no more work. If it was woken for some, that is for another one now.
    pub(crate) fn forget(&self, waker: &Arc<Notify>) {
        self.lock().hungry.retain(|other| !Arc::ptr_eq(other, waker));
        self.rouse();
    }

    /// Wakes the connections that have room, if there is work: whoever was woken for it may have had none any more.
    pub(crate) fn rouse(&self) {
        let mut waiting = self.lock();
        if waiting.jobs.is_empty() {
            return;
        }
        let wakers = std::mem::take(&mut waiting.hungry);
        drop(waiting);
        for waker in wakers {
            waker.notify_one();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes everything that waits.
    pub(crate) fn drain(&self) -> Vec<Job> {
        let jobs = self.lock().jobs.drain(..).collect();
        self.room.notify_waiters();
        jobs
    }

    /// Takes what is late or abandoned.
    pub(crate) fn sweep(&self, now: Instant) -> Vec<Job> {
        let mut waiting = self.lock();
        if !waiting
            .jobs
            .iter()
            .any(|job| job.is_late(now) || job.is_abandoned())
        {
            return Vec::new();
        }
        let (gone, kept): (VecDeque<Job>, VecDeque<Job>) = waiting
            .jobs
            .drain(..)
            .partition(|job| job.is_late(now) || job.is_abandoned());
        waiting.jobs = kept;
        self.room.notify_waiters();
        gone.into()
    }

    /// Takes no more work.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.room.notify_waiters();
    }

    /// Arranges for `waker` to be woken by the next work; answers false when there is work already.
    pub(crate) fn sleep(&self, waker: &Arc<Notify>) -> bool {
        let mut waiting = self.lock();
        if waiting.jobs.is_empty() {
            waiting.sleeper = Some(Arc::clone(waker));
        }
        waiting.jobs.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whom to wake for one more job.
    fn wake(&mut self) -> [Option<Arc<Notify>>; 2] {
        [self.hungry.pop(), self.sleeper.take()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Exchange;
    use crate::job::Work;

    fn job(path: &str, deadline: Option<Instant>) -> Job {
        let exchange = Exchange {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let (answer, waiting) = tokio::sync::oneshot::channel();
        // The test looks at the queue only: whoever waits must stay, or the job counts as abandoned.
        std::mem::forget(waiting);
        Job::new(Work::Exchange(Box::new(exchange), answer), deadline)
    }

    fn paths<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Vec<String> {
        jobs.into_iter()
            .map(|job| match &job.work {
                Work::Exchange(exchange, _) => exchange.path.clone(),
                Work::Push(..) => String::new(),
            })
            .collect()
    }

    #[test]
    fn what_is_given_back_comes_first_and_in_order() {
        let queue = Queue::default();
        queue.try_push(job("c", None)).unwrap();
        queue.give_back(vec![job("a", None), job("b", None)]);
        assert_eq!(paths(&queue.drain()), ["a", "b", "c"]);
    }

    #[test]
    fn only_what_is_late_is_swept() {
        let queue = Queue::default();
        let now = Instant::now();
        let second = std::time::Duration::from_secs(1);
        queue.try_push(job("late", Some(now))).unwrap();
        queue.try_push(job("in time", Some(now + second))).unwrap();
        queue.try_push(job("whenever", None)).unwrap();
        assert_eq!(paths(&queue.sweep(now)), ["late"]);
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn an_abandoned_job_is_swept() {
        let queue = Queue::default();
        let exchange = Exchange {
            method: "GET",
            path: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let (answer, waiting) = tokio::sync::oneshot::channel();
        queue
            .try_push(Job::new(Work::Exchange(Box::new(exchange), answer), None))
            .unwrap();
        assert_eq!(queue.sweep(Instant::now()).len(), 0);
        drop(waiting);
        assert_eq!(queue.sweep(Instant::now()).len(), 1);
    }

    #[tokio::test]
    async fn a_connection_that_found_nothing_is_woken_by_the_next_job() {
        let queue = Queue::default();
        let waker = Arc::new(Notify::new());
        let mut taken = VecDeque::new();
        queue.take(1, &mut taken, &waker);
        assert!(taken.is_empty());
        queue.try_push(job("a", None)).unwrap();
        waker.notified().await;
        queue.take(1, &mut taken, &waker);
        assert_eq!(paths(&taken), ["a"]);
    }

    #[test]
    fn a_closed_queue_hands_the_job_back() {
        let queue = Queue::default();
        queue.close();
        assert!(queue.try_push(job("a", None)).is_err());
    }
}
