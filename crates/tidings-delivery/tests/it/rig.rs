//! An engine over a real store and a scripted APNs, in time that the test turns.

use std::sync::Arc;
use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_delivery::{Clock as _, Engine, EngineConfig, ManualClock};
use tidings_store::{Audience, Counts, NewNotification, NotificationId};
use tidings_truth::EnvironmentSet;

use crate::books::{self, Books};
use crate::script::Script;

/// When all tests begin.
pub(crate) const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

/// The longest step of the clock: no test is so coarse that it skips a decision.
const STEP: Duration = Duration::from_secs(1);

/// How often it is looked whether the engine is idle, and how long at most.
const LOOK: Duration = Duration::from_micros(20);
const LOOKS: u32 = 1_000_000;

/// So many turns of every task pass a wake-up on to the last of them.
const TURNS: u32 = 16;

/// An engine in virtual time.
pub(crate) struct Rig {
    pub(crate) clock: ManualClock,
    pub(crate) script: Script,
    pub(crate) books: Books,
    pub(crate) engine: Engine,
    pub(crate) config: EngineConfig,
}

impl Rig {
    /// An app with one key that reaches both environments.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut EngineConfig)) -> Self {
        let clock = ManualClock::at(START);
        let books = Books::new(START).await;
        books
            .add_key(books::secret("KEYGOOD001"), EnvironmentSet::BOTH, START)
            .await;
        let script = Script::new(clock.clone());
        let mut config = EngineConfig::new("test");
        change(&mut config);
        let engine = start(&books, &config, &clock, &script).await;
        Self {
            clock,
            script,
            books,
            engine,
            config,
        }
    }

    /// As if the process had been killed and started again.
    pub(crate) async fn kill_and_restart(&mut self) {
        let fresh = start(&self.books, &self.config, &self.clock, &self.script).await;
        self.engine = fresh;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Registers device tokens with these numbers.
    pub(crate) async fn register(&self, numbers: std::ops::Range<usize>, claimed: Option<Environment>) {
        self.books.import(numbers, claimed, self.now()).await;
        self.engine.work_arrived();
    }

    /// Registers them, and lets APNs accept something for each.
    pub(crate) async fn prove(&self, numbers: std::ops::Range<usize>) {
        self.register(numbers, Some(Environment::Production)).await;
        self.send(Audience::Everyone).await;
        self.run_for(Duration::from_secs(5)).await;
        self.script.forget();
    }

    pub(crate) async fn send(&self, audience: Audience) -> NotificationId {
        self.send_with(audience, |_| {}).await
    }

    pub(crate) async fn send_with(
        &self,
        audience: Audience,
        change: impl FnOnce(&mut NewNotification),
    ) -> NotificationId {
        let mut notification = books::notification(audience, self.now());
        change(&mut notification);
        let id = self.books.accept(notification, self.now()).await;
        self.engine.work_arrived();
        id
    }

    /// To each of these device tokens one.
    pub(crate) async fn send_to_each(&self, numbers: impl Iterator<Item = usize>) -> Vec<NotificationId> {
        let new = numbers.map(|number| books::notification(to(number), self.now()));
        let ids = self.books.accept_many(new.collect(), self.now()).await;
        self.engine.work_arrived();
        ids
    }

    pub(crate) async fn send_to(&self, number: usize) -> NotificationId {
        self.send(to(number)).await
    }

    pub(crate) async fn counts(&self, id: NotificationId) -> Counts {
        self.books.counts(id, self.now()).await
    }

    /// Waits until the engine has nothing to do before the clock is turned: until no answer of the store is awaited, however
    /// often every task has its turn.
    pub(crate) async fn settle(&self) {
        let mut turns = 0;
        for _ in 0..LOOKS {
            tokio::task::yield_now().await;
            turns += 1;
            if !self.engine.is_idle() {
                turns = 0;
                // The store works in threads of its own.
                std::thread::sleep(LOOK);
            }
            if turns == TURNS {
                return;
            }
        }
        unreachable!("the engine does not come to rest: {:?}", self.engine.lanes());
    }

    /// Lets so much time go by, in steps that wake everybody when it is their time.
    pub(crate) async fn run_for(&self, time: Duration) {
        self.run_in_steps(time, STEP).await;
    }

    /// The same in longer steps, where days go by and only the hour matters.
    pub(crate) async fn run_in_steps(&self, time: Duration, step: Duration) {
        let end = self.clock.monotonic() + time;
        loop {
            self.settle().await;
            let left = end.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return;
            }
            let next = self
                .clock
                .until_next()
                .unwrap_or(step)
                .max(step.saturating_sub(STEP));
            self.clock
                .advance(next.min(step).min(left).max(Duration::from_millis(1)));
        }
    }
}

async fn start(books: &Books, config: &EngineConfig, clock: &ManualClock, script: &Script) -> Engine {
    Engine::start_over(
        books.store.clone(),
        config.clone(),
        Arc::new(clock.clone()),
        Arc::new(script.clone()),
    )
    .await
    .expect("an engine")
}

/// To the device token with this number.
pub(crate) fn to(number: usize) -> Audience {
    Audience::Tokens(vec![books::token(number)])
}
