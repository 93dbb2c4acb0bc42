//! An app: one bundle id of one team.

use tidings_apns::{BundleId, Timestamp};
use tidings_truth::EnvironmentSet;

use crate::ids::AppId;

/// An app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id here.
    pub id: AppId,
    /// Its bundle id.
    pub bundle_id: BundleId,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// The environments that some credential of it reaches.
    pub reach: EnvironmentSet,
}
