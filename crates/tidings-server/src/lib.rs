//! The HTTP API of Tidings: registration, notifications, incidents, credentials, events, metrics.
//!
#![doc = include_str!("../README.md")]

mod api_key;
mod api_keys;
mod apns_door;
mod apps;
mod audit;
mod authentication;
mod backup;
mod body;
mod book;
mod channels;
mod connections;
mod credentials;
mod cursor;
mod dashboard;
mod devices;
mod diagnosis;
mod events;
#[doc(hidden)]
pub mod fuzzing;
mod gorush_door;
mod health;
mod help;
mod hex;
mod incidents;
mod introduction;
mod limits;
mod metrics;
mod names;
mod ndjson;
mod notifications;
mod openapi;
mod parameters;
mod practice;
mod problem;
mod problems;
mod routing;
mod server;
mod serving;
mod sha256;
mod trace;
mod webhooks;

pub use api_key::{ApiKey, ParseApiKeyError};
pub use api_keys::new_api_key;
pub use apns_door::{ApnsDoor, OpenApnsDoorError};
pub use credentials::{CredentialUpload, ReadCredentialError};
pub use dashboard::ShownSetting;
pub use gorush_door::{GorushAuthentication, GorushDoorConfig};
pub use openapi::openapi_json;
pub use practice::{Practice, PracticeKey, PracticePhone, PracticeShown};
pub use server::{Server, ServerConfig, WebhookConfig};
pub use webhooks::{Network, ParseNetworkError};
