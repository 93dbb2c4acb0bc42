//! The secret of a credential as the store keeps it: JSON that says by itself what it holds.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tidings_apns::{KeyId, TeamId};
use tidings_client::{ClientCertificate, Credential, ReadCertificateError, ReadSigningKeyError, SigningKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A stored secret is no credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadSecretError {
    /// It has another form than this program writes.
    #[error("the stored secret has none of the known forms")]
    Form,
    /// It holds no signing key.
    #[error("the stored secret holds no signing key")]
    SigningKey(#[from] ReadSigningKeyError),
    /// It holds no certificate.
    #[error("the stored secret holds no certificate with its key")]
    Certificate(#[from] ReadCertificateError),
}

/// What the JSON holds. Wiped from memory when it was read.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(untagged)]
enum Secret {
    SigningKey {
        key: String,
        key_id: String,
        team_id: String,
    },
    Keystore {
        pkcs12: String,
        #[serde(default)]
        password: String,
    },
    Certificate {
        pem: String,
    },
}

/// What makes two secrets the same signing key: then they must share one provider token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SecretId([u8; 32]);

impl SecretId {
    /// By everything that the secret holds.
    pub(crate) fn of(secret: &[u8]) -> Self {
        let mut id = [0; 32];
        id.copy_from_slice(digest(&SHA256, secret).as_ref());
        Self(id)
    }
}

/// Reads a secret.
pub(crate) fn read(secret: &[u8]) -> Result<Credential, ReadSecretError> {
    let secret: Secret =
        serde_json::from_slice(secret).map_err(|_quotes_the_secret| ReadSecretError::Form)?;
    match &secret {
        Secret::SigningKey { key, key_id, team_id } => Ok(signing_key(key, key_id, team_id)?.into()),
        Secret::Keystore { pkcs12, password } => {
            let keystore = STANDARD
                .decode(pkcs12)
                .map_err(|_quotes_the_secret| ReadSecretError::Form)?;
            Ok(ClientCertificate::from_pkcs12(&keystore, password)?.into())
        }
        Secret::Certificate { pem } => Ok(ClientCertificate::from_pem(pem.as_bytes())?.into()),
    }
}

/// The signing key that a secret of the store holds; `None` if it holds something else.
pub fn read_signing_key(secret: &[u8]) -> Result<Option<SigningKey>, ReadSecretError> {
    Ok(read(secret)?.signing_key().cloned())
}

fn signing_key(key: &str, key_id: &str, team_id: &str) -> Result<SigningKey, ReadSecretError> {
    let key_id: KeyId = key_id.parse().map_err(|_malformed| ReadSecretError::Form)?;
    let team_id: TeamId = team_id.parse().map_err(|_malformed| ReadSecretError::Form)?;
    Ok(SigningKey::from_pem(key.as_bytes(), key_id, team_id)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_is_refused_without_quoting_it() {
        for text in [
            "",
            "{}",
            "[1]",
            r#"{"pkcs12":"hush!"}"#,
            r#"{"key":"hush","key_id":"x","team_id":"y"}"#,
            r#"{"pem":"hush"}"#,
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hush"), "{text}");
        }
    }
}
