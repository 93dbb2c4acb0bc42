//! Apps that have been looked at: every registration and every notification asks for one.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tidings_apns::BundleId;

use crate::app::App;

/// How many apps are kept; then it begins anew.
const MOST: usize = 10_000;

/// Apps that have been looked at, by bundle id.
#[derive(Default)]
pub(crate) struct AppCache(RwLock<Known>);

#[derive(Default)]
struct Known {
    apps: HashMap<BundleId, App>,
    /// Counts the changes of apps.
    changes: u64,
}

/// How many changes had been made when something was asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked(u64);

impl AppCache {
    pub(crate) fn find(&self, bundle_id: &BundleId) -> Result<App, Asked> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.apps.get(bundle_id).cloned();
        found.ok_or(Asked(known.changes))
    }

    /// Keeps what was found, unless something has changed since it was asked for.
    pub(crate) fn keep(&self, app: &App, asked: Asked) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.changes != asked.0 {
            return;
        }
        if known.apps.len() >= MOST {
            known.apps.clear();
        }
        known.apps.insert(app.bundle_id.clone(), app.clone());
    }

    /// Something about apps has changed.
    pub(crate) fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.changes += 1;
        known.apps.clear();
    }
}
