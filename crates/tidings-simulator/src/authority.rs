//! The simulator's own certificate authority: the servers' certificate, and clients' certificates with Apple's
//! extensions.

mod extension;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::authentication::fingerprint;
use crate::clock::Timestamp;
use crate::vocabulary::{Environment, TokenKind};
use crate::world::accounts::Fingerprint;

/// The names that the servers' certificate is good for: this machine's, and Apple's, for clients that cannot change
/// their host and are led here by their resolver.
const SERVER_NAMES: [&str; 10] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "api.push.apple.com",
    "api.sandbox.push.apple.com",
    "api.development.push.apple.com",
    "api-broadcast.push.apple.com",
    "api-broadcast.sandbox.push.apple.com",
    "api-manage-broadcast.push.apple.com",
    "api-manage-broadcast.sandbox.push.apple.com",
];

/// The password of every PKCS#12 file that is issued.
pub(crate) const PASSWORD: &str = "tidings";

/// A certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The certificate itself.
    #[error("issuing a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The PKCS#12 file around it.
    #[error("packing a certificate into PKCS#12")]
    Pkcs12(#[from] p12_keystore::error::Error),
}

/// The root that everything is signed with.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// The servers' certificate and key.
pub(crate) struct ServerIdentity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// What a client certificate is to say.
pub(crate) struct ClientSubject<'a> {
    pub(crate) bundle_id: &'a str,
    pub(crate) team_id: &'a str,
    pub(crate) kinds: &'a BTreeSet<TokenKind>,
    pub(crate) environments: &'a BTreeSet<Environment>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// A client certificate that was issued.
pub(crate) struct Issued {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) certificate_pem: String,
    pub(crate) private_key_pem: String,
    pub(crate) pkcs12: String,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, IssueError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = name("Tidings Simulator Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)?,
        })
    }

    /// The root certificate that clients must trust.
    pub(crate) fn root_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for the listeners, which also names the address they listen on.
    pub(crate) fn server_identity(&self, address: &str) -> Result<ServerIdentity, IssueError> {
        let mut names: Vec<String> = SERVER_NAMES.iter().map(|&name| name.to_owned()).collect();
        if !names.iter().any(|name| name == address) {
            names.push(address.to_owned());
        }
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = name("api.push.apple.com (simulated)");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerIdentity {
            chain: vec![certificate.der().clone(), self.issuer.der().clone()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }

    /// A certificate for a provider.
    pub(crate) fn issue(&self, subject: &ClientSubject<'_>) -> Result<Issued, IssueError> {
        let key = KeyPair::generate()?;
        let certificate = client_params(subject)?.signed_by(&key, &self.issuer)?;
        let chain = PrivateKeyChain::new(
            subject.bundle_id,
            PrivateKey::from_der(&key.serialize_der())?,
            [Certificate::from_der(certificate.der())?],
        );
        let mut store = KeyStore::new();
        store.add_entry(subject.bundle_id, KeyStoreEntry::PrivateKeyChain(chain));
        Ok(Issued {
            fingerprint: fingerprint(certificate.der()),
            certificate_pem: certificate.pem(),
            private_key_pem: key.serialize_pem(),
            pkcs12: STANDARD.encode(store.writer(PASSWORD).write()?),
        })
    }
}

fn client_params(subject: &ClientSubject<'_>) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = client_name(subject);
    params.not_before = subject.not_before.to_date_time();
    params.not_after = subject.not_after.to_date_time();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.custom_extensions = extensions(subject);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn extensions(subject: &ClientSubject<'_>) -> Vec<CustomExtension> {
    let mut extensions = Vec::new();
    for environment in subject.environments {
        extensions.push(extension::environment(*environment));
    }
    if subject.kinds.contains(&TokenKind::Voip) {
        extensions.push(extension::voip(subject.bundle_id));
    }
    extensions.push(extension::topics(subject.bundle_id, subject.kinds));
    extensions
}

fn client_name(subject: &ClientSubject<'_>) -> DistinguishedName {
    let is_only = |environment| subject.environments.iter().eq([&environment]);
    let service = if is_only(Environment::Sandbox) {
        "Apple Development IOS Push Services"
    } else if is_only(Environment::Production) {
        "Apple Production IOS Push Services"
    } else {
        "Apple Push Services"
    };
    let mut name = name(&format!("{service}: {}", subject.bundle_id));
    name.push(extension::user_id(), subject.bundle_id);
    name.push(DnType::OrganizationalUnitName, subject.team_id);
    name
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::client_certificate::ClientCertificate;
    use p12_keystore::Pkcs12ImportPolicy;
    use rustls_pki_types::pem::PemObject as _;

    fn issue(kinds: &[TokenKind], environments: &[Environment]) -> ClientCertificate {
        let issued = Authority::new()
            .unwrap()
            .issue(&ClientSubject {
                bundle_id: "com.example.app",
                team_id: "TEAM123456",
                kinds: &kinds.iter().copied().collect(),
                environments: &environments.iter().copied().collect(),
                not_before: Timestamp::from_seconds(1_000),
                not_after: Timestamp::from_seconds(2_000),
            })
            .unwrap();
        let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
        let read = ClientCertificate::read(&der);
        assert_eq!(read.fingerprint, issued.fingerprint);
        read
    }

    #[test]
    fn a_certificate_says_what_it_was_issued_for() {
        let read = issue(
            &[TokenKind::Alert, TokenKind::Voip, TokenKind::Complication],
            &Environment::ALL,
        );
        assert_eq!(read.environments, Environment::ALL.into());
        let topics = [
            "com.example.app",
            "com.example.app.complication",
            "com.example.app.voip",
        ];
        assert_eq!(
            read.topics,
            topics.iter().map(|&topic| topic.to_owned()).collect()
        );
        assert_eq!(read.bundle_id.as_deref(), Some("com.example.app"));
        assert_eq!(read.default_topic(), None, "it has several topics");
    }

    #[test]
    fn a_certificate_with_one_topic_needs_no_header() {
        let read = issue(&[TokenKind::Alert], &[Environment::Sandbox]);
        assert_eq!(read.environments, [Environment::Sandbox].into());
        assert_eq!(read.default_topic(), Some("com.example.app"));
    }

    #[test]
    fn a_certificate_is_valid_between_its_two_dates() {
        let read = issue(&[TokenKind::Alert], &[Environment::Sandbox]);
        for (second, valid) in [(999, false), (1_000, true), (2_000, true), (2_001, false)] {
            assert_eq!(
                read.is_valid_at(Timestamp::from_seconds(second)),
                valid,
                "{second}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_cover_nothing() {
        let read = ClientCertificate::read(b"not a certificate");
        assert!(read.topics.is_empty() && read.environments.is_empty());
    }

    #[test]
    fn the_pkcs12_file_opens_with_its_password() {
        let authority = Authority::new().unwrap();
        let issued = authority
            .issue(&ClientSubject {
                bundle_id: "com.example.app",
                team_id: "TEAM123456",
                kinds: &[TokenKind::Alert].into(),
                environments: &Environment::ALL.into(),
                not_before: Timestamp::from_seconds(0),
                not_after: Timestamp::from_seconds(4_000_000_000),
            })
            .unwrap();
        let bytes = STANDARD.decode(issued.pkcs12).unwrap();
        let policy = Pkcs12ImportPolicy::Strict;
        let store = KeyStore::from_pkcs12(&bytes, PASSWORD, policy).unwrap();
        assert_eq!(store.private_key_chain().unwrap().1.certs().len(), 1);
        assert!(KeyStore::from_pkcs12(&bytes, "wrong", Pkcs12ImportPolicy::Strict).is_err());
    }
}
