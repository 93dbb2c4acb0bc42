//! What a connection is, and what its first push has bound it to (Apple, *Establishing a token-based connection to
//! APNs*).

use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::vocabulary::Environment;
use crate::world::accounts::Fingerprint;
use crate::world::key::Key;

use super::VerifiedToken;
use super::client_certificate::ClientCertificate;

/// Which requests a listener takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    /// Notifications and broadcasts.
    Push,
    /// Channel management.
    Channels,
}

/// A connection as authentication sees it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) environment: Environment,
    pub(crate) service: Service,
    pub(crate) address: IpAddr,
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) provider_token: Option<CurrentToken>,
}

/// What the first push with a valid provider token fixed.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The first key.
    pub(crate) key: Arc<Key>,
    /// The newest registration of an app that the connection knows of.
    pub(crate) registrations: u64,
}

/// The provider token in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CurrentToken {
    pub(crate) digest: Fingerprint,
    pub(crate) since: Timestamp,
}

impl Session {
    pub(crate) fn new(
        environment: Environment,
        service: Service,
        address: IpAddr,
        certificate: Option<ClientCertificate>,
    ) -> Self {
        Self {
            environment,
            service,
            address,
            certificate: certificate.map(Arc::new),
            identity: None,
            provider_token: None,
        }
    }

    /// Takes note that a request with this token and key has passed authentication.
    pub(crate) fn bind(&mut self, token: &VerifiedToken, key: &Arc<Key>, registrations: u64, now: Timestamp) {
        self.identity.get_or_insert_with(|| Identity {
            key: Arc::clone(key),
            registrations,
        });
        if self
            .provider_token
            .is_none_or(|current| current.digest != token.digest)
        {
            self.provider_token = Some(CurrentToken {
                digest: token.digest,
                since: now,
            });
        }
    }
}
