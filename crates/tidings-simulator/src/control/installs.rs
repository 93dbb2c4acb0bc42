//! Apps on devices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::vocabulary::{Build, Environment, TokenKind};
use crate::world::World;
use crate::world::device::{DeviceKey, Install};
use crate::world::device_token::Report;
use crate::world::devices;

use super::accounts::Switch;
use super::devices::tokens;
use super::{Control, ControlError};

/// `POST /v1/devices/{id}/installs`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstall {
    /// The app.
    pub bundle_id: String,
    /// How it gets on the device, which decides its environment.
    pub build: Build,
    /// The kinds of device tokens that the app asks for. Default: `alert`.
    #[serde(default)]
    pub kinds: Vec<TokenKind>,
    /// The app gets back the device tokens that it had last on this device, which happens now and then.
    #[serde(default)]
    pub same_tokens: bool,
}

/// What the app on the device is told when it registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Installed {
    /// Where its device tokens are good.
    pub environment: Environment,
    /// Its device tokens by kind, in hexadecimal.
    pub tokens: BTreeMap<TokenKind, String>,
}

impl NewInstall {
    /// An app with only the ordinary kind of device token.
    pub fn new(bundle_id: impl Into<String>, build: Build) -> Self {
        Self {
            bundle_id: bundle_id.into(),
            build,
            kinds: Vec::new(),
            same_tokens: false,
        }
    }

    /// The same with device tokens of these kinds.
    #[must_use]
    pub fn with_kinds(self, kinds: impl Into<Vec<TokenKind>>) -> Self {
        Self {
            kinds: kinds.into(),
            ..self
        }
    }
}

impl Control {
    /// Installs an app on a device, or installs it anew: it then has new device tokens.
    pub fn install(&self, device_id: &str, new: &NewInstall) -> Result<Installed, ControlError> {
        self.with_device(device_id, |world, key, now| {
            let Some(app) = world.accounts.app(&new.bundle_id) else {
                return Err(ControlError::not_found("app", &new.bundle_id));
            };
            let bundle_id = Arc::clone(&app.bundle_id);
            let kinds = if new.kinds.is_empty() {
                &[TokenKind::Alert][..]
            } else {
                &new.kinds
            };
            let (devices, mut source) = tokens(world, now);
            let install = devices::NewInstall {
                bundle_id,
                build: new.build,
                kinds,
                same_tokens: new.same_tokens,
            };
            devices.install(key, &install, &mut source);
            installed(world, key, &new.bundle_id)
        })?
    }

    /// Launches an app, which is told its device tokens as they are now. Kinds that it did not ask for before are added.
    /// `liveactivity-update` begins another activity, with another token.
    pub fn launch(
        &self,
        device_id: &str,
        bundle_id: &str,
        kinds: &[TokenKind],
    ) -> Result<Installed, ControlError> {
        self.with_device(device_id, |world, key, now| {
            let known = installed(world, key, bundle_id)?.tokens;
            let is_new =
                |kind: &&TokenKind| **kind == TokenKind::LiveActivityUpdate || !known.contains_key(*kind);
            let bundle_id: Arc<str> = bundle_id.into();
            for kind in kinds.iter().filter(is_new) {
                let (devices, mut source) = tokens(world, now);
                devices.add_kind(key, &bundle_id, *kind, &mut source);
            }
            installed(world, key, &bundle_id)
        })?
    }

    /// Removes an app. `report_after` overrules when 410 begins.
    pub fn uninstall(
        &self,
        device_id: &str,
        bundle_id: &str,
        report_after: Option<Duration>,
    ) -> Result<(), ControlError> {
        self.with_device(device_id, |world, key, now| {
            let report = Report::chosen(report_after, &world.behaviour.uninstall);
            let removed = world.devices.uninstall(key, bundle_id, report, now);
            if removed {
                Ok(())
            } else {
                Err(ControlError::not_found("install of", bundle_id))
            }
        })?
    }

    /// Allows an app to show notifications, or forbids it. Forbidden alerts are accepted by APNs and discarded.
    pub fn set_permission(
        &self,
        device_id: &str,
        bundle_id: &str,
        setting: Switch,
    ) -> Result<(), ControlError> {
        self.with_install(device_id, bundle_id, |install| {
            install.permission = setting == Switch::On;
        })
    }

    /// Ends the Live Activity of an app: its token answers 410 `ExpiredToken`.
    pub fn end_activity(&self, device_id: &str, bundle_id: &str) -> Result<(), ControlError> {
        self.with_device(device_id, |world, key, now| {
            let ended = world.devices.end_activity(key, bundle_id, now);
            if ended {
                Ok(())
            } else {
                Err(ControlError::not_found("activity of", bundle_id))
            }
        })?
    }

    /// Lets an app's Live Activities listen on a broadcast channel.
    pub fn subscribe(&self, device_id: &str, bundle_id: &str, channel_id: &str) -> Result<(), ControlError> {
        self.with_device(device_id, |world, key, _| {
            let environment = installed(world, key, bundle_id)?.environment;
            let Some(channel) = world.channels.find_mut(environment, bundle_id, channel_id) else {
                return Err(ControlError::not_found("channel", channel_id));
            };
            channel.subscribers.insert(key);
            if let Some(install) = world.devices.device_mut(key).installs.get_mut(bundle_id) {
                install.channels.insert(channel_id.to_owned());
            }
            Ok(())
        })?
    }

    fn with_install<T>(
        &self,
        device_id: &str,
        bundle_id: &str,
        operate: impl FnOnce(&mut Install) -> T,
    ) -> Result<T, ControlError> {
        self.with_device(device_id, |world, key, _| {
            let install = world.devices.device_mut(key).installs.get_mut(bundle_id);
            install
                .map(operate)
                .ok_or_else(|| ControlError::not_found("install of", bundle_id))
        })?
    }
}

impl From<&Install> for Installed {
    fn from(install: &Install) -> Self {
        let tokens = install.tokens.iter();
        Self {
            environment: install.environment(),
            tokens: tokens
                .map(|(kind, token)| (*kind, crate::hex::encode(token)))
                .collect(),
        }
    }
}

fn installed(world: &World, key: DeviceKey, bundle_id: &str) -> Result<Installed, ControlError> {
    let install = world.devices.device(key).installs.get(bundle_id);
    install
        .map(Installed::from)
        .ok_or_else(|| ControlError::not_found("install of", bundle_id))
}
