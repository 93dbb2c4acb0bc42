//! Broadcast channels (Apple, *Sending channel management requests to APNs*).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::vocabulary::Environment;

use super::device::DeviceKey;
use super::notification::Accepted;

/// What a channel does with a message for devices that are offline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StoragePolicy {
    #[default]
    None,
    MostRecent,
}

impl StoragePolicy {
    /// The number in requests and answers.
    pub(crate) fn as_number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::MostRecent => 1,
        }
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::MostRecent),
            _ => None,
        }
    }
}

/// One channel of one app in one environment.
pub(crate) struct Channel {
    pub(crate) policy: StoragePolicy,
    pub(crate) subscribers: BTreeSet<DeviceKey>,
    pub(crate) stored: Option<Arc<Accepted>>,
}

/// All channels.
#[derive(Default)]
pub(crate) struct Channels {
    by_app: HashMap<(Environment, String), BTreeMap<String, Channel>>,
}

impl Channels {
    pub(crate) fn create(
        &mut self,
        environment: Environment,
        bundle_id: &str,
        channel_id: &str,
        policy: StoragePolicy,
    ) {
        let channel = Channel {
            policy,
            subscribers: BTreeSet::new(),
            stored: None,
        };
        self.by_app
            .entry((environment, bundle_id.to_owned()))
            .or_default()
            .insert(channel_id.to_owned(), channel);
    }

    pub(crate) fn find(
        &self,
        environment: Environment,
        bundle_id: &str,
        channel_id: &str,
    ) -> Option<&Channel> {
        self.of_app(environment, bundle_id)?.get(channel_id)
    }

    pub(crate) fn find_mut(
        &mut self,
        environment: Environment,
        bundle_id: &str,
        channel_id: &str,
    ) -> Option<&mut Channel> {
        self.by_app
            .get_mut(&(environment, bundle_id.to_owned()))?
            .get_mut(channel_id)
    }

    pub(crate) fn delete(&mut self, environment: Environment, bundle_id: &str, channel_id: &str) {
        if let Some(channels) = self.by_app.get_mut(&(environment, bundle_id.to_owned())) {
            channels.remove(channel_id);
        }
    }

    /// The ids of an app's channels.
    pub(crate) fn list(&self, environment: Environment, bundle_id: &str) -> Vec<&str> {
        self.of_app(environment, bundle_id)
            .map(|channels| channels.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    pub(crate) fn count(&self, environment: Environment, bundle_id: &str) -> usize {
        self.of_app(environment, bundle_id).map_or(0, BTreeMap::len)
    }

    /// Deletes all channels of an app: its broadcast capability was switched off.
    pub(crate) fn delete_all(&mut self, bundle_id: &str) {
        self.by_app.retain(|(_, owner), _| owner != bundle_id);
    }

    fn of_app(&self, environment: Environment, bundle_id: &str) -> Option<&BTreeMap<String, Channel>> {
        self.by_app.get(&(environment, bundle_id.to_owned()))
    }
}
