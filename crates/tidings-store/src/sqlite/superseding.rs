//! An installation has one device token of each kind: the newest. The older ones end, though APNs may accept for them still.

use tidings_apns::Timestamp;
use tidings_truth::Evidence;

use super::device_detail::DeviceDetail;
use super::keys::{self, Index};
use super::known_device::KnownDevice;
use super::registration::{has_ended, is_one_of_many};
use super::writing::Writing;
use crate::fingerprint::fingerprint;
use crate::store_error::StoreError;

/// Ends the other tokens of the same installation and kind.
pub(crate) fn supersede_others(
    writing: &mut Writing,
    device: &KnownDevice,
    detail: &DeviceDetail,
    now: Timestamp,
) -> Result<(), StoreError> {
    let by = fingerprint(&device.token);
    for other in others(writing, device, detail)? {
        supersede(writing, other, &by, now)?;
    }
    Ok(())
}

/// Ends those that were registered before it; or it, if one was registered later.
pub(crate) fn supersede_older(
    writing: &mut Writing,
    device: KnownDevice,
    detail: &DeviceDetail,
    now: Timestamp,
) -> Result<(), StoreError> {
    let others = others(writing, &device, detail)?;
    let at = device.history.registered_at;
    let newest = others.iter().max_by_key(|other| other.history.registered_at);
    if let Some(newer) = newest.filter(|other| other.history.registered_at > at) {
        let by = fingerprint(&newer.token);
        return supersede(writing, device, &by, now);
    }
    let by = fingerprint(&device.token);
    for other in others {
        supersede(writing, other, &by, now)?;
    }
    Ok(())
}

fn supersede(
    writing: &mut Writing,
    mut device: KnownDevice,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    device.history.record(Evidence::Superseded {
        generation: device.generation(),
        at: now,
        by: by.into(),
    });
    device.save(writing, now).map(drop)
}

fn others(
    writing: &Writing,
    device: &KnownDevice,
    detail: &DeviceDetail,
) -> Result<Vec<KnownDevice>, StoreError> {
    let Some(installation) = detail
        .installation_id
        .as_deref()
        .filter(|_| !is_one_of_many(device.kind))
    else {
        return Ok(Vec::new());
    };
    let reading = writing.reading();
    let name = installation.as_bytes();
    let mut others = Vec::new();
    for id in keys::find_others(writing, Index::Installation, device.id, name)? {
        let Some(other) = KnownDevice::load(reading, id)? else {
            continue;
        };
        let is_alive = !has_ended(other.stored_state()) && other.kind == device.kind;
        if is_alive && DeviceDetail::load(reading, id)?.installation_id.as_deref() == Some(installation) {
            others.push(other);
        }
    }
    Ok(others)
}
