//! What a file is, whatever it is called: people upload the certificate for the key, the public half for the
//! private one, the login page for the download. A refusal that names what the file is ends the search.

use std::fmt;

use crate::der::{self, BIT_STRING, CONTEXT_0, Children, INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE};

/// The kinds of files that turn up where a credential is expected. `Display` is a noun with its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Material {
    /// Nothing, or nothing but white space.
    Empty,
    /// More than any credential takes.
    TooLarge,
    /// A private key on the curve P-256: what a `.p8` file holds.
    P256Key,
    /// A private key on another elliptic curve.
    OtherCurveKey,
    /// An RSA private key.
    RsaKey,
    /// A private key of another algorithm.
    OtherKey,
    /// A private key under a password.
    EncryptedKey,
    /// An OpenSSH private key.
    SshKey,
    /// The public half of a key.
    PublicKey,
    /// An X.509 certificate.
    Certificate,
    /// A request for a certificate, as it is uploaded to Apple.
    CertificateRequest,
    /// A PKCS#12 keystore (`.p12`, `.pfx`).
    Pkcs12,
    /// A signed message, such as a provisioning profile.
    SignedMessage,
    /// A Java keystore.
    JavaKeystore,
    /// A web page or another XML file.
    Markup,
    /// None of these.
    Unknown,
}

impl Material {
    /// What a DER document is, by its structure.
    pub fn of_der(document: &[u8]) -> Self {
        der::sequence(document)
            .and_then(of_sequence)
            .unwrap_or(Self::Unknown)
    }

    /// What a PEM label promises.
    pub(crate) fn of_label(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::CertificateRequest,
            "ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            "OPENSSH PRIVATE KEY" => Self::SshKey,
            "RSA PRIVATE KEY" => Self::RsaKey,
            "DSA PRIVATE KEY" => Self::OtherKey,
            "PKCS7" | "CMS" => Self::SignedMessage,
            _ if label.ends_with("PUBLIC KEY") => Self::PublicKey,
            _ => Self::Unknown,
        }
    }

    /// A private key that can be used without a password.
    pub fn is_open_key(self) -> bool {
        matches!(
            self,
            Self::P256Key | Self::OtherCurveKey | Self::RsaKey | Self::OtherKey
        )
    }
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty file",
            Self::TooLarge => "a file of more than a megabyte",
            Self::P256Key => "a P-256 private key",
            Self::OtherCurveKey => "a private key on a curve other than P-256",
            Self::RsaKey => "an RSA private key",
            Self::OtherKey => "a private key that is neither RSA nor on an elliptic curve",
            Self::EncryptedKey => "a private key encrypted under a password",
            Self::SshKey => "an OpenSSH private key",
            Self::PublicKey => "a public key",
            Self::Certificate => "a certificate",
            Self::CertificateRequest => "a certificate signing request",
            Self::Pkcs12 => "a PKCS#12 keystore (.p12)",
            Self::SignedMessage => "a signed message such as a provisioning profile",
            Self::JavaKeystore => "a Java keystore",
            Self::Markup => "a web page or XML file",
            Self::Unknown => "something that is neither PEM nor DER",
        })
    }
}

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// 1.2.840.10045.3.1.7
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// 1.2.840.113549.1.7: the PKCS#7 content types.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];

fn of_sequence(mut fields: Children<'_>) -> Option<Material> {
    let first = fields.next()?;
    match first.tag {
        SEQUENCE => of_nested(first.children(), fields),
        INTEGER => of_versioned(first.content, fields),
        OBJECT_ID => first
            .content
            .starts_with(PKCS7)
            .then_some(Material::SignedMessage),
        _ => None,
    }
}

/// `SEQUENCE { SEQUENCE …, … }`: a certificate, a request, a public key or an encrypted private key.
fn of_nested(mut inner: Children<'_>, mut rest: Children<'_>) -> Option<Material> {
    match (inner.next()?.tag, rest.next()?.tag) {
        (CONTEXT_0, SEQUENCE) => Some(Material::Certificate),
        (INTEGER, SEQUENCE) => Some(of_request(inner)),
        (OBJECT_ID, BIT_STRING) => Some(Material::PublicKey),
        (OBJECT_ID, OCTET_STRING) => Some(Material::EncryptedKey),
        _ => None,
    }
}

/// Behind the number of a certificate in the first version of X.509 stands an algorithm, and behind that of a request a name.
fn of_request(mut rest: Children<'_>) -> Material {
    let first = rest.next().and_then(|second| second.children().next());
    match first {
        Some(field) if field.tag == OBJECT_ID => Material::Certificate,
        _ => Material::CertificateRequest,
    }
}

/// `SEQUENCE { INTEGER, … }`: a private key in one of its three forms, an RSA public key, or a keystore.
fn of_versioned(version: &[u8], mut rest: Children<'_>) -> Option<Material> {
    let second = rest.next()?;
    match second.tag {
        SEQUENCE if version == [3] => Some(Material::Pkcs12),
        SEQUENCE => of_algorithm(second.children()),
        OCTET_STRING => Some(of_ec_parameters(rest)),
        INTEGER if rest.next().is_some() => Some(Material::RsaKey),
        INTEGER => Some(Material::PublicKey),
        _ => None,
    }
}

/// PKCS#8 names the algorithm and, for elliptic curves, the curve.
fn of_algorithm(mut algorithm: Children<'_>) -> Option<Material> {
    Some(match algorithm.content(OBJECT_ID)? {
        RSA_ENCRYPTION => Material::RsaKey,
        EC_PUBLIC_KEY if algorithm.content(OBJECT_ID) == Some(PRIME256V1) => Material::P256Key,
        EC_PUBLIC_KEY => Material::OtherCurveKey,
        _ => Material::OtherKey,
    })
}

/// SEC1 names the curve in `[0]`.
fn of_ec_parameters(mut rest: Children<'_>) -> Material {
    let curve = rest.next().filter(|field| field.tag == CONTEXT_0);
    match curve.and_then(|parameters| parameters.children().content(OBJECT_ID)) {
        Some(PRIME256V1) => Material::P256Key,
        _ => Material::OtherCurveKey,
    }
}
