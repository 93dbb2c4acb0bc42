//! Devices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::state::State;
use crate::world::World;
use crate::world::device::{Device, DeviceKey};
use crate::world::devices::{Devices, TokenSource};
use crate::world::notification::{Shown, ShownNotification};

use super::accounts::Switch;
use super::installs::Installed;
use super::{Control, ControlError};

/// Devices that one page of the list shows at most.
const PAGE: usize = 1000;

/// `POST /v1/devices`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// The id; made up without it.
    #[serde(default)]
    pub device_id: Option<String>,
}

/// A device that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedDevice {
    /// Its id.
    pub device_id: String,
}

/// A device that was made from another one's backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RestoredDevice {
    /// The new device.
    pub device_id: String,
    /// The apps on it by bundle id, with their new device tokens.
    pub installs: BTreeMap<String, Installed>,
}

/// A device as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeviceDescription {
    /// Its id.
    pub device_id: String,
    /// Whether it is connected.
    pub online: bool,
    /// The apps on it by bundle id.
    pub installs: BTreeMap<String, Installed>,
}

impl Control {
    /// Adds a device, online and empty.
    pub fn create_device(&self, new: &NewDevice) -> Result<CreatedDevice, ControlError> {
        let state = &mut *self.shared.lock();
        let device_id = new.device_id.clone().unwrap_or_else(|| new_id(state));
        if device_id.is_empty() || device_id.len() > 128 {
            return Err(ControlError::invalid("device_id", "must be 1 to 128 bytes"));
        }
        match state.world.devices.add(device_id.clone()) {
            Some(_) => Ok(CreatedDevice { device_id }),
            None => Err(ControlError::taken("device", &device_id)),
        }
    }

    /// A page of the devices, beginning after the first `skip`.
    pub fn devices(&self, skip: usize) -> Vec<DeviceDescription> {
        let state = self.shared.lock();
        state
            .world
            .devices
            .starting_at(skip)
            .take(PAGE)
            .map(describe)
            .collect()
    }

    /// A device as it is now.
    pub fn device(&self, device_id: &str) -> Result<DeviceDescription, ControlError> {
        self.with_device(device_id, |world, key, _| describe(world.devices.device(key)))
    }

    /// Brings the backup of a device to a new one, where all apps get new device tokens. The old device stays as it is.
    pub fn restore(&self, device_id: &str) -> Result<RestoredDevice, ControlError> {
        let new_id = new_id(&mut self.shared.lock());
        self.with_device(device_id, |world, key, now| {
            let (devices, mut source) = tokens(world, now);
            let restored = devices.restore(key, new_id.clone(), &mut source);
            restored.map(|key| describe(world.devices.device(key)))
        })?
        .map(|device| RestoredDevice {
            device_id: device.device_id,
            installs: device.installs,
        })
        .ok_or_else(|| ControlError::taken("device", &new_id))
    }

    /// Erases a device. Its device tokens go on being accepted for ever: nobody is left who could tell APNs.
    pub fn erase(&self, device_id: &str) -> Result<(), ControlError> {
        self.with_device(device_id, |world, key, now| world.devices.erase(key, now))
    }

    /// Upgrades the system of a device, after which all apps have new device tokens.
    pub fn upgrade(&self, device_id: &str) -> Result<DeviceDescription, ControlError> {
        self.with_device(device_id, |world, key, now| {
            let (devices, mut source) = tokens(world, now);
            devices.renew_tokens(key, &mut source);
            describe(world.devices.device(key))
        })
    }

    /// Connects a device, which then gets what was kept for it, or disconnects it.
    pub fn set_online(&self, device_id: &str, setting: Switch) -> Result<(), ControlError> {
        self.with_device(device_id, |world, key, now| match setting {
            Switch::On => world.go_online(key, now),
            Switch::Off => world.devices.go_offline(key, now),
        })
    }

    /// What a device has shown, oldest first.
    pub fn notifications(&self, device_id: &str) -> Result<Vec<ShownNotification>, ControlError> {
        self.with_device(device_id, |world, key, _| {
            world.devices.device(key).shown().map(Shown::describe).collect()
        })
    }

    /// Does something with a device, at the present time.
    pub(super) fn with_device<T>(
        &self,
        device_id: &str,
        operate: impl FnOnce(&mut World, DeviceKey, Timestamp) -> T,
    ) -> Result<T, ControlError> {
        let state = &mut *self.shared.lock();
        let now = state.clock.now().simulated;
        let Some(key) = state.world.devices.find(device_id) else {
            return Err(ControlError::not_found("device", device_id));
        };
        Ok(operate(&mut state.world, key, now))
    }
}

/// The devices, and where new device tokens come from.
pub(super) fn tokens(world: &mut World, now: Timestamp) -> (&mut Devices, TokenSource<'_>) {
    let source = TokenSource {
        random: &mut world.random,
        lengths: &world.behaviour.token_lengths,
        now,
    };
    (&mut world.devices, source)
}

fn new_id(state: &mut State) -> String {
    let now = state.clock.now().simulated;
    state.world.random.uuid_v7(now).to_string()
}

fn describe(device: &Device) -> DeviceDescription {
    let installs = device.installs.iter();
    DeviceDescription {
        device_id: device.id.clone(),
        online: device.is_online(),
        installs: installs
            .map(|(bundle_id, install)| (bundle_id.to_string(), install.into()))
            .collect(),
    }
}
