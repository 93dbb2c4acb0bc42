//! Many device tokens of an app that APNs reports as unregistered within an hour, against what is usual for the app.
//!
//! A campaign brings the reports of weeks at once, so that what counts is not the rate but the share: of the device tokens
//! that were alive, and of what such hours brought before.

use rusqlite::params;
use tidings_apns::Timestamp;

use super::apps;
use super::codes::{count as counted, instant, millis, millis_maybe, number};
use super::writing::Writing;
use crate::event::{DeviceUnregisteredWave, NewEvent};
use crate::ids::AppId;
use crate::store_error::StoreError;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// Fewer are never a wave.
const LEAST: u64 = 100;

/// One of so many that were alive.
const SHARE: u64 = 20;

/// So many times as many as usual.
const TIMES_USUAL: f64 = 5.0;

/// How much the last hour weighs in what is usual.
const WEIGHT: f64 = 0.2;

/// What is known of an app's reports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Wave {
    since: u64,
    count: u64,
    /// The average of the hours before that had reports; nothing before the first has ended.
    usual: Option<f64>,
    told_at: Option<u64>,
}

impl Wave {
    /// So many more reports.
    fn add(mut self, count: u64, now: u64) -> Self {
        if self.count > 0 && now.saturating_sub(self.since) >= HOUR {
            let last = self.count as f64;
            let usual = self.usual.map_or(last, |usual| usual + WEIGHT * (last - usual));
            self = Self {
                usual: Some(usual),
                count: 0,
                ..self
            };
        }
        if self.count == 0 {
            self.since = now;
        }
        self.count += count;
        self
    }

    /// Whether that is to be told, of so many that are still alive.
    fn is_news(&self, alive: u64, now: u64) -> bool {
        self.count >= LEAST
            && self.count.saturating_mul(SHARE) >= alive.saturating_add(self.count)
            && self.count as f64 >= TIMES_USUAL * self.usual.unwrap_or_default()
            && self.told_at.is_none_or(|at| now.saturating_sub(at) >= DAY)
    }
}

/// Counts reports of an app, and tells of a wave.
pub(super) fn count(writing: &mut Writing, app: AppId, count: u64, now: Timestamp) -> Result<(), StoreError> {
    let at = now.as_unix_millis();
    let mut wave = load(writing, app)?.add(count, at);
    if wave.count >= LEAST {
        let alive = alive(writing, app)?;
        if wave.is_news(alive, at) {
            tell(writing, app, &wave, alive, now)?;
            wave.told_at = Some(at);
        }
    }
    save(writing, app, &wave)
}

fn load(writing: &Writing, app: AppId) -> Result<Wave, StoreError> {
    let sql = "SELECT since, count, usual, told_at FROM unregistered_wave WHERE app_id = ?1";
    let known = writing.reading().row(sql, [app.0], |row| {
        Ok(Wave {
            since: instant(row.get(0)?).as_unix_millis(),
            count: counted(row.get(1)?),
            usual: row.get(2)?,
            told_at: row
                .get::<_, Option<i64>>(3)?
                .map(|at| instant(at).as_unix_millis()),
        })
    })?;
    Ok(known.unwrap_or_default())
}

fn save(writing: &Writing, app: AppId, wave: &Wave) -> Result<(), StoreError> {
    let at = Timestamp::from_unix_millis;
    writing.execute(
        "INSERT INTO unregistered_wave VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET since = ?2, count = ?3, usual = ?4, told_at = ?5",
        params![
            app.0,
            millis(at(wave.since)),
            number(wave.count),
            wave.usual,
            millis_maybe(wave.told_at.map(at)),
        ],
    )?;
    Ok(())
}

/// Those that can be sent to or are quarantined, as of the last commit.
fn alive(writing: &Writing, app: AppId) -> Result<u64, StoreError> {
    let sql = "SELECT sum(count) FROM device_count WHERE app_id = ?1 AND state < 3";
    let sum = writing
        .reading()
        .row(sql, [app.0], |row| row.get::<_, Option<i64>>(0))?;
    Ok(counted(sum.flatten().unwrap_or_default()))
}

fn tell(
    writing: &mut Writing,
    app: AppId,
    wave: &Wave,
    alive: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(known) = apps::by_id(writing.reading(), app)? else {
        return Ok(());
    };
    let says = DeviceUnregisteredWave {
        since: Timestamp::from_unix_millis(wave.since),
        count: wave.count,
        alive: alive.saturating_add(wave.count),
        usual: wave.usual.unwrap_or_default(),
    };
    let event = NewEvent::new(Some(app), known.bundle_id.to_string(), &says);
    writing.event(&event, now).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_many_of_those_that_were_alive() {
        let wave = Wave::default().add(100, 0);
        assert!(wave.is_news(1_900, 0));
        assert!(!wave.is_news(1_901, 0), "less than one of twenty");
        assert!(!Wave::default().add(99, 0).is_news(0, 0), "too few");
    }

    #[test]
    fn what_is_usual_for_an_app_is_no_wave() {
        let mut wave = Wave::default();
        let mut now = 0;
        for _ in 0..10 {
            now += DAY;
            wave = wave.add(200, now);
        }
        assert!((wave.usual.unwrap() - 200.0).abs() < 1e-9);
        assert!(!wave.is_news(0, now));
        let more = wave.add(799, now + HOUR - 1);
        assert!(!more.is_news(0, now));
        assert!(more.add(1, now + HOUR - 1).is_news(0, now), "five times as many");
    }

    #[test]
    fn a_wave_is_told_once_a_day() {
        let mut wave = Wave::default().add(500, 0);
        assert!(wave.is_news(0, 0));
        wave.told_at = Some(0);
        assert!(!wave.add(10_000, DAY - 1).is_news(0, DAY - 1));
        assert!(wave.add(10_000, DAY).is_news(0, DAY));
    }
}
