//! A device as the server tells it.

use serde::{Deserialize, Serialize};

/// A device token with what is known of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(clippy::struct_field_names, reason = "these are the names in the API")]
pub(super) struct Device {
    pub(super) token: String,
    pub(super) bundle_id: String,
    pub(super) kind: String,
    pub(super) environment: Option<String>,
    pub(super) state: String,
    pub(super) since: String,
    pub(super) sending: String,
    pub(super) action: String,
    pub(super) reason: String,
    pub(super) advice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<Vec<Evidence>>,
    pub(super) first_registered_at: String,
    pub(super) last_registered_at: String,
    pub(super) installation_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) locale: Option<String>,
    pub(super) app_version: Option<String>,
    pub(super) os_version: Option<String>,
    pub(super) device_model: Option<String>,
}

/// Something that was seen of a device token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Evidence {
    pub(super) at: String,
    pub(super) text: String,
}

/// A page of devices.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) devices: Vec<Device>,
    pub(super) next_cursor: Option<String>,
}
