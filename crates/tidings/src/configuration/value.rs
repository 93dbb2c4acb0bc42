//! A value of the configuration, and what it can be read as. Each reading says in words what it wanted.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::when;

/// A value. A variable of the environment is a text that may stand for anything.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(super) form: Form,
    /// The folder that a relative path of a file is relative to.
    pub(super) base: Option<Arc<Path>>,
}

/// How the value was written.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Form {
    Text(String),
    Integer(String),
    Boolean(bool),
    List(Vec<String>),
    /// From the environment.
    Raw(String),
    /// Something that no key takes: a float, a date, a table.
    Other(&'static str),
}

impl Value {
    /// The value as somebody would write it.
    pub(super) fn written(&self) -> String {
        match &self.form {
            Form::Text(text) | Form::Integer(text) | Form::Raw(text) => text.clone(),
            Form::Boolean(value) => value.to_string(),
            Form::List(items) => items.join(", "),
            Form::Other(name) => (*name).to_owned(),
        }
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&str, String> {
        match &self.form {
            Form::Text(text) | Form::Raw(text) => Ok(text),
            other => Err(format!("should be a text, not {}", other.name())),
        }
    }

    /// A text that is read as something else.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, String> {
        let text = self.text()?;
        text.parse().map_err(|error| format!("cannot be used: {error}"))
    }

    /// A text that must not stand in a file which is passed around.
    pub(super) fn secret(&self) -> Result<Zeroizing<String>, String> {
        match &self.form {
            Form::Raw(text) => Ok(Zeroizing::new(text.clone())),
            _ => Err("is a secret, and does not belong in this file: give it by a variable or in a file of its own".to_owned()),
        }
    }

    /// An address and a port of this machine.
    pub(super) fn address(&self) -> Result<SocketAddr, String> {
        let text = self.text()?;
        let wanted = "should be an address and a port, such as \"127.0.0.1:8377\" or \"[::1]:8377\"";
        text.parse().map_err(|_no_address| match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && host == "localhost" => {
                format!("{wanted}; for localhost write \"127.0.0.1:{port}\"")
            }
            _ => wanted.to_owned(),
        })
    }

    /// A path; in a file it is relative to that file.
    pub(super) fn path(&self) -> Result<PathBuf, String> {
        let text = self.text()?;
        if text.is_empty() {
            return Err("should be a path, not an empty text".to_owned());
        }
        Ok(match &self.base {
            Some(base) => base.join(text),
            None => PathBuf::from(text),
        })
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, range: RangeInclusive<u64>) -> Result<u64, String> {
        let digits = match &self.form {
            Form::Integer(digits) | Form::Raw(digits) => digits,
            other => return Err(format!("should be a whole number, not {}", other.name())),
        };
        let number = digits.replace('_', "").parse().ok();
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = range.into_inner();
            format!("should be a whole number from {least} to {most}")
        })
    }

    /// A whole number that counts things in memory.
    pub(super) fn count(&self, range: RangeInclusive<u32>) -> Result<usize, String> {
        let (least, most) = range.into_inner();
        let number = self.integer(least.into()..=most.into())?;
        usize::try_from(number).map_err(|_too_large| format!("is more than {most}"))
    }

    /// A length of time within bounds, such as `30s`, `15m`, `90d`.
    pub(super) fn duration(&self, range: RangeInclusive<Duration>) -> Result<Duration, String> {
        let text = match &self.form {
            Form::Text(text) | Form::Raw(text) => text,
            other => {
                return Err(format!(
                    "should be a length of time such as \"30s\", not {}",
                    other.name()
                ));
            }
        };
        let duration = when::duration(text).ok();
        duration
            .filter(|duration| range.contains(duration))
            .ok_or_else(|| {
                let (least, most) = range.into_inner();
                format!(
                    "should be a length of time from {} to {}",
                    in_words(least),
                    in_words(most)
                )
            })
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, String> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            format!("should be {}", known.join(" or "))
        })
    }

    /// Texts; a variable of the environment separates them by commas, or writes them as the file does.
    pub(super) fn list(&self) -> Result<Vec<String>, String> {
        match &self.form {
            Form::List(texts) => Ok(texts.clone()),
            Form::Raw(text) => {
                let text = text.trim();
                let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
                let texts = inner.unwrap_or(text).split(',');
                Ok(texts
                    .map(|text| text.trim().trim_matches('"').to_owned())
                    .collect())
            }
            other => Err(format!("should be a list of texts, not {}", other.name())),
        }
    }
}

/// Nothing of what it is: it may be meant for another key, and secret.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.form.name())
    }
}

impl Form {
    fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Raw(_) => "this",
            Self::Other(name) => name,
        }
    }
}

/// As it is written in the file.
fn in_words(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let unit = units
        .into_iter()
        .find(|(_, unit)| millis >= *unit && millis.is_multiple_of(*unit));
    unit.map_or_else(
        || format!("{millis}ms"),
        |(name, unit)| format!("{}{name}", millis / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(form: Form) -> Value {
        Value { form, base: None }
    }

    fn raw(text: &str) -> Value {
        value(Form::Raw(text.to_owned()))
    }

    #[test]
    fn a_number_is_within_its_bounds_wherever_it_comes_from() {
        let number = |digits: &str| value(Form::Integer(digits.to_owned()));
        assert_eq!(number("1_000").integer(1..=2000), Ok(1000));
        assert_eq!(raw("7").integer(1..=9), Ok(7));
        for wrong in [
            number("0"),
            number("-1"),
            number("99999999999999999999999"),
            raw("x"),
        ] {
            assert_eq!(
                wrong.integer(1..=9),
                Err("should be a whole number from 1 to 9".to_owned())
            );
        }
        assert_eq!(
            value(Form::Boolean(true)).integer(1..=9),
            Err("should be a whole number, not true or false".to_owned())
        );
    }

    #[test]
    fn a_length_of_time_is_a_text_with_a_unit() {
        let range = Duration::from_secs(1)..=Duration::from_hours(24);
        assert_eq!(raw("90s").duration(range.clone()), Ok(Duration::from_secs(90)));
        assert_eq!(
            raw("2d").duration(range.clone()),
            Err("should be a length of time from 1s to 1d".to_owned())
        );
        assert!(value(Form::Integer("5".to_owned())).duration(range).is_err());
    }

    #[test]
    fn a_path_of_a_file_is_relative_to_that_file() {
        let text = |text: &str, base: Option<&str>| Value {
            form: Form::Text(text.to_owned()),
            base: base.map(|base| Path::new(base).into()),
        };
        assert_eq!(
            text("a.p8", Some("/etc/tidings")).path(),
            Ok("/etc/tidings/a.p8".into())
        );
        assert_eq!(text("/b.p8", Some("/etc/tidings")).path(), Ok("/b.p8".into()));
        assert_eq!(text("a.p8", None).path(), Ok("a.p8".into()));
        assert!(text("", None).path().is_err());
    }

    #[test]
    fn nothing_of_a_value_shows_in_debug() {
        assert!(!format!("{:?}", raw("s3cret")).contains("s3cret"));
    }
}
