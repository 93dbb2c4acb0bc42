//! What happens to an accepted notification: shown, kept for later, or lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Now, Timestamp};
use crate::validation::request::Request;
use crate::vocabulary::Environment;
use crate::world::World;
use crate::world::channel::StoragePolicy;
use crate::world::device::{Connectivity, DeviceKey};
use crate::world::device_token::Life;
use crate::world::notification::Accepted;

/// The longest that a notification is stored for a device (Apple, *Sending notification requests to APNs*).
const LONGEST_STORAGE: Duration = Duration::from_hours(30 * 24);

/// The longest that a broadcast is stored (Apple, *Setting up broadcast push notifications*).
const LONGEST_CHANNEL_STORAGE: Duration = Duration::from_hours(8);

/// How a notification came, apart from its headers and payload.
pub(crate) struct Arrival {
    pub(crate) apns_id: String,
    pub(crate) environment: Environment,
    pub(crate) topic: String,
    pub(crate) now: Now,
}

impl World {
    /// Delivers a notification to the device of its token. A token that is not known is no error here: the checks may
    /// have been switched off.
    pub(crate) fn deliver(&mut self, request: Request, arrival: Arrival) {
        let Some(token) = request.device_token() else {
            return;
        };
        let now = arrival.now.simulated;
        if let Some(rate) = self.behaviour.device_rate {
            self.device_rates.count(token.clone(), rate, now);
        }
        let Some(record) = self.devices.token(arrival.environment, &token) else {
            return;
        };
        let (device, bundle_id, kind) = (record.device, Arc::clone(&record.bundle_id), record.kind);
        let mut notification = accepted(request, arrival, bundle_id, LONGEST_STORAGE);
        notification.kind = Some(kind);
        notification.device_token = Some(token);
        self.hand_over(device, Arc::new(notification), now);
    }

    /// Delivers a broadcast to all devices that listen on its channel.
    pub(crate) fn broadcast(&mut self, request: Request, bundle_id: &str, arrival: Arrival) {
        let now = arrival.now.simulated;
        let environment = arrival.environment;
        let channel_id = request.header("apns-channel-id").unwrap_or_default().to_owned();
        if let Some(rate) = self.behaviour.channel_rate {
            self.channel_rates.count(channel_id.clone(), rate, now);
        }
        let mut notification = accepted(request, arrival, bundle_id.into(), LONGEST_CHANNEL_STORAGE);
        notification.channel_id = Some(channel_id.clone());
        let notification = Arc::new(notification);
        let Some(channel) = self.channels.find_mut(environment, bundle_id, &channel_id) else {
            return;
        };
        if channel.policy == StoragePolicy::MostRecent && !notification.once {
            channel.stored = Some(Arc::clone(&notification));
        }
        let subscribers: BTreeSet<DeviceKey> = channel.subscribers.clone();
        for device in subscribers {
            if self.devices.device(device).is_online() {
                self.arrive(device, Arc::clone(&notification), now);
            }
        }
    }

    /// Connects a device, which then gets what was kept for it.
    pub(crate) fn go_online(&mut self, key: DeviceKey, now: Timestamp) {
        let device = self.devices.device_mut(key);
        let Connectivity::OfflineSince(since) = device.connectivity else {
            return;
        };
        device.connectivity = Connectivity::Online;
        for notification in device.storage.take(now) {
            self.arrive(key, notification, now);
        }
        for notification in self.stored_broadcasts(key, since, now) {
            self.arrive(key, notification, now);
        }
    }

    fn hand_over(&mut self, key: DeviceKey, notification: Arc<Accepted>, now: Timestamp) {
        let limit = self.behaviour.limits.stored_per_device;
        let device = self.devices.device_mut(key);
        if device.is_online() {
            self.arrive(key, notification, now);
        } else if !notification.once {
            device.storage.put(notification, limit);
        }
    }

    /// The notification reaches the device, which shows it, or tells that the app is gone.
    fn arrive(&mut self, key: DeviceKey, notification: Arc<Accepted>, now: Timestamp) {
        let keep = self.behaviour.limits.shown_per_device;
        if let Some(token) = &notification.device_token {
            let Some(record) = self.devices.token_mut(notification.environment, token) else {
                return;
            };
            record.confirm_removal(now, &self.behaviour.uninstall, &mut self.random);
            if record.life != Life::Current {
                return;
            }
        }
        self.devices.device_mut(key).show(notification, now, keep);
    }

    fn stored_broadcasts(&self, key: DeviceKey, since: Timestamp, now: Timestamp) -> Vec<Arc<Accepted>> {
        let installs = self.devices.device(key).installs.iter();
        let subscriptions = installs.flat_map(|(bundle_id, install)| {
            install
                .channels
                .iter()
                .map(move |channel_id| (install.environment(), bundle_id, channel_id))
        });
        let mut missed: Vec<Arc<Accepted>> = subscriptions
            .filter_map(|(environment, bundle_id, channel_id)| {
                self.channels
                    .find(environment, bundle_id, channel_id)?
                    .stored
                    .clone()
            })
            .filter(|stored| stored.accepted_at >= since && stored.expires_at > now)
            .collect();
        missed
            .sort_by(|one, other| (one.accepted_at, &one.apns_id).cmp(&(other.accepted_at, &other.apns_id)));
        missed
    }
}

fn accepted(request: Request, arrival: Arrival, bundle_id: Arc<str>, longest: Duration) -> Accepted {
    let now = arrival.now.simulated;
    let expires_at = match request.expiration() {
        None => now.plus(longest),
        Some(0) => now,
        Some(seconds) => arrival
            .now
            .expires_at(Timestamp::from_seconds(seconds))
            .min(now.plus(longest)),
    };
    Accepted {
        apns_id: arrival.apns_id,
        environment: arrival.environment,
        bundle_id,
        topic: arrival.topic,
        push_type: request.header("apns-push-type").map(str::to_owned),
        kind: None,
        device_token: None,
        channel_id: None,
        collapse_id: request.header("apns-collapse-id").map(str::to_owned),
        expires_at,
        once: expires_at <= now,
        headers: request.apns_headers(),
        payload: request.body,
        accepted_at: now,
    }
}
