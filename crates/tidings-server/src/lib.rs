//! The HTTP API of Tidings: registration, notifications, incidents, credentials, events, metrics.
//!
#![doc = include_str!("../README.md")]

mod api_key;
mod api_keys;
mod apps;
mod audit;
mod authentication;
mod backup;
mod body;
mod book;
mod channels;
mod credentials;
mod cursor;
mod dashboard;
mod devices;
mod diagnosis;
mod events;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod help;
mod hex;
mod incidents;
mod limits;
mod metrics;
mod names;
mod ndjson;
mod notifications;
mod openapi;
mod parameters;
mod problem;
mod routing;
mod server;
mod serving;
mod webhooks;

pub use api_key::{ApiKey, ParseApiKeyError};
pub use api_keys::new_api_key;
pub use credentials::{CredentialUpload, ReadCredentialError};
pub use dashboard::ShownSetting;
pub use openapi::openapi_json;
pub use server::{Server, ServerConfig, WebhookConfig};
pub use webhooks::{Network, ParseNetworkError};
