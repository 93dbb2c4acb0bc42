//! Sending a group of one app's recipients: every one of them comes to a fate.
//!
//! What is simply accepted is told to the books from within the client's callback, without a task, a channel or an
//! allocation for each. What needs a look at the device token goes over a [desk](desk::Desk) that works while the rest is
//! still on its way, so that one slow answer holds up nobody.

mod chunk;
mod desk;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, BoxFuture};
use tidings_apns::Environment;
use tidings_store::{AppId, RecipientState, StoreError};

use self::desk::Desk;
use crate::lane::{Lane, OpenLine};
use crate::lane_state::Admission;
use crate::ledger::{Fate, Ledger};
use crate::parcel::Parcel;
use crate::route::{Route, route};
use crate::shared::Shared;
use crate::wire::Road;

/// How long a group waits for a lane that is still answering to take more.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends a group of one app's recipients, and returns when each has come to its fate.
pub(crate) async fn dispatch(
    shared: &Shared,
    app: AppId,
    parcels: Vec<Parcel>,
    ledger: &dyn Ledger,
) -> Result<(), StoreError> {
    let desk = Desk::new(shared, app, ledger);
    let send = async {
        let sent = wave(&desk, parcels).await;
        desk.nothing_more();
        sent
    };
    let (sent, followed) = future::join(send, desk.follow()).await;
    let recorded = desk.record_accepted().await;
    sent.and(followed).and(recorded)
}

/// Sends all of them once, where the lanes let it.
fn wave<'a>(desk: &'a Desk<'_>, parcels: Vec<Parcel>) -> BoxFuture<'a, Result<(), StoreError>> {
    async move {
        let bins = Bins::sort(desk, parcels);
        let sending = bins
            .into_filled()
            .map(|(place, parcels)| send_bin(desk, place, parcels));
        future::join_all(sending).await.into_iter().collect()
    }
    .boxed()
}

/// Where recipients go.
#[derive(Clone, Copy)]
struct Place {
    environment: Environment,
    road: Road,
}

/// Recipients by where they go.
#[derive(Default)]
struct Bins([Vec<Parcel>; 8]);

impl Bins {
    /// Those that go nowhere come to their fate here.
    fn sort(desk: &Desk<'_>, parcels: Vec<Parcel>) -> Self {
        let mut bins = Self::default();
        let now = desk.shared.clock.now();
        for parcel in parcels {
            match route(&parcel.letter, &parcel.addressee, now) {
                Route::Send(environment, standing) => {
                    let road = Road::of(parcel.letter.speed, standing);
                    bins.0[Place { environment, road }.index()].extend(desk.hold(parcel));
                }
                Route::NotBefore(at, environment) => desk.wait_for_token(parcel, at, environment),
                Route::Hold => desk.settle(parcel, Fate::Is(RecipientState::Held)),
                Route::End(outcome) => desk.settle(parcel, Fate::Is(RecipientState::Done(outcome))),
            }
        }
        bins
    }

    fn into_filled(self) -> impl Iterator<Item = (Place, Vec<Parcel>)> {
        let places = Environment::ALL
            .into_iter()
            .flat_map(|environment| Road::ALL.map(|road| Place { environment, road }));
        let mut bins = self.0;
        places
            .map(move |place| (place, std::mem::take(&mut bins[place.index()])))
            .filter(|(_, parcels)| !parcels.is_empty())
    }
}

impl Place {
    const fn index(self) -> usize {
        let half = match self.environment {
            Environment::Production => 0,
            Environment::Sandbox => 4,
        };
        half + match self.road {
            Road::Express => 0,
            Road::ExpressProbation => 1,
            Road::Main => 2,
            Road::Probation => 3,
        }
    }
}

/// Sends what goes to one environment over one sort of connections.
async fn send_bin(desk: &Desk<'_>, place: Place, mut parcels: Vec<Parcel>) -> Result<(), StoreError> {
    let Place { environment, road } = place;
    let shared = desk.shared;
    let lane = shared.lanes.lane(desk.app, environment, shared.clock.now());
    let Some(line) = shared.line(&lane).await? else {
        desk.settle_all(parcels, Fate::Is(RecipientState::Held));
        return Ok(());
    };
    while !parcels.is_empty() {
        match admission(shared, &lane, parcels.len()).await {
            Some(Admission::Send(count)) => {
                let rest = parcels.split_off(count.min(parcels.len()));
                let chunk = std::mem::replace(&mut parcels, rest);
                send_chunk(desk, &lane, &line, road, chunk).await;
            }
            Some(Admission::Park) => {
                desk.settle_all(parcels, Fate::Is(RecipientState::Parked { environment }));
                shared.keeper_wake.notify_one();
                return Ok(());
            }
            Some(Admission::Wait(_)) | None => {
                desk.settle_all(parcels, Fate::PutOff(environment));
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn send_chunk(desk: &Desk<'_>, lane: &Lane, line: &OpenLine, road: Road, parcels: Vec<Parcel>) {
    let mut chunk = chunk::Chunk::new(desk, lane, parcels);
    let requests = chunk.requests();
    let mut tell = |outcome| chunk.answered(outcome);
    line.line.send(road, requests, &mut tell).await;
    chunk.finish();
}

/// How many may be sent, as soon as it is any. A lane that is still answering may soon take more; one that is not, not.
async fn admission(shared: &Shared, lane: &Lane, wanted: usize) -> Option<Admission> {
    let until = shared.clock.monotonic() + PATIENCE;
    loop {
        let mut changed = std::pin::pin!(lane.changed.notified());
        changed.as_mut().enable();
        let now = shared.now();
        match lane.admit(wanted, now) {
            Admission::Wait(_) if lane.in_flight() > 0 && now.monotonic < until => {
                let patience = until.saturating_sub(now.monotonic);
                future::select(changed, shared.clock.sleep(patience)).await;
            }
            Admission::Wait(_) => return None,
            other => return Some(other),
        }
    }
}
