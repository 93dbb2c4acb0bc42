//! Keys, certificates and apps.

use std::collections::BTreeSet;
use std::time::Duration;

use rcgen::KeyPair;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::{ClientSubject, IssueError, Issued, PASSWORD};
use crate::clock::Timestamp;
use crate::vocabulary::{Environment, TokenKind};
use crate::world::key::Key;

use super::{Control, ControlError};

/// How long a certificate is valid unless told otherwise: thirteen months, as is customary.
const CERTIFICATE_LIFE: Duration = Duration::from_hours(395 * 24);

/// How long before its issue a certificate begins to be valid.
const CLOCK_SLACK: Duration = Duration::from_hours(24);

/// Topics that a topic-specific key may list (Apple, *Communicate with APNs using authentication tokens*).
const KEY_TOPIC_LIMIT: usize = 400;

const KEY_ID_ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// `POST /v1/keys`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The team.
    pub team_id: String,
    /// The key id; ten characters are made up without it.
    #[serde(default)]
    pub key_id: Option<String>,
    /// Where the key is good. Default: both, which only the older keys are.
    #[serde(default)]
    pub environments: BTreeSet<Environment>,
    /// The bundle ids that a topic-specific key is limited to. Default: all of the team.
    #[serde(default)]
    pub topics: Option<BTreeSet<String>>,
    /// The one other topic-specific key that may be used on the same connection.
    #[serde(default)]
    pub related_key_id: Option<String>,
    /// An existing private key, PKCS#8 in PEM. Default: a new one.
    #[serde(default)]
    pub private_key_pem: Option<String>,
}

/// A key that was made, with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedKey {
    /// The team.
    pub team_id: String,
    /// The key id.
    pub key_id: String,
    /// Where it is good.
    pub environments: BTreeSet<Environment>,
    /// The contents of the .p8 file.
    pub private_key_pem: String,
}

/// `POST /v1/certificates`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// The team.
    pub team_id: String,
    /// The app.
    pub bundle_id: String,
    /// The kinds whose topics it covers: `alert`, `voip`, `complication`. Default: `alert`.
    #[serde(default)]
    pub kinds: BTreeSet<TokenKind>,
    /// Where it is good; both make it a universal certificate. Default: both.
    #[serde(default)]
    pub environments: BTreeSet<Environment>,
    /// Its end, which may be over already. Default: in thirteen months.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
}

/// A certificate that was issued, with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedCertificate {
    /// The certificate in PEM.
    pub certificate_pem: String,
    /// Its private key, PKCS#8 in PEM.
    pub private_key_pem: String,
    /// Both as PKCS#12, in base64.
    pub pkcs12_base64: String,
    /// The password of the PKCS#12 file.
    pub password: String,
    /// The SHA-256 digest of the certificate, by which it can be revoked.
    pub fingerprint: String,
}

/// `POST /v1/apps`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// The team.
    pub team_id: String,
    /// The bundle id; also a pass type id or an MDM topic.
    pub bundle_id: String,
    /// Whether it has the broadcast capability. Default true.
    #[serde(default = "yes")]
    pub broadcast: bool,
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct App {
    /// The team.
    pub team_id: String,
    /// The bundle id.
    pub bundle_id: String,
    /// Whether it has the broadcast capability.
    pub broadcast: bool,
}

fn yes() -> bool {
    true
}

impl NewApp {
    /// An app of a team, with the broadcast capability.
    pub fn new(team_id: impl Into<String>, bundle_id: impl Into<String>) -> Self {
        Self {
            team_id: team_id.into(),
            bundle_id: bundle_id.into(),
            broadcast: true,
        }
    }
}

impl Control {
    /// Adds a signing key.
    pub fn create_key(&self, new: &NewKey) -> Result<CreatedKey, ControlError> {
        check_name("team_id", &new.team_id)?;
        let pair = key_pair(new.private_key_pem.as_deref())?;
        if new
            .topics
            .as_ref()
            .is_some_and(|topics| topics.len() > KEY_TOPIC_LIMIT)
        {
            return Err(ControlError::invalid(
                "topics",
                format!("a key has at most {KEY_TOPIC_LIMIT}"),
            ));
        }
        let mut state = self.shared.lock();
        let world = &mut state.world;
        let key_id = match &new.key_id {
            Some(key_id) => key_id.clone(),
            None => random_key_id(&world.random.array::<10>()),
        };
        check_name("key_id", &key_id)?;
        let environments = both_if_empty(&new.environments);
        let key = Key {
            key_id: key_id.clone(),
            team_id: new.team_id.clone(),
            environments: environments.clone(),
            topics: new.topics.clone(),
            related_key_id: new.related_key_id.clone(),
            public_key: pair.public_key_raw().to_vec(),
        };
        if !world.accounts.add_key(key) {
            return Err(ControlError::taken("key", &key_id));
        }
        Ok(CreatedKey {
            team_id: new.team_id.clone(),
            key_id,
            environments,
            private_key_pem: pair.serialize_pem(),
        })
    }

    /// Revokes a signing key: its provider tokens are invalid from now on.
    pub fn revoke_key(&self, key_id: &str) -> Result<(), ControlError> {
        let revoked = self.shared.lock().world.accounts.revoke_key(key_id);
        if revoked {
            Ok(())
        } else {
            Err(ControlError::not_found("key", key_id))
        }
    }

    /// Issues a client certificate.
    pub fn issue_certificate(&self, new: &NewCertificate) -> Result<CreatedCertificate, ControlError> {
        check_name("team_id", &new.team_id)?;
        check_bundle_id(&new.bundle_id)?;
        let now = self.check_owner(&new.team_id, &new.bundle_id)?;
        let not_after = new.not_after.unwrap_or_else(|| now.plus(CERTIFICATE_LIFE));
        let kinds = if new.kinds.is_empty() {
            [TokenKind::Alert].into()
        } else {
            new.kinds.clone()
        };
        if let Some(kind) = kinds.iter().find(|kind| kind.certificate_kind().is_none()) {
            let name = serde_json::to_string(kind).unwrap_or_default();
            return Err(ControlError::invalid(
                "kinds",
                format!("no certificate covers {name}, only provider tokens do"),
            ));
        }
        let not_before = now.min(not_after).minus(CLOCK_SLACK);
        let issued = self.shared.authority.issue(&ClientSubject {
            bundle_id: &new.bundle_id,
            team_id: &new.team_id,
            kinds: &kinds,
            environments: &both_if_empty(&new.environments),
            not_before,
            not_after,
        })?;
        self.shared
            .lock()
            .world
            .accounts
            .add_certificate(issued.fingerprint);
        Ok(issued.into())
    }

    /// A certificate is for an app of its own team. That the app is registered later is no error.
    fn check_owner(&self, team_id: &str, bundle_id: &str) -> Result<Timestamp, ControlError> {
        let state = self.shared.lock();
        match state.world.accounts.app(bundle_id) {
            Some(app) if app.team_id != team_id => Err(ControlError::invalid(
                "team_id",
                "the app belongs to another team",
            )),
            Some(_) | None => Ok(state.clock.now().simulated),
        }
    }

    /// Revokes a certificate by its fingerprint.
    pub fn revoke_certificate(&self, fingerprint: &str) -> Result<(), ControlError> {
        let not_found = || ControlError::not_found("certificate", fingerprint);
        let digest = crate::hex::decode(fingerprint).and_then(|bytes| <[u8; 32]>::try_from(&*bytes).ok());
        let digest = digest.ok_or_else(not_found)?;
        let revoked = self.shared.lock().world.accounts.revoke_certificate(&digest);
        if revoked { Ok(()) } else { Err(not_found()) }
    }

    /// Registers an app with a team. Once more with the same team is no error.
    pub fn create_app(&self, new: &NewApp) -> Result<App, ControlError> {
        check_name("team_id", &new.team_id)?;
        check_bundle_id(&new.bundle_id)?;
        let accounts = &mut self.shared.lock().world.accounts;
        match accounts.app(&new.bundle_id) {
            Some(app) if app.team_id != new.team_id => {
                return Err(ControlError::taken("app", &new.bundle_id));
            }
            Some(_) => drop(accounts.set_broadcast(&new.bundle_id, new.broadcast)),
            None => accounts.put_app(&new.bundle_id, &new.team_id, new.broadcast),
        }
        Ok(App {
            team_id: new.team_id.clone(),
            bundle_id: new.bundle_id.clone(),
            broadcast: new.broadcast,
        })
    }

    /// All apps.
    pub fn apps(&self) -> Vec<App> {
        let state = self.shared.lock();
        state.world.accounts.apps().map(App::from).collect()
    }

    /// Moves an app to another team. Connections that are in use do not notice.
    pub fn transfer_app(&self, bundle_id: &str, team_id: &str) -> Result<App, ControlError> {
        check_name("team_id", team_id)?;
        let accounts = &mut self.shared.lock().world.accounts;
        let Some(broadcast) = accounts.app(bundle_id).map(|app| app.broadcast) else {
            return Err(ControlError::not_found("app", bundle_id));
        };
        accounts.put_app(bundle_id, team_id, broadcast);
        Ok(App {
            team_id: team_id.to_owned(),
            bundle_id: bundle_id.to_owned(),
            broadcast,
        })
    }

    /// Switches an app's broadcast capability. Switching it off deletes all its channels, as it does at Apple (Apple,
    /// *Setting up broadcast push notifications*).
    pub fn set_broadcast(&self, bundle_id: &str, setting: Switch) -> Result<(), ControlError> {
        let world = &mut self.shared.lock().world;
        if !world.accounts.set_broadcast(bundle_id, setting == Switch::On) {
            return Err(ControlError::not_found("app", bundle_id));
        }
        if setting == Switch::Off {
            world.channels.delete_all(bundle_id);
        }
        Ok(())
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl From<bool> for Switch {
    fn from(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }
}

impl From<&crate::world::accounts::App> for App {
    fn from(app: &crate::world::accounts::App) -> Self {
        Self {
            team_id: app.team_id.clone(),
            bundle_id: app.bundle_id.to_string(),
            broadcast: app.broadcast,
        }
    }
}

impl From<Issued> for CreatedCertificate {
    fn from(issued: Issued) -> Self {
        Self {
            certificate_pem: issued.certificate_pem,
            private_key_pem: issued.private_key_pem,
            pkcs12_base64: issued.pkcs12,
            password: PASSWORD.to_owned(),
            fingerprint: crate::hex::encode(&issued.fingerprint),
        }
    }
}

fn key_pair(pem: Option<&str>) -> Result<KeyPair, ControlError> {
    let Some(pem) = pem else {
        return Ok(KeyPair::generate().map_err(IssueError::from)?);
    };
    KeyPair::from_pkcs8_pem_and_sign_algo(pem, &rcgen::PKCS_ECDSA_P256_SHA256).map_err(|_not_such_a_key| {
        ControlError::invalid("private_key_pem", "is not a P-256 key in PKCS#8 PEM")
    })
}

fn random_key_id(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| char::from(KEY_ID_ALPHABET[usize::from(byte % 32)]))
        .collect()
}

fn both_if_empty(environments: &BTreeSet<Environment>) -> BTreeSet<Environment> {
    if environments.is_empty() {
        Environment::ALL.into()
    } else {
        environments.clone()
    }
}

/// Team ids and key ids: real ones have ten characters; shorter and longer ones do no harm here.
fn check_name(field: &'static str, name: &str) -> Result<(), ControlError> {
    let is_good = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_good {
        Ok(())
    } else {
        Err(ControlError::invalid(field, "must be 1 to 64 letters and digits"))
    }
}

pub(super) fn check_bundle_id(bundle_id: &str) -> Result<(), ControlError> {
    let is_good = (1..=155).contains(&bundle_id.len())
        && bundle_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let why = "must be 1 to 155 letters, digits, dots, hyphens and underscores";
    if is_good {
        Ok(())
    } else {
        Err(ControlError::invalid("bundle_id", why))
    }
}
