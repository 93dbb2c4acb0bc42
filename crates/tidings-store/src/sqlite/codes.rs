//! Values as SQLite's integers, and back. A code that is in no table is damage.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, Sending, TokenState};

/// An instant as SQLite keeps it. What lies beyond an `i64` is the last that fits.
pub(crate) fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_unix_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn millis_maybe(at: Option<Timestamp>) -> Option<i64> {
    at.map(millis)
}

pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(u64::try_from(millis).unwrap_or_default())
}

pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Something with an integer in the database.
pub(crate) trait Coded: Copy + PartialEq + 'static {
    /// All values, each at the place that is its integer.
    const TABLE: &'static [Self];

    fn code(self) -> i64 {
        let place = Self::TABLE.iter().position(|value| *value == self);
        place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1)
    }

    fn of_code(code: i64) -> Option<Self> {
        Self::TABLE.get(usize::try_from(code).ok()?).copied()
    }
}

/// A coded value as a column.
pub(crate) struct Code<T>(pub(crate) T);

impl<T: Coded> FromSql for Code<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = value.as_i64()?;
        T::of_code(code).map(Self).ok_or(FromSqlError::OutOfRange(code))
    }
}

impl<T: Coded> ToSql for Code<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.code()))
    }
}

impl Coded for Environment {
    const TABLE: &'static [Self] = &Self::ALL;
}

impl Coded for TokenKind {
    const TABLE: &'static [Self] = &Self::ALL;
}

impl Coded for TokenState {
    const TABLE: &'static [Self] = &Self::ALL;
}

/// An environment that may be missing.
pub(crate) fn environment(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Environment>> {
    let code: Option<Code<Environment>> = row.get(column)?;
    Ok(code.map(|code| code.0))
}

pub(crate) fn reach_code(reach: EnvironmentSet) -> i64 {
    reach.iter().map(|environment| 1 << environment.code()).sum()
}

pub(crate) fn reach_of(code: i64) -> EnvironmentSet {
    Environment::ALL
        .into_iter()
        .filter(|environment| code & 1 << environment.code() != 0)
        .collect()
}

/// Whether a notification may be sent, as a code and an instant.
pub(crate) fn sending_code(sending: Sending) -> (i64, Option<i64>) {
    match sending {
        Sending::Never => (0, None),
        Sending::Held => (1, None),
        Sending::To(environment) => (2 + environment.code(), None),
        Sending::OnProbation(environment) => (4 + environment.code(), None),
        Sending::NotBefore(at, environment) => (6 + environment.code(), Some(millis(at))),
    }
}

pub(crate) fn sending_of(code: i64, not_before: Option<i64>) -> Option<Sending> {
    let place = |first: i64| Environment::of_code(code - first);
    match code {
        0 => Some(Sending::Never),
        1 => Some(Sending::Held),
        2 | 3 => place(2).map(Sending::To),
        4 | 5 => place(4).map(Sending::OnProbation),
        6 | 7 => place(6)
            .map(|environment| Sending::NotBefore(instant(not_before.unwrap_or_default()), environment)),
        _ => None,
    }
}
