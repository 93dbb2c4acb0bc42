//! All devices, and every device token that was ever given out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::random::Random;
use crate::vocabulary::{Build, Environment, TokenKind};

use super::device::{Connectivity, Device, DeviceKey, Install};
use super::device_token::{Life, Report, TokenRecord};

/// Devices and device tokens.
#[derive(Default)]
pub(crate) struct Devices {
    all: Vec<Device>,
    by_id: HashMap<String, DeviceKey>,
    production: HashMap<Box<[u8]>, TokenRecord>,
    sandbox: HashMap<Box<[u8]>, TokenRecord>,
}

/// What an installation begins with.
pub(crate) struct NewInstall<'a> {
    pub(crate) bundle_id: Arc<str>,
    pub(crate) build: Build,
    pub(crate) kinds: &'a [TokenKind],
    /// Give the app the tokens back that it had last, which happens (Apple's text for `Unregistered` allows it).
    pub(crate) same_tokens: bool,
}

/// Where new device tokens come from.
pub(crate) struct TokenSource<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) lengths: &'a [usize],
    pub(crate) now: Timestamp,
}

impl TokenSource<'_> {
    fn next(&mut self) -> Box<[u8]> {
        let last = self.lengths.len().saturating_sub(1);
        let choice = self.random.up_to(u64::try_from(last).unwrap_or(0));
        let length = usize::try_from(choice)
            .ok()
            .and_then(|choice| self.lengths.get(choice))
            .copied();
        self.random.bytes(length.unwrap_or(32)).into_boxed_slice()
    }
}

impl Devices {
    /// Adds a device; `None` if the id is taken.
    pub(crate) fn add(&mut self, id: String) -> Option<DeviceKey> {
        if self.by_id.contains_key(&id) {
            return None;
        }
        let key = DeviceKey(self.all.len());
        self.by_id.insert(id.clone(), key);
        self.all.push(Device::new(id));
        Some(key)
    }

    pub(crate) fn find(&self, id: &str) -> Option<DeviceKey> {
        self.by_id.get(id).copied()
    }

    /// The devices from the given place on, in the order they were added.
    pub(crate) fn starting_at(&self, place: usize) -> impl Iterator<Item = &Device> {
        self.all.iter().skip(place)
    }

    pub(crate) fn device(&self, key: DeviceKey) -> &Device {
        &self.all[key.0]
    }

    pub(crate) fn device_mut(&mut self, key: DeviceKey) -> &mut Device {
        &mut self.all[key.0]
    }

    pub(crate) fn token(&self, environment: Environment, token: &[u8]) -> Option<&TokenRecord> {
        self.tokens(environment).get(token)
    }

    pub(crate) fn token_mut(&mut self, environment: Environment, token: &[u8]) -> Option<&mut TokenRecord> {
        self.tokens_mut(environment).get_mut(token)
    }

    /// Installs an app, or installs it anew over itself.
    pub(crate) fn install(&mut self, key: DeviceKey, new: &NewInstall<'_>, source: &mut TokenSource<'_>) {
        let before = self.device_mut(key).installs.remove(&new.bundle_id);
        let known = if new.same_tokens {
            self.last_tokens(key, new)
        } else {
            BTreeMap::new()
        };
        self.retire(before.iter());
        let mut tokens = BTreeMap::new();
        for kind in new.kinds {
            let token = known.get(kind).cloned().unwrap_or_else(|| source.next());
            self.give(
                key,
                &new.bundle_id,
                new.build.environment(),
                *kind,
                token.clone(),
                source.now,
            );
            tokens.insert(*kind, token);
        }
        let install = Install {
            build: new.build,
            tokens,
            permission: true,
            channels: BTreeSet::default(),
        };
        self.device_mut(key)
            .installs
            .insert(Arc::clone(&new.bundle_id), install);
    }

    /// Adds the token of a kind the app did not ask for until now.
    pub(crate) fn add_kind(
        &mut self,
        key: DeviceKey,
        bundle_id: &Arc<str>,
        kind: TokenKind,
        source: &mut TokenSource<'_>,
    ) {
        let Some(install) = self.device(key).installs.get(bundle_id) else {
            return;
        };
        let environment = install.environment();
        let replaced = install.tokens.get(&kind).cloned();
        let token = source.next();
        if let Some(record) = replaced.and_then(|replaced| self.token_mut(environment, &replaced)) {
            record.life = Life::Retired;
        }
        self.give(key, bundle_id, environment, kind, token.clone(), source.now);
        if let Some(install) = self.device_mut(key).installs.get_mut(bundle_id) {
            install.tokens.insert(kind, token);
        }
    }

    /// Removes an app; `false` if it is not installed.
    pub(crate) fn uninstall(
        &mut self,
        key: DeviceKey,
        bundle_id: &str,
        report: Report,
        now: Timestamp,
    ) -> bool {
        let Some(install) = self.device_mut(key).installs.remove(bundle_id) else {
            return false;
        };
        self.set_life(&install, report.life(now));
        if let Report::After(_) = report {
            self.device_mut(key).storage.forget(bundle_id);
        }
        true
    }

    /// Copies a device's apps to a new one, as from a backup. The old device stays as it is.
    pub(crate) fn restore(
        &mut self,
        key: DeviceKey,
        new_id: String,
        source: &mut TokenSource<'_>,
    ) -> Option<DeviceKey> {
        let new = self.add(new_id)?;
        for (bundle_id, install) in sorted(&self.device(key).installs) {
            self.install_copy(new, bundle_id, &install, source);
        }
        Some(new)
    }

    /// Gives all apps of a device new tokens, as some upgrades of the system do. The old ones are retired.
    pub(crate) fn renew_tokens(&mut self, key: DeviceKey, source: &mut TokenSource<'_>) {
        for (bundle_id, install) in sorted(&self.device(key).installs) {
            self.retire([&install]);
            self.install_copy(key, bundle_id, &install, source);
        }
    }

    /// Removes everything from a device without a trace: nobody is left who could tell APNs.
    pub(crate) fn erase(&mut self, key: DeviceKey, now: Timestamp) {
        let installs = std::mem::take(&mut self.device_mut(key).installs);
        self.retire(installs.values());
        self.device_mut(key).storage.take(now);
    }

    /// Ends the Live Activity whose token an app has; `false` if there is none.
    pub(crate) fn end_activity(&mut self, key: DeviceKey, bundle_id: &str, now: Timestamp) -> bool {
        let Some(install) = self.device_mut(key).installs.get_mut(bundle_id) else {
            return false;
        };
        let environment = install.environment();
        let Some(token) = install.tokens.remove(&TokenKind::LiveActivityUpdate) else {
            return false;
        };
        if let Some(record) = self.token_mut(environment, &token) {
            record.life = Life::Ended { at: now };
        }
        true
    }

    /// Disconnects a device.
    pub(crate) fn go_offline(&mut self, key: DeviceKey, now: Timestamp) {
        let device = self.device_mut(key);
        if device.is_online() {
            device.connectivity = Connectivity::OfflineSince(now);
        }
    }

    fn install_copy(
        &mut self,
        key: DeviceKey,
        bundle_id: Arc<str>,
        install: &Install,
        source: &mut TokenSource<'_>,
    ) {
        let kinds: Vec<TokenKind> = install.tokens.keys().copied().collect();
        let new = NewInstall {
            bundle_id,
            build: install.build,
            kinds: &kinds,
            same_tokens: false,
        };
        self.install(key, &new, source);
        if let Some(copy) = self.device_mut(key).installs.get_mut(&new.bundle_id) {
            copy.permission = install.permission;
            copy.channels.clone_from(&install.channels);
        }
    }

    fn give(
        &mut self,
        device: DeviceKey,
        bundle_id: &Arc<str>,
        environment: Environment,
        kind: TokenKind,
        token: Box<[u8]>,
        now: Timestamp,
    ) {
        let record = TokenRecord {
            device,
            bundle_id: Arc::clone(bundle_id),
            kind,
            created_at: now,
            life: Life::Current,
        };
        self.tokens_mut(environment).insert(token, record);
    }

    /// The newest token of each kind that an app on a device ever had. Walks through all tokens: for the rare request
    /// that asks for its tokens back.
    fn last_tokens(&self, key: DeviceKey, new: &NewInstall<'_>) -> BTreeMap<TokenKind, Box<[u8]>> {
        let mut newest: BTreeMap<TokenKind, (Timestamp, &Box<[u8]>)> = BTreeMap::new();
        for (token, record) in self.tokens(new.build.environment()) {
            if record.device != key || record.bundle_id != new.bundle_id {
                continue;
            }
            let candidate = (record.created_at, token);
            newest
                .entry(record.kind)
                .and_modify(|best| *best = candidate.max(*best))
                .or_insert(candidate);
        }
        newest
            .into_iter()
            .map(|(kind, (_, token))| (kind, token.clone()))
            .collect()
    }

    fn retire<'a>(&mut self, installs: impl IntoIterator<Item = &'a Install>) {
        for install in installs {
            self.set_life(install, Life::Retired);
        }
    }

    fn set_life(&mut self, install: &Install, life: Life) {
        for token in install.tokens.values() {
            if let Some(record) = self.token_mut(install.environment(), token) {
                record.life = life;
            }
        }
    }

    fn tokens(&self, environment: Environment) -> &HashMap<Box<[u8]>, TokenRecord> {
        match environment {
            Environment::Production => &self.production,
            Environment::Sandbox => &self.sandbox,
        }
    }

    fn tokens_mut(&mut self, environment: Environment) -> &mut HashMap<Box<[u8]>, TokenRecord> {
        match environment {
            Environment::Production => &mut self.production,
            Environment::Sandbox => &mut self.sandbox,
        }
    }
}

/// Installs in an order that does not depend on hashing, so that the same seed gives the same tokens.
fn sorted(installs: &HashMap<Arc<str>, Install>) -> Vec<(Arc<str>, Install)> {
    let mut sorted: Vec<_> = installs
        .iter()
        .map(|(bundle_id, install)| (Arc::clone(bundle_id), install.clone()))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
}
