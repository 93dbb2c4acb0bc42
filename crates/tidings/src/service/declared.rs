//! The credentials that stand in the configuration, and those that the store has because they stood there.
//!
//! Which ones those are is written down beside the database. A credential that was uploaded to the API is left alone, and
//! one that is no longer declared is removed. New ones come first, so that no app is without in between.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;
use tidings_server::CredentialUpload;
use tidings_store::{AppId, CredentialId, CredentialRow, NewCredential, Store};
use tidings_truth::EnvironmentSet;

use crate::configuration::{DeclaredCredential, DeclaredForm, declared};
use crate::failure::Failure;

/// Who did it, in the audit log.
const ACTOR: &str = "tidings.toml";

/// Keeps the store's credentials like the declared ones.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    store: Store,
    path: PathBuf,
}

/// A credential of the store that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
struct Known {
    app_id: AppId,
    credential_id: CredentialId,
}

impl Declared {
    pub(super) fn new(store: &Store, directory: &Path) -> Self {
        Self {
            store: store.clone(),
            path: directory.join("declared-credentials.json"),
        }
    }

    /// Makes the store's credentials those that are declared. The apps whose credentials have changed.
    pub(crate) async fn apply(
        &self,
        credentials: &[DeclaredCredential],
        now: Timestamp,
    ) -> anyhow::Result<BTreeSet<AppId>> {
        let before = self.known()?;
        if credentials.is_empty() && before.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut after = BTreeSet::new();
        let mut changed = BTreeSet::new();
        for credential in credentials {
            let (known, is_new) = self.keep(credential, now).await?;
            if is_new {
                changed.insert(known.app_id);
            }
            after.insert(known);
        }
        for gone in before.difference(&after) {
            let removed = self
                .store
                .remove_credential(gone.app_id, gone.credential_id, ACTOR, now)
                .await?;
            if removed {
                changed.insert(gone.app_id);
            }
        }
        self.write(&after)?;
        Ok(changed)
    }

    /// A declared credential as the store has it, and whether it did not have it before.
    async fn keep(&self, credential: &DeclaredCredential, now: Timestamp) -> anyhow::Result<(Known, bool)> {
        let read = read(credential, now)?;
        let app_id = self.store.ensure_app(&credential.app, now).await?.id;
        let rows = self.store.credentials(app_id).await?;
        let found = rows.iter().find(|row| is_same(row, &read)).map(|row| row.id);
        let credential_id = match found {
            Some(id) => id,
            None => self.store.add_credential(app_id, read, ACTOR, now).await?.id,
        };
        if found.is_none() {
            tracing::info!(app = %credential.app, credential = %credential_id, "a declared credential is new");
        }
        let known = Known {
            app_id,
            credential_id,
        };
        Ok((known, found.is_none()))
    }

    fn known(&self) -> anyhow::Result<BTreeSet<Known>> {
        let text = match std::fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
            read => read.with_context(|| format!("cannot read {}", self.path.display()))?,
        };
        let hint =
            "remove it: credentials that are no longer declared then stay until they are removed by the API";
        serde_json::from_slice(&text)
            .with_context(|| Failure::new(format!("{} is damaged", self.path.display()), hint))
    }

    fn write(&self, known: &BTreeSet<Known>) -> anyhow::Result<()> {
        let beside = self.path.with_extension("json.new");
        let text = serde_json::to_vec(known)?;
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Whether the store has it already.
fn is_same(row: &CredentialRow, new: &NewCredential) -> bool {
    row.fingerprint == new.fingerprint
        && row.environments == new.environments
        && row.key_id == new.key_id
        && row.team_id == new.team_id
}

/// What is declared, as the store takes it.
fn read(credential: &DeclaredCredential, now: Timestamp) -> anyhow::Result<NewCredential> {
    let upload = upload(credential)?;
    let failure = |hint: &str| {
        let message = format!(
            "cannot use {} as a credential of {}",
            credential.file.display(),
            credential.app
        );
        Failure::configuration(message, hint)
    };
    upload.read(now).map_err(|error| {
        let hint = error.hint().to_owned();
        anyhow::Error::from(error).context(failure(&hint))
    })
}

fn upload(credential: &DeclaredCredential) -> anyhow::Result<CredentialUpload> {
    let environments = credential.environments;
    let file = declared::file(&credential.file)?;
    Ok(match &credential.form {
        DeclaredForm::SigningKey { key_id, team_id } => CredentialUpload::SigningKey {
            pem: file,
            key_id: key_id.clone(),
            team_id: team_id.clone(),
            environments: environments.unwrap_or(EnvironmentSet::BOTH),
            topics: Vec::new(),
        },
        DeclaredForm::Certificate {
            private_key_file: Some(key),
            ..
        } => {
            let mut pem = file;
            pem.push(b'\n');
            pem.extend_from_slice(&declared::file(key)?);
            CredentialUpload::Pem { pem, environments }
        }
        DeclaredForm::Certificate { .. } if declared::is_pem(&file) => CredentialUpload::Pem {
            pem: file,
            environments,
        },
        DeclaredForm::Certificate { password, .. } => CredentialUpload::Keystore {
            bytes: file,
            password: declared::password(password)?,
            environments,
        },
    })
}
