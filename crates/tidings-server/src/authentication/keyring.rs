//! The API keys that are in use, so that not every request asks the store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use tidings_apns::Timestamp;
use tidings_store::ApiKeyRow;

use super::Caller;
use crate::api_key::PresentedKey;
use crate::limits::REMEMBERED_KEYS;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// API keys by their public part. Only keys that exist are remembered; one that is revoked is forgotten at once.
#[derive(Default)]
pub(crate) struct Keyring {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<ApiKeyRow>>,
    /// Counts what was forgotten: what was read from the store before is not remembered after.
    forgotten: u64,
}

impl Keyring {
    /// The caller who presents a key, if it is good now.
    pub(crate) async fn caller(
        &self,
        presented: PresentedKey<'_>,
        server: &Shared,
    ) -> Result<Caller, Problem> {
        let row = match self.remembered(presented.id) {
            Some(row) => Some(row),
            None => self.look_up(presented.id, server).await?,
        };
        judge(presented, row, server.clock.now()).map(Caller::new)
    }

    /// Forgets a key, because it was revoked.
    pub(crate) fn forget(&self, id: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.keys.remove(id);
        known.forgotten += 1;
    }

    fn remembered(&self, id: &str) -> Option<Arc<ApiKeyRow>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.keys.get(id).cloned()
    }

    fn forgotten(&self) -> u64 {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .forgotten
    }

    fn remember(&self, row: &Arc<ApiKeyRow>, forgotten_before: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten != forgotten_before {
            return;
        }
        if known.keys.len() >= REMEMBERED_KEYS {
            known.keys.clear();
        }
        known.keys.insert(row.id.clone(), Arc::clone(row));
    }

    async fn look_up(&self, id: &str, server: &Shared) -> Result<Option<Arc<ApiKeyRow>>, Problem> {
        let forgotten_before = self.forgotten();
        let Some(row) = server.store.api_key(id).await?.map(Arc::new) else {
            return Ok(None);
        };
        if row.revoked_at.is_none() {
            self.remember(&row, forgotten_before);
        }
        Ok(Some(row))
    }
}

/// Whether the key is right, and still good. A key that is not known and one with a wrong secret look alike.
fn judge(
    presented: PresentedKey<'_>,
    row: Option<Arc<ApiKeyRow>>,
    now: Timestamp,
) -> Result<Arc<ApiKeyRow>, Problem> {
    let hash = presented.secret_hash();
    let known = row.filter(|row| verify_slices_are_equal(&hash, &row.secret_hash).is_ok());
    let Some(row) = known else {
        return Err(Problem::new(ProblemKind::InvalidKey, "It is not known."));
    };
    if let Some(at) = row.revoked_at {
        let detail = format!("It was revoked at {at}.");
        return Err(Problem::new(ProblemKind::RevokedKey, detail));
    }
    if let Some(at) = row.expires_at.filter(|at| *at <= now) {
        let detail = format!("It expired at {at}.");
        return Err(Problem::new(ProblemKind::ExpiredKey, detail));
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use tidings_store::Scope;

    use super::*;
    use crate::api_key::ApiKey;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    fn row(key: &ApiKey) -> ApiKeyRow {
        ApiKeyRow {
            id: key.id().to_owned(),
            name: "test".to_owned(),
            scopes: vec![Scope::Read],
            app_ids: None,
            secret_hash: key.secret_hash(),
            created_at: at(0),
            expires_at: Some(at(100)),
            revoked_at: None,
        }
    }

    fn verdict(key: &ApiKey, row: Option<ApiKeyRow>, now: u64) -> Option<ProblemKind> {
        let text = key.reveal();
        let presented = PresentedKey::read(&text).expect("it was just made");
        judge(presented, row.map(Arc::new), at(now))
            .err()
            .map(|problem| problem.kind)
    }

    #[test]
    fn only_the_right_secret_opens_and_only_for_so_long() {
        let key = ApiKey::generate();
        assert_eq!(verdict(&key, Some(row(&key)), 99), None);
        assert_eq!(verdict(&key, Some(row(&key)), 100), Some(ProblemKind::ExpiredKey));
        assert_eq!(verdict(&key, None, 0), Some(ProblemKind::InvalidKey));
        let other = row(&ApiKey::generate());
        assert_eq!(verdict(&key, Some(other), 0), Some(ProblemKind::InvalidKey));
    }

    #[test]
    fn whoever_does_not_know_the_secret_does_not_learn_that_a_key_was_revoked() {
        let key = ApiKey::generate();
        let revoked = ApiKeyRow {
            revoked_at: Some(at(1)),
            ..row(&key)
        };
        assert_eq!(
            verdict(&key, Some(revoked.clone()), 2),
            Some(ProblemKind::RevokedKey)
        );
        let foreign = ApiKeyRow {
            secret_hash: [0; 32],
            ..revoked
        };
        assert_eq!(verdict(&key, Some(foreign), 2), Some(ProblemKind::InvalidKey));
    }
}
