//! Who waits for what becomes of a notification, and is told as soon as it is written down. For callers that answer a
//! request by the outcome: whoever can wait longer reads events.

use std::collections::HashMap;
use std::future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidings_store::{DirectOutcome, NotificationId, RecipientException};
use tokio::sync::watch;

/// What became of a notification to few. It is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationNews {
    /// Every recipient has been tried, or was not worth a try: some have ended, others wait.
    Tried(DirectOutcome),
    /// A recipient that had waited has ended, or waits again.
    Recipient(RecipientException),
}

/// A look at one notification to few. It costs nothing but memory, and nothing at all once it is dropped.
#[derive(Debug)]
pub struct NotificationWatch {
    id: NotificationId,
    news: watch::Receiver<Option<NotificationNews>>,
    watchers: Arc<Watchers>,
}

impl NotificationWatch {
    /// The newest news that were not told before. Waits for ever where nothing happens any more.
    pub async fn news(&mut self) -> NotificationNews {
        loop {
            if self.news.changed().await.is_err() {
                future::pending::<()>().await;
            }
            if let Some(news) = &*self.news.borrow_and_update() {
                return news.clone();
            }
        }
    }
}

impl Drop for NotificationWatch {
    fn drop(&mut self) {
        let mut known = self.watchers.lock();
        let is_last = known
            .get(&self.id)
            .is_some_and(|sender| sender.receiver_count() <= 1);
        if is_last {
            known.remove(&self.id);
        }
    }
}

/// All who wait.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    known: Mutex<HashMap<NotificationId, watch::Sender<Option<NotificationNews>>>>,
}

impl Watchers {
    pub(crate) fn watch(self: &Arc<Self>, id: NotificationId) -> NotificationWatch {
        let news = self
            .lock()
            .entry(id)
            .or_insert_with(|| watch::Sender::new(None))
            .subscribe();
        let watchers = Arc::clone(self);
        NotificationWatch { id, news, watchers }
    }

    /// Notifications have been tried.
    pub(crate) fn tried(&self, outcomes: &[DirectOutcome]) {
        let known = self.lock();
        if known.is_empty() {
            return;
        }
        for outcome in outcomes {
            if let Some(sender) = known.get(&outcome.notification_id) {
                sender.send_replace(Some(NotificationNews::Tried(outcome.clone())));
            }
        }
    }

    /// Recipients that had waited have ended, or wait again.
    pub(crate) fn moved(&self, rows: &[(NotificationId, RecipientException)]) {
        let known = self.lock();
        if known.is_empty() {
            return;
        }
        for (id, row) in rows {
            if let Some(sender) = known.get(id) {
                sender.send_replace(Some(NotificationNews::Recipient(row.clone())));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<NotificationId, watch::Sender<Option<NotificationNews>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tidings_apns::Timestamp;

    use super::*;

    fn outcome(id: NotificationId) -> DirectOutcome {
        DirectOutcome {
            notification_id: id,
            begun_at: Timestamp::from_unix_millis(1),
            recipients: 1,
            delivered: 1,
            rows: Vec::new(),
        }
    }

    #[test]
    fn each_who_watches_is_told_of_its_own_notification_and_once() {
        let watchers = Arc::new(Watchers::default());
        let id = NotificationId::new(Timestamp::from_unix_millis(1));
        let other = NotificationId::new(Timestamp::from_unix_millis(2));
        let (mut first, mut second) = (watchers.watch(id), watchers.watch(id));
        watchers.tried(&[outcome(other)]);
        assert_eq!(first.news().now_or_never(), None);
        watchers.tried(&[outcome(other), outcome(id)]);
        let told = Some(NotificationNews::Tried(outcome(id)));
        assert_eq!(first.news().now_or_never(), told);
        assert_eq!(first.news().now_or_never(), None);
        assert_eq!(second.news().now_or_never(), told);
    }

    #[test]
    fn nothing_is_kept_for_those_who_are_gone() {
        let watchers = Arc::new(Watchers::default());
        let id = NotificationId::new(Timestamp::from_unix_millis(1));
        let (first, second) = (watchers.watch(id), watchers.watch(id));
        drop(first);
        assert_eq!(watchers.lock().len(), 1);
        drop(second);
        assert!(watchers.lock().is_empty());
    }
}
