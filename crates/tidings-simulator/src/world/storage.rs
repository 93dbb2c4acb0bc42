//! What APNs keeps for a device that is offline: the newest notification of each topic, and of each collapse id.

use std::sync::Arc;

use crate::clock::Timestamp;

use super::notification::Accepted;

/// Notifications that wait for one device, oldest first.
#[derive(Default)]
pub(crate) struct Storage {
    waiting: Vec<Arc<Accepted>>,
}

impl Storage {
    /// Keeps a notification in the place of the one it replaces. If there are more than `limit`, the oldest goes.
    pub(crate) fn put(&mut self, notification: Arc<Accepted>, limit: usize) {
        self.waiting.retain(|kept| !replaces(&notification, kept));
        self.waiting.push(notification);
        let surplus = self.waiting.len().saturating_sub(limit);
        self.waiting.drain(..surplus);
    }

    /// Hands out everything that has not expired, oldest first, and forgets the rest.
    pub(crate) fn take(&mut self, now: Timestamp) -> Vec<Arc<Accepted>> {
        let mut taken = std::mem::take(&mut self.waiting);
        taken.retain(|kept| kept.expires_at > now);
        taken
    }

    /// Forgets what waits for an app.
    pub(crate) fn forget(&mut self, bundle_id: &str) {
        self.waiting.retain(|kept| *kept.bundle_id != *bundle_id);
    }
}

fn replaces(new: &Accepted, kept: &Accepted) -> bool {
    kept.topic == new.topic && kept.collapse_id == new.collapse_id && kept.channel_id == new.channel_id
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::vocabulary::Environment;

    fn notification(apns_id: &str, topic: &str, collapse_id: Option<&str>, expires: u64) -> Arc<Accepted> {
        Arc::new(Accepted {
            apns_id: apns_id.to_owned(),
            environment: Environment::Sandbox,
            bundle_id: topic.into(),
            topic: topic.to_owned(),
            push_type: None,
            kind: None,
            device_token: None,
            channel_id: None,
            collapse_id: collapse_id.map(str::to_owned),
            expires_at: Timestamp::from_seconds(expires),
            once: false,
            headers: BTreeMap::new(),
            payload: Vec::new(),
            accepted_at: Timestamp::from_seconds(0),
        })
    }

    fn ids(taken: &[Arc<Accepted>]) -> Vec<&str> {
        taken.iter().map(|kept| kept.apns_id.as_str()).collect()
    }

    #[test]
    fn the_newest_of_each_topic_and_collapse_id_is_kept() {
        let mut storage = Storage::default();
        for (id, topic, collapse_id) in [
            ("1", "a", None),
            ("2", "b", None),
            ("3", "a", Some("x")),
            ("4", "a", None),
            ("5", "a", Some("x")),
        ] {
            storage.put(notification(id, topic, collapse_id, 10), 100);
        }
        assert_eq!(ids(&storage.take(Timestamp::from_seconds(9))), ["2", "4", "5"]);
        assert!(storage.take(Timestamp::from_seconds(9)).is_empty());
    }

    #[test]
    fn what_has_expired_is_not_handed_out() {
        let mut storage = Storage::default();
        storage.put(notification("1", "a", None, 10), 100);
        storage.put(notification("2", "b", None, 11), 100);
        assert_eq!(ids(&storage.take(Timestamp::from_seconds(10))), ["2"]);
    }

    #[test]
    fn beyond_the_limit_the_oldest_goes() {
        let mut storage = Storage::default();
        for id in ["1", "2", "3"] {
            storage.put(notification(id, id, None, 10), 2);
        }
        assert_eq!(ids(&storage.take(Timestamp::from_seconds(0))), ["2", "3"]);
    }

    #[test]
    fn a_removed_app_has_nothing_waiting() {
        let mut storage = Storage::default();
        storage.put(notification("1", "a", None, 10), 2);
        storage.forget("a");
        assert!(storage.take(Timestamp::from_seconds(0)).is_empty());
    }
}
