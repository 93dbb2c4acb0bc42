//! What the server is told by `tidings.toml` and by the environment: typed, complete, and with every mistake at once.
//!
//! The file is read into a [`Document`] of named values, the environment (`TIDINGS_SECTION__KEY`) is laid over it, and
//! the table of [`KEYS`] turns each value into a part of the [`Settings`]. What is in no table is a mistake.

mod credential;
mod document;
mod example;
mod key;
mod mistake;
mod nearest;
mod position;
mod settings;
mod value;

use std::path::Path;

pub(crate) use self::credential::DeclaredCredential;
use self::document::Document;
pub(crate) use self::example::example;
use self::key::KEYS;
pub(crate) use self::mistake::{Mistake, Origin};
pub(crate) use self::settings::{LogFormat, Settings};

/// A configuration that was understood.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) settings: Settings,
    /// What was set, by which file or variable, for who wants to check.
    pub(crate) set: Vec<(String, Origin)>,
}

/// Reads the text of a file, and the environment over it. All mistakes are told, not only the first.
pub(crate) fn read(
    file: Option<(&Path, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Configuration, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut document = match file {
        Some((path, text)) => Document::parse(path, text).map_err(|mistake| vec![mistake])?,
        None => Document::default(),
    };
    document.overlay(environment);
    let mut settings = Settings::default();
    for key in KEYS {
        if let Some(entry) = document.take(key.name)
            && let Err(why) = (key.set)(&mut settings, &entry.value)
        {
            mistakes.push(Mistake::bad_value(key.name, why, entry.origin.clone()));
        }
    }
    settings.credentials = credential::read(&mut document, &mut mistakes);
    mistakes.extend(document.unknown());
    mistakes.sort_by_key(|mistake| mistake.origin.place());
    if mistakes.is_empty() {
        let set = document.into_taken();
        Ok(Configuration { settings, set })
    } else {
        Err(mistakes)
    }
}

#[cfg(test)]
mod tests;
