//! An incident as it is kept.

use tidings_apns::{Environment, Timestamp};
use tidings_truth::{Incident, IncidentEnd};

use crate::ids::{AppId, CredentialId};

/// An incident as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentRow {
    /// The app.
    pub app_id: AppId,
    /// Where.
    pub environment: Environment,
    /// The credential that was used, where one was.
    pub credential_id: Option<CredentialId>,
    /// The incident.
    pub incident: Incident,
    /// How it ended.
    pub end: Option<IncidentEnd>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What is known of it.
    pub details: serde_json::Value,
}
