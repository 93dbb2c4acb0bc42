//! Apps and their credentials.

use tidings_apns::{BundleId, Timestamp};
use zeroize::Zeroizing;

use super::Store;
use crate::app::App;
use crate::credential::{CredentialRow, NewCredential};
use crate::ids::{AppId, CredentialId};
use crate::sealing::SealingKey;
use crate::sqlite::{apps, credentials};
use crate::store_error::StoreError;

impl Store {
    /// The app with this bundle id; it is made if there is none. Costs nothing where it is known.
    pub async fn ensure_app(&self, bundle_id: &BundleId, now: Timestamp) -> Result<App, StoreError> {
        if let Some(app) = self.app(bundle_id).await? {
            return Ok(app);
        }
        let bundle_id = bundle_id.clone();
        self.engine
            .take_in(move |writing| apps::ensure(writing, &bundle_id, now))
            .await
    }

    /// The app with this bundle id. Costs nothing where it is known.
    pub async fn app(&self, bundle_id: &BundleId) -> Result<Option<App>, StoreError> {
        let asked = match self.engine.apps.find(bundle_id) {
            Ok(app) => return Ok(Some(app)),
            Err(asked) => asked,
        };
        let bundle_id = bundle_id.clone();
        let found = self
            .engine
            .read(move |reading| apps::by_bundle_id(reading, &bundle_id))
            .await?;
        if let Some(app) = &found {
            self.engine.apps.keep(app, asked);
        }
        Ok(found)
    }

    /// The app with this id.
    pub async fn app_by_id(&self, app: AppId) -> Result<Option<App>, StoreError> {
        self.engine.read(move |reading| apps::by_id(reading, app)).await
    }

    /// All apps.
    pub async fn apps(&self) -> Result<Vec<App>, StoreError> {
        self.engine.read(apps::all).await
    }

    /// Keeps a credential, and gives new chances to what another credential may mend: device tokens that are quarantined
    /// or rejected for want of it, and recipients that are held or parked.
    pub async fn add_credential(
        &self,
        app: AppId,
        credential: NewCredential,
        actor: &str,
        now: Timestamp,
    ) -> Result<CredentialRow, StoreError> {
        let (actor, key) = (actor.to_owned(), self.engine.sealing_key());
        let row = self
            .engine
            .take_in(move |writing| credentials::add(writing, &key, app, &credential, &actor, now))
            .await?;
        self.finish_sweeps().await?;
        Ok(row)
    }

    /// The credentials of an app, the newest first.
    pub async fn credentials(&self, app: AppId) -> Result<Vec<CredentialRow>, StoreError> {
        self.engine
            .read(move |reading| credentials::of_app(reading, app))
            .await
    }

    /// The secret of a credential.
    pub async fn credential_secret(
        &self,
        id: CredentialId,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let key = self.engine.sealing_key();
        self.engine
            .read(move |reading| credentials::secret(reading, &key, id))
            .await
    }

    /// Removes a credential; whether there was one.
    pub async fn remove_credential(
        &self,
        app: AppId,
        id: CredentialId,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        let removed = self
            .engine
            .write(move |writing| credentials::remove(writing, app, id, &actor, now))
            .await?;
        self.finish_sweeps().await?;
        Ok(removed)
    }

    /// Seals all credentials under another key, at once or not at all; how many there are.
    pub async fn reseal(&self, new: &SealingKey) -> Result<usize, StoreError> {
        let old = self.engine.sealing_key();
        let key = new.clone();
        let count = self
            .engine
            .write(move |writing| credentials::reseal(writing, &old, &key))
            .await?;
        self.engine.use_sealing_key(new.clone());
        Ok(count)
    }
}
