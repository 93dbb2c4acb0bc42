//! All lanes of an engine, and the lines that they use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidings_apns::{Environment, Timestamp};
use tidings_client::Credential;
use tidings_store::{AppId, CredentialId, CredentialRow, Store, StoreError};
use tidings_truth::DetectorRules;

use crate::engine_error::NoClient;
use crate::lane::{Lane, OpenLine, Slot};
use crate::lane_state::Now;
use crate::secret::{self, SecretId};
use crate::wire::{Line, Wire};

/// Credentials that were read and are kept, so that lanes and apps with the same signing key share one provider token.
const MOST_CREDENTIALS: usize = 4_096;

/// All lanes of an engine.
#[derive(Debug)]
pub(crate) struct Lanes {
    store: Store,
    wire: Arc<dyn Wire>,
    rules: DetectorRules,
    known: Mutex<BTreeMap<(AppId, Environment), Arc<Lane>>>,
    credentials: Mutex<BTreeMap<SecretId, Credential>>,
}

/// A way to APNs for one question.
pub(crate) struct Way {
    pub(crate) line: Arc<dyn Line>,
    /// It was opened for the question, and ends with it.
    pub(crate) is_own: bool,
}

impl Lanes {
    pub(crate) fn new(store: Store, wire: Arc<dyn Wire>, rules: DetectorRules) -> Self {
        Self {
            store,
            wire,
            rules,
            known: Mutex::default(),
            credentials: Mutex::default(),
        }
    }

    /// The lane of an app in an environment.
    pub(crate) fn lane(&self, app: AppId, environment: Environment, now: Timestamp) -> Arc<Lane> {
        let make = || Arc::new(Lane::new(app, environment, self.rules.clone(), now));
        Arc::clone(self.lock().entry((app, environment)).or_insert_with(make))
    }

    pub(crate) fn all(&self) -> Vec<Arc<Lane>> {
        self.lock().values().cloned().collect()
    }

    /// Lanes on which nothing can be sent now.
    pub(crate) fn closed(&self, now: Now) -> Vec<(AppId, Environment)> {
        self.lock()
            .iter()
            .filter(|(_, lane)| !lane.state().would_admit(now))
            .map(|(key, _)| *key)
            .collect()
    }

    /// The line of a lane; `None` when no credential can be used.
    pub(crate) async fn line(&self, lane: &Lane, now: Now) -> Result<Option<Arc<OpenLine>>, StoreError> {
        match self.try_line(lane, now).await {
            Ok(line) => Ok(Some(line)),
            Err(NoClient::Store(error)) => Err(error),
            Err(reason) => {
                tracing::warn!(app = %lane.app, environment = %lane.environment, %reason, "nothing can be sent");
                Ok(None)
            }
        }
    }

    /// The line of a lane, or why there is none.
    pub(crate) async fn try_line(&self, lane: &Lane, now: Now) -> Result<Arc<OpenLine>, NoClient> {
        let mut slot = lane.slot.lock().await;
        match &*slot {
            Slot::Open(line) if !line.is_over(now.wall) => return Ok(Arc::clone(line)),
            Slot::Missing => {
                let environment = lane.environment;
                return Err(NoClient::NoCredential { environment });
            }
            Slot::Open(_) | Slot::Unknown => {}
        }
        self.open(lane, &mut slot, now).await
    }

    /// A way to APNs under one credential: the line of the lane that uses it, or one of its own.
    pub(crate) async fn way(
        &self,
        app: AppId,
        credential: CredentialId,
        environment: Environment,
        now: Now,
    ) -> Result<Way, NoClient> {
        let lane = self.lock().get(&(app, environment)).cloned();
        if let Some(lane) = lane.filter(|lane| lane.credential() == Some(credential)) {
            let open = self.try_line(&lane, now).await?;
            if open.credential == credential {
                let line = Arc::clone(&open.line);
                return Ok(Way { line, is_own: false });
            }
        }
        let rows = self.store.credentials(app).await?;
        let row = rows.iter().find(|row| row.id == credential);
        let row = row.ok_or(NoClient::NoCredential { environment })?;
        let line = self.connect(environment, row).await?.line;
        Ok(Way { line, is_own: true })
    }

    /// The credentials of an app have changed: its lanes use the newest that is good from now on.
    pub(crate) async fn reload(&self, app: AppId, now: Now) -> Result<(), StoreError> {
        for lane in self.all().into_iter().filter(|lane| lane.app == app) {
            let mut slot = lane.slot.lock().await;
            match self.open(&lane, &mut slot, now).await {
                Ok(_) | Err(NoClient::NoCredential { .. }) => {}
                Err(NoClient::Store(error)) => return Err(error),
                Err(reason) => {
                    let environment = lane.environment;
                    tracing::warn!(%app, %environment, %reason, "a new credential cannot be used");
                }
            }
            if let Some(open) = lane.state().incident_mut() {
                open.incident.mended(now.steady);
            }
            lane.changed.notify_waiters();
        }
        Ok(())
    }

    /// Closes all lines when what is on its way has been answered.
    pub(crate) async fn close(&self) {
        for lane in self.all() {
            let slot = std::mem::take(&mut *lane.slot.lock().await);
            if let Slot::Open(open) = slot {
                open.line.close().await;
            }
        }
    }

    async fn open(&self, lane: &Lane, slot: &mut Slot, now: Now) -> Result<Arc<OpenLine>, NoClient> {
        let rows = self.store.credentials(lane.app).await?;
        let Some(row) = choose(&rows, lane.environment, now.wall) else {
            *slot = Slot::Missing;
            lane.use_credential(None);
            let environment = lane.environment;
            return Err(NoClient::NoCredential { environment });
        };
        if let Slot::Open(open) = &*slot
            && open.credential == row.id
            && !open.is_over(now.wall)
        {
            return Ok(Arc::clone(open));
        }
        let open = Arc::new(self.connect(lane.environment, row).await.inspect_err(|_| {
            *slot = Slot::Missing;
            lane.use_credential(None);
        })?);
        if lane.credential().is_some_and(|before| before != row.id) || lane.has_incident() {
            lane.state().begin_anew(self.rules.clone(), now);
        }
        lane.use_credential(Some(row.id));
        lane.watch.begin(row.id, open.line.watches());
        *slot = Slot::Open(Arc::clone(&open));
        Ok(open)
    }

    async fn connect(&self, environment: Environment, row: &CredentialRow) -> Result<OpenLine, NoClient> {
        let secret = self.store.credential_secret(row.id).await?;
        let secret = secret.ok_or(NoClient::NoCredential { environment })?;
        let credential = self
            .credential(&secret)
            .map_err(|source| NoClient::Unreadable { environment, source })?;
        let line = self
            .wire
            .open(environment, credential)
            .map_err(|source| NoClient::Build { environment, source })?;
        Ok(OpenLine {
            credential: row.id,
            not_after: row.not_after,
            line,
        })
    }

    /// Reads a secret, or remembers it.
    fn credential(&self, secret: &[u8]) -> Result<Credential, secret::ReadSecretError> {
        let id = SecretId::of(secret);
        let mut known = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = known.get(&id) {
            return Ok(credential.clone());
        }
        let credential = secret::read(secret)?;
        if known.len() >= MOST_CREDENTIALS {
            known.clear();
        }
        known.insert(id, credential.clone());
        Ok(credential)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(AppId, Environment), Arc<Lane>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest credential that reaches the environment and has not ended. They come newest first.
fn choose(rows: &[CredentialRow], environment: Environment, now: Timestamp) -> Option<&CredentialRow> {
    rows.iter().find(|row| {
        row.environments.contains(environment) && row.not_after.is_none_or(|not_after| now < not_after)
    })
}
