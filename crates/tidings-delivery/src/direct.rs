//! Notifications to few: taken in groups as they come, sent over roads of their own, and settled one by one as they are
//! answered. While little happens each goes at once; while much happens, groups grow by themselves.

mod group;

pub(crate) use self::group::put_off;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use tidings_store::{AppId, ReadyNotification, StoreError, Urgency};
use tokio::task::JoinSet;

use crate::letter::Speed;
use crate::shared::Shared;

/// Notifications that are looked for at once.
const LOOK: usize = 1_024;

/// The largest group.
const GROUP: usize = 256;

/// After a look that found so many, the next is a moment later, so that groups are worth their while.
const BUSY: usize = 8;

/// That moment.
const GATHER: Duration = Duration::from_millis(2);

/// The longest time without a look.
pub(crate) const LONGEST: Duration = Duration::from_secs(1);

/// Sends until the engine ends, or no new work is taken; then what has begun is finished.
pub(crate) async fn run(shared: Arc<Shared>) -> Result<(), StoreError> {
    let mut groups = JoinSet::new();
    while shared.is_working() {
        let found = look(&shared, &mut groups).await?;
        while groups.try_join_next().is_some() {}
        rest(&shared, found).await;
    }
    while groups.join_next().await.is_some() {}
    Ok(())
}

/// What a look found.
struct Found {
    /// Notifications that were taken.
    taken: usize,
    /// There may be more.
    has_more: bool,
}

async fn look(shared: &Arc<Shared>, groups: &mut JoinSet<()>) -> Result<Found, StoreError> {
    // What is on its way at this moment is left out, also when it comes to its end while the store is being read.
    let mut on_their_way = shared.committer.direct();
    on_their_way.extend(shared.campaigns.known());
    let urgencies = [Urgency::Urgent, Urgency::Normal];
    let ready = shared
        .persist(|| {
            shared
                .store
                .ready(shared.clock.now(), LOOK, &urgencies, &on_their_way)
        })
        .await?;
    let full = ready.len() >= LOOK;
    let mut taken = 0;
    let mut groups_of: BTreeMap<AppId, Vec<ReadyNotification>> = BTreeMap::new();
    for notification in ready {
        if Speed::of(&notification.notification) == Speed::Bulk {
            shared.campaigns.hand_over(notification);
            shared.campaign_wake.notify_one();
            continue;
        }
        let (id, app) = (notification.notification.id, notification.app_id);
        let most = most(shared, notification.notification.urgency);
        if shared.committer.take_direct(id, app, most) {
            taken += 1;
            groups_of.entry(app).or_default().push(notification);
        }
    }
    for (app, mut notifications) in groups_of {
        while !notifications.is_empty() {
            let rest = notifications.split_off(notifications.len().min(GROUP));
            let group = std::mem::replace(&mut notifications, rest);
            groups.spawn(group::send(Arc::clone(shared), app, group));
        }
    }
    let has_more = full && taken > 0;
    Ok(Found { taken, has_more })
}

/// How many of an app may be on their way: room is kept for what is urgent.
const fn most(shared: &Shared, urgency: Urgency) -> usize {
    let most = shared.config.direct_in_flight;
    match urgency {
        Urgency::Urgent => most + most.div_ceil(4),
        Urgency::Normal | Urgency::Campaign => most,
    }
}

/// Waits for the next look.
async fn rest(shared: &Shared, found: Found) {
    if found.has_more {
        return;
    }
    if found.taken >= BUSY {
        return shared.clock.sleep(GATHER).await;
    }
    let woken = std::pin::pin!(shared.direct_wake.notified());
    future::select(woken, shared.clock.sleep(shared.until_due(LONGEST).await)).await;
}
