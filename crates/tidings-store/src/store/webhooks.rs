//! Webhooks, and events on their way to them.

use tidings_apns::Timestamp;
use zeroize::Zeroizing;

use super::Store;
use crate::event::Event;
use crate::ids::{EventId, WebhookDeliveryId, WebhookId};
use crate::sqlite::{credentials, events, webhook_attempts, webhook_deliveries, webhooks};
use crate::store_error::StoreError;
use crate::webhook::{
    AttemptReport, DueDelivery, NewWebhook, Replay, WebhookAttempt, WebhookChange, WebhookDelivery,
    WebhookDeliveryState, WebhookRow,
};
use crate::work::Epoch;

impl Store {
    /// Keeps a webhook. It is told of what happens from now on.
    pub async fn create_webhook(
        &self,
        new: NewWebhook,
        actor: &str,
        now: Timestamp,
    ) -> Result<WebhookRow, StoreError> {
        let (actor, key) = (actor.to_owned(), self.engine.sealing_key());
        self.engine
            .take_in(move |writing| webhooks::create(writing, &key, &new, &actor, now))
            .await
    }

    /// All webhooks, the oldest first.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRow>, StoreError> {
        self.engine.read(webhooks::all).await
    }

    /// A webhook.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
        self.engine
            .read(move |reading| webhooks::by_id(reading, id))
            .await
    }

    /// Changes some of a webhook; `None` when there is none.
    pub async fn change_webhook(
        &self,
        id: WebhookId,
        change: WebhookChange,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<WebhookRow>, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| webhooks::change(writing, id, &change, &actor, now))
            .await
    }

    /// Removes a webhook with all that waits for it; whether there was one.
    pub async fn remove_webhook(
        &self,
        id: WebhookId,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| webhooks::remove(writing, id, &actor, now))
            .await
    }

    /// Gives a webhook another secret; whether there is one. The secret before signs, too, until that instant.
    pub async fn rotate_webhook_secret(
        &self,
        id: WebhookId,
        secret: Zeroizing<Vec<u8>>,
        previous_until: Timestamp,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (actor, key) = (actor.to_owned(), self.engine.sealing_key());
        self.engine
            .take_in(move |writing| webhooks::rotate(writing, &key, id, &secret, previous_until, &actor, now))
            .await
    }

    /// The secrets that sign for a webhook now, the newest first.
    pub async fn webhook_secrets(
        &self,
        id: WebhookId,
        now: Timestamp,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
        let key = self.engine.sealing_key();
        self.engine
            .read(move |reading| webhooks::secrets(reading, &key, id, now))
            .await
    }

    /// Plans some of the events that webhooks have not seen; whether there may be more.
    pub async fn plan_webhook_deliveries(&self, now: Timestamp) -> Result<bool, StoreError> {
        if !self.engine.read(webhook_deliveries::are_behind).await? {
            return Ok(false);
        }
        self.engine
            .write(move |writing| webhook_deliveries::plan(writing, now))
            .await?;
        self.engine.read(webhook_deliveries::are_behind).await
    }

    /// Leases what is due for a webhook, the oldest first, until that instant; under which epoch.
    pub async fn take_webhook_deliveries(
        &self,
        id: WebhookId,
        limit: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(Vec<DueDelivery>, Epoch), StoreError> {
        self.engine
            .write(move |writing| webhook_deliveries::take(writing, id, limit, until, now))
            .await
    }

    /// An attempt has ended. One of an older epoch is refused; one that was taken over says nothing.
    pub async fn finish_webhook_attempt(
        &self,
        report: AttemptReport,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| webhook_deliveries::finish(writing, &report, epoch, now))
            .await
    }

    /// Webhooks for which something is due that is not being sent.
    pub async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<WebhookId>, StoreError> {
        self.engine
            .read(move |reading| webhook_deliveries::due_webhooks(reading, now))
            .await
    }

    /// When something is due for a webhook next that is not due now.
    pub async fn next_webhook_delivery(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.engine
            .read(move |reading| webhook_deliveries::next_at(reading, now))
            .await
    }

    /// The deliveries of a webhook, the newest first, before one of them.
    pub async fn webhook_deliveries(
        &self,
        id: WebhookId,
        state: Option<WebhookDeliveryState>,
        before: Option<WebhookDeliveryId>,
        limit: usize,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        self.engine
            .read(move |reading| webhook_deliveries::list(reading, id, state, before, limit))
            .await
    }

    /// A delivery of a webhook.
    pub async fn webhook_delivery(
        &self,
        id: WebhookId,
        delivery: WebhookDeliveryId,
    ) -> Result<Option<WebhookDelivery>, StoreError> {
        self.engine
            .read(move |reading| webhook_deliveries::by_id(reading, id, delivery))
            .await
    }

    /// The attempts of a delivery that are kept, the oldest first.
    pub async fn webhook_attempts(
        &self,
        delivery: WebhookDeliveryId,
    ) -> Result<Vec<WebhookAttempt>, StoreError> {
        self.engine
            .read(move |reading| webhook_attempts::of(reading, delivery))
            .await
    }

    /// An event, as far as it is kept.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        self.engine.read(move |reading| events::by_id(reading, id)).await
    }

    /// Lets events be sent again; how many, and `None` when there is no such webhook.
    pub async fn replay_webhook(
        &self,
        id: WebhookId,
        replay: Replay,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| webhook_deliveries::replay(writing, id, &replay, &actor, now))
            .await
    }

    /// Tells of credentials that end in 30 days, 7 days or 1 day, each once; how many events that were.
    pub async fn warn_of_credentials(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.engine
            .write(move |writing| credentials::warn(writing, now))
            .await
    }
}
