//! A declared credential as the doctor sees it: what is declared, and what is in its files.

use tidings_doctor::{Artefact, ConfiguredCredential, Content, Unreadable, read};
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use super::credential::{DeclaredCredential, DeclaredForm};
use super::declared::{self, ReadDeclaredError};

/// A declared credential as the doctor sees it.
pub(crate) struct Examined {
    pub(crate) configured: ConfiguredCredential,
    /// What is in its files, or why they cannot be read.
    pub(crate) artefact: Artefact,
}

/// Reads the files of a declared credential.
pub(crate) fn examine(credential: &DeclaredCredential) -> Examined {
    let path = credential.file.display().to_string();
    let artefact = contents(credential).map_or_else(
        |error| unreadable(&path, &error),
        |(bytes, password)| read(&path, &bytes, &[password.as_str()]),
    );
    let (key_id, team_id) = match &credential.form {
        DeclaredForm::SigningKey { key_id, team_id } => (Some(key_id), Some(team_id)),
        DeclaredForm::Certificate { .. } => (None, None),
    };
    let environments = credential.environments.into_iter().flat_map(EnvironmentSet::iter);
    Examined {
        configured: ConfiguredCredential {
            origin: credential.origin.to_string(),
            bundle_id: Some(credential.app.to_string()),
            path: Some(path),
            key_id: key_id.map(ToString::to_string),
            team_id: team_id.map(ToString::to_string),
            environments: environments.collect(),
            ..ConfiguredCredential::default()
        },
        artefact,
    }
}

/// The bytes of the file, with those of the private key where that is in another; and the password.
fn contents(
    credential: &DeclaredCredential,
) -> Result<(Zeroizing<Vec<u8>>, Zeroizing<String>), ReadDeclaredError> {
    let mut bytes = declared::file(&credential.file)?;
    let DeclaredForm::Certificate {
        private_key_file,
        password,
    } = &credential.form
    else {
        return Ok((bytes, Zeroizing::default()));
    };
    if let Some(path) = private_key_file {
        let key = declared::file(path)?;
        bytes = Zeroizing::new([bytes.as_slice(), b"\n", key.as_slice()].concat());
    }
    Ok((bytes, declared::password(password)?))
}

fn unreadable(path: &str, error: &ReadDeclaredError) -> Artefact {
    let (why, advice) = declared::told(error);
    Artefact {
        path: path.to_owned(),
        content: Content::Unreadable(Unreadable {
            looks_like: None,
            why,
            advice: advice.to_owned(),
        }),
    }
}
