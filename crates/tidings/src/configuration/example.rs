//! A `tidings.toml` with every key, for who begins; and a list of the keys, for who looks something up.

use std::fmt::Write as _;

use serde::Serialize;

use super::credential::CREDENTIAL_KEYS;
use super::key::{KEYS, SECTIONS, Shown, variable};
use crate::output::wrapped;

/// The columns of the comments.
const WIDTH: usize = 96;

const HEAD: &str = "\
The configuration of `tidings serve`. Every key is shown with its default, or with an example. None is needed: without \
this file the server works on a data directory beside it. A key can also be given by a variable of the environment, \
which goes before the file: TIDINGS_SERVER__LISTEN is `listen` in the section `server`.";

const CREDENTIALS: &str = "\
The credentials of apps, if they are to be kept beside this file and not uploaded to the API. One [[credentials]] for each. \
When one of the files or this file changes they are read again; SIGHUP does it at once.";

/// The first key that a signing key does not have.
const FIRST_OF_CERTIFICATES: &str = "private_key_file";

const CERTIFICATE: &str = "
# [[credentials]]
# app = \"com.example.other\"
# file = \"push.p12\"
";

/// The file.
pub(crate) fn example() -> String {
    let mut text = comment(HEAD);
    for section in SECTIONS {
        text.push('\n');
        text.push_str(&comment(section.about));
        line(&mut text, format_args!("[{}]", section.name));
        for key in KEYS.iter().filter(|key| key.section() == section.name) {
            let (Shown::Default(shown) | Shown::Example(shown)) = key.shown;
            text.push_str(&comment(key.meaning));
            line(&mut text, format_args!("# {} = {shown}\n", key.short_name()));
        }
    }
    text.push_str(&comment(CREDENTIALS));
    line(&mut text, format_args!("# [[credentials]]"));
    for key in CREDENTIAL_KEYS.iter().filter(|key| !key.example.is_empty()) {
        if key.name == FIRST_OF_CERTIFICATES {
            text.push_str(CERTIFICATE);
        }
        text.push_str(&comment(key.meaning));
        line(&mut text, format_args!("# {} = {}", key.name, key.example));
    }
    text
}

/// A key as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    pub(crate) section: &'static str,
    pub(crate) name: String,
    pub(crate) variable: String,
    pub(crate) default: Option<&'static str>,
    pub(crate) example: Option<&'static str>,
    pub(crate) meaning: &'static str,
}

/// All keys, in the order of the file.
pub(crate) fn listed() -> Vec<Listed> {
    let keys = KEYS.iter().map(|key| {
        let (default, example) = match key.shown {
            Shown::Default(default) => (Some(default), None),
            Shown::Example(example) => (None, Some(example)),
        };
        Listed {
            section: key.section(),
            name: key.name.to_owned(),
            variable: key.variable(),
            default,
            example,
            meaning: key.meaning,
        }
    });
    let credentials = CREDENTIAL_KEYS.iter().map(|key| Listed {
        section: "credentials",
        name: format!("credentials.{}", key.name),
        variable: variable(&format!("credentials.0.{}", key.name)),
        default: None,
        example: Some(key.example).filter(|example| !example.is_empty()),
        meaning: key.meaning,
    });
    keys.chain(credentials).collect()
}

fn comment(text: &str) -> String {
    wrapped(text, WIDTH).iter().fold(String::new(), |mut out, part| {
        line(&mut out, format_args!("# {part}"));
        out
    })
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
