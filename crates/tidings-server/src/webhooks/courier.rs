//! Brings events to webhooks: plans from the outbox, leases what is due, sends it, and writes down what came of it.
//!
//! Each webhook has a few requests of its own on the way, so that a dead receiver holds up nobody. What is known is in the
//! store: after a crash, what was leased is sent again.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tidings_store::{
    AttemptEnd, AttemptReport, DueDelivery, Epoch, Event, StoreError, WebhookId, WebhookRow,
};
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::destination::Destination;
use super::message::{self, Enveloped};
use super::post::{Answered, Message, PostError};
use super::schedule;
use super::secret;
use crate::metrics::WebhookOutcome;
use crate::server::{Phase, Shared};
use crate::serving::ends;

/// Requests of one webhook that are on the way at once.
const AT_ONCE: usize = 4;

/// A lease that is not given back within so long beyond the time for a request is free again.
const LEASE_BEYOND: Duration = Duration::from_secs(45);

/// There is a look at least so often: the date may have been corrected.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// After a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// How often it is looked for credentials that end soon.
const WARN_EVERY: Duration = Duration::from_hours(1);

/// Works until the server ends.
pub(crate) async fn run(server: Shared) {
    let mut courier = Courier {
        attempts: JoinSet::new(),
        on_the_way: HashMap::new(),
        is_first: true,
        warned: None,
        server,
    };
    courier.work().await;
    courier.end().await;
}

struct Courier {
    server: Shared,
    attempts: JoinSet<WebhookId>,
    on_the_way: HashMap<WebhookId, usize>,
    /// What an earlier process had leased is free, and looks as if it were not.
    is_first: bool,
    /// When it was last looked for credentials that end soon.
    warned: Option<Duration>,
}

impl Courier {
    async fn work(&mut self) {
        let mut news = self.server.store.watch_events();
        let mut phase = self.server.phase.subscribe();
        while *phase.borrow() != Phase::Ending {
            news.borrow_and_update();
            let begun = self.server.clock.monotonic();
            let until = match self.step().await {
                Ok(until) => until,
                Err(error) => {
                    tracing::warn!(%error, hint = error.hint(), "webhooks have to wait");
                    STORE_PAUSE
                }
            };
            // The step itself took time, and while it waited for the store the clock went on.
            let server = self.server.clone();
            let until = until.saturating_sub(server.clock.monotonic().saturating_sub(begun));
            let (woken, slept) = (server.webhook_wake.notified(), server.clock.sleep(until));
            tokio::select! {
                () = ends(&mut phase) => return,
                changed = news.changed() => if changed.is_err() { return },
                () = woken => {}
                () = slept => {}
                Some(ended) = self.attempts.join_next(), if !self.attempts.is_empty() => self.has_ended(ended.ok()),
            }
            while let Some(ended) = self.attempts.try_join_next() {
                self.has_ended(ended.ok());
            }
        }
    }

    /// What is on its way may arrive; what does not is sent again after the next start.
    async fn end(mut self) {
        let within = self.server.config.shutdown_grace;
        let all = async { while self.attempts.join_next().await.is_some() {} };
        if timeout(within, all).await.is_err() {
            self.attempts.shutdown().await;
        }
    }

    fn has_ended(&mut self, webhook: Option<WebhookId>) {
        let count = webhook.and_then(|webhook| self.on_the_way.get_mut(&webhook));
        if let Some(count) = count {
            *count = count.saturating_sub(1);
        }
        if self.attempts.is_empty() {
            // One that panicked did not say whose it was.
            self.on_the_way.clear();
        }
    }

    /// Begins what is to be done now; how long until there is more.
    async fn step(&mut self) -> Result<Duration, StoreError> {
        let store = self.server.store.clone();
        self.warn_of_credentials().await?;
        let now = self.server.clock.now();
        let is_more = store.plan_webhook_deliveries(now).await?;
        let due = store.due_webhooks(now).await?;
        for webhook in store.webhooks().await? {
            if webhook.disabled.is_none() && (self.is_first || due.contains(&webhook.id)) {
                self.send_some(webhook).await?;
            }
        }
        self.is_first = false;
        if is_more {
            return Ok(Duration::ZERO);
        }
        let next = store.next_webhook_delivery(now).await?;
        let wait = next.map_or(LONGEST_SLEEP, |at| at.saturating_since(now));
        Ok(wait.min(LONGEST_SLEEP))
    }

    async fn send_some(&mut self, webhook: WebhookRow) -> Result<(), StoreError> {
        let count = self.on_the_way.entry(webhook.id).or_default();
        let room = AT_ONCE.saturating_sub(*count);
        if room == 0 {
            return Ok(());
        }
        let now = self.server.clock.now();
        let until = now.saturating_add(self.server.outgoing.within() + LEASE_BEYOND);
        let store = &self.server.store;
        let (due, epoch) = store
            .take_webhook_deliveries(webhook.id, room, until, now)
            .await?;
        let webhook = Arc::new(webhook);
        for delivery in due {
            *count += 1;
            let attempt = attempt(self.server.clone(), Arc::clone(&webhook), delivery, epoch);
            self.attempts.spawn(attempt);
        }
        Ok(())
    }

    async fn warn_of_credentials(&mut self) -> Result<(), StoreError> {
        let at = self.server.clock.monotonic();
        if self
            .warned
            .is_some_and(|warned| at.saturating_sub(warned) < WARN_EVERY)
        {
            return Ok(());
        }
        let told = self
            .server
            .store
            .warn_of_credentials(self.server.clock.now())
            .await?;
        if told > 0 {
            tracing::warn!(credentials = told, "credentials end soon");
        }
        self.warned = Some(at);
        Ok(())
    }
}

/// One attempt, and what came of it written down.
async fn attempt(server: Shared, webhook: Arc<WebhookRow>, delivery: DueDelivery, epoch: Epoch) -> WebhookId {
    let begun = server.clock.monotonic();
    let outcome = match &delivery.event {
        Some(event) => Some(deliver(&server, &webhook, event).await),
        None => None,
    };
    let took = server.clock.monotonic().saturating_sub(begun);
    let report = report(&server, &delivery, outcome, took);
    server.metrics.webhook_attempt(match report.end {
        AttemptEnd::Delivered => WebhookOutcome::Delivered,
        _ => WebhookOutcome::Failed,
    });
    let now = server.clock.now();
    let finishing = pin!(server.store.finish_webhook_attempt(report, epoch, now));
    if let Err(error) = finishing.await {
        tracing::warn!(webhook = %webhook.id, %error, hint = error.hint(), "what a webhook answered is not written down; it is sent again");
    }
    webhook.id
}

/// Sends an event.
async fn deliver(server: &Shared, webhook: &WebhookRow, event: &Event) -> Result<Answered, Failure> {
    let name = match event.app_id {
        None => None,
        Some(app) => {
            let names = server.bundle_ids().await.map_err(|_problem| Failure::Store)?;
            names.get(&app).map(ToString::to_string)
        }
    };
    let enveloped = message::envelop(event, name.as_deref(), webhook.format);
    let secrets = server.store.webhook_secrets(webhook.id, server.clock.now()).await;
    let secrets = secrets.map_err(|error| {
        tracing::error!(webhook = %webhook.id, %error, hint = error.hint(), "a webhook has no usable secret");
        Failure::Store
    })?;
    send(server, &webhook.url, &secrets, enveloped).await
}

/// Sends a message to where a webhook goes.
pub(crate) async fn send(
    server: &Shared,
    url: &str,
    secrets: &[Zeroizing<Vec<u8>>],
    enveloped: Enveloped,
) -> Result<Answered, Failure> {
    let to: Destination = url.parse().map_err(|_was_checked| Failure::Store)?;
    let unix_seconds = server.clock.now().as_unix_millis() / 1_000;
    let Enveloped {
        id,
        content_type,
        body,
    } = enveloped;
    let signature = secret::sign(secrets, &id, unix_seconds, &body);
    let message = Message {
        id: &id,
        unix_seconds,
        signature,
        content_type,
        body,
    };
    let posted = server.outgoing.post(&to, message).await;
    posted.map_err(Failure::Post)
}

/// Why an attempt brought no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// What is stored could not be read.
    Store,
    Post(PostError),
}

impl Failure {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "not_readable",
            Self::Post(error) => error.as_str(),
        }
    }
}

/// What is to be written down; no outcome where the event is not kept any more.
fn report(
    server: &Shared,
    delivery: &DueDelivery,
    outcome: Option<Result<Answered, Failure>>,
    took: Duration,
) -> AttemptReport {
    let mut said = None;
    let (end, status, problem) = match outcome {
        None => (AttemptEnd::Dropped, None, Some("event_not_kept")),
        Some(Ok(answer)) => {
            let status = answer.status.as_u16();
            said.clone_from(&answer.beginning);
            (
                judge(server, delivery.attempt, &answer),
                Some(status),
                problem_of(status),
            )
        }
        Some(Err(failure)) => (
            again(server, delivery.attempt, None),
            None,
            Some(failure.as_str()),
        ),
    };
    AttemptReport {
        id: delivery.id,
        attempt: delivery.attempt,
        end,
        status,
        problem,
        took,
        answer: said,
    }
}

fn judge(server: &Shared, attempt: u32, answer: &Answered) -> AttemptEnd {
    match answer.status.as_u16() {
        200..=299 => AttemptEnd::Delivered,
        410 => AttemptEnd::Gone,
        _ => {
            let asked = answer.retry_after.as_deref();
            let asked = asked.and_then(|header| schedule::retry_after(header, server.clock.now()));
            again(server, attempt, asked)
        }
    }
}

fn again(server: &Shared, attempt: u32, asked: Option<Duration>) -> AttemptEnd {
    match schedule::pause(attempt, jitter(), asked) {
        Some(pause) => AttemptEnd::Again {
            at: server.clock.now().saturating_add(pause),
        },
        None => AttemptEnd::GaveUp,
    }
}

/// What went wrong though there was an answer.
pub(crate) const fn problem_of(status: u16) -> Option<&'static str> {
    match status {
        200..=299 => None,
        300..=399 => Some("redirect_not_followed"),
        410 => Some("gone"),
        _ => Some("refused_by_receiver"),
    }
}

/// A number from 0 to 1. It keeps no secret; it only must not be the same for all.
fn jitter() -> f64 {
    use std::hash::BuildHasher as _;
    let random = std::collections::hash_map::RandomState::new().hash_one(0_u8) >> 11;
    random as f64 / (1_u64 << 53) as f64
}
