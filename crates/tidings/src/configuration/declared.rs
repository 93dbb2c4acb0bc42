//! Reads what a declared credential is made of.

use std::io;
use std::path::{Path, PathBuf};

use tidings_client::{ClientCertificate, Credential, ReadCertificateError, ReadSigningKeyError, SigningKey};
use zeroize::Zeroizing;

use super::credential::{DeclaredCredential, DeclaredForm, Password};
use crate::input::read_secret;

/// Why a declared credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadDeclaredError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// It is not a signing key.
    #[error("cannot use {} as a signing key: {source}", path.display())]
    SigningKey {
        path: PathBuf,
        source: ReadSigningKeyError,
    },
    /// It is not a certificate with its key.
    #[error("cannot use {} as a client certificate: {source}", path.display())]
    Certificate {
        path: PathBuf,
        source: ReadCertificateError,
    },
}

/// Reads the files.
pub(crate) fn read(credential: &DeclaredCredential) -> Result<Credential, ReadDeclaredError> {
    let path = &credential.file;
    let file = file(path)?;
    match &credential.form {
        DeclaredForm::SigningKey { key_id, team_id } => {
            let key = SigningKey::from_pem(&file, key_id.clone(), team_id.clone());
            key.map(Credential::from)
                .map_err(|source| ReadDeclaredError::SigningKey {
                    path: path.clone(),
                    source,
                })
        }
        DeclaredForm::Certificate {
            private_key_file,
            password,
        } => {
            let certificate = match private_key_file {
                Some(key) => ClientCertificate::from_pem_pair(&file, &self::file(key)?),
                None if is_pem(&file) => ClientCertificate::from_pem(&file),
                None => ClientCertificate::from_pkcs12(&file, &self::password(password)?),
            };
            certificate
                .map(Credential::from)
                .map_err(|source| ReadDeclaredError::Certificate {
                    path: path.clone(),
                    source,
                })
        }
    }
}

/// The error in one line, and what to do about it.
pub(super) fn told(error: &ReadDeclaredError) -> (String, &'static str) {
    let hint = match error {
        ReadDeclaredError::File { .. } => {
            "check the path, which in the file is relative to the file, and who may read it"
        }
        ReadDeclaredError::SigningKey { source, .. } => source.hint(),
        ReadDeclaredError::Certificate { source, .. } => source.hint(),
    };
    (error.to_string(), hint)
}

/// Whether it is a PEM text; a keystore is not.
pub(crate) fn is_pem(file: &[u8]) -> bool {
    file.windows(10).any(|window| window == b"-----BEGIN")
}

/// The password of a keystore.
pub(crate) fn password(password: &Password) -> Result<Zeroizing<String>, ReadDeclaredError> {
    match password {
        Password::None => Ok(Zeroizing::default()),
        Password::Text(text) => Ok(text.clone()),
        Password::File(path) => {
            let bytes = file(path)?;
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
    }
}

/// A file that holds a secret.
pub(crate) fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReadDeclaredError> {
    read_secret(path).map_err(|source| ReadDeclaredError::File {
        path: path.to_owned(),
        source,
    })
}
