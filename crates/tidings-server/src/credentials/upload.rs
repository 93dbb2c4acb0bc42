//! Files with credentials: read, checked, and made ready for the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use tidings_apns::{KeyId, TeamId, Timestamp};
use tidings_client::{
    CertificateFacts, ClientCertificate, ReadCertificateError, ReadSigningKeyError, SigningKey,
};
use tidings_doctor::{CredentialFile, read_credential};
use tidings_store::{CredentialForm, CredentialId, NewCredential};
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use crate::hex;

/// A credential as it comes from its owner.
#[non_exhaustive]
pub enum CredentialUpload {
    /// The .p8 file of a signing key.
    SigningKey {
        /// What is in the file.
        pem: Zeroizing<Vec<u8>>,
        /// The id of the key.
        key_id: KeyId,
        /// The id of the team.
        team_id: TeamId,
        /// What the key reaches.
        environments: EnvironmentSet,
        /// The topics that the key is restricted to; empty for all of its team.
        topics: Vec<String>,
    },
    /// A .p12 file with a push certificate.
    Keystore {
        /// What is in the file.
        bytes: Zeroizing<Vec<u8>>,
        /// Its password.
        password: Zeroizing<String>,
        /// What a certificate reaches that does not say so itself.
        environments: Option<EnvironmentSet>,
    },
    /// A push certificate and its private key, in PEM.
    Pem {
        /// Both.
        pem: Zeroizing<Vec<u8>>,
        /// What a certificate reaches that does not say so itself.
        environments: Option<EnvironmentSet>,
    },
}

/// A credential as it was uploaded, with the name of its file where that is known.
#[derive(Debug)]
pub(crate) struct Uploaded {
    pub(crate) credential: CredentialUpload,
    pub(crate) file_name: Option<String>,
}

impl Uploaded {
    /// What the doctor reads in the file.
    pub(crate) fn examine(&self) -> Option<CredentialFile> {
        let (usual, bytes, password): (_, &[u8], &str) = match &self.credential {
            CredentialUpload::SigningKey { pem, .. } => ("key.p8", pem, ""),
            CredentialUpload::Keystore { bytes, password, .. } => ("certificate.p12", bytes, password),
            CredentialUpload::Pem { pem, .. } => ("certificate.pem", pem, ""),
        };
        read_credential(self.file_name.as_deref().unwrap_or(usual), bytes, &[password])
    }
}

impl From<CredentialUpload> for Uploaded {
    fn from(credential: CredentialUpload) -> Self {
        Self {
            credential,
            file_name: None,
        }
    }
}

/// Why a file is no usable credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCredentialError {
    /// It is no signing key.
    #[error("{0}")]
    SigningKey(ReadSigningKeyError),
    /// It is no certificate with its private key.
    #[error("{0}")]
    Certificate(ReadCertificateError),
    /// It is a certificate for something else, such as signing apps.
    #[error("the certificate was not made for push notifications")]
    NotForPush,
}

impl ReadCredentialError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::SigningKey(error) => error.hint(),
            Self::Certificate(error) => error.hint(),
            Self::NotForPush => {
                "at developer.apple.com, Certificates, make one of the type Apple Push Notification service SSL"
            }
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Secret<'a> {
    SigningKey {
        key: &'a str,
        key_id: &'a KeyId,
        team_id: &'a TeamId,
    },
    Keystore {
        pkcs12: &'a str,
        password: &'a str,
    },
    Pem {
        pem: &'a str,
    },
}

impl CredentialUpload {
    /// The credential, ready to be kept; or why it is none. Opening a keystore can take a second.
    pub fn read(&self, now: Timestamp) -> Result<NewCredential, ReadCredentialError> {
        match self {
            Self::SigningKey {
                pem,
                key_id,
                team_id,
                environments,
                topics,
            } => {
                let key = SigningKey::from_pem(pem, key_id.clone(), team_id.clone())
                    .map_err(ReadCredentialError::SigningKey)?;
                let text = text(pem);
                Ok(NewCredential {
                    id: CredentialId::new(now),
                    form: CredentialForm::SigningKey,
                    environments: *environments,
                    key_id: Some(key_id.clone()),
                    team_id: Some(team_id.clone()),
                    topics: topics.clone(),
                    not_after: None,
                    fingerprint: sha256(key.public_key()),
                    secret: secret(&Secret::SigningKey {
                        key: &text,
                        key_id,
                        team_id,
                    }),
                })
            }
            Self::Keystore {
                bytes,
                password,
                environments,
            } => {
                let certificate = ClientCertificate::from_pkcs12(bytes, password)
                    .map_err(ReadCredentialError::Certificate)?;
                let pkcs12 = Zeroizing::new(STANDARD.encode(bytes));
                let secret = secret(&Secret::Keystore {
                    pkcs12: &pkcs12,
                    password,
                });
                of_certificate(&certificate, *environments, secret, now)
            }
            Self::Pem { pem, environments } => {
                let certificate =
                    ClientCertificate::from_pem(pem).map_err(ReadCredentialError::Certificate)?;
                let text = text(pem);
                let secret = secret(&Secret::Pem { pem: &text });
                of_certificate(&certificate, *environments, secret, now)
            }
        }
    }
}

impl std::fmt::Debug for CredentialUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SigningKey { .. } => "SigningKey(…)",
            Self::Keystore { .. } => "Keystore(…)",
            Self::Pem { .. } => "Pem(…)",
        })
    }
}

fn of_certificate(
    certificate: &ClientCertificate,
    said: Option<EnvironmentSet>,
    secret: Zeroizing<Vec<u8>>,
    now: Timestamp,
) -> Result<NewCredential, ReadCredentialError> {
    let facts = certificate.facts();
    if !facts.is_for_push() {
        return Err(ReadCredentialError::NotForPush);
    }
    let marked: EnvironmentSet = facts.environments.iter().copied().collect();
    let environments = if marked.is_empty() {
        said.unwrap_or(EnvironmentSet::BOTH)
    } else {
        marked
    };
    Ok(NewCredential {
        id: CredentialId::new(now),
        form: CredentialForm::Certificate,
        environments,
        key_id: None,
        team_id: facts.team_id.as_deref().and_then(|team| team.parse().ok()),
        topics: topics(facts),
        not_after: Some(facts.not_after.into()),
        fingerprint: certificate.chain().next().map(sha256).unwrap_or_default(),
        secret,
    })
}

fn topics(facts: &CertificateFacts) -> Vec<String> {
    let listed: Vec<String> = facts.topics.iter().map(|topic| topic.topic.clone()).collect();
    if listed.is_empty() {
        facts.user_id.iter().cloned().collect()
    } else {
        listed
    }
}

/// A file that was read as PEM, as text. What is not UTF-8 in it stands outside of what was read.
fn text(file: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(file).into_owned())
}

fn secret(secret: &Secret<'_>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(secret).unwrap_or_default())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}
