//! A mistake in the configuration: where it is, what it is, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use tidings_doctor::Finding;

use super::origin::Origin;

/// How much a mistake matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gravity {
    /// The server does not start.
    Error,
    /// It starts, and may not do what was meant.
    Warning,
}

/// Something in the configuration that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {what}")]
pub(crate) struct Mistake {
    pub(crate) gravity: Gravity,
    pub(crate) origin: Origin,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
    /// The finding of the doctor that it is, by its name in the catalogue.
    pub(crate) code: Option<&'static str>,
}

/// A mistake as programs read it.
#[derive(Serialize)]
struct Told<'a> {
    severity: Gravity,
    file: Option<PathBuf>,
    line: Option<usize>,
    column: Option<usize>,
    variable: Option<&'a str>,
    what: &'a str,
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Mistake {
    /// The text is not TOML.
    pub(super) fn syntax(origin: Origin, message: &str) -> Self {
        let what = format!("not TOML: {}", message.replace('\n', ", "));
        Self::error(origin, what).with_hint("`tidings config example` prints a file that works")
    }

    /// A name that nobody knows.
    pub(super) fn unknown(name: &str, nearest: Option<&str>, origin: Origin) -> Self {
        let hint = match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`tidings config keys` lists every key".to_owned(),
        };
        Self::error(origin, format!("unknown key `{name}`")).with_hint(hint)
    }

    /// A value that does not fit.
    pub(super) fn bad_value(name: &str, why: &str, origin: Origin) -> Self {
        Self::error(origin, format!("`{name}` {why}"))
    }

    /// The server cannot work like that.
    pub(super) fn error(origin: Origin, what: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Error,
            origin,
            what: what.into(),
            hint: None,
            code: None,
        }
    }

    /// The server can work, but it may not be what was meant.
    pub(super) fn warning(origin: Origin, what: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Warning,
            ..Self::error(origin, what)
        }
    }

    /// What the doctor found in a credential.
    pub(super) fn diagnosed(origin: Origin, gravity: Gravity, finding: Finding) -> Self {
        let what = finding.title.trim_end_matches('.');
        Self {
            gravity,
            code: Some(finding.code),
            ..Self::error(origin, what).with_hint(finding.fix)
        }
    }

    /// With what to do about it.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl Serialize for Mistake {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = match &self.origin {
            Origin::File(place) => Some(place),
            Origin::Variable(_) | Origin::Option(_) | Origin::Default => None,
        };
        let variable = match &self.origin {
            Origin::Variable(name) => Some(name.as_str()),
            Origin::File(_) | Origin::Option(_) | Origin::Default => None,
        };
        let told = Told {
            severity: self.gravity,
            file: place.map(|place| place.path.to_path_buf()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            variable,
            what: &self.what,
            hint: self.hint.as_deref(),
            code: self.code,
        };
        told.serialize(serializer)
    }
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}
