//! A mistake in the configuration: where it is, what it is, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the file.
    File {
        path: Arc<Path>,
        line: usize,
        column: usize,
    },
    /// In a variable of the environment.
    Variable(String),
}

/// Something in the configuration that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {what}")]
pub(crate) struct Mistake {
    pub(crate) origin: Origin,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

/// A mistake as programs read it.
#[derive(Serialize)]
struct Told<'a> {
    file: Option<PathBuf>,
    line: Option<usize>,
    column: Option<usize>,
    variable: Option<&'a str>,
    what: &'a str,
    hint: Option<&'a str>,
}

impl Mistake {
    /// The text is not TOML.
    pub(super) fn syntax(origin: Origin, message: &str) -> Self {
        Self {
            origin,
            what: format!("not TOML: {}", message.replace('\n', ", ")),
            hint: Some("`tidings config example` prints a file that works".to_owned()),
        }
    }

    /// A name that nobody knows.
    pub(super) fn unknown(name: &str, nearest: Option<&str>, origin: Origin) -> Self {
        let hint = match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`tidings config example` shows every key".to_owned(),
        };
        Self {
            origin,
            what: format!("unknown key `{name}`"),
            hint: Some(hint),
        }
    }

    /// A value that does not fit.
    pub(super) fn bad_value(name: &str, why: String, origin: Origin) -> Self {
        Self {
            origin,
            what: format!("`{name}` {why}"),
            hint: None,
        }
    }
}

impl Serialize for Mistake {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (file, line, column, variable) = match &self.origin {
            Origin::File { path, line, column } => {
                (Some(path.to_path_buf()), Some(*line), Some(*column), None)
            }
            Origin::Variable(name) => (None, None, None, Some(name.as_str())),
        };
        let told = Told {
            file,
            line,
            column,
            variable,
            what: &self.what,
            hint: self.hint.as_deref(),
        };
        told.serialize(serializer)
    }
}

impl Origin {
    /// The file first, from its beginning; then the variables by name.
    pub(super) fn place(&self) -> (usize, usize, String) {
        match self {
            Self::File { line, column, .. } => (*line, *column, String::new()),
            Self::Variable(name) => (usize::MAX, 0, name.clone()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}
