//! A lane: one app in one environment, with the line to APNs under the credential in use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_store::{AppId, CredentialId};
use tidings_truth::{DetectorRules, IncidentRules};
use tokio::sync::Notify;

use crate::connections::LaneWatch;
use crate::consequence::LaneNews;
use crate::lane_state::{Admission, LaneState, Now};
use crate::status::{LaneHealth, LaneStatus};
use crate::wire::Line;

/// A lane.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) app: AppId,
    pub(crate) environment: Environment,
    state: Mutex<LaneState>,
    /// Held while a line is opened, so that one is opened once.
    pub(crate) slot: tokio::sync::Mutex<Slot>,
    credential: Mutex<Option<CredentialId>>,
    in_flight: AtomicU64,
    pub(crate) watch: LaneWatch,
    /// What may be sent has changed.
    pub(crate) changed: Notify,
}

/// The line of a lane.
#[derive(Debug, Default)]
pub(crate) enum Slot {
    /// Nobody has looked yet, or the credentials have changed.
    #[default]
    Unknown,
    /// There is no credential that can be used.
    Missing,
    /// This one.
    Open(Arc<OpenLine>),
}

/// An open line.
#[derive(Debug)]
pub(crate) struct OpenLine {
    pub(crate) credential: CredentialId,
    /// When the credential ends.
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) line: Arc<dyn Line>,
}

impl OpenLine {
    /// Whether its credential has ended.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.not_after.is_some_and(|end| end <= now)
    }
}

impl Lane {
    pub(crate) fn new(app: AppId, environment: Environment, rules: DetectorRules, now: Timestamp) -> Self {
        Self {
            app,
            environment,
            state: Mutex::new(LaneState::new(rules, now)),
            slot: tokio::sync::Mutex::default(),
            credential: Mutex::default(),
            in_flight: AtomicU64::new(0),
            watch: LaneWatch::default(),
            changed: Notify::new(),
        }
    }

    /// What is known of it. Held for moments only.
    pub(crate) fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn admit(&self, wanted: usize, now: Now) -> Admission {
        self.state().admit(wanted, now)
    }

    /// Hears what one request says; whether an incident opens by it.
    pub(crate) fn hear(
        &self,
        news: &LaneNews,
        device: u64,
        sent_at: Timestamp,
        now: Now,
        rules: &IncidentRules,
    ) -> bool {
        let opened = self.state().hear(news, device, sent_at, now, rules);
        if opened {
            self.changed.notify_waiters();
        }
        opened
    }

    /// Counts requests that were accepted, of which so many were to proven tokens.
    pub(crate) fn accepted(&self, count: u64, proven: u32, sent_at: Timestamp) {
        self.state().accepted(count, proven, sent_at);
    }

    pub(crate) fn is_credible(&self, now: Timestamp, within: Duration) -> bool {
        self.state().is_credible(now, within)
    }

    pub(crate) fn has_incident(&self) -> bool {
        self.state().incident().is_some()
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// So many requests begin; they end with what is returned.
    pub(crate) fn begin(&self, count: usize) -> InFlight<'_> {
        let count = count as u64;
        self.in_flight.fetch_add(count, Ordering::AcqRel);
        InFlight { lane: self, count }
    }

    /// Another credential is in use, or none.
    pub(crate) fn use_credential(&self, credential: Option<CredentialId>) {
        *self.credential.lock().unwrap_or_else(PoisonError::into_inner) = credential;
    }

    pub(crate) fn credential(&self) -> Option<CredentialId> {
        *self.credential.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> LaneStatus {
        let credential_id = self.credential();
        LaneStatus {
            app_id: self.app,
            environment: self.environment,
            credential_id,
            health: self.health(credential_id),
            in_flight: self.in_flight(),
        }
    }

    fn health(&self, credential: Option<CredentialId>) -> LaneHealth {
        let state = self.state();
        match (
            state.incident(),
            credential,
            state.throttle.allowance_after_failures(),
        ) {
            (Some(open), ..) => LaneHealth::Incident {
                incident_id: open.incident.id,
                since: open.incident.since,
            },
            (None, None, _) => LaneHealth::NoCredential,
            (None, Some(_), Some(allowance)) => LaneHealth::Cautious { allowance },
            (None, Some(_), None) => LaneHealth::Healthy,
        }
    }
}

/// Requests that are on their way; they no longer are when this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    lane: &'a Lane,
    count: u64,
}

impl InFlight<'_> {
    /// One of them has been answered.
    pub(crate) fn end_one(&mut self) {
        self.count -= 1;
        self.lane.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.lane.in_flight.fetch_sub(self.count, Ordering::AcqRel);
        self.lane.changed.notify_waiters();
    }
}
