//! The work of the engine: what is to be sent, and what became of it.

use tidings_apns::{Environment, Timestamp};

use super::Store;
use crate::conservation::QueueDepth;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::Urgency;
use crate::recipient::{DueRecipient, RecipientException};
use crate::sqlite::sweeps::Sweep;
use crate::sqlite::{epochs, pages, queue, recipients};
use crate::store_error::StoreError;
use crate::work::{DirectOutcome, Epoch, OpenPage, PageOutcome, ReadyNotification};

impl Store {
    /// Takes over the work. Whoever had it before is refused from now on.
    pub async fn begin_epoch(&self, owner: &str, now: Timestamp) -> Result<Epoch, StoreError> {
        let owner = owner.to_owned();
        self.engine
            .write(move |writing| epochs::begin(writing, &owner, now))
            .await
    }

    /// Notifications whose time has come and that are not planned to their end, the most urgent first and then the oldest,
    /// without those named. Apps have their turns: each its oldest, then each its next.
    pub async fn ready(
        &self,
        now: Timestamp,
        limit: usize,
        urgencies: &[Urgency],
        exclude: &[NotificationId],
    ) -> Result<Vec<ReadyNotification>, StoreError> {
        let (urgencies, exclude) = (urgencies.to_vec(), exclude.to_vec());
        self.engine
            .read(move |reading| queue::ready(reading, now, limit, &urgencies, &exclude))
            .await
    }

    /// A notification as the engine needs it, whether planned or not; for recipients that wait.
    pub async fn to_send(&self, ids: Vec<NotificationId>) -> Result<Vec<ReadyNotification>, StoreError> {
        self.engine
            .read(move |reading| queue::to_send(reading, &ids))
            .await
    }

    /// A page begins: the notification is planned up to `last`, and what the page holds is to be sent. Whether it has begun:
    /// not if the notification was cancelled or is planned to its end; nothing of the page must be sent then.
    pub async fn begin_page(
        &self,
        id: NotificationId,
        page: OpenPage,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.engine
            .write(move |writing| pages::begin(writing, id, page, epoch, now))
            .await
    }

    /// A page has ended. Does nothing if it had ended before.
    pub async fn finish_page(
        &self,
        id: NotificationId,
        after: DeviceId,
        outcome: PageOutcome,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| pages::finish(writing, id, after, &outcome, epoch, now))
            .await
    }

    /// There are no more pages. The notification is finished when no page is open and no recipient waits.
    pub async fn finish_planning(
        &self,
        id: NotificationId,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| pages::finish_planning(writing, id, epoch, now))
            .await
    }

    /// Pages that have begun and not ended: after a crash, what may have been sent and must be sent again.
    pub async fn open_pages(&self, id: NotificationId) -> Result<Vec<OpenPage>, StoreError> {
        self.engine.read(move |reading| pages::open(reading, id)).await
    }

    /// All notifications with pages that have begun and not ended.
    pub async fn notifications_with_open_pages(&self) -> Result<Vec<NotificationId>, StoreError> {
        self.engine.read(pages::notifications_with_open).await
    }

    /// Many notifications to few have been sent, each in one go.
    pub async fn finish_direct(
        &self,
        outcomes: Vec<DirectOutcome>,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| pages::finish_direct(writing, &outcomes, epoch, now))
            .await
    }

    /// Recipients that wait and whose time has come, the longest due first, without those of these lanes. Recipients that
    /// are held or parked come, too, when their notification has expired, whatever their lane: so that they can be ended.
    pub async fn due_recipients(
        &self,
        now: Timestamp,
        limit: usize,
        exclude_lanes: &[(AppId, Environment)],
    ) -> Result<Vec<DueRecipient>, StoreError> {
        let exclude = exclude_lanes.to_vec();
        self.engine
            .read(move |reading| recipients::due(reading, now, limit, &exclude))
            .await
    }

    /// What became of recipients that had waited. Those that have ended stay so.
    pub async fn update_recipients(
        &self,
        updates: Vec<(NotificationId, RecipientException)>,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| recipients::update(writing, &updates, epoch, now))
            .await
    }

    /// Lets what an incident parked be tried now; how many recipients that were.
    pub async fn unpark(
        &self,
        app: AppId,
        environment: Environment,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.sweep(Sweep::unpark(app, environment, now)).await
    }

    /// When there is something to do next that is not to be done now: the earliest scheduled notification, or recipient
    /// that waits, or is to be ended because its notification expires.
    pub async fn next_wake(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.engine
            .read(move |reading| queue::next_wake(reading, now))
            .await
    }

    /// How much is to be done.
    pub async fn queue_depth(&self, now: Timestamp) -> Result<QueueDepth, StoreError> {
        self.engine.read(move |reading| queue::depth(reading, now)).await
    }
}
