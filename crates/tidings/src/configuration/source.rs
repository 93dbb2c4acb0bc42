//! Which file the configuration comes from, and how its mistakes are told.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::{Configuration, Gravity, Mistake, Origin, Overrides, read};
use crate::output::{BAD, DIM, DOUBTFUL, SIGN, styled, tell as tell_line};

/// The file that is taken if it is there and nothing else is said.
const FILE: &str = "tidings.toml";

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    file: Option<PathBuf>,
    overrides: Overrides,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadConfigurationError {
    /// The file cannot be read.
    #[error("cannot read the configuration from {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It makes no sense.
    #[error("{} in the configuration", count(.0.len()))]
    Mistakes(Vec<Mistake>),
}

impl Source {
    /// The file that was named, or `tidings.toml` in the working directory if there is one.
    pub(crate) fn new(named: Option<&Path>) -> Self {
        let beside = Path::new(FILE);
        let found = || beside.exists().then(|| beside.to_owned());
        Self {
            file: named.map(Path::to_owned).or_else(found),
            overrides: Overrides::new(),
        }
    }

    /// With what the command line says.
    pub(crate) fn with_overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// The file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file, the environment over it, and the command line over both.
    pub(crate) fn read(&self) -> Result<Configuration, ReadConfigurationError> {
        let text = self.file.as_deref().map(|path| {
            let text = std::fs::read_to_string(path);
            text.map_err(|source| ReadConfigurationError::File {
                path: path.to_owned(),
                source,
            })
        });
        let text = text.transpose()?;
        let file = self.file.as_deref().zip(text.as_deref());
        read(file, variables(), &self.overrides).map_err(ReadConfigurationError::Mistakes)
    }
}

/// The variables of the environment that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.into_string().ok();
    std::env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)))
}

/// Tells people what is wrong, one after the other.
pub(crate) fn tell(mistakes: &[Mistake]) {
    for mistake in mistakes {
        let style = match mistake.gravity {
            Gravity::Error => BAD,
            Gravity::Warning => DOUBTFUL,
        };
        tell_line(format_args!(
            "{} {mistake}",
            styled(style, format_args!("{}:", mistake.gravity))
        ));
        if let Origin::File(place) = &mistake.origin
            && let Some(excerpt) = place.excerpt()
        {
            tell_line(styled(DIM, excerpt));
        }
        if let Some(hint) = &mistake.hint {
            tell_line(format_args!("{} {hint}", styled(SIGN, "hint:")));
        }
    }
}

fn count(mistakes: usize) -> String {
    match mistakes {
        1 => "a mistake".to_owned(),
        count => format!("{count} mistakes"),
    }
}
