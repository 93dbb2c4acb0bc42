//! The developer's side: teams, keys, certificates, apps.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::clock::Timestamp;

use super::key::Key;

/// An app as registered with a team.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) bundle_id: Arc<str>,
    pub(crate) team_id: String,
    /// Broadcast capability.
    pub(crate) broadcast: bool,
    /// When, in the order of all registrations and transfers, the app came to its team.
    pub(crate) registered: u64,
}

/// A digest that identifies a certificate.
pub(crate) type Fingerprint = [u8; 32];

/// Teams, keys, certificates, apps.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    keys: HashMap<String, Arc<Key>>,
    apps: BTreeMap<Arc<str>, App>,
    certificates: HashSet<Fingerprint>,
    registrations: u64,
    first_seen: FirstSeen,
}

impl Accounts {
    pub(crate) fn key(&self, key_id: &str) -> Option<&Arc<Key>> {
        self.keys.get(key_id)
    }

    /// Adds a key; `false` if the key id is taken.
    pub(crate) fn add_key(&mut self, key: Key) -> bool {
        if self.keys.contains_key(&key.key_id) {
            return false;
        }
        self.keys.insert(key.key_id.clone(), Arc::new(key));
        true
    }

    /// Revokes a key; `false` if there is none.
    pub(crate) fn revoke_key(&mut self, key_id: &str) -> bool {
        self.keys.remove(key_id).is_some()
    }

    pub(crate) fn app(&self, bundle_id: &str) -> Option<&App> {
        self.apps.get(bundle_id)
    }

    /// All apps, by bundle id.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    /// The place in the order of registrations that the newest app has.
    pub(crate) fn registrations(&self) -> u64 {
        self.registrations
    }

    /// Registers an app with a team, or moves it there from another.
    pub(crate) fn put_app(&mut self, bundle_id: &str, team_id: &str, broadcast: bool) {
        self.registrations += 1;
        let bundle_id: Arc<str> = bundle_id.into();
        let app = App {
            bundle_id: Arc::clone(&bundle_id),
            team_id: team_id.to_owned(),
            broadcast,
            registered: self.registrations,
        };
        self.apps.insert(bundle_id, app);
    }

    /// Switches an app's broadcast capability; `false` if there is no such app.
    pub(crate) fn set_broadcast(&mut self, bundle_id: &str, broadcast: bool) -> bool {
        self.apps
            .get_mut(bundle_id)
            .map(|app| app.broadcast = broadcast)
            .is_some()
    }

    pub(crate) fn add_certificate(&mut self, fingerprint: Fingerprint) {
        self.certificates.insert(fingerprint);
    }

    /// Revokes a certificate; `false` if it was not issued here, or is revoked.
    pub(crate) fn revoke_certificate(&mut self, fingerprint: &Fingerprint) -> bool {
        self.certificates.remove(fingerprint)
    }

    /// Whether a certificate was issued here and is not revoked.
    pub(crate) fn knows_certificate(&self, fingerprint: &Fingerprint) -> bool {
        self.certificates.contains(fingerprint)
    }

    /// The issue time of a provider token as it was understood when the token was first seen, `at_first_sight` if
    /// that is now. Without this, advancing the clock would not age a token: its time would be read anew.
    pub(crate) fn issued_at(
        &mut self,
        digest: Fingerprint,
        at_first_sight: impl FnOnce() -> Timestamp,
    ) -> Timestamp {
        self.first_seen.get_or_insert(digest, at_first_sight)
    }
}

/// The issue times of provider tokens seen lately: two generations, so that it stays bounded without a scan.
#[derive(Debug, Default)]
struct FirstSeen {
    newer: HashMap<Fingerprint, Timestamp>,
    older: HashMap<Fingerprint, Timestamp>,
}

impl FirstSeen {
    const GENERATION: usize = 4096;

    fn get_or_insert(&mut self, digest: Fingerprint, make: impl FnOnce() -> Timestamp) -> Timestamp {
        if let Some(known) = self.newer.get(&digest).or_else(|| self.older.get(&digest)) {
            return *known;
        }
        if self.newer.len() >= Self::GENERATION {
            self.older = std::mem::take(&mut self.newer);
        }
        let made = make();
        self.newer.insert(digest, made);
        made
    }
}
