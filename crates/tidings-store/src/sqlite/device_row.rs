//! A row of the table of devices, and back.

use rusqlite::{Row, params};
use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_truth::{Acceptance, EnvironmentSet, Generation, History, Rules, Sending, TokenState};

use super::codes::{Code, Coded, instant, millis, reach_code, reach_of, sending_code, sending_of};
use super::marks::{IsExceptional, Marks};
use super::writing::Writing;
use crate::ids::DeviceId;
use crate::store_error::StoreError;

/// The columns, in the order in which [`DeviceRow::read`] takes them.
macro_rules! columns {
    () => {
        "id, token, kind, marks, state, registered_at, first_registered_at, registered_generation, \
         sending, not_before, reach, since, production_first_at, production_last_generation, production_last_at, \
         sandbox_first_at, sandbox_last_generation, sandbox_last_at"
    };
}
pub(crate) use columns;

/// How a device token was judged about which something unusual is known.
#[derive(Clone, Copy)]
pub(crate) struct Judgement {
    pub(crate) sending: Sending,
    /// The environments that credentials reached then. Under another reach it must be judged again.
    pub(crate) reach: EnvironmentSet,
    pub(crate) since: Timestamp,
}

/// A row of the table of devices.
pub(crate) struct DeviceRow {
    pub(crate) id: DeviceId,
    pub(crate) token: DeviceToken,
    pub(crate) kind: TokenKind,
    pub(crate) marks: Marks,
    pub(crate) state: TokenState,
    /// Without unusual evidence.
    pub(crate) history: History,
    pub(crate) judgement: Option<Judgement>,
}

impl DeviceRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let marks = Marks(row.get(3)?);
        let mut history = History::new(instant(row.get(6)?), marks.claimed());
        history.registered_at = instant(row.get(5)?);
        history.registered_generation = Generation(row.get(7)?);
        history.generation = marks.generation();
        history.accepted_production = acceptance(row, 12)?;
        history.accepted_sandbox = acceptance(row, 15)?;
        Ok(Self {
            id: DeviceId(row.get(0)?),
            token: token(row, 1)?,
            kind: row.get::<_, Code<TokenKind>>(2)?.0,
            marks,
            state: state(row.get::<_, Code<TokenState>>(4)?.0, marks),
            history,
            judgement: judgement(row, 8)?,
        })
    }
}

/// The state of a device token. Where nothing unusual is known, its marks say it, so that an acceptance need not change it.
const fn state(written: TokenState, marks: Marks) -> TokenState {
    if marks.is_exceptional() {
        written
    } else {
        marks.usual_state()
    }
}

/// A device token in a column.
pub(crate) fn token(row: &Row<'_>, column: usize) -> rusqlite::Result<DeviceToken> {
    let bytes = row.get_ref(column)?.as_blob()?;
    DeviceToken::try_from_bytes(bytes).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, error.into())
    })
}

/// How it was judged: sending, not before, reach, since.
pub(crate) fn judgement(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Judgement>> {
    let Some(code) = row.get::<_, Option<i64>>(column)? else {
        return Ok(None);
    };
    let sending = sending_of(code, row.get(column + 1)?)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))?;
    Ok(Some(Judgement {
        sending,
        reach: reach_of(row.get(column + 2)?),
        since: instant(row.get(column + 3)?),
    }))
}

/// What was accepted, in three columns.
pub(crate) fn acceptance(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Acceptance>> {
    let Some(first_at) = row.get::<_, Option<i64>>(column)? else {
        return Ok(None);
    };
    Ok(Some(Acceptance {
        first_at: instant(first_at),
        last_generation: Generation(row.get(column + 1)?),
        last_at: instant(row.get(column + 2)?),
    }))
}

/// What is written of a device: its kind, its history, and how it is judged.
pub(crate) struct Written<'a> {
    pub(crate) id: DeviceId,
    pub(crate) kind: TokenKind,
    pub(crate) state: TokenState,
    pub(crate) history: &'a History,
    pub(crate) judgement: Option<Judgement>,
}

impl Written<'_> {
    pub(crate) fn marks(&self) -> Marks {
        let is_exceptional = if self.judgement.is_some() {
            IsExceptional::Yes
        } else {
            IsExceptional::No
        };
        Marks::of(self.history, is_exceptional)
    }

    pub(crate) fn insert(&self, writing: &Writing, token: &DeviceToken) -> Result<(), StoreError> {
        self.run(
            writing,
            "INSERT INTO device (id, kind, marks, settled_until, state, registered_at, first_registered_at, \
                 registered_generation, sending, not_before, reach, since, production_first_at, \
                 production_last_generation, production_last_at, sandbox_first_at, sandbox_last_generation, \
                 sandbox_last_at, token) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            token,
        )
    }

    pub(crate) fn update(&self, writing: &Writing, token: &DeviceToken) -> Result<(), StoreError> {
        self.run(
            writing,
            "UPDATE device SET kind = ?2, marks = ?3, settled_until = ?4, state = ?5, registered_at = ?6, \
             first_registered_at = ?7, registered_generation = ?8, sending = ?9, not_before = ?10, reach = ?11, \
             since = ?12, production_first_at = ?13, production_last_generation = ?14, production_last_at = ?15, \
             sandbox_first_at = ?16, sandbox_last_generation = ?17, sandbox_last_at = ?18, token = ?19 \
             WHERE id = ?1",
            token,
        )
    }

    fn run(&self, writing: &Writing, sql: &str, token: &DeviceToken) -> Result<(), StoreError> {
        let marks = self.marks();
        let judged = self.judgement.map(|judged| {
            let (code, not_before) = sending_code(judged.sending);
            (code, not_before, reach_code(judged.reach), millis(judged.since))
        });
        let (production, sandbox) = (
            self.accepted(Environment::Production),
            self.accepted(Environment::Sandbox),
        );
        writing.execute(
            sql,
            params![
                self.id.0,
                self.kind.code(),
                marks.0,
                settled_until(self.history, marks, &writing.rules),
                judged.map_or(0, |_| self.state.code()),
                millis(self.history.registered_at),
                millis(self.history.first_registered_at),
                self.history.registered_generation.0,
                judged.map(|judged| judged.0),
                judged.and_then(|judged| judged.1),
                judged.map(|judged| judged.2),
                judged.map(|judged| judged.3),
                production.map(|accepted| accepted.0),
                production.map(|accepted| accepted.1),
                production.map(|accepted| accepted.2),
                sandbox.map(|accepted| accepted.0),
                sandbox.map(|accepted| accepted.1),
                sandbox.map(|accepted| accepted.2),
                token.as_bytes(),
            ],
        )?;
        Ok(())
    }

    fn accepted(&self, environment: Environment) -> Option<(i64, u32, i64)> {
        self.history.accepted(environment).map(|accepted| {
            (
                millis(accepted.first_at),
                accepted.last_generation.0,
                millis(accepted.last_at),
            )
        })
    }
}

/// Until when an acceptance where the token belongs changes nothing.
pub(crate) fn settled_until(history: &History, marks: Marks, rules: &Rules) -> i64 {
    let accepted = marks
        .place()
        .filter(|_| !marks.is_exceptional())
        .and_then(|place| history.accepted(place))
        .filter(|accepted| accepted.last_generation == history.generation);
    accepted.map_or(0, |accepted| {
        millis(accepted.last_at.saturating_add(rules.accepted_again_after))
    })
}
