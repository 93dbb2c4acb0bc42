//! Plans to send again, carried out some recipients at a time: who is worth it, and their new notifications.

use rusqlite::{Row, params};
use tidings_apns::{DeviceToken, Timestamp};

use super::codes::{count, millis, number};
use super::device_row::token;
use super::notification_row::{NotificationRow, columns};
use super::notifications;
use super::problems;
use super::writing::Writing;
use crate::audience::Audience;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::{NewNotification, Urgency};
use crate::problem::ProblemId;
use crate::replay_plan::{LeftOut, ReplayPlan};
use crate::store_error::StoreError;

/// A plan looks at so many failures at most, the newest first.
const LOOKED_AT: i64 = 200_000;

/// Device tokens from this state on are dead, superseded or refused; one before is in doubt.
const RETIRED: i64 = 3;

/// What a step did: for how many recipients, and whether there may be more to do.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) touched: u64,
    pub(crate) has_more: bool,
}

/// Where planning is.
struct Planning {
    app: AppId,
    problem: ProblemId,
    at_problem: i64,
    at_notification: i64,
    at_device: i64,
    looked_at: i64,
    recipients: i64,
    is_open: bool,
}

/// Why a recipient is sent to again, or not.
enum Worth {
    Sending,
    Expired,
    Retired,
    Quarantined,
    Gone,
    Before,
}

/// What decides whether a recipient is sent to again.
struct Candidate {
    notification: i64,
    device: i64,
    expires_at: Option<i64>,
    deadline: Option<i64>,
    device_state: Option<i64>,
    was_replayed: bool,
}

/// Looks through some of the failures that a plan is for.
pub(crate) fn plan_some(
    writing: &Writing,
    replay: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Turn, StoreError> {
    let Some(mut place) = planning(writing, replay)?.filter(|place| place.is_open) else {
        return Ok(finished(0));
    };
    let Some(problem) = current_problem(writing, &place)? else {
        return finish_planning(writing, replay, &place, now);
    };
    if problem != place.at_problem {
        (place.at_problem, place.at_notification, place.at_device) = (problem, i64::MAX, i64::MAX);
    }
    let found = candidates(writing, &place, limit)?;
    let (mut left_out, mut taken) = (LeftOut::default(), 0);
    for candidate in &found {
        let is_full = place.recipients + taken >= number(ReplayPlan::MOST);
        match candidate.worth(now) {
            Worth::Sending if is_full => {}
            Worth::Sending => taken += add(writing, replay, candidate)?,
            other => other.count(&mut left_out),
        }
    }
    place.looked_at += i64::try_from(found.len()).unwrap_or(i64::MAX);
    place.recipients += taken;
    match found.last() {
        Some(last) => (place.at_notification, place.at_device) = (last.notification, last.device),
        None => place.at_problem += 1,
    }
    save_planning(writing, replay, &place, &left_out)?;
    if place.looked_at >= LOOKED_AT || place.recipients >= number(ReplayPlan::MOST) {
        return finish_planning(writing, replay, &place, now);
    }
    Ok(Turn {
        touched: count(taken),
        has_more: true,
    })
}

/// Makes the notifications for some recipients of a step.
pub(crate) fn send_some(
    writing: &mut Writing,
    replay: i64,
    step: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Turn, StoreError> {
    let sql = "SELECT s.wanted - s.taken, r.app_id FROM replay_step s JOIN replay r ON r.number = s.replay
               WHERE s.replay = ?1 AND s.step = ?2";
    let known = writing.reading().row(sql, [replay, step], |row| {
        Ok((row.get::<_, i64>(0)?, AppId(row.get(1)?)))
    })?;
    let Some((room, app)) = known else {
        return Ok(finished(0));
    };
    let chosen = chosen(writing, replay, room.min(limit))?;
    if chosen.is_empty() {
        return finish_step(writing, replay, step, now);
    }
    let mut left_out = LeftOut::default();
    let mut taken = 0;
    for of_one in chosen.chunk_by(|one, other| one.notification == other.notification) {
        let (good, bad): (Vec<_>, Vec<_>) = of_one
            .iter()
            .partition(|candidate| matches!(candidate.worth(now), Worth::Sending));
        for candidate in bad {
            candidate.worth(now).count(&mut left_out);
            forget(writing, candidate)?;
        }
        taken += send_again(writing, app, (replay, step), &good, now)?;
    }
    let lost = i64::try_from(left_out.total()).unwrap_or(i64::MAX);
    add_left_out(writing, replay, &left_out, -lost)?;
    writing.execute(
        "UPDATE replay_step SET taken = taken + ?3 WHERE replay = ?1 AND step = ?2",
        params![replay, step, taken],
    )?;
    Ok(Turn {
        touched: count(taken),
        has_more: true,
    })
}

impl Candidate {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            notification: row.get(0)?,
            device: row.get(1)?,
            expires_at: row.get(2)?,
            deadline: row.get(3)?,
            device_state: row.get(4)?,
            was_replayed: row.get(5)?,
        })
    }

    /// An expiration of 0 says to try once, and ends nothing.
    fn worth(&self, now: Timestamp) -> Worth {
        let now = millis(now);
        let ends = [self.expires_at.filter(|at| *at > 0), self.deadline];
        let is_over = ends.into_iter().flatten().any(|at| at <= now);
        match self.device_state {
            _ if self.was_replayed => Worth::Before,
            None => Worth::Gone,
            _ if is_over => Worth::Expired,
            Some(state) if state >= RETIRED => Worth::Retired,
            Some(state) if state == RETIRED - 1 => Worth::Quarantined,
            Some(_) => Worth::Sending,
        }
    }
}

impl Worth {
    const fn count(self, left_out: &mut LeftOut) {
        match self {
            Self::Sending => {}
            Self::Expired => left_out.expired += 1,
            Self::Retired => left_out.retired += 1,
            Self::Quarantined => left_out.quarantined += 1,
            Self::Gone => left_out.gone += 1,
            Self::Before => left_out.before += 1,
        }
    }
}

fn planning(writing: &Writing, replay: i64) -> Result<Option<Planning>, StoreError> {
    let sql = "SELECT app_id, problem, at_problem, at_notification, at_device, looked_at, recipients,
                   ended_at IS NULL AND is_planned = 0
               FROM replay WHERE number = ?1";
    writing.reading().row(sql, [replay], |row| {
        Ok(Planning {
            app: AppId(row.get(0)?),
            problem: ProblemId(row.get(1)?),
            at_problem: row.get(2)?,
            at_notification: row.get(3)?,
            at_device: row.get(4)?,
            looked_at: row.get(5)?,
            recipients: row.get(6)?,
            is_open: row.get(7)?,
        })
    })
}

fn save_planning(
    writing: &Writing,
    replay: i64,
    place: &Planning,
    left_out: &LeftOut,
) -> Result<(), StoreError> {
    writing.execute(
        "UPDATE replay SET at_problem = ?2, at_notification = ?3, at_device = ?4, looked_at = ?5, recipients = ?6
         WHERE number = ?1",
        params![
            replay,
            place.at_problem,
            place.at_notification,
            place.at_device,
            place.looked_at,
            place.recipients
        ],
    )?;
    add_left_out(writing, replay, left_out, 0)
}

fn add_left_out(
    writing: &Writing,
    replay: i64,
    left_out: &LeftOut,
    recipients: i64,
) -> Result<(), StoreError> {
    writing.execute(
        "UPDATE replay SET expired = expired + ?2, retired = retired + ?3, quarantined = quarantined + ?4,
             gone = gone + ?5, before = before + ?6, recipients = recipients + ?7
         WHERE number = ?1",
        params![
            replay,
            number(left_out.expired),
            number(left_out.retired),
            number(left_out.quarantined),
            number(left_out.gone),
            number(left_out.before),
            recipients
        ],
    )?;
    Ok(())
}

/// The row of failures that is looked through now.
fn current_problem(writing: &Writing, place: &Planning) -> Result<Option<i64>, StoreError> {
    let known = problems::all(writing.reading(), Some(place.app))?;
    let problem = known
        .into_iter()
        .find(|problem| problem.cause.id() == place.problem);
    let numbers = problem.into_iter().flat_map(|problem| problem.numbers);
    let failed = numbers.filter(|(number, stage)| stage.is_failure() && *number >= place.at_problem);
    Ok(failed.map(|(number, _)| number).min())
}

fn candidates(writing: &Writing, place: &Planning, limit: i64) -> Result<Vec<Candidate>, StoreError> {
    let sql = "SELECT r.notification, r.device_id, n.expires_at, n.deadline, d.state,
                   EXISTS (SELECT 1 FROM replay_recipient x
                       WHERE x.notification = r.notification AND x.device_id = r.device_id)
               FROM recipient r JOIN notification n ON n.number = r.notification
               LEFT JOIN device d ON d.id = r.device_id
               WHERE r.problem = ?1 AND (r.notification, r.device_id) < (?2, ?3) AND r.state >= 10
               ORDER BY r.notification DESC, r.device_id DESC LIMIT ?4";
    let params = params![place.at_problem, place.at_notification, place.at_device, limit];
    writing.reading().rows(sql, params, Candidate::read)
}

fn add(writing: &Writing, replay: i64, candidate: &Candidate) -> Result<i64, StoreError> {
    let added = writing.execute(
        "INSERT OR IGNORE INTO replay_recipient VALUES (?1, ?2, ?3, 0)",
        params![candidate.notification, candidate.device, replay],
    )?;
    Ok(i64::try_from(added).unwrap_or(i64::MAX))
}

fn forget(writing: &Writing, candidate: &Candidate) -> Result<(), StoreError> {
    writing
        .execute(
            "DELETE FROM replay_recipient WHERE notification = ?1 AND device_id = ?2",
            [candidate.notification, candidate.device],
        )
        .map(drop)
}

/// A plan for nobody has ended.
fn finish_planning(
    writing: &Writing,
    replay: i64,
    place: &Planning,
    now: Timestamp,
) -> Result<Turn, StoreError> {
    writing.execute(
        "UPDATE replay SET is_planned = 1, ended_at = iif(recipients = 0, ?2, NULL) WHERE number = ?1",
        params![replay, millis(now)],
    )?;
    Ok(finished(count(place.recipients)))
}

/// Those of a plan that no step has taken, as they are now; the newest first.
fn chosen(writing: &Writing, replay: i64, limit: i64) -> Result<Vec<Candidate>, StoreError> {
    let sql = "SELECT x.notification, x.device_id, n.expires_at, n.deadline, iif(n.number IS NULL, NULL, d.state), 0
               FROM replay_recipient x LEFT JOIN notification n ON n.number = x.notification
               LEFT JOIN device d ON d.id = x.device_id
               WHERE x.replay = ?1 AND x.step = 0 ORDER BY x.notification DESC, x.device_id DESC LIMIT ?2";
    writing
        .reading()
        .rows(sql, params![replay, limit.max(0)], Candidate::read)
}

/// Makes a new notification of an old one, for some of its recipients; for how many.
fn send_again(
    writing: &mut Writing,
    app: AppId,
    (replay, step): (i64, i64),
    recipients: &[&Candidate],
    now: Timestamp,
) -> Result<i64, StoreError> {
    let Some(old) = recipients.first().map(|candidate| candidate.notification) else {
        return Ok(0);
    };
    let mut tokens = Vec::with_capacity(recipients.len());
    for candidate in recipients {
        tokens.extend(device_token(writing, DeviceId(candidate.device))?);
        writing.execute(
            "UPDATE replay_recipient SET step = ?3 WHERE notification = ?1 AND device_id = ?2",
            params![candidate.notification, candidate.device, step],
        )?;
    }
    let asked = i64::try_from(tokens.len()).unwrap_or(i64::MAX);
    let sql = concat!("SELECT ", columns!(), " FROM notification WHERE number = ?1");
    let Some(row) = writing.reading().row(sql, [old], NotificationRow::read)? else {
        return Ok(0);
    };
    let old = row.into_view(now).notification;
    let replayed = old.id;
    let new = again(old, tokens, now);
    notifications::accept_many(writing, app, std::slice::from_ref(&new), None, now)?;
    writing.execute(
        "INSERT INTO replay_notification SELECT number, ?2, ?3, ?4, ?5 FROM notification WHERE id = ?1",
        params![
            new.id.0.as_bytes().as_slice(),
            replayed.0.as_bytes().as_slice(),
            replay,
            step,
            asked
        ],
    )?;
    Ok(asked)
}

/// The same, to these: its time is kept, and what was a campaign's is none any more.
fn again(old: NewNotification, tokens: Vec<DeviceToken>, now: Timestamp) -> NewNotification {
    NewNotification {
        id: NotificationId::new(now),
        audience: Audience::Tokens(tokens),
        send_at: None,
        urgency: match old.urgency {
            Urgency::Urgent => Urgency::Urgent,
            Urgency::Normal | Urgency::Campaign => Urgency::Normal,
        },
        ..old
    }
}

fn device_token(writing: &Writing, device: DeviceId) -> Result<Option<DeviceToken>, StoreError> {
    let sql = "SELECT token FROM device WHERE id = ?1";
    writing.reading().row(sql, [device.0], |row| token(row, 0))
}

/// No more belongs to the step; if nobody is left at all, the plan has ended.
fn finish_step(writing: &Writing, replay: i64, step: i64, now: Timestamp) -> Result<Turn, StoreError> {
    writing.execute(
        "UPDATE replay_step SET is_taken = 1, wanted = taken WHERE replay = ?1 AND step = ?2",
        [replay, step],
    )?;
    writing.execute(
        "UPDATE replay SET ended_at = ?2 WHERE number = ?1 AND ended_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM replay_recipient x WHERE x.replay = ?1 AND x.step = 0)",
        params![replay, millis(now)],
    )?;
    Ok(finished(0))
}

const fn finished(touched: u64) -> Turn {
    Turn {
        touched,
        has_more: false,
    }
}
