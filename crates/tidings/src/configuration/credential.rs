//! Credentials that stand in the file, each in a `[[credentials]]` of its own.

use std::fmt;
use std::path::PathBuf;

use tidings_apns::{BundleId, Environment, KeyId, TeamId};
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use super::document::Document;
use super::mistake::Mistake;
use super::origin::Origin;
use super::value::Value;
use crate::access::key_id_of;

/// A credential that stands in the file. What it is made of is read when it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredCredential {
    /// The app that it is for.
    pub(crate) app: BundleId,
    /// The signing key, or the certificate.
    pub(crate) file: PathBuf,
    /// Where the file is named.
    pub(crate) origin: Origin,
    pub(crate) form: DeclaredForm,
    /// What it is to be used for; nothing where nothing was said.
    pub(crate) environments: Option<EnvironmentSet>,
}

/// Which form it has, as far as the file of the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeclaredForm {
    /// A signing key of a team.
    SigningKey { key_id: KeyId, team_id: TeamId },
    /// A push certificate with its private key.
    Certificate {
        /// The private key, if it is not in the same file.
        private_key_file: Option<PathBuf>,
        password: Password,
    },
}

/// Where the password of a keystore is.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum Password {
    /// There is none.
    #[default]
    None,
    /// In a file.
    File(PathBuf),
    /// This, from the environment.
    Text(Zeroizing<String>),
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

/// A key of a credential, for those who read about it.
pub(crate) struct CredentialKey {
    /// The name within its table.
    pub(crate) name: &'static str,
    /// What it could be.
    pub(crate) example: &'static str,
    pub(crate) meaning: &'static str,
}

/// What a `[[credentials]]` may hold, in the order of the file.
pub(crate) const CREDENTIAL_KEYS: [CredentialKey; 8] = [
    CredentialKey {
        name: "app",
        example: "\"com.example.app\"",
        meaning: "The bundle id of the app that the credential is for. Needed.",
    },
    CredentialKey {
        name: "file",
        example: "\"AuthKey_ABCDE12345.p8\"",
        meaning: "The signing key as downloaded from Apple (.p8), or a push certificate (.p12, or PEM). Needed.",
    },
    CredentialKey {
        name: "key_id",
        example: "\"ABCDE12345\"",
        meaning: "The id of the signing key. If nothing is given it is read from the name of the file.",
    },
    CredentialKey {
        name: "team_id",
        example: "\"TEAM123456\"",
        meaning: "The id of the team. Needed with a signing key.",
    },
    CredentialKey {
        name: "environments",
        example: "[\"production\", \"sandbox\"]",
        meaning: "Where the credential is used. If nothing is given: both with a signing key, and with a certificate what it \
                  says of itself.",
    },
    CredentialKey {
        name: "private_key_file",
        example: "\"push-key.pem\"",
        meaning: "The private key of a PEM certificate, if it is in a file of its own.",
    },
    CredentialKey {
        name: "password_file",
        example: "\"push-password.txt\"",
        meaning: "A file with the password of the .p12 file.",
    },
    CredentialKey {
        name: "password",
        example: "",
        meaning: "The password itself. It can only be given by a variable of the environment, as \
                  TIDINGS_CREDENTIALS__0__PASSWORD for the first credential.",
    },
];

/// The names as they are known to those who look for the nearest.
pub(super) const NAMES: [&str; 8] = [
    "credentials.app",
    "credentials.file",
    "credentials.key_id",
    "credentials.team_id",
    "credentials.environments",
    "credentials.private_key_file",
    "credentials.password_file",
    "credentials.password",
];

/// Takes the credentials out of the document.
pub(super) fn read(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Vec<DeclaredCredential> {
    let numbers = document.numbers("credentials");
    let read = numbers.into_iter().filter_map(|number| {
        let mut table = Table::new(document, number);
        let credential = table.read();
        mistakes.append(&mut table.mistakes);
        credential
    });
    read.collect()
}

/// One `[[credentials]]` while it is read.
struct Table<'a> {
    document: &'a mut Document,
    prefix: String,
    origin: Origin,
    mistakes: Vec<Mistake>,
}

/// A value that was read, and where it stands.
struct Read<T> {
    value: T,
    origin: Origin,
}

impl<'a> Table<'a> {
    fn new(document: &'a mut Document, number: usize) -> Self {
        let prefix = format!("credentials.{number}");
        let origin = document.origin_of_item(&prefix).unwrap_or(Origin::Default);
        Self {
            document,
            prefix,
            origin,
            mistakes: Vec::new(),
        }
    }

    fn read(&mut self) -> Option<DeclaredCredential> {
        let app = self.take("app", Value::parsed::<BundleId>);
        let file = self.take("file", Value::path);
        let environments = self.take("environments", environments);
        let app = self.needed("app", app);
        let file = self.needed("file", file);
        let form = self.form(file.as_ref());
        let (file, form) = (file?, form?);
        Some(DeclaredCredential {
            app: app?.value,
            file: file.value,
            origin: file.origin,
            form,
            environments: environments.map(|read| read.value),
        })
    }

    /// A signing key is known by its team or by the name of its file.
    fn form(&mut self, file: Option<&Read<PathBuf>>) -> Option<DeclaredForm> {
        let key_id = self.take("key_id", Value::parsed::<KeyId>);
        let team_id = self.take("team_id", Value::parsed::<TeamId>);
        let private_key_file = self.take("private_key_file", Value::path);
        let password = self.password();
        let file = file?;
        let is_p8 = file.value.extension().is_some_and(|extension| extension == "p8");
        if !is_p8 && key_id.is_none() && team_id.is_none() {
            let private_key_file = private_key_file.map(|read| read.value);
            return Some(DeclaredForm::Certificate {
                private_key_file,
                password,
            });
        }
        if let Some(read) = private_key_file {
            let what = "a signing key has no certificate that it could belong to";
            self.mistake(Mistake::error(read.origin, what).with_hint("remove `private_key_file`"));
        }
        let key_id = self.key_id(key_id, file);
        let team_id = self.needed("team_id", team_id);
        Some(DeclaredForm::SigningKey {
            key_id: key_id?,
            team_id: team_id?.value,
        })
    }

    fn key_id(&mut self, given: Option<Read<KeyId>>, file: &Read<PathBuf>) -> Option<KeyId> {
        let in_name = key_id_of(&file.value).ok();
        // Whether the two agree, the doctor says.
        match (given, in_name) {
            (Some(given), _) => Some(given.value),
            (None, Some(named)) => Some(named),
            (None, None) => {
                let what = "`credentials.key_id` is missing, and the name of the file does not hold it";
                let mistake = Mistake::error(file.origin.clone(), what);
                self.mistake(mistake.with_hint(
                    "give `key_id`: ten letters and digits, shown at developer.apple.com under Keys",
                ));
                None
            }
        }
    }

    fn password(&mut self) -> Password {
        let file = self.take("password_file", Value::path);
        let text = self.take("password", Value::secret);
        match (text, file) {
            (Some(text), _) => Password::Text(text.value),
            (None, Some(file)) => Password::File(file.value),
            (None, None) => Password::None,
        }
    }

    /// Takes a value that may be there.
    fn take<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<Read<T>> {
        let entry = self.document.take(&format!("{}.{name}", self.prefix))?;
        match read(&entry.value) {
            Ok(value) => Some(Read {
                value,
                origin: entry.origin,
            }),
            Err(why) => {
                let name = format!("credentials.{name}");
                self.mistake(Mistake::bad_value(&name, &why, entry.origin));
                None
            }
        }
    }

    /// Complains where a value is missing that is needed, unless it was there and no good.
    fn needed<T>(&mut self, name: &str, read: Option<Read<T>>) -> Option<Read<T>> {
        let was_there = self.document.was_taken(&format!("{}.{name}", self.prefix));
        if read.is_none() && !was_there {
            let what = format!("this credential has no `{name}`");
            let hint = CREDENTIAL_KEYS.iter().find(|key| key.name == name);
            let hint = hint.map(|key| format!("give it, as `{name} = {}`", key.example));
            let mistake = Mistake::error(self.origin.clone(), what);
            self.mistake(match hint {
                Some(hint) => mistake.with_hint(hint),
                None => mistake,
            });
        }
        read
    }

    fn mistake(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }
}

fn environments(value: &Value) -> Result<EnvironmentSet, String> {
    let names = value.list()?;
    let read: Result<EnvironmentSet, _> = names.iter().map(|name| name.parse::<Environment>()).collect();
    match read {
        Ok(set) if set.is_empty() => Err("should name \"production\", \"sandbox\" or both".to_owned()),
        Ok(set) => Ok(set),
        Err(_) => Err("should be a list of \"production\" and \"sandbox\"".to_owned()),
    }
}
