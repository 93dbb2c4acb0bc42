//! What the columns of a table, or the keys of an object, are called here.

use std::str::FromStr;

/// A field of a device, as the server takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Field {
    Token,
    Kind,
    Environment,
    InstallationId,
    UserId,
    Tags,
    Locale,
    AppVersion,
    OsVersion,
    DeviceModel,
    RegisteredAt,
    /// What `tidings devices export` says of it; it decides whether the line is taken.
    State,
}

/// Fields, their names, and other names for them as letters only; of several that are there, the first counts.
const FIELDS: [(Field, &str, &[&str]); 12] = [
    (
        Field::Token,
        "token",
        &["devicetoken", "pushtoken", "apnstoken", "identifier"],
    ),
    (Field::Kind, "kind", &["tokenkind"]),
    (
        Field::Environment,
        "environment",
        &["env", "apsenvironment", "apnsenvironment"],
    ),
    (
        Field::InstallationId,
        "installation_id",
        &["installation", "installid"],
    ),
    (
        Field::UserId,
        "user_id",
        &["externaluserid", "user", "externalid"],
    ),
    (Field::Tags, "tags", &[]),
    (Field::Locale, "locale", &["language"]),
    (Field::AppVersion, "app_version", &[]),
    (Field::OsVersion, "os_version", &["deviceos"]),
    (Field::DeviceModel, "device_model", &["model"]),
    (
        Field::RegisteredAt,
        "registered_at",
        &[
            "lastregisteredat",
            "lastactive",
            "lastseen",
            "updatedat",
            "createdat",
        ],
    ),
    (Field::State, "state", &[]),
];

impl Field {
    /// The name under which the server takes it.
    pub(super) fn name(self) -> &'static str {
        let found = FIELDS.iter().find(|(field, ..)| *field == self);
        found.map_or("", |(_, name, _)| name)
    }

    /// The field of this name, and how good a name it is for it; 0 is the best.
    fn of_name(name: &str) -> Option<(Self, usize)> {
        let name = letters(name);
        FIELDS.iter().find_map(|(field, known, others)| {
            if letters(known) == name {
                return Some((*field, 0));
            }
            let other = others.iter().position(|other| *other == name)?;
            Some((*field, other + 1))
        })
    }
}

/// The letters of a name, without regard to how its words are put together.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|character| character.is_alphanumeric());
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A column that is to be taken under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renaming {
    column: String,
    field: Field,
}

/// A text renames nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseRenamingError {
    #[error("give COLUMN=FIELD, such as pushid=token")]
    Form,
    #[error("{given:?} is no field; the fields are {}", names())]
    Field { given: String },
}

impl FromStr for Renaming {
    type Err = ParseRenamingError;

    fn from_str(text: &str) -> Result<Self, ParseRenamingError> {
        let (column, field) = text.rsplit_once('=').ok_or(ParseRenamingError::Form)?;
        let found = FIELDS.iter().find(|(_, name, _)| *name == field);
        let (field, ..) = found.ok_or_else(|| ParseRenamingError::Field {
            given: field.to_owned(),
        })?;
        Ok(Self {
            column: column.to_owned(),
            field: *field,
        })
    }
}

fn names() -> String {
    FIELDS.map(|(_, name, _)| name).join(", ")
}

/// The field that a column is, and how good its name is for it.
pub(super) fn field_of(column: &str, renamings: &[Renaming]) -> Option<(Field, usize)> {
    let renamed = renamings.iter().find(|renaming| renaming.column == column);
    match renamed {
        Some(renaming) => Some((renaming.field, 0)),
        None => Field::of_name(column),
    }
}

/// The fields of the columns of a table. A column that is a worse name for a field than another is none.
pub(super) fn fields_of<'a>(
    columns: impl Iterator<Item = &'a str>,
    renamings: &[Renaming],
) -> Vec<Option<Field>> {
    let found: Vec<_> = columns.map(|column| field_of(column, renamings)).collect();
    let best = |field: Field| {
        let ranks = found.iter().flatten().filter(|(other, _)| *other == field);
        ranks.map(|(_, rank)| *rank).min()
    };
    found
        .iter()
        .map(|found| {
            let (field, rank) = (*found)?;
            (best(field) == Some(rank)).then_some(field)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_name_and_by_the_usual_others() {
        let columns = [
            "Device-Token",
            "env",
            "updated_at",
            "last_registered_at",
            "colour",
        ];
        assert_eq!(
            fields_of(columns.into_iter(), &[]),
            [
                Some(Field::Token),
                Some(Field::Environment),
                None,
                Some(Field::RegisteredAt),
                None
            ]
        );
    }

    #[test]
    fn a_renaming_goes_before_every_name() {
        let renamings = ["pushid=token".parse().unwrap(), "token=user_id".parse().unwrap()];
        assert_eq!(
            fields_of(["pushid", "token"].into_iter(), &renamings),
            [Some(Field::Token), Some(Field::UserId)]
        );
    }

    #[test]
    fn a_renaming_to_nothing_names_the_fields() {
        assert_eq!("token".parse::<Renaming>(), Err(ParseRenamingError::Form));
        let error = "a=b".parse::<Renaming>().unwrap_err().to_string();
        assert!(error.contains("registered_at"), "{error}");
    }
}
