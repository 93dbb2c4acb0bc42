//! What the server is told by `tidings.toml` and by the environment: typed, complete, and with every mistake at once.
//!
//! The file is read into a [`Document`] of named values, the environment (`TIDINGS_SECTION__KEY`) is laid over it, and
//! the table of [`KEYS`] turns each value into a part of the [`Settings`]. What is in no table is a mistake. What only the
//! machine can tell, such as who may read a file, is looked at afterwards, by [`inspect`].

mod credential;
pub(crate) mod declared;
mod document;
mod examination;
mod example;
mod inspection;
mod key;
mod mistake;
mod nearest;
mod origin;
mod position;
mod settings;
mod shown;
mod source;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use tidings_server::ShownSetting;

pub(crate) use self::credential::{DeclaredCredential, DeclaredForm, Password};
use self::document::Document;
pub(crate) use self::examination::examine;
pub(crate) use self::example::{example, listed};
pub(crate) use self::inspection::{SEALING_KEY_VARIABLE, inspect, who};
use self::key::KEYS;
pub(crate) use self::mistake::{Gravity, Mistake};
pub(crate) use self::origin::Origin;
pub(crate) use self::settings::{
    ApnsDoorSettings, DeliverySettings, GorushDoorSettings, LogFormat, LogSettings, Roots, Settings,
    StormRules,
};
pub(crate) use self::source::{ReadConfigurationError, Source, tell};

/// A configuration that was understood.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) settings: Settings,
    /// All keys as the dashboard shows them.
    pub(crate) shown: Vec<ShownSetting>,
    /// What was set, by which file or variable, for who wants to check.
    pub(crate) set: Vec<(String, Origin)>,
    /// What is strange, but no reason not to start.
    pub(crate) warnings: Vec<Mistake>,
}

impl Configuration {
    /// Where a key was set.
    pub(crate) fn origin(&self, name: &str) -> Origin {
        let found = self.set.iter().find(|(set, _)| set == name);
        found.map_or(Origin::Default, |(_, origin)| origin.clone())
    }
}

/// What an option of the command line sets: the option, the key, and the value.
pub(crate) type Override = (&'static str, &'static str, String);

/// What options of the command line set. They go before everything else.
pub(crate) type Overrides = Vec<Override>;

/// Reads the text of a file, the environment over it, and the command line over both. All mistakes are told, not only the first.
pub(crate) fn read(
    file: Option<(&Path, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
    overrides: &[Override],
) -> Result<Configuration, Vec<Mistake>> {
    let mut document = match file {
        Some((path, text)) => Document::parse(path, text)?,
        None => Document::default(),
    };
    document.overlay(environment);
    document.override_with(overrides);
    let mut mistakes = Vec::new();
    let mut settings = Settings::default();
    let mut written = BTreeMap::new();
    for key in &KEYS {
        let Some(entry) = document.take(key.name) else {
            continue;
        };
        written.insert(key.name, (entry.value.written(), entry.origin.clone()));
        if let Err(why) = (key.set)(&mut settings, &entry.value) {
            mistakes.push(Mistake::bad_value(key.name, &why, entry.origin));
        }
    }
    settings.credentials = credential::read(&mut document, &mut mistakes);
    mistakes.extend(document.unknown());
    mistakes.sort_by(|one, other| one.origin.rank().cmp(&other.origin.rank()));
    if mistakes.iter().any(|mistake| mistake.gravity == Gravity::Error) {
        return Err(mistakes);
    }
    Ok(Configuration {
        settings,
        shown: shown::shown(&written),
        set: document.into_taken(),
        warnings: mistakes,
    })
}

#[cfg(test)]
mod tests;
