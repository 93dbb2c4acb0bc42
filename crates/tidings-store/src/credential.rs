//! What an app proves itself with to APNs. The secret is sealed, and comes back only by `Store::credential_secret`.

use std::fmt;

use serde::{Deserialize, Serialize};
use tidings_apns::{KeyId, TeamId, Timestamp};
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use crate::ids::{AppId, CredentialId};

/// Which of the two forms a credential has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialForm {
    /// A `.p8` file with key id and team id.
    SigningKey,
    /// A push certificate with its private key.
    Certificate,
}

impl CredentialForm {
    /// The name of the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SigningKey => "signing_key",
            Self::Certificate => "certificate",
        }
    }
}

/// A credential to be kept.
#[derive(Clone)]
pub struct NewCredential {
    /// Its id.
    pub id: CredentialId,
    /// Its form.
    pub form: CredentialForm,
    /// What it reaches.
    pub environments: EnvironmentSet,
    /// The key id, of a signing key.
    pub key_id: Option<KeyId>,
    /// The team id, where known.
    pub team_id: Option<TeamId>,
    /// The topics that it is good for, where it says so.
    pub topics: Vec<String>,
    /// When it ends, where it does.
    pub not_after: Option<Timestamp>,
    /// What people recognise it by.
    pub fingerprint: String,
    /// JSON that describes itself: `{pem}`, `{pkcs12, password}`, or `{key, key_id, team_id}`.
    pub secret: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCredential")
            .field("id", &self.id)
            .field("form", &self.form)
            .field("environments", &self.environments)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// A credential as it is shown: without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// The app that it is of.
    pub app_id: AppId,
    /// Its form.
    pub form: CredentialForm,
    /// What it reaches.
    pub environments: EnvironmentSet,
    /// The key id, of a signing key.
    pub key_id: Option<KeyId>,
    /// The team id, where known.
    pub team_id: Option<TeamId>,
    /// The topics that it is good for, where it says so.
    pub topics: Vec<String>,
    /// When it ends, where it does.
    pub not_after: Option<Timestamp>,
    /// What people recognise it by.
    pub fingerprint: String,
    /// When it was added.
    pub created_at: Timestamp,
}
