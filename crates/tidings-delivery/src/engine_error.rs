//! Why an engine did not do what it was asked to.

use tidings_apns::Environment;
use tidings_client::BuildConnectorError;
use tidings_store::StoreError;

use crate::secret::ReadSecretError;

/// An engine cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartEngineError {
    /// The store did not tell what there is to do.
    #[error("the work that waits could not be taken over from the store")]
    Store(#[from] StoreError),
}

/// There is no client for an app in an environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoClient {
    /// The app has no credential that reaches the environment and has not expired.
    #[error("the app has no credential that reaches {environment}")]
    NoCredential {
        /// Which.
        environment: Environment,
    },
    /// The credential cannot be read.
    #[error("the credential for {environment} cannot be read")]
    Unreadable {
        /// Which.
        environment: Environment,
        /// Why.
        #[source]
        source: ReadSecretError,
    },
    /// No client can be made with it.
    #[error("no client can be made for {environment}")]
    Build {
        /// Which.
        environment: Environment,
        /// Why.
        #[source]
        source: BuildConnectorError,
    },
    /// The store did not tell.
    #[error("the credentials could not be read from the store")]
    Store(#[from] StoreError),
}

impl NoClient {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCredential { .. } => "upload a .p8 signing key or a push certificate for the app",
            Self::Unreadable { .. } => "upload the credential again",
            Self::Build { source, .. } => source.hint(),
            Self::Store(error) => error.hint(),
        }
    }
}
