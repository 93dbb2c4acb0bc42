//! A device: what is installed on it, what waits for it, what it has shown.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::vocabulary::{Build, Environment, TokenKind};

use super::notification::{Accepted, Shown};
use super::storage::Storage;

/// A device's place in [`super::devices::Devices`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceKey(pub(super) usize);

/// An app on a device.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    pub(crate) build: Build,
    pub(crate) tokens: BTreeMap<TokenKind, Box<[u8]>>,
    /// Whether the user allows the app to show notifications.
    pub(crate) permission: bool,
    /// The broadcast channels that its Live Activities listen on.
    pub(crate) channels: BTreeSet<String>,
}

impl Install {
    pub(crate) fn environment(&self) -> Environment {
        self.build.environment()
    }
}

/// A device and its connection to APNs.
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) installs: HashMap<Arc<str>, Install>,
    pub(crate) connectivity: Connectivity,
    pub(crate) storage: Storage,
    shown: VecDeque<Shown>,
}

/// Whether a device can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connectivity {
    Online,
    OfflineSince(Timestamp),
}

impl Device {
    pub(crate) fn new(id: String) -> Self {
        Self {
            id,
            installs: HashMap::new(),
            connectivity: Connectivity::Online,
            storage: Storage::default(),
            shown: VecDeque::new(),
        }
    }

    pub(crate) fn is_online(&self) -> bool {
        self.connectivity == Connectivity::Online
    }

    /// What the device has shown, oldest first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter()
    }

    /// Shows a notification if the app is there and allowed to: without permission an alert is accepted by APNs and
    /// discarded (Apple, *Viewing the status of push notifications using metrics and APNs*).
    pub(crate) fn show(&mut self, notification: Arc<Accepted>, now: Timestamp, keep: usize) {
        let Some(install) = self.installs.get(&notification.bundle_id) else {
            return;
        };
        let is_forbidden = !install.permission && needs_permission(&notification);
        let listens = notification
            .channel_id
            .as_ref()
            .is_none_or(|channel| install.channels.contains(channel));
        if is_forbidden || !listens {
            return;
        }
        self.shown.push_back(Shown {
            notification,
            shown_at: now,
        });
        while self.shown.len() > keep {
            self.shown.pop_front();
        }
    }
}

/// Whether the notification is one that the user sees: all that are not known to be silent.
fn needs_permission(notification: &Accepted) -> bool {
    match notification.push_type.as_deref() {
        Some(push_type) => push_type.eq_ignore_ascii_case("alert"),
        None => notification.kind == Some(TokenKind::Alert),
    }
}
