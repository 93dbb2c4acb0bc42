//! Evidence as it comes in: judged at once, and doubted at once while an incident is open.

use std::collections::BTreeMap;

use tidings_apns::{Environment, Timestamp};
use tidings_truth::Evidence;

use super::incidents;
use super::known_device::KnownDevice;
use super::sweeps::{can_be_doubted, note_doubt};
use super::writing::{Writing, app_of};
use crate::device::Change;
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// Adds evidence; what each device token that is still known was and is.
pub(crate) fn record(
    writing: &mut Writing,
    app: AppId,
    seen: &[(DeviceId, Evidence)],
    now: Timestamp,
) -> Result<Vec<(DeviceId, Change)>, StoreError> {
    let open = incidents::open_of_app(writing.reading(), app)?;
    let mut changes = Vec::with_capacity(seen.len());
    for (id, all) in by_device(app, seen) {
        let Some(mut device) = KnownDevice::load(writing.reading(), id)? else {
            continue;
        };
        for evidence in all {
            device.history.record(evidence.clone());
            for (environment, since, incident) in &open {
                if is_doubtful(evidence, *environment, *since) {
                    device.history.record(Evidence::Doubted {
                        generation: evidence.generation(),
                        at: now,
                        environment: *environment,
                        since: *since,
                        incident: *incident,
                    });
                    note_doubt(writing, *incident, id)?;
                }
            }
        }
        let (change, _) = device.save(writing, now)?;
        changes.push((id, change));
    }
    Ok(changes)
}

fn is_doubtful(evidence: &Evidence, environment: Environment, since: Timestamp) -> bool {
    can_be_doubted(evidence) && evidence.environment() == Some(environment) && evidence.at() >= since
}

fn by_device(app: AppId, seen: &[(DeviceId, Evidence)]) -> BTreeMap<DeviceId, Vec<&Evidence>> {
    let mut all: BTreeMap<DeviceId, Vec<&Evidence>> = BTreeMap::new();
    for (id, evidence) in seen.iter().filter(|(id, _)| app_of(*id) == app) {
        all.entry(*id).or_default().push(evidence);
    }
    all
}
