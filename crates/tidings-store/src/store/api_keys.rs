//! API keys and the audit log.

use tidings_apns::Timestamp;

use super::Store;
use crate::api_key::{ApiKeyRow, NewApiKey};
use crate::audit::{AuditEntry, AuditRecord, AuditVerdict};
use crate::ids::AppId;
use crate::sqlite::{api_keys, audit};
use crate::store_error::StoreError;

impl Store {
    /// Keeps an API key.
    pub async fn create_api_key(
        &self,
        key: NewApiKey,
        actor: &str,
        now: Timestamp,
    ) -> Result<ApiKeyRow, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .take_in(move |writing| api_keys::create(writing, &key, &actor, now))
            .await
    }

    /// An API key by its public part; revoked and expired ones, too.
    pub async fn api_key(&self, id: &str) -> Result<Option<ApiKeyRow>, StoreError> {
        let id = id.to_owned();
        self.engine
            .read(move |reading| api_keys::by_id(reading, &id))
            .await
    }

    /// All API keys.
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyRow>, StoreError> {
        self.engine.read(api_keys::all).await
    }

    /// Revokes an API key; whether there was one that was not revoked.
    pub async fn revoke_api_key(&self, id: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (id, actor) = (id.to_owned(), actor.to_owned());
        self.engine
            .write(move |writing| api_keys::revoke(writing, &id, &actor, now))
            .await
    }

    /// Writes down what somebody did.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.engine.write(move |writing| writing.audit(&entry)).await
    }

    /// What was done, from the number after this.
    pub async fn audit_log(&self, after: i64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.engine
            .read(move |reading| audit::after(reading, after, limit))
            .await
    }

    /// What was last done about an app, the newest first: what changed just before something went wrong.
    pub async fn audit_of_app(&self, app: AppId, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.engine
            .read(move |reading| audit::of_app(reading, app, limit))
            .await
    }

    /// Whether the audit log is as it was written.
    pub async fn audit_verify(&self) -> Result<AuditVerdict, StoreError> {
        self.engine.read(audit::verify).await
    }
}
