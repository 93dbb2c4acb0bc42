//! Who may use the API. Only hashes of the secrets are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;

use crate::ids::AppId;

/// What an API key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To register devices.
    Register,
    /// To send notifications.
    Send,
    /// To read.
    Read,
    /// Everything.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Register, Self::Send, Self::Read, Self::Admin];

    /// The name of the scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Send => "send",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope is none of register, send, read and admin")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or(UnknownScope)
    }
}

/// An API key to be kept.
#[derive(Clone)]
pub struct NewApiKey {
    /// Its public part, by which it is found.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// For which apps; `None` for all.
    pub app_ids: Option<Vec<AppId>>,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// An API key.
#[derive(Clone)]
pub struct ApiKeyRow {
    /// Its public part, by which it is found.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// For which apps; `None` for all.
    pub app_ids: Option<Vec<AppId>>,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey")
            .field("id", &self.id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ApiKeyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyRow")
            .field("id", &self.id)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}
