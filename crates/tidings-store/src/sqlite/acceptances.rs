//! Acceptances as they come in, by the thousand: where nothing unusual is known, only the few columns that they change are
//! read and written.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Row, params};
use tidings_apns::{Environment, Timestamp};
use tidings_truth::{Acceptance, Evidence, Generation, History, Rules, TokenState};

use super::codes::millis;
use super::device_row::{acceptance, settled_until};
use super::devices;
use super::evidence;
use super::marks::Marks;
use super::news::Belonging;
use super::writing::{Writing, app_of};
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, marks, production_first_at, production_last_generation, production_last_at, sandbox_first_at, \
             sandbox_last_generation, sandbox_last_at FROM device WHERE ",
            $condition
        )
    };
}

/// A device token, the generation of a request, and when it was sent.
type Accepted = (DeviceId, Generation, Timestamp);

/// Adds acceptances.
pub(crate) fn record(
    writing: &mut Writing,
    app: AppId,
    environment: Environment,
    accepted: &[Accepted],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut accepted: Vec<Accepted> = accepted
        .iter()
        .copied()
        .filter(|(id, ..)| app_of(*id) == app)
        .collect();
    accepted.sort_unstable_by_key(|(id, ..)| *id);
    let known = read_all(writing, &accepted)?;
    let mut unusual = Vec::new();
    let mut moves = BTreeMap::new();
    let mut news = Vec::new();
    {
        let mut update = writing.statement(update_sql(environment))?;
        for some in accepted.chunk_by(|one, other| one.0 == other.0) {
            let place = known.binary_search_by_key(&some[0].0, |known| known.id);
            let Some(device) = place.ok().and_then(|place| known.get(place)) else {
                continue;
            };
            if device.marks.is_exceptional() {
                unusual.extend(some.iter().map(|one| evidence_of(one, environment)));
            } else if let Some(accepted) = device.accept(&mut update, environment, some, &writing.rules)? {
                let found = accepted.belonging.news_since(device.belonging());
                news.extend(found.map(|found| (device.id, found)));
                let (before, after) = accepted.step;
                if before != after {
                    *moves.entry((before, after)).or_insert(0) += 1;
                }
            }
        }
    }
    for (id, found) in news {
        let mut told = std::mem::take(&mut writing.news);
        let name = || Ok(devices::fingerprint_of(writing.reading(), id)?.unwrap_or_default());
        let noted = told.note(app, found, name, now);
        writing.news = told;
        noted?;
    }
    for ((before, after), count) in moves {
        writing.count_device(app, before.0, before.1, -count);
        writing.count_device(app, after.0, after.1, count);
    }
    evidence::record(writing, app, &unusual, now).map(drop)
}

/// Where devices are counted.
type Place = (TokenState, Option<Environment>);

/// What acceptances changed of a device.
struct Step {
    /// From where to where it is counted.
    step: (Place, Place),
    belonging: Belonging,
}

/// What an acceptance may change of a device.
struct Device {
    id: DeviceId,
    marks: Marks,
    production: Option<Acceptance>,
    sandbox: Option<Acceptance>,
}

impl Device {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: DeviceId(row.get(0)?),
            marks: Marks(row.get(1)?),
            production: acceptance(row, 2)?,
            sandbox: acceptance(row, 5)?,
        })
    }

    /// Writes what these acceptances change, if they say something new.
    fn accept(
        &self,
        update: &mut CachedStatement<'_>,
        environment: Environment,
        accepted: &[Accepted],
        rules: &Rules,
    ) -> Result<Option<Step>, StoreError> {
        let mut history = self.history();
        let before = history.accepted(environment);
        for (_, generation, sent_at) in accepted {
            let known = history.accepted(environment);
            if known.is_none_or(|known| is_news(known, *generation, *sent_at, rules)) {
                history.record(evidence_of(&(self.id, *generation, *sent_at), environment).1);
            }
        }
        let after = history.accepted(environment);
        let Some(accepted) = after.filter(|_| after != before) else {
            return Ok(None);
        };
        let marks = self.marks.accepted(&history);
        update.execute(params![
            self.id.0,
            marks.0,
            settled_until(&history, marks, rules),
            millis(accepted.first_at),
            accepted.last_generation.0,
            millis(accepted.last_at),
        ])?;
        let place = |marks: Marks| (marks.usual_state(), marks.place());
        Ok(Some(Step {
            step: (place(self.marks), place(marks)),
            belonging: Belonging::of(&history),
        }))
    }

    fn belonging(&self) -> Belonging {
        Belonging::of(&self.history())
    }

    /// As much of its history as an acceptance changes.
    fn history(&self) -> History {
        let mut history = History::new(Timestamp::from_unix_millis(0), self.marks.claimed());
        history.generation = self.marks.generation();
        history.accepted_production = self.production;
        history.accepted_sandbox = self.sandbox;
        history
    }
}

/// The devices that are still known, in order. A page of an audience is read as it lies in the table.
fn read_all(writing: &Writing, accepted: &[Accepted]) -> Result<Vec<Device>, StoreError> {
    let (Some((first, ..)), Some((last, ..))) = (accepted.first(), accepted.last()) else {
        return Ok(Vec::new());
    };
    let span = usize::try_from(last.0 - first.0).unwrap_or(usize::MAX);
    if span <= accepted.len() * 3 {
        let sql = select!("id >= ?1 AND id <= ?2 ORDER BY id");
        return writing.reading().rows(sql, [first.0, last.0], Device::read);
    }
    let mut statement = writing.statement(select!("id = ?1"))?;
    let mut known: Vec<Device> = Vec::with_capacity(accepted.len());
    for (id, ..) in accepted {
        let is_read = known.last().is_some_and(|device| device.id == *id);
        if let Some(row) = statement.query([id.0])?.next()?.filter(|_| !is_read) {
            known.push(Device::read(row)?);
        }
    }
    Ok(known)
}

/// Whether an acceptance says something that is not written down.
fn is_news(known: Acceptance, generation: Generation, sent_at: Timestamp, rules: &Rules) -> bool {
    let again_at = known.last_at.saturating_add(rules.accepted_again_after);
    generation > known.last_generation || (generation == known.last_generation && sent_at >= again_at)
}

const fn evidence_of(accepted: &Accepted, environment: Environment) -> (DeviceId, Evidence) {
    let evidence = Evidence::Accepted {
        generation: accepted.1,
        sent_at: accepted.2,
        environment,
    };
    (accepted.0, evidence)
}

const fn update_sql(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => {
            "UPDATE device SET marks = ?2, settled_until = ?3, production_first_at = ?4,
                 production_last_generation = ?5, production_last_at = ?6
             WHERE id = ?1"
        }
        Environment::Sandbox => {
            "UPDATE device SET marks = ?2, settled_until = ?3, sandbox_first_at = ?4,
                 sandbox_last_generation = ?5, sandbox_last_at = ?6
             WHERE id = ?1"
        }
    }
}
