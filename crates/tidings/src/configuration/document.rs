//! The file and the environment as one set of named values, each with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::key::{KEYS, SECTIONS};
use super::mistake::Mistake;
use super::nearest::nearest;
use super::origin::{Origin, Place};
use super::value::{Form, Value};
use super::{Override, credential};

/// Named values: `server.listen`, `credentials.0.app`.
#[derive(Debug, Default)]
pub(super) struct Document {
    entries: BTreeMap<String, Entry>,
    /// Where the items of lists of tables begin: `credentials.0`.
    heads: BTreeMap<String, Origin>,
    taken: Vec<(String, Origin)>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Value,
    /// Of the value.
    pub(super) origin: Origin,
    /// Of the name.
    name_origin: Origin,
}

impl Document {
    /// Reads the text of a file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Vec<Mistake>> {
        let source = Source::new(path, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let mistakes = errors.iter().map(|error| {
                let place = source.origin(&error.span().unwrap_or_default());
                Mistake::syntax(place, error.message())
            });
            return Err(mistakes.collect());
        }
        let mut document = Self::default();
        document.add_table("", table.get_ref(), &source);
        Ok(document)
    }

    /// Lays the variables `TIDINGS_SECTION__KEY` over it. Variables without two underscores mean something else.
    pub(super) fn overlay(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        for (variable, text) in environment {
            let Some(name) = name_of(&variable) else { continue };
            self.lay(name, text, Origin::Variable(variable));
        }
    }

    /// Lays what the command line says over it.
    pub(super) fn override_with(&mut self, overrides: &[Override]) {
        for (option, key, text) in overrides {
            let origin = Origin::Option(option);
            self.lay((*key).to_owned(), text.clone(), origin);
        }
    }

    fn lay(&mut self, name: String, text: String, origin: Origin) {
        let value = Value {
            form: Form::Raw(text),
            base: None,
        };
        let entry = Entry {
            value,
            name_origin: origin.clone(),
            origin,
        };
        self.entries.insert(name, entry);
    }

    /// Takes a value out.
    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        let entry = self.entries.remove(name)?;
        self.taken.push((name.to_owned(), entry.origin.clone()));
        Some(entry)
    }

    /// Whether a value was there and was taken out.
    pub(super) fn was_taken(&self, name: &str) -> bool {
        self.taken.iter().any(|(taken, _)| taken == name)
    }

    /// The numbers of a list of tables, such as `credentials`.
    pub(super) fn numbers(&self, list: &str) -> Vec<usize> {
        let numbers = self.entries.keys().chain(self.heads.keys()).filter_map(|name| {
            let rest = name.strip_prefix(list)?.strip_prefix('.')?;
            rest.split('.').next()?.parse().ok()
        });
        let mut numbers: Vec<usize> = numbers.collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Where a table of a list begins; or else where the first value in it stands.
    pub(super) fn origin_of_item(&self, name: &str) -> Option<Origin> {
        if let Some(origin) = self.heads.get(name) {
            return Some(origin.clone());
        }
        let below = self
            .entries
            .iter()
            .find(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        below.map(|(_, entry)| entry.name_origin.clone())
    }

    /// What nobody took, and so nobody knows.
    pub(super) fn unknown(&self) -> impl Iterator<Item = Mistake> {
        self.entries
            .iter()
            .map(|(name, entry)| unknown(name, entry.name_origin.clone()))
    }

    /// What was taken.
    pub(super) fn into_taken(self) -> Vec<(String, Origin)> {
        self.taken
    }

    fn add_table(&mut self, prefix: &str, table: &DeTable<'_>, source: &Source<'_>) {
        for (key, value) in table {
            let name = joined(prefix, key.get_ref());
            let name_origin = source.origin(&key.span());
            self.add_value(&name, &name_origin, value, source);
        }
    }

    /// An item of a list of tables. That it is empty says nothing yet.
    fn add_item(
        &mut self,
        name: &str,
        name_origin: &Origin,
        item: &Spanned<DeValue<'_>>,
        source: &Source<'_>,
    ) {
        match item.get_ref() {
            DeValue::Table(table) => self.add_table(name, table, source),
            _ => self.add_value(name, name_origin, item, source),
        }
    }

    fn add_value(
        &mut self,
        name: &str,
        name_origin: &Origin,
        value: &Spanned<DeValue<'_>>,
        source: &Source<'_>,
    ) {
        let form = match value.get_ref() {
            DeValue::Table(table) if !table.is_empty() || is_section(name) => {
                return self.add_table(name, table, source);
            }
            DeValue::Array(array) if array.is_empty() && name == "credentials" => return,
            DeValue::Array(array) if has_tables(array) => {
                for (number, item) in array.iter().enumerate() {
                    let name = joined(name, &number.to_string());
                    self.heads.insert(name.clone(), source.origin(&item.span()));
                    self.add_item(&name, name_origin, item, source);
                }
                return;
            }
            other => form(other),
        };
        let entry = Entry {
            value: Value {
                form,
                base: source.base.clone(),
            },
            origin: source.origin(&value.span()),
            name_origin: name_origin.clone(),
        };
        self.entries.insert(name.to_owned(), entry);
    }
}

/// The text of a file, to find places in it.
struct Source<'a> {
    path: Arc<Path>,
    base: Option<Arc<Path>>,
    text: &'a str,
}

impl<'a> Source<'a> {
    fn new(path: &Path, text: &'a str) -> Self {
        Self {
            path: path.into(),
            base: path.parent().map(Arc::from),
            text,
        }
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::File(Place::new(&self.path, self.text, span))
    }
}

/// `TIDINGS_SERVER__LISTEN` is `server.listen`.
fn name_of(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("TIDINGS_")?;
    name.contains("__")
        .then(|| name.to_ascii_lowercase().replace("__", "."))
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

fn unknown(name: &str, origin: Origin) -> Mistake {
    if is_section(name) {
        let what = format!("`{name}` is a section, not a key");
        let hint = format!("write [{name}], and its keys below");
        return Mistake::error(origin, what).with_hint(hint);
    }
    if name == "credentials"
        || name.starts_with("credentials.") && name.split('.').nth(1).is_none_or(is_no_number)
    {
        let what = "credentials are a list";
        return Mistake::error(origin, what).with_hint("write [[credentials]] before each of them");
    }
    if !name.contains('.')
        && let Some(section) = nearest(name, SECTIONS.iter().map(|section| section.name))
    {
        let what = format!("unknown section `{name}`");
        return Mistake::error(origin, what).with_hint(format!("did you mean [{section}]?"));
    }
    let known = KEYS.iter().map(|key| key.name);
    let known = known.chain(credential::NAMES.iter().copied());
    Mistake::unknown(name, nearest(&general(name), known), origin)
}

fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == name)
}

fn is_no_number(part: &str) -> bool {
    part.parse::<usize>().is_err()
}

/// The name with numbers left out of account: `credentials.3.app` is like every `credentials.0.app`.
fn general(name: &str) -> String {
    let parts = name.split('.').filter(|part| part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join(".")
}

fn has_tables(array: &DeArray<'_>) -> bool {
    array
        .iter()
        .any(|item| matches!(item.get_ref(), DeValue::Table(_)))
}

fn form(value: &DeValue<'_>) -> Form {
    match value {
        DeValue::String(text) => Form::Text(text.clone().into_owned()),
        // Digits of another radix are more than this file needs: `integer` refuses the prefix.
        DeValue::Integer(integer) => Form::Integer(integer.to_string()),
        DeValue::Boolean(boolean) => Form::Boolean(*boolean),
        DeValue::Array(array) => list(array),
        DeValue::Float(_) => Form::Other("a fraction"),
        DeValue::Datetime(_) => Form::Other("a date"),
        DeValue::Table(_) => Form::Other("a table"),
    }
}

fn list(array: &DeArray<'_>) -> Form {
    let texts = array.iter().map(|item| match item.get_ref() {
        DeValue::String(text) => Some(text.clone().into_owned()),
        _ => None,
    });
    texts
        .collect::<Option<_>>()
        .map_or(Form::Other("a list of something else"), Form::List)
}
