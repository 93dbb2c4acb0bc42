//! Recipients that wait: for another attempt, for a schedule of their token, for a lane that takes more again.

mod round;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use tidings_apns::Environment;
use tidings_store::{AppId, DueRecipient, StoreError};
use tokio::task::JoinSet;

use crate::direct::LONGEST;
use crate::lane::Lane;
use crate::shared::Shared;

/// Recipients that are taken at once.
const LOOK: usize = 1_024;

/// Recipients that are looked at at once, when most of them cannot be taken.
const MOST: usize = 16 * LOOK;

/// The largest group that is sent together.
const GROUP: usize = 512;

/// The shortest time between two looks that found little.
const PAUSE: Duration = Duration::from_millis(25);

/// Sends until the engine ends, or no new work is taken; then what has begun is finished.
pub(crate) async fn run(shared: Arc<Shared>) -> Result<(), StoreError> {
    let mut groups = JoinSet::new();
    let mut limit = LOOK;
    while shared.is_working() {
        let Found { taken, is_full } = look(&shared, limit, &mut groups).await?;
        // What waits for few device tokens must not hide what waits for others.
        limit = if is_full && taken < LOOK / 2 {
            (limit * 2).min(MOST)
        } else {
            LOOK
        };
        while groups.try_join_next().is_some() {}
        rest(&shared, taken, &mut groups).await;
    }
    while groups.join_next().await.is_some() {}
    Ok(())
}

/// What a look found.
struct Found {
    /// Recipients that were taken.
    taken: usize,
    /// There may be more.
    is_full: bool,
}

/// Takes what is due.
async fn look(shared: &Arc<Shared>, limit: usize, groups: &mut JoinSet<()>) -> Result<Found, StoreError> {
    let most = shared.config.direct_in_flight;
    // What is on its way at this moment is left out, also when it comes to its end while the store is being read.
    let on_their_way = shared.committer.recipients();
    let mut closed = shared.lanes.closed(shared.now());
    closed.extend(shared.committer.crowded(most));
    let limit = limit + on_their_way.len();
    let due = shared
        .persist(|| shared.store.due_recipients(shared.steady.now(), limit, &closed))
        .await?;
    let is_full = due.len() >= limit;
    let mut taken = 0;
    let mut groups_of: BTreeMap<AppId, Vec<DueRecipient>> = BTreeMap::new();
    let mut quotas = quotas(shared);
    for recipient in due {
        let key = (recipient.notification_id, recipient.device_id);
        let lane = (recipient.app_id, recipient.environment);
        let mut nobody_limits = usize::MAX;
        let quota = quotas.get_mut(&lane).unwrap_or(&mut nobody_limits);
        if *quota > 0 && !on_their_way.contains(&key) && shared.committer.take_recipient(key, lane, most) {
            *quota -= 1;
            taken += 1;
            groups_of.entry(recipient.app_id).or_default().push(recipient);
        }
    }
    for (app, mut recipients) in groups_of {
        while !recipients.is_empty() {
            let rest = recipients.split_off(recipients.len().min(GROUP));
            let group = std::mem::replace(&mut recipients, rest);
            groups.spawn(round::send(Arc::clone(shared), app, group));
        }
    }
    Ok(Found { taken, is_full })
}

/// How many recipients of a lane that is cautious need be looked up: more than it admits would only be put off.
fn quotas(shared: &Shared) -> HashMap<(AppId, Option<Environment>), usize> {
    let lanes = shared.lanes.all();
    let quota = |lane: &Arc<Lane>| {
        let allowance = lane.state().throttle.allowance()?;
        let allowance = usize::try_from(allowance).unwrap_or(usize::MAX);
        Some(((lane.app, Some(lane.environment)), allowance.max(1)))
    };
    lanes.iter().filter_map(quota).collect()
}

/// Waits for the next look: for something to be due, for a wake-up, or, after a look that found something, for a group
/// to end or a moment to go by.
async fn rest(shared: &Shared, taken: usize, groups: &mut JoinSet<()>) {
    if taken >= LOOK {
        return;
    }
    shared.clock.sleep(PAUSE).await;
    if taken > 0 {
        return;
    }
    let woken = std::pin::pin!(async {
        tokio::select! {
            () = shared.waiting_wake.notified() => {}
            Some(_) = groups.join_next() => {}
        }
    });
    let until = shared.until_due(LONGEST).await.min(until_a_lane_opens(shared));
    future::select(woken, shared.clock.sleep(until)).await;
}

/// How long until the first closed lane may be probed.
fn until_a_lane_opens(shared: &Shared) -> Duration {
    let now = shared.now();
    let until = shared.lanes.all().into_iter().filter_map(|lane| {
        let state = lane.state();
        let until = state.throttle.until_next(now.monotonic);
        (state.incident().is_none() && !until.is_zero()).then_some(until)
    });
    until.min().unwrap_or(Duration::MAX)
}
