//! Where a value of the configuration stands, and how that place is shown.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::position::position;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the file.
    File(Place),
    /// In a variable of the environment.
    Variable(String),
    /// On the command line.
    Option(&'static str),
    /// Nowhere: nobody set it.
    Default,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: Arc<Path>,
    /// Counted from one.
    pub(crate) line: usize,
    /// In characters, counted from one.
    pub(crate) column: usize,
    /// How many characters of the line are meant.
    width: usize,
    /// The line itself; nothing where it may hold a secret.
    text: Option<Arc<str>>,
}

/// Words that say that a line may hold a secret. A proxy's address holds its password.
const TELLTALE: [&str; 4] = ["password", "proxy", "secret", "PRIVATE KEY"];

impl Place {
    /// The place of a range of bytes of a text.
    pub(super) fn new(path: &Arc<Path>, text: &str, span: &Range<usize>) -> Self {
        let (line, column) = position(text, span.start);
        let shown = text.lines().nth(line - 1).unwrap_or_default();
        let meant = text.get(span.clone()).unwrap_or_default();
        let width = meant.lines().next().unwrap_or_default().chars().count();
        let is_secret = TELLTALE.iter().any(|word| shown.contains(word));
        Self {
            path: Arc::clone(path),
            line,
            column,
            width: width.max(1),
            text: (!is_secret).then(|| shown.into()),
        }
    }

    /// The line with carets under what is meant; nothing where it must not be shown.
    pub(crate) fn excerpt(&self) -> Option<String> {
        let text = self.text.as_deref()?;
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let before: String = text
            .chars()
            .take(self.column - 1)
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        let carets = "^".repeat(self.width);
        Some(format!(
            " {margin} |\n {number} | {text}\n {margin} | {before}{carets}"
        ))
    }
}

impl Origin {
    /// The file first, from its beginning; then the variables by name.
    pub(super) fn rank(&self) -> (usize, usize, &str) {
        match self {
            Self::File(place) => (place.line, place.column, ""),
            Self::Variable(name) => (usize::MAX - 2, 0, name),
            Self::Option(name) => (usize::MAX - 1, 0, name),
            Self::Default => (usize::MAX, 0, ""),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => {
                write!(f, "{}:{}:{}", place.path.display(), place.line, place.column)
            }
            Self::Variable(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, meant: &str) -> Option<String> {
        let start = text.find(meant).unwrap();
        let path = Path::new("tidings.toml").into();
        Place::new(&path, text, &(start..start + meant.len())).excerpt()
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        let shown = excerpt("[server]\nżółw = 1\n", "żółw").unwrap();
        assert_eq!(shown, "   |\n 2 | żółw = 1\n   | ^^^^");
        let shown = excerpt("\tlisten = 'x'", "'x'").unwrap();
        assert_eq!(shown, "   |\n 1 | \tlisten = 'x'\n   | \t         ^^^");
    }

    #[test]
    fn a_line_that_may_hold_a_secret_is_not_shown() {
        assert_eq!(excerpt("proxy = 'http://u:p@h'", "'http"), None);
        assert_eq!(excerpt("password = 'p'", "'p'"), None);
    }
}
