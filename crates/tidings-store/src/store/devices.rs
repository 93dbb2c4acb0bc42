//! Device tokens: how they come in, are looked at, and go.

use tidings_apns::{DeviceToken, Timestamp};

use super::Store;
use crate::cohort::CohortSample;
use crate::device::{Device, DeviceCount, DeviceFilter, ImportLine, ImportReport, Registered, Registration};
use crate::ids::{AppId, DeviceId};
use crate::sqlite::{cohorts, devices, registration};
use crate::store_error::StoreError;

impl Store {
    /// The app tells its token, as it should at every launch. Each registration begins a generation. A device token that
    /// the same installation registered before is superseded, and what was held for this one may be sent.
    pub async fn register(
        &self,
        app: AppId,
        token: DeviceToken,
        registration: Registration,
        now: Timestamp,
    ) -> Result<Registered, StoreError> {
        self.engine
            .take_in(move |writing| registration::register(writing, app, &token, &registration, now))
            .await
    }

    /// Takes device tokens from elsewhere, all or none; the caller passes at most 10,000 at once. What is known to be newer
    /// is not made older.
    pub async fn import(
        &self,
        app: AppId,
        lines: Vec<ImportLine>,
        now: Timestamp,
    ) -> Result<ImportReport, StoreError> {
        self.engine
            .take_in(move |writing| registration::import(writing, app, &lines, now))
            .await
    }

    /// A device, as it stands now.
    pub async fn device(
        &self,
        app: AppId,
        token: &DeviceToken,
        now: Timestamp,
    ) -> Result<Option<Device>, StoreError> {
        let token = token.clone();
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| devices::by_token(reading, &rules, app, &token, now))
            .await
    }

    /// A device by its id, as it stands now, and the app that it is of.
    pub async fn device_by_id(
        &self,
        id: DeviceId,
        now: Timestamp,
    ) -> Result<Option<(AppId, Device)>, StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| devices::by_id(reading, &rules, id, now))
            .await
    }

    /// Forgets a device; whether there was one.
    pub async fn forget(
        &self,
        app: AppId,
        token: &DeviceToken,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (token, actor) = (token.clone(), actor.to_owned());
        self.engine
            .write(move |writing| registration::forget(writing, app, &token, &actor, now))
            .await
    }

    /// Voids what is held against a device token.
    pub async fn restore_device(
        &self,
        app: AppId,
        token: &DeviceToken,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<Device>, StoreError> {
        let (token, actor) = (token.clone(), actor.to_owned());
        self.engine
            .write(move |writing| registration::restore(writing, app, &token, &actor, now))
            .await
    }

    /// Devices that a filter lets through, by id, those after one.
    pub async fn devices(
        &self,
        app: AppId,
        filter: DeviceFilter,
        after: Option<DeviceId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Device>, StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| devices::page(reading, &rules, app, &filter, after, limit, now))
            .await
    }

    /// The same, but it looks at some `among` devices at most, however few pass; and where to go on, if there may be more.
    pub async fn devices_among(
        &self,
        app: AppId,
        filter: DeviceFilter,
        after: Option<DeviceId>,
        limit: usize,
        among: usize,
        now: Timestamp,
    ) -> Result<(Vec<Device>, Option<DeviceId>), StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| devices::page_among(reading, &rules, app, &filter, after, limit, among, now))
            .await
    }

    /// How many device tokens are in each state and environment. Does not count rows.
    pub async fn count_devices(&self, app: AppId) -> Result<Vec<DeviceCount>, StoreError> {
        self.engine
            .read(move |reading| devices::counts(reading, app))
            .await
    }
    /// What device tokens that do badly have in common, beside those that do well. Reads a bounded number of rows.
    pub async fn cohorts(&self, app: AppId) -> Result<CohortSample, StoreError> {
        self.engine
            .read(move |reading| cohorts::of_app(reading, app))
            .await
    }
}
