//! The options that name a credential: a signing key or a client certificate.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tidings_apns::{KeyId, TeamId};
use tidings_client::{ClientCertificate, Credential, ReadCertificateError, SigningKey};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input;

const HEADING: &str = "Credential: a signing key or a certificate";

/// Who is sending.
#[derive(clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct CredentialArgs {
    /// The team's signing key, as downloaded from Apple (`AuthKey_….p8`)
    #[arg(
        long,
        value_name = "FILE",
        requires = "team_id",
        conflicts_with = "certificate"
    )]
    key: Option<PathBuf>,
    /// The id of the signing key; taken from the file name `AuthKey_<KEY ID>.p8` when left out
    #[arg(long, value_name = "ID", requires = "key")]
    key_id: Option<KeyId>,
    /// The id of the developer team, as shown at developer.apple.com under Membership
    #[arg(long, value_name = "ID", requires = "key")]
    team_id: Option<TeamId>,
    /// The app's push certificate: .p12, or PEM with or without its private key
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The private key of the certificate, if it is in a file of its own (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// The password of the .p12 file; better in a file or in the environment, where other users do not see it
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "TIDINGS_CERTIFICATE_PASSWORD",
        hide_env_values = true
    )]
    password: Option<String>,
    /// A file with the password of the .p12 file
    #[arg(long, value_name = "FILE", requires = "certificate")]
    password_file: Option<PathBuf>,
}

impl std::fmt::Debug for CredentialArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialArgs")
            .field("key", &self.key)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl CredentialArgs {
    /// Reads the credential, if one is named.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Credential>> {
        if let Some(path) = &self.key {
            return self.read_key(path).map(Credential::from).map(Some);
        }
        let certificate = self.certificate.as_deref();
        certificate
            .map(|path| self.read_certificate(path).map(Credential::from))
            .transpose()
    }

    /// The credential, for those who cannot do without.
    pub(crate) fn require(credential: Option<Credential>) -> Result<Credential, Failure> {
        credential.ok_or_else(|| {
            Failure::usage(
                "there is no credential to send with",
                "give --key AuthKey_….p8 with --team-id, or --certificate",
            )
        })
    }

    fn read_key(&self, path: &Path) -> anyhow::Result<SigningKey> {
        let team_id = self.team_id.clone().ok_or_else(|| {
            Failure::usage(
                "--key needs the id of the team",
                "give --team-id, as shown at developer.apple.com",
            )
        })?;
        let key_id = match &self.key_id {
            Some(key_id) => key_id.clone(),
            None => key_id_of(path)?,
        };
        let pem = input::secret_file("the signing key", path)?;
        SigningKey::from_pem(&pem, key_id, team_id)
            .with_context(|| format!("cannot use {} as a signing key", path.display()))
    }

    fn read_certificate(&self, path: &Path) -> anyhow::Result<ClientCertificate> {
        let file = input::secret_file("the certificate", path)?;
        let read = match &self.certificate_key {
            Some(key) => {
                let key = input::secret_file("the private key", key)?;
                ClientCertificate::from_pem_pair(&file, &key)
            }
            None => self.open_certificate(&file)?,
        };
        read.with_context(|| format!("cannot use {} as a client certificate", path.display()))
    }

    /// PEM says so by itself; a keystore opens without a password only if its password is empty.
    fn open_certificate(
        &self,
        file: &[u8],
    ) -> anyhow::Result<Result<ClientCertificate, ReadCertificateError>> {
        let is_pem = file.windows(10).any(|window| window == b"-----BEGIN");
        if is_pem {
            return Ok(ClientCertificate::from_pem(file));
        }
        let password = self.password()?;
        let opened = ClientCertificate::from_pkcs12(file, password.as_deref().map_or("", String::as_str));
        if password.is_none() && opened.as_ref().err() == Some(&ReadCertificateError::WrongPassword) {
            let hint = "give --password-file, or TIDINGS_CERTIFICATE_PASSWORD in the environment";
            return Err(Failure::new(
                "the keystore is encrypted under a password, and none was given",
                hint,
            )
            .into());
        }
        Ok(opened)
    }

    fn password(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        let Some(path) = &self.password_file else {
            return Ok(self.password.clone().map(Zeroizing::new));
        };
        let bytes = input::secret_file("the password", path)?;
        let text = std::str::from_utf8(&bytes)
            .with_context(|| format!("the password in {} is not text", path.display()))?;
        Ok(Some(Zeroizing::new(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        )))
    }
}

/// The key id in the name that Apple gives the file.
pub(crate) fn key_id_of(path: &Path) -> Result<KeyId, Failure> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    let id = name.and_then(|name| name.split_once("AuthKey_"));
    id.and_then(|(_, rest)| rest.get(..10)?.parse().ok())
        .ok_or_else(|| {
            Failure::usage(
                format!(
                    "the id of the signing key is not in the file name {}",
                    path.display()
                ),
                "give --key-id: ten letters and digits, shown at developer.apple.com under Keys",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_id_is_read_from_the_name_that_apple_gives() {
        for (path, id) in [
            ("AuthKey_ABCDE12345.p8", Some("ABCDE12345")),
            ("/keys/AuthKey_ABCDE12345 (1).p8", Some("ABCDE12345")),
            ("prod-AuthKey_ABCDE12345.p8", Some("ABCDE12345")),
            ("AuthKey_ABC.p8", None),
            ("key.p8", None),
            ("AuthKey_ABCDE1234é.p8", None),
        ] {
            let found = key_id_of(Path::new(path)).ok();
            assert_eq!(found.as_ref().map(KeyId::as_str), id, "{path}");
        }
    }
}
