//! The task that keeps a pool in shape: opens connections when there is work, more of them while that helps, fewer
//! when they idle, and ends work that no connection can be made for.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::PoolShared;
use super::governor::{Governor, Sample};
use crate::connect::Connector;
use crate::connection::{Connection, Context, Ended, Phase, Shared};
use crate::send_error::Cause;
use crate::watch::ConnectionEvent;

/// How often a busy pool is looked at.
const SAMPLE: Duration = Duration::from_millis(25);

/// The first pause after a failed connection; each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause after failed connections.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// So many connections in a row that ended before they answered anything are as bad as none at all.
const HOPELESS: u32 = 4;

/// One pool's supervisor.
pub(super) struct Supervisor {
    pool: Arc<PoolShared>,
    context: Arc<Context>,
    connector: Arc<Connector>,
    governor: Governor,
    connections: Vec<Arc<Shared>>,
    tasks: JoinSet<Result<Ended, Arc<Cause>>>,
    wake: Arc<Notify>,
    failures: u32,
    /// Why the last of them failed.
    last_failure: Option<Arc<Cause>>,
    paused_until: Instant,
    sampled_at: Instant,
    busy_at: Instant,
}

impl Supervisor {
    pub(super) fn new(pool: Arc<PoolShared>, context: Arc<Context>, connector: Arc<Connector>) -> Self {
        let now = Instant::now();
        Self {
            governor: Governor::new(pool.size),
            wake: Arc::clone(&pool.wake),
            pool,
            context,
            connector,
            connections: Vec::new(),
            tasks: JoinSet::new(),
            failures: 0,
            last_failure: None,
            paused_until: now,
            sampled_at: now,
            busy_at: now,
        }
    }

    /// Runs until the pool is closed and its last connection has ended.
    pub(super) async fn run(mut self) {
        loop {
            self.reap();
            self.end_hopeless_work();
            self.context.queue.rouse();
            if self.pool.is_closing() && self.wind_down() {
                self.pool.ended();
                return;
            }
            self.adjust();
            self.pause().await;
        }
    }

    /// Waits for the next look: soon while there is work, else until there is some.
    async fn pause(&mut self) {
        let idle = self.is_idle() && !self.pool.is_closing() && self.context.queue.sleep(&self.wake);
        let patience = if idle { self.pool.idle_timeout } else { SAMPLE };
        tokio::select! {
            () = self.wake.notified() => {}
            () = sleep(patience) => {}
            Some(ended) = self.tasks.join_next() => {
                if let Ok(ended) = ended {
                    self.took_note(ended);
                }
            }
        }
    }

    fn is_idle(&self) -> bool {
        !self.pool.is_warming()
            && self
                .connections
                .iter()
                .all(|connection| connection.in_flight() == 0)
    }

    fn reap(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Ok(ended) = ended {
                self.took_note(ended);
            }
        }
        self.connections
            .retain(|connection| connection.phase() < Phase::Ended);
    }

    /// A connection has ended, or was never made.
    fn took_note(&mut self, ended: Result<Ended, Arc<Cause>>) {
        let (cause, is_refusal) = match ended {
            Ok(Ended {
                cause: Some(cause),
                was_useful: false,
                is_refusal,
            }) => (cause, is_refusal),
            Ok(_) => {
                self.failures = 0;
                self.last_failure = None;
                return;
            }
            Err(cause) => (cause, true),
        };
        self.failures = self.failures.saturating_add(1);
        self.paused_until = Instant::now() + pause_after(self.failures);
        self.connections
            .retain(|connection| connection.phase() < Phase::Ended);
        self.last_failure = Some(Arc::clone(&cause));
        if (is_refusal || self.failures >= HOPELESS) && self.is_cut_off() {
            self.fail_waiting(&cause);
        }
        self.pool.warmed(&Err(cause));
    }

    /// There is no connection that anything could be sent over.
    fn is_cut_off(&self) -> bool {
        self.connections
            .iter()
            .all(|connection| connection.phase() < Phase::Open)
    }

    /// Ends what waits: there is nothing to send it over.
    fn fail_waiting(&self, cause: &Arc<Cause>) {
        for job in self.context.queue.drain() {
            job.fail_unsent(cause);
        }
    }

    /// Ends what has waited too long, and drops what nobody waits for.
    fn end_hopeless_work(&self) {
        let late = self.context.queue.sweep(Instant::now());
        if late.is_empty() {
            return;
        }
        let failure = self.last_failure.clone().filter(|_| self.is_cut_off());
        let cause = failure.unwrap_or_else(|| Arc::new(Cause::Deadline(self.context.request_timeout)));
        for job in late {
            job.fail_unsent(&cause);
        }
    }

    /// Retires all connections once nothing waits; answers whether the pool is empty.
    fn wind_down(&mut self) -> bool {
        let queued = self.context.queue.len() > 0;
        if !queued {
            self.connections.iter().for_each(|connection| connection.retire());
        }
        !queued && self.tasks.is_empty()
    }

    /// Brings the number of connections to what it should be.
    fn adjust(&mut self) {
        let now = Instant::now();
        let target = self.observe(now);
        let wanted = self.context.queue.len() > 0 || self.pool.is_warming() || !self.is_idle();
        let alive = self.count(|phase| phase < Phase::Retiring);
        if wanted {
            self.busy_at = now;
            let connecting = self.count(|phase| phase < Phase::Open);
            let missing = target.saturating_sub(alive);
            // While connections fail, one at a time tries.
            let at_once = if self.failures > 0 {
                1_usize.saturating_sub(connecting)
            } else {
                missing
            };
            if now >= self.paused_until {
                for _ in 0..missing.min(at_once) {
                    self.open();
                }
            }
        } else if now.duration_since(self.busy_at) >= self.pool.idle_timeout {
            self.governor.reset();
        }
        self.retire_surplus(alive.saturating_sub(self.governor.target()));
        if self.pool.is_warming()
            && self.count(|phase| (Phase::Open..Phase::Retiring).contains(&phase)) >= target
        {
            self.pool.warmed(&Ok(()));
        }
    }

    /// Retires the connections that were opened last.
    fn retire_surplus(&self, surplus: usize) {
        let alive = self
            .connections
            .iter()
            .rev()
            .filter(|connection| connection.phase() < Phase::Retiring);
        alive.take(surplus).for_each(|connection| connection.retire());
    }

    fn observe(&mut self, now: Instant) -> usize {
        let elapsed = now.saturating_duration_since(self.sampled_at);
        if elapsed < SAMPLE {
            return self.governor.target();
        }
        self.sampled_at = now;
        let proven = || {
            self.connections
                .iter()
                .filter(|connection| connection.phase() == Phase::Proven)
        };
        let connections = proven().count();
        let round_trips: Duration = proven().map(|connection| connection.round_trip()).sum();
        self.governor.observe(Sample {
            connections,
            stalled: proven().filter(|connection| connection.is_stalled()).count(),
            queued: self.context.queue.len(),
            answers: self
                .connections
                .iter()
                .map(|connection| connection.take_answers())
                .sum(),
            elapsed,
            round_trip: round_trips / u32::try_from(connections.max(1)).unwrap_or(u32::MAX),
        })
    }

    fn count(&self, pick: impl Fn(Phase) -> bool) -> usize {
        self.connections
            .iter()
            .filter(|connection| pick(connection.phase()))
            .count()
    }

    fn open(&mut self) {
        let shared = Arc::new(Shared::new());
        self.connections.push(Arc::clone(&shared));
        self.context.ledger.begins(&shared);
        let connector = Arc::clone(&self.connector);
        let context = Arc::clone(&self.context);
        self.tasks.spawn(async move {
            let outcome = serve(&connector, context, Arc::clone(&shared)).await;
            shared.enter(Phase::Ended);
            outcome
        });
    }
}

/// Connects and serves; an error means that there never was a connection.
async fn serve(
    connector: &Connector,
    context: Arc<Context>,
    shared: Arc<Shared>,
) -> Result<Ended, Arc<Cause>> {
    let established = connector.connect().await.map_err(|error| {
        let event = ConnectionEvent::not_opened(&error);
        context.ledger.note(&shared, event);
        Arc::new(Cause::Connect(error))
    })?;
    let connection = Connection::new(context, shared, established).map_err(Arc::new)?;
    Ok(connection.run().await)
}

/// How long to wait after so many failures in a row: exponential, with full jitter above half.
fn pause_after(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let most = doubled.min(LONGEST_PAUSE);
    let random = u32::try_from(RandomState::new().hash_one(failures) >> 40).unwrap_or(0);
    most / 2 + most / 2 * random / (1 << 24)
}
