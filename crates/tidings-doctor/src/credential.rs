//! Facts about files of signing keys and certificates. Key material is never kept.

mod certificate;
mod file_name;
mod key;
mod keystore;
mod reader;
mod usability;

use tidings_apns::Environment;
use tidings_apns::Timestamp;

pub use self::reader::read;

/// A file with signing keys, certificates, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialFile {
    /// What sort of file it is.
    pub form: CredentialForm,
    /// The key id that the name of the file holds (`AuthKey_ABCDE12345.p8`).
    pub key_id_in_name: Option<String>,
    /// The private keys in it.
    pub keys: Vec<KeyFile>,
    /// The certificates in it.
    pub certificates: Vec<CertificateEntry>,
    /// What had to be forgiven, or what is wrong without being fatal, a clause each: a lost first line, `\n` spelled out, old
    /// encryption that OpenSSL 3 refuses, …
    pub notes: Vec<String>,
    /// Why it cannot be used as it is, where that is so: it is a public key, an RSA key, encrypted, the password is wrong, …
    pub unusable: Option<String>,
    /// What to do about that.
    pub advice: Option<String>,
}

/// What sort of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialForm {
    /// PEM, whole or mended: a `.p8`, or a certificate and key together.
    Pem,
    /// A PKCS#12 keystore.
    Pkcs12,
    /// A single certificate or key in DER.
    Der,
    /// Nothing that could be read, under the name of a credential: empty, cut off, a web page, a Java keystore, …
    Unrecognised,
}

/// A private (or, by mistake, public) key, by what can be told about it without showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// What it is, in words: `a P-256 private key`, `an RSA private key`, `a public key`, …
    pub kind: String,
    /// Whether provider tokens can be signed with it: a private key on P-256.
    pub signs_provider_tokens: bool,
    /// The SHA-256 of its public half (`SubjectPublicKeyInfo`), in hex, where that could be had.
    pub public_key_sha256: Option<String>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateEntry {
    /// The subject's common name; if the certificate is a person's, up to its colon.
    pub common_name: Option<String>,
    /// The subject's user id: the bundle id, or whatever the certificate was issued for.
    pub user_id: Option<String>,
    /// The subject's organizational unit: the team.
    pub team_id: Option<String>,
    /// The environments that it is marked for; empty without a mark.
    pub environments: Vec<Environment>,
    /// The topics that it lists.
    pub topics: Vec<String>,
    /// Whether it was made for push, and not for signing apps or passes.
    pub is_for_push: bool,
    /// Whether it issues other certificates: an intermediate or a root.
    pub is_authority: bool,
    /// The common name of its issuer.
    pub issuer: Option<String>,
    /// When it begins.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// The SHA-256 of its public key (`SubjectPublicKeyInfo`), in hex.
    pub public_key_sha256: String,
    /// Whether a private key of the same file belongs to it.
    pub has_key: bool,
}
