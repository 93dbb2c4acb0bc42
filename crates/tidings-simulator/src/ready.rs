//! The line that says where everything is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::vocabulary::Environment;

/// Where a simulator listens, as the one JSON line that `tidings simulate` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Always `ready`.
    pub event: String,
    /// Notifications and broadcasts, production.
    pub production: String,
    /// Notifications and broadcasts, sandbox.
    pub sandbox: String,
    /// Channel management, production.
    pub channels_production: String,
    /// Channel management, sandbox.
    pub channels_sandbox: String,
    /// The control API, HTTP/1.1 without TLS.
    pub control: String,
    /// The file with the root certificate to trust, in PEM.
    pub ca: PathBuf,
}

impl Ready {
    /// The URL for notifications and broadcasts.
    pub fn push_url(&self, environment: Environment) -> &str {
        match environment {
            Environment::Production => &self.production,
            Environment::Sandbox => &self.sandbox,
        }
    }

    /// The URL for channel management.
    pub fn channels_url(&self, environment: Environment) -> &str {
        match environment {
            Environment::Production => &self.channels_production,
            Environment::Sandbox => &self.channels_sandbox,
        }
    }
}
