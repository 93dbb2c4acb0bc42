//! Whom to send to, and what was learned by it.

use std::sync::Arc;

use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_truth::{Evidence, Generation, RestoreCause};

use super::Store;
use crate::addressee::{Addressee, AudiencePage};
use crate::audience::Audience;
use crate::device::Change;
use crate::ids::{AppId, DeviceId, IncidentId, NotificationId};
use crate::sqlite::sweeps::{self, Sweep};
use crate::sqlite::{acceptances, addressees, evidence};
use crate::store_error::StoreError;

impl Store {
    /// A page of an audience, by id. Device tokens that can never be sent to are left out unless they are named.
    pub async fn addressees(
        &self,
        app: AppId,
        page: &AudiencePage,
        now: Timestamp,
    ) -> Result<Vec<Addressee>, StoreError> {
        let (page, rules) = (page.clone(), self.engine.rules());
        self.engine
            .read(move |reading| addressees::page(reading, &rules, app, &page, now))
            .await
    }

    /// The addressees of many direct notifications, in the order of the questions; device tokens that can never be sent to
    /// are among them. Tokens that are named may be of any kind; what is not registered is left out.
    pub async fn resolve(
        &self,
        app: AppId,
        questions: Vec<(NotificationId, Audience, TokenKind)>,
        now: Timestamp,
    ) -> Result<Vec<Vec<Addressee>>, StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| addressees::resolve(reading, &rules, app, &questions, now))
            .await
    }

    /// Those of these device tokens that are still known.
    pub async fn addressees_by_id(
        &self,
        app: AppId,
        ids: Vec<DeviceId>,
        now: Timestamp,
    ) -> Result<Vec<Addressee>, StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| addressees::by_ids(reading, &rules, app, &ids, now))
            .await
    }

    /// The device tokens among those whose recipients wait, are held or are parked in that environment that were accepted
    /// there last: for canaries. The newest acceptance first, and at the end those that were never accepted there. Where
    /// very many wait, some of them are looked at.
    pub async fn canaries(
        &self,
        app: AppId,
        environment: Environment,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(NotificationId, Addressee)>, StoreError> {
        let rules = self.engine.rules();
        self.engine
            .read(move |reading| addressees::canaries(reading, &rules, app, environment, limit, now))
            .await
    }

    /// Adds evidence. Says for each device token that is still known what it was and what it is; events of changes are
    /// written with them. What speaks against a token during an open incident is doubted at once.
    pub async fn record_evidence(
        &self,
        app: AppId,
        seen: Vec<(DeviceId, Evidence)>,
        now: Timestamp,
    ) -> Result<Vec<(DeviceId, Change)>, StoreError> {
        self.engine
            .write(move |writing| evidence::record(writing, app, &seen, now))
            .await
    }

    /// Adds acceptances; only those of addressees that are not settled need be given.
    pub async fn record_accepted(
        &self,
        app: AppId,
        environment: Environment,
        accepted: Vec<(DeviceId, Generation, Timestamp)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| acceptances::record(writing, app, environment, &accepted, now))
            .await
    }

    /// An incident began: what was answered there since then is not believed for now. How many device tokens that concerned.
    pub async fn doubt(
        &self,
        app: AppId,
        environment: Environment,
        since: Timestamp,
        incident: IncidentId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.sweep(Sweep::doubt(app, environment, since, incident, now))
            .await
    }

    /// Gives a new chance to what an incident holds, and nothing else; without one, to everything that is quarantined.
    pub async fn release(
        &self,
        app: AppId,
        incident: Option<IncidentId>,
        why: RestoreCause,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.sweep(Sweep::release(app, incident, why, now)).await
    }

    /// Gives a new chance to what is in doubt for nothing that was answered before a mistake began, which an incident was about
    /// and is over: in all lanes of the app, also those that are too quiet for an incident of their own.
    pub async fn excuse(
        &self,
        app: AppId,
        since: Timestamp,
        incident: IncidentId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.sweep(Sweep::excuse(app, since, incident, now)).await
    }

    /// Believes what was answered during an incident.
    pub async fn confirm(&self, app: AppId, incident: IncidentId, now: Timestamp) -> Result<u64, StoreError> {
        self.sweep(Sweep::confirm(app, incident, now)).await
    }

    /// Writes down what is to be done to many, and does it, some at a time. What a crash cuts off, the next start finishes.
    pub(crate) async fn sweep(&self, sweep: Sweep) -> Result<u64, StoreError> {
        let id = self
            .engine
            .write(move |writing| sweeps::begin(writing, &sweep))
            .await?;
        self.run_sweep(id).await
    }

    /// Goes on though nobody waits for it any more.
    pub(crate) async fn run_sweep(&self, id: i64) -> Result<u64, StoreError> {
        let engine = Arc::clone(&self.engine);
        let sweeping = tokio::spawn(async move {
            let mut total = 0;
            loop {
                let step = engine.write(move |writing| sweeps::step(writing, id)).await?;
                total += step.touched;
                if step.is_last {
                    return Ok(total);
                }
            }
        });
        sweeping.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) async fn finish_sweeps(&self) -> Result<(), StoreError> {
        for id in self.engine.read(sweeps::unfinished).await? {
            self.run_sweep(id).await?;
        }
        Ok(())
    }
}
