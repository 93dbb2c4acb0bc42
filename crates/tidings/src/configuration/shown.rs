//! Every key with its value and where that was set, for people to look at.

use std::collections::BTreeMap;

use tidings_server::ShownSetting;

use super::key::{KEYS, Shown};
use super::origin::Origin;

/// Words in the name of a key whose value may hold a secret. A proxy's address holds its password.
const TELLTALE: [&str; 3] = ["password", "proxy", "secret"];

/// All keys; `set` are those that somebody set, with what was written and where.
pub(super) fn shown(set: &BTreeMap<&'static str, (String, Origin)>) -> Vec<ShownSetting> {
    let shown = KEYS.iter().map(|key| {
        let (value, origin) = match (set.get(key.name), key.shown) {
            (Some(_), _) if is_secret(key.name) => ("(not shown)".to_owned(), origin(set, key.name)),
            (Some((written, _)), _) => (written.clone(), origin(set, key.name)),
            (None, Shown::Default(default)) => (default.trim_matches('"').to_owned(), Origin::Default),
            (None, Shown::Example(_)) => ("–".to_owned(), Origin::Default),
        };
        ShownSetting {
            name: key.name.to_owned(),
            value,
            origin: origin.to_string(),
            meaning: key.meaning.to_owned(),
        }
    });
    shown.collect()
}

fn origin(set: &BTreeMap<&'static str, (String, Origin)>, name: &str) -> Origin {
    set.get(name)
        .map_or(Origin::Default, |(_, origin)| origin.clone())
}

fn is_secret(name: &str) -> bool {
    TELLTALE.iter().any(|word| name.contains(word))
}
