//! A device token with what is known of it, and how it comes in.

use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, History, Standing, TokenState};

use crate::ids::DeviceId;

/// What an app tells of itself at every launch. What is `None` stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// What the token is for; at the first registration `alert` where nothing is said.
    pub kind: Option<TokenKind>,
    /// The environment that the app believes to be in.
    pub environment: Option<Environment>,
    /// The id that the app made for this installation, and keeps.
    pub installation_id: Option<String>,
    /// Whose device it is.
    pub user_id: Option<String>,
    /// Tags; an empty list takes all away.
    pub tags: Option<Vec<String>>,
    /// The user's locale.
    pub locale: Option<String>,
    /// The app's version.
    pub app_version: Option<String>,
    /// The system's version.
    pub os_version: Option<String>,
    /// The model of the device.
    pub device_model: Option<String>,
}

/// A device token with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id here.
    pub id: DeviceId,
    /// The token.
    pub token: DeviceToken,
    /// What it is for.
    pub kind: TokenKind,
    /// All evidence.
    pub history: History,
    /// What the evidence means, now.
    pub standing: Standing,
    /// The id that the app made for this installation.
    pub installation_id: Option<String>,
    /// Whose device it is.
    pub user_id: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// The user's locale.
    pub locale: Option<String>,
    /// The app's version.
    pub app_version: Option<String>,
    /// The system's version.
    pub os_version: Option<String>,
    /// The model of the device.
    pub device_model: Option<String>,
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The device as it stands now.
    pub device: Device,
    /// What it was just before, where the token was known.
    pub before: Option<Before>,
}

/// What a device token was before it was registered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// What it was for.
    pub kind: TokenKind,
    /// Where APNs had accepted it.
    pub proven: EnvironmentSet,
    /// What the evidence meant.
    pub standing: Standing,
}

/// Which devices are meant: those for which everything that is set is so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Of this user.
    pub user_id: Option<String>,
    /// Of this installation.
    pub installation_id: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// In this state.
    pub state: Option<TokenState>,
    /// In this environment, as far as it is proven or claimed.
    pub environment: Option<Environment>,
    /// Of this kind.
    pub kind: Option<TokenKind>,
}

/// How many device tokens of an app are in one state and one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCount {
    /// The state.
    pub state: TokenState,
    /// The environment, as far as it is proven or claimed.
    pub environment: Option<Environment>,
    /// How many.
    pub count: u64,
}

/// A change of a device token's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it was.
    pub before: TokenState,
    /// What it is.
    pub after: Standing,
}

/// A device token from somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedDevice {
    /// The token.
    pub token: DeviceToken,
    /// What is known of it.
    pub registration: Registration,
    /// When the app last registered it, where known.
    pub registered_at: Option<Timestamp>,
}

/// A device token from somewhere else, and the line that it stood in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    /// The line, counted from one.
    pub number: u64,
    /// What it said.
    pub device: ImportedDevice,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Device tokens that were new.
    pub created: u64,
    /// Device tokens that were known and learned something.
    pub updated: u64,
    /// Device tokens that were known, and newer than what was imported.
    pub unchanged: u64,
}
