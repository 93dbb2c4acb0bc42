//! Incidents and events.

use tidings_apns::{Environment, Timestamp};
use tidings_truth::{Incident, IncidentEnd};
use tokio::sync::watch;

use super::Store;
use crate::event::{Event, NewEvent};
use crate::ids::{AppId, CredentialId, EventId, IncidentId};
use crate::incident::IncidentRow;
use crate::sqlite::{events, incidents};
use crate::store_error::StoreError;

impl Store {
    /// Keeps an incident as it is now. The first time, and when it ends, an event is written.
    #[expect(clippy::too_many_arguments, reason = "these are the columns of one row")]
    pub async fn save_incident(
        &self,
        app: AppId,
        environment: Environment,
        credential: Option<CredentialId>,
        incident: &Incident,
        end: Option<IncidentEnd>,
        details: serde_json::Value,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = IncidentRow {
            app_id: app,
            environment,
            credential_id: credential,
            incident: incident.clone(),
            end,
            ended_at: end.map(|_| now),
            details,
        };
        self.engine
            .write(move |writing| incidents::save(writing, &row, now))
            .await
    }

    /// The incidents of an app, the newest first.
    pub async fn incidents(&self, app: AppId) -> Result<Vec<IncidentRow>, StoreError> {
        self.engine
            .read(move |reading| incidents::of_app(reading, app))
            .await
    }

    /// All incidents that have not ended.
    pub async fn open_incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        self.engine.read(incidents::open).await
    }

    /// One incident.
    pub async fn incident(&self, id: IncidentId) -> Result<Option<IncidentRow>, StoreError> {
        self.engine
            .read(move |reading| incidents::by_id(reading, id))
            .await
    }

    /// Keeps something that happened.
    pub async fn append_event(&self, event: NewEvent, now: Timestamp) -> Result<EventId, StoreError> {
        self.engine.write(move |writing| writing.event(&event, now)).await
    }

    /// What happened after something, in order; to one app alone where one is given.
    pub async fn events(
        &self,
        after: EventId,
        app: Option<AppId>,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.engine
            .read(move |reading| events::after(reading, after, app, limit))
            .await
    }

    /// The newest event, and when there is a newer one.
    pub fn watch_events(&self) -> watch::Receiver<EventId> {
        self.engine.watch_events()
    }
}
