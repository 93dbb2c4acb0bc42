//! The dashboard: who may see it, and what it looks for that nobody else does.

use tidings_apns::Timestamp;

use super::Store;
use crate::audit::AuditRecord;
use crate::dashboard::DashboardPass;
use crate::event::Event;
use crate::ids::IncidentId;
use crate::person::{DashboardSession, SignedInBy};
use crate::recipient::RecentException;
use crate::sqlite::{audit, dashboard, events, incidents, recipients};
use crate::store_error::StoreError;

impl Store {
    /// Keeps a link that opens the dashboard once.
    pub async fn add_dashboard_link(&self, link: DashboardPass, now: Timestamp) -> Result<(), StoreError> {
        self.engine
            .take_in(move |writing| dashboard::add_link(writing, &link, now))
            .await
    }

    /// Takes a link, so that it opens nothing again; `None` where there is none that is good.
    pub async fn take_dashboard_link(
        &self,
        secret_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<DashboardPass>, StoreError> {
        self.engine
            .write(move |writing| dashboard::take_link(writing, &secret_hash, now))
            .await
    }

    /// Begins a session in the dashboard.
    pub async fn begin_dashboard_session(
        &self,
        session: DashboardPass,
        by: SignedInBy,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| dashboard::begin_session(writing, &session, by, now))
            .await
    }

    /// A session by the hash of its secret; one that has expired, too.
    pub async fn dashboard_session(
        &self,
        secret_hash: [u8; 32],
    ) -> Result<Option<DashboardSession>, StoreError> {
        self.engine
            .read(move |reading| dashboard::session(reading, &secret_hash))
            .await
    }

    /// The sessions that have not expired, the newest first.
    pub async fn dashboard_sessions(&self, now: Timestamp) -> Result<Vec<DashboardSession>, StoreError> {
        self.engine
            .read(move |reading| dashboard::sessions(reading, now))
            .await
    }

    /// Ends a session; whether there was one.
    pub async fn end_dashboard_session(
        &self,
        secret_hash: [u8; 32],
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| dashboard::end_session(writing, &secret_hash, &actor, now))
            .await
    }

    /// Of the newest so many recipients that have a row: those that were not simply delivered, the newest notification first.
    /// It looks at that many rows, however many there are.
    pub async fn recent_exceptions(&self, among: usize) -> Result<Vec<RecentException>, StoreError> {
        self.engine
            .read(move |reading| recipients::recent(reading, among))
            .await
    }

    /// What happened last, the newest first. With a subject, only what happened to it; it is looked for among the newest
    /// `among` events.
    pub async fn newest_events(
        &self,
        subject: Option<&str>,
        among: usize,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let subject = subject.map(str::to_owned);
        self.engine
            .read(move |reading| events::newest(reading, subject.as_deref(), among, limit))
            .await
    }

    /// How many device tokens an incident casts doubt on; it stops counting at `most`.
    pub async fn count_doubted(&self, incident: IncidentId, most: usize) -> Result<u64, StoreError> {
        self.engine
            .read(move |reading| incidents::count_doubted(reading, incident, most))
            .await
    }

    /// What was done last, the newest first; before that number, where one is given.
    pub async fn newest_audit(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.engine
            .read(move |reading| audit::newest(reading, before, limit))
            .await
    }
}
