//! Who issued a certificate that was not accepted: that names the proxy or the antivirus program in the way.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use tidings_credential::CertificateFacts;

/// A name is no longer than this in any certificate that is meant well.
const NAME_LIMIT: usize = 100;

/// Verifies as another does, and remembers who issued what was refused.
#[derive(Debug)]
pub(super) struct Witness {
    verifier: Arc<dyn ServerCertVerifier>,
    refused: Mutex<Option<String>>,
}

impl Witness {
    pub(super) fn new(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self {
            verifier,
            refused: Mutex::default(),
        }
    }

    /// The issuer of the certificate that was last refused. All connections of a connector lead to the same server, so it
    /// does not matter which of them it was.
    pub(super) fn refused_issuer(&self) -> Option<String> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, certificate: &CertificateDer<'_>) {
        let issuer = CertificateFacts::of_der(certificate).and_then(|facts| facts.issuer);
        let issuer = issuer.map(|name| {
            name.chars()
                .filter(|c| !c.is_control())
                .take(NAME_LIMIT)
                .collect()
        });
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = issuer;
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .inspect_err(|_refused| self.note(end_entity))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.verifier.root_hint_subjects()
    }
}
