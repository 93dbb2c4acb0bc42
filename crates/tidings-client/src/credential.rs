//! Who we are to APNs: a signing key, which signs a provider token for every request, or a client certificate,
//! which speaks for a whole connection.
//!
//! APNs takes one or the other, never both: on a connection with a certificate a provider token is ignored
//! (Apple, *Sending notification requests to APNs*). What files of both kinds hold is read by [`tidings_credential`].

pub(crate) mod certificate;
pub(crate) mod signing_key;

pub use self::certificate::ClientCertificate;
pub use self::signing_key::{Renewal, SigningKey};

/// What a client proves its identity with.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A provider token in every request, signed with this key. One key serves every app of its team.
    SigningKey(SigningKey),
    /// A certificate shown once per connection. One certificate serves one app.
    Certificate(ClientCertificate),
}

impl Credential {
    /// The signing key, if that is what this is.
    pub fn signing_key(&self) -> Option<&SigningKey> {
        match self {
            Self::SigningKey(key) => Some(key),
            Self::Certificate(_) => None,
        }
    }

    /// The certificate, if that is what this is.
    pub fn certificate(&self) -> Option<&ClientCertificate> {
        match self {
            Self::SigningKey(_) => None,
            Self::Certificate(certificate) => Some(certificate),
        }
    }
}

impl From<SigningKey> for Credential {
    fn from(key: SigningKey) -> Self {
        Self::SigningKey(key)
    }
}

impl From<ClientCertificate> for Credential {
    fn from(certificate: ClientCertificate) -> Self {
        Self::Certificate(certificate)
    }
}
