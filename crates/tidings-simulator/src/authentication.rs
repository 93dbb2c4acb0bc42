//! Who is asking: provider tokens, client certificates, and what a connection is bound to by its first push.

pub(crate) mod client_certificate;
pub(crate) mod presenter;
pub(crate) mod session;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::world::accounts::Fingerprint;

use client_certificate::ClientCertificate;

/// The credential that comes with a request.
#[derive(Clone, Debug)]
pub(crate) enum Presented {
    /// Neither a certificate nor a usable `authorization` header.
    Nothing,
    /// A provider token that is malformed, names an unknown key or team, or whose signature is wrong.
    InvalidToken,
    /// A provider token with a good signature.
    Token(Arc<VerifiedToken>),
    /// The connection's client certificate; a token beside it is ignored (Apple, *Sending notification requests to
    /// APNs*).
    Certificate(Arc<ClientCertificate>),
}

/// A provider token whose signature was made by the key it names.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
    pub(crate) key_id: String,
    pub(crate) team_id: String,
    /// On the simulator's clock.
    pub(crate) issued_at: Timestamp,
    pub(crate) digest: Fingerprint,
}

/// The SHA-256 digest that tokens and certificates are told apart by.
pub(crate) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    fingerprint
}
