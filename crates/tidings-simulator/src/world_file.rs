//! World files: who exists before the first request, and how this APNs behaves. TOML, or JSON with the same names.
//!
//! ```toml
//! seed = 7
//!
//! [behaviour.uninstall]
//! report = "as_apple"
//!
//! [behaviour.streams]
//! limit = 500
//!
//! [[keys]]
//! team_id = "TEAM123456"
//! key_id = "KEY1234567"
//! # private_key_file = "AuthKey_KEY1234567.p8"   # otherwise one is made and written beside ca.pem
//!
//! [[certificates]]
//! team_id = "TEAM123456"
//! bundle_id = "com.example.app"
//! environments = ["sandbox"]
//!
//! [[apps]]
//! team_id = "TEAM123456"
//! bundle_id = "com.example.app"
//!
//! [[devices]]
//! device_id = "phone"
//! installs = [{ bundle_id = "com.example.app", build = "app_store", kinds = ["alert", "voip"] }]
//!
//! [[devices]]
//! count = 1000        # devices with ids of their own
//! online = false
//! installs = [{ bundle_id = "com.example.app", build = "debug" }]
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::behaviour::Behaviour;
use crate::control::{NewApp, NewCertificate, NewInstall};
use crate::vocabulary::Environment;

/// Device tokens cannot be longer (they have to fit into a path).
const LONGEST_TOKEN: usize = 512;

/// Devices that a world file may ask for.
const MOST_DEVICES: usize = 5_000_000;

/// A world file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldFile {
    /// What chance begins with. The same seed and the same requests give the same device tokens and ids.
    pub seed: u64,
    /// How this APNs behaves.
    pub behaviour: Behaviour,
    /// Signing keys.
    pub keys: Vec<WorldKey>,
    /// Client certificates, written beside `ca.pem` as `<bundle id>-<number>.pem` and `.p12`.
    pub certificates: Vec<NewCertificate>,
    /// Apps.
    pub apps: Vec<NewApp>,
    /// Devices.
    pub devices: Vec<WorldDevices>,
}

/// A signing key of a world file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldKey {
    /// The team.
    pub team_id: String,
    /// The key id.
    pub key_id: String,
    /// Where it is good; both environments by default.
    #[serde(default)]
    pub environments: BTreeSet<Environment>,
    /// The bundle ids it is limited to.
    #[serde(default)]
    pub topics: Option<BTreeSet<String>>,
    /// The topic-specific key that may be used on the same connection.
    #[serde(default)]
    pub related_key_id: Option<String>,
    /// An existing .p8 file, relative to the world file. Without it a key is made, and written beside `ca.pem` as
    /// `AuthKey_<key id>.p8`.
    #[serde(default)]
    pub private_key_file: Option<PathBuf>,
}

/// One or more devices of a world file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldDevices {
    /// The id; made up if it is not given.
    #[serde(default)]
    pub device_id: Option<String>,
    /// How many devices like this. Default 1.
    #[serde(default = "one")]
    pub count: usize,
    /// Whether they are connected. Default true.
    #[serde(default = "yes")]
    pub online: bool,
    /// The apps on them.
    #[serde(default)]
    pub installs: Vec<NewInstall>,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

/// Why a world file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadWorldError {
    /// The file cannot be read.
    #[error("reading world file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has a key or a value that does not exist.
    #[error("parsing world file {} as TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It is not JSON, or has a key or a value that does not exist.
    #[error("parsing world file {} as JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A value is out of its range.
    #[error("checking the world: {field}: {why}")]
    Value {
        /// The key, with its tables.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl WorldFile {
    /// Reads and checks a world file: JSON if its name ends with `.json`, otherwise TOML.
    pub fn read(path: &Path) -> Result<Self, ReadWorldError> {
        let read = |source| ReadWorldError::Read {
            path: path.to_owned(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let mut world = Self::parse(path, &text)?;
        world.check()?;
        world.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(world)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ReadWorldError> {
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            serde_json::from_str(text).map_err(|source| ReadWorldError::Json {
                path: path.to_owned(),
                source,
            })
        } else {
            toml::from_str(text).map_err(|source| ReadWorldError::Toml {
                path: path.to_owned(),
                source: Box::new(source),
            })
        }
    }

    /// Checks the values that the types alone do not.
    pub fn check(&self) -> Result<(), ReadWorldError> {
        let behaviour = &self.behaviour;
        if let Some((order, step)) = behaviour.validation.repeated() {
            let step = serde_json::to_string(&step).unwrap_or_default();
            return Err(wrong(
                "behaviour.validation",
                format!("{order} names {step} twice"),
            ));
        }
        let lengths = &behaviour.token_lengths;
        if lengths.is_empty() || lengths.iter().any(|length| !(8..=LONGEST_TOKEN).contains(length)) {
            return Err(wrong(
                "behaviour.token_lengths",
                format!("needs lengths from 8 to {LONGEST_TOKEN} bytes"),
            ));
        }
        if !(0.0..=1.0).contains(&behaviour.uninstall.never) {
            return Err(wrong(
                "behaviour.uninstall.never",
                "must be from 0 to 1".to_owned(),
            ));
        }
        if behaviour.uninstall.shortest_delay_seconds > behaviour.uninstall.longest_delay_seconds {
            let why = "must not be more than longest_delay_seconds".to_owned();
            return Err(wrong("behaviour.uninstall.shortest_delay_seconds", why));
        }
        if behaviour.streams.before_first_token == 0 {
            let why = "must be at least 1, or no connection could ever begin".to_owned();
            return Err(wrong("behaviour.streams.before_first_token", why));
        }
        self.check_devices()
    }

    fn check_devices(&self) -> Result<(), ReadWorldError> {
        let count = self
            .devices
            .iter()
            .fold(0_usize, |sum, devices| sum.saturating_add(devices.count));
        if count > MOST_DEVICES {
            return Err(wrong(
                "devices.count",
                format!("comes to {count}, more than {MOST_DEVICES}"),
            ));
        }
        let named_twice = |devices: &WorldDevices| devices.device_id.is_some() && devices.count != 1;
        if self.devices.iter().any(named_twice) {
            return Err(wrong(
                "devices.count",
                "must be 1 where there is a device_id".to_owned(),
            ));
        }
        Ok(())
    }

    fn resolve_paths(&mut self, base: &Path) {
        for key in &mut self.keys {
            key.private_key_file = key.private_key_file.take().map(|file| base.join(file));
        }
    }
}

fn wrong(field: &'static str, why: String) -> ReadWorldError {
    ReadWorldError::Value { field, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<WorldFile, ReadWorldError> {
        let world = WorldFile::parse(Path::new("world.toml"), text)?;
        world.check().map(|()| world)
    }

    #[test]
    fn an_empty_file_is_the_default_world() {
        assert_eq!(parse("").unwrap(), WorldFile::default());
        assert_eq!(
            WorldFile::parse(Path::new("w.json"), "{}").unwrap(),
            WorldFile::default()
        );
    }

    #[test]
    fn the_example_of_the_documentation_is_a_world() {
        let example: String = include_str!("world_file.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! ").or(line.strip_prefix("//!")))
            .skip_while(|line| !line.starts_with("```"))
            .skip(1)
            .take_while(|line| !line.starts_with("```"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let world = parse(&example).unwrap();
        assert_eq!((world.seed, world.keys.len(), world.devices.len()), (7, 1, 2));
        assert_eq!(world.devices[1].count, 1000);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, expected) in [
            ("sead = 1", "sead"),
            ("[behaviour.streams]\nlimits = 4", "limits"),
            (
                "[behaviour.streams]\nbefore_first_token = 0",
                "before_first_token",
            ),
            ("[behaviour]\ntoken_lengths = []", "token_lengths"),
            ("[behaviour]\ntoken_lengths = [4]", "token_lengths"),
            ("[behaviour.uninstall]\nnever = 2.0", "never"),
            (
                "[behaviour.uninstall]\nshortest_delay_seconds = 9999999999",
                "shortest_delay_seconds",
            ),
            (
                "[behaviour.validation]\ndevice = ['method', 'path', 'method']",
                "method",
            ),
            ("[behaviour.validation]\ndevice = ['methods']", "methods"),
            ("[[devices]]\ncount = 99999999", "devices.count"),
            ("[[devices]]\ndevice_id = 'a'\ncount = 2", "devices.count"),
            ("[[apps]]\nbundle_id = 'a'", "team_id"),
        ] {
            let error = parse(text).unwrap_err();
            let source = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                format!("{error} {source}").contains(expected),
                "{text}: {error} {source}"
            );
        }
    }
}
