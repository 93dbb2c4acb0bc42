//! Who may see the dashboard: links that open it once, and the sessions that they begin. Only hashes of the secrets are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tidings_apns::Timestamp;

/// What somebody may do in the dashboard. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DashboardRole {
    /// To look, but not at payloads.
    Viewer,
    /// To look at everything, to send, and to undo what was decided of device tokens.
    Operator,
    /// To change who may do what, and credentials.
    Admin,
}

impl DashboardRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The name of the role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for DashboardRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the role is none of viewer, operator and admin")]
pub struct UnknownRole;

impl FromStr for DashboardRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(UnknownRole)
    }
}

/// A link that opens the dashboard once, or a session that one has begun.
#[derive(Clone, PartialEq, Eq)]
pub struct DashboardPass {
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What it allows.
    pub role: DashboardRole,
    /// Whom it is for, as the audit log calls them.
    pub name: String,
    /// Who made it: the id of an API key, or `tidings`. It is worth nothing once that key is.
    pub made_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl fmt::Debug for DashboardPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DashboardPass")
            .field("role", &self.role)
            .field("made_by", &self.made_by)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
