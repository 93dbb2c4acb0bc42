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
mod channels;
mod credentials;
mod cursor;
mod devices;
mod events;
mod health;
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

pub use api_key::{ApiKey, ParseApiKeyError};
pub use api_keys::new_api_key;
pub use credentials::{CredentialUpload, ReadCredentialError};
pub use openapi::openapi_json;
pub use server::{Server, ServerConfig};
