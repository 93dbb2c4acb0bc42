//! Notifications as callers see them.

use tidings_apns::Timestamp;

use super::Store;
use crate::idempotency::{Idempotency, Remembered};
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::{Accepted, NewNotification, NotificationView};
use crate::recipient::RecipientView;
use crate::sqlite::cancelling::{self, Begun};
use crate::sqlite::{idempotency, notifications, recipients};
use crate::store_error::StoreError;

impl Store {
    /// Takes a notification: when this returns, it is on the disk.
    pub async fn accept(
        &self,
        app: AppId,
        notification: NewNotification,
        idempotency: Option<Idempotency>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        self.engine
            .take_in(move |writing| {
                notifications::accept(writing, app, &notification, idempotency.as_ref(), now)
            })
            .await
    }

    /// Takes many, all or none. Under an idempotency key that is known they are what was submitted then.
    pub async fn accept_many(
        &self,
        app: AppId,
        notifications: Vec<NewNotification>,
        idempotency: Option<Idempotency>,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        self.engine
            .take_in(move |writing| {
                notifications::accept_many(writing, app, &notifications, idempotency.as_ref(), now)
            })
            .await
    }

    /// A notification and how far it is.
    pub async fn notification(
        &self,
        app: AppId,
        id: NotificationId,
        now: Timestamp,
    ) -> Result<Option<NotificationView>, StoreError> {
        self.engine
            .read(move |reading| notifications::view(reading, app, id, now))
            .await
    }

    /// Notifications of an app, the newest first; those older than one.
    pub async fn notifications(
        &self,
        app: AppId,
        before: Option<NotificationId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<NotificationView>, StoreError> {
        self.engine
            .read(move |reading| notifications::page(reading, app, before, limit, now))
            .await
    }

    /// Cancels what is not sent, and says how many recipients that were known are spared by it: `None` where the app has no
    /// such notification, `Some(0)` where nothing is left to be cancelled, because it has finished or was cancelled before.
    pub async fn cancel(
        &self,
        app: AppId,
        id: NotificationId,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let actor = actor.to_owned();
        let begun = self
            .engine
            .write(move |writing| cancelling::begin(writing, app, id, &actor, now))
            .await?;
        match begun {
            Begun::Unknown => Ok(None),
            Begun::Nothing => Ok(Some(0)),
            Begun::Sweep(sweep) => self.run_sweep(sweep).await.map(Some),
        }
    }

    /// Recipients that are worth a row, by device, those after one.
    pub async fn recipients(
        &self,
        app: AppId,
        id: NotificationId,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Result<Vec<RecipientView>, StoreError> {
        self.engine
            .read(move |reading| recipients::page(reading, app, id, after, limit))
            .await
    }

    /// Begins a request of several steps under an idempotency key. It must end by [`Self::answered`] or
    /// [`Self::unanswered`]; a restart of the process ends it, too.
    pub async fn remember(&self, request: Idempotency, now: Timestamp) -> Result<Remembered, StoreError> {
        self.engine
            .take_in(move |writing| idempotency::remember(writing, &request, now))
            .await
    }

    /// The request was answered so; later ones under its key get the same.
    pub async fn answered(
        &self,
        request: Idempotency,
        answer: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| idempotency::answered(writing, &request, &answer, now))
            .await
    }

    /// The request came to nothing; its key may be used again.
    pub async fn unanswered(&self, request: Idempotency) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| idempotency::unanswered(writing, &request))
            .await
    }
}
