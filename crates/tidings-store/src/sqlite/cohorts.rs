//! What device tokens that do badly have in common. However many devices an app has, a bounded number of rows is read:
//! those that do badly by their index, the newest first, and others from slices spread over all ids.

use std::collections::HashMap;

use rusqlite::{Row, params};
use tidings_apns::TokenKind;
use tidings_truth::TokenState;

use super::codes::{Code, Coded as _};
use super::marks::Marks;
use super::reading::Reading;
use super::writing::device_range;
use crate::cohort::{Cohort, CohortSample, CohortTraits};
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// How many that do badly are looked at, for each state. They lie far apart: each is another page of the disk.
const BAD_ONES: i64 = 2_500;
/// In how many slices the ids of an app are cut.
const SLICES: i64 = 128;
/// How many devices of a slice are looked at.
const OF_A_SLICE: i64 = 80;

/// How a device token does.
#[derive(Clone, Copy)]
enum Fate {
    Refused,
    Misplaced,
    Healthy,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT device.kind, marks, state, registered_at, app_version, os_version, device_model FROM device \
             LEFT JOIN device_detail USING (id) ",
            $rest
        )
    };
}

/// The cohorts of an app.
pub(crate) fn of_app(reading: &Reading, app: AppId) -> Result<CohortSample, StoreError> {
    let mut tally = Tally::default();
    let mut is_whole = true;
    for state in [TokenState::Quarantined, TokenState::Rejected] {
        is_whole &= bad_ones(reading, app, state, &mut tally)? < BAD_ONES;
    }
    for (start, end) in slices(reading, app)? {
        is_whole &= slice(reading, start, end, &mut tally)? < OF_A_SLICE;
    }
    Ok(CohortSample {
        cohorts: tally.into_cohorts(),
        is_whole,
    })
}

/// Counts those in a state in which nothing is sent to them; how many there were.
fn bad_ones(reading: &Reading, app: AppId, state: TokenState, tally: &mut Tally) -> Result<i64, StoreError> {
    let (start, end) = device_range(app);
    let sql = select!("WHERE state = ?1 AND state >= 2 AND id >= ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4");
    let found = reading.rows(sql, params![state.code(), start.0, end.0, BAD_ONES], read)?;
    Ok(tally.add(found, |_| Some(Fate::Refused)))
}

/// Counts those of a slice that APNs accepts; how many devices there were.
fn slice(reading: &Reading, start: i64, end: i64, tally: &mut Tally) -> Result<i64, StoreError> {
    let sql = select!("WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
    let found = reading.rows(sql, params![start, end, OF_A_SLICE], read)?;
    Ok(tally.add(found, usual_fate))
}

/// How one does that is not counted among the bad ones; nothing of those that were never accepted, or have ended.
fn usual_fate(met: &Met) -> Option<Fate> {
    let marks = met.marks;
    let state = if marks.is_exceptional() {
        met.written
    } else {
        marks.usual_state()
    };
    if state != TokenState::Active {
        return None;
    }
    let is_misplaced = marks.claimed().is_some() && marks.claimed() != marks.place();
    Some(if is_misplaced {
        Fate::Misplaced
    } else {
        Fate::Healthy
    })
}

/// The ids of an app, from the first device to the last, in slices of the same length.
fn slices(reading: &Reading, app: AppId) -> Result<Vec<(i64, i64)>, StoreError> {
    let (start, end) = device_range(app);
    let id = |row: &Row<'_>| row.get(0).map(DeviceId);
    let params = params![start.0, end.0];
    let first = "SELECT id FROM device WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1";
    let last = "SELECT id FROM device WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1";
    let (Some(first), Some(last)) = (reading.row(first, params, id)?, reading.row(last, params, id)?) else {
        return Ok(Vec::new());
    };
    let length = ((last.0 - first.0) / SLICES + 1).max(OF_A_SLICE / 2);
    let starts = (0..SLICES).map(|number| first.0 + number * length);
    let within = starts.take_while(|start| *start <= last.0);
    Ok(within.map(|start| (start, start + length)).collect())
}

/// A device, as far as it is looked at.
struct Met {
    traits: CohortTraits,
    marks: Marks,
    /// The state that counts where something unusual is known.
    written: TokenState,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Met> {
    let marks = Marks(row.get(1)?);
    let written = row.get::<_, Code<TokenState>>(2)?.0;
    let registered_at: i64 = row.get(3)?;
    let traits = CohortTraits {
        kind: row.get::<_, Code<TokenKind>>(0)?.0,
        claimed: marks.claimed(),
        app_version: row.get(4)?,
        os_version: row.get(5)?,
        device_model: row.get(6)?,
        registered_day: u32::try_from(registered_at / 86_400_000).unwrap_or_default(),
    };
    Ok(Met {
        traits,
        marks,
        written,
    })
}

/// Counts by traits.
#[derive(Default)]
struct Tally(HashMap<CohortTraits, Cohort>);

impl Tally {
    /// Counts each under its fate; how many rows there were, whatever their fate.
    fn add(&mut self, found: Vec<Met>, fate: impl Fn(&Met) -> Option<Fate>) -> i64 {
        let rows = i64::try_from(found.len()).unwrap_or(i64::MAX);
        for met in found {
            let Some(fate) = fate(&met) else { continue };
            let cohort = self.0.entry(met.traits).or_default();
            match fate {
                Fate::Refused => cohort.refused += 1,
                Fate::Misplaced => cohort.misplaced += 1,
                Fate::Healthy => cohort.healthy += 1,
            }
        }
        rows
    }

    fn into_cohorts(self) -> Vec<Cohort> {
        let each = self.0.into_iter();
        each.map(|(traits, cohort)| Cohort { traits, ..cohort }).collect()
    }
}
