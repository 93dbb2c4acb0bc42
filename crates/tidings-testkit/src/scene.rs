//! A simulator with a team, a key, an app and a device: what nearly every test begins with.

use tidings_simulator::{
    Build, Control, CreatedKey, Environment, Installed, NewApp, NewDevice, NewInstall, NewKey, Simulator,
    SimulatorConfig, TokenKind, WorldFile,
};

/// The team of every scene.
pub const TEAM_ID: &str = "TEAM123456";

/// The app of every scene.
pub const BUNDLE_ID: &str = "com.example.app";

/// A running simulator with one key that is good in both environments, one app and one device without it.
#[derive(Debug)]
pub struct Scene {
    /// The simulator.
    pub simulator: Simulator,
    /// The id of the key.
    pub key_id: String,
    /// The contents of the key's .p8 file.
    pub private_key_pem: String,
    /// The device.
    pub device_id: String,
}

impl Scene {
    /// A scene whose APNs behaves by its defaults.
    pub async fn new() -> anyhow::Result<Self> {
        Self::with_world(WorldFile::default()).await
    }

    /// A scene in a world.
    pub async fn with_world(world: WorldFile) -> anyhow::Result<Self> {
        let simulator = Simulator::start(SimulatorConfig {
            world,
            ..SimulatorConfig::default()
        })
        .await?;
        let control = simulator.control();
        let CreatedKey {
            key_id,
            private_key_pem,
            ..
        } = control.create_key(&NewKey {
            team_id: TEAM_ID.to_owned(),
            ..NewKey::default()
        })?;
        control.create_app(&NewApp::new(TEAM_ID, BUNDLE_ID))?;
        let device_id = control.create_device(&NewDevice::default())?.device_id;
        Ok(Self {
            simulator,
            key_id,
            private_key_pem,
            device_id,
        })
    }

    /// The hand on the world.
    pub fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// The URL for notifications and broadcasts.
    pub fn push_url(&self, environment: Environment) -> &str {
        self.simulator.push_url(environment)
    }

    /// Installs the app on the scene's device.
    pub fn install(&self, build: Build, kinds: &[TokenKind]) -> anyhow::Result<Installed> {
        let install = NewInstall::new(BUNDLE_ID, build).with_kinds(kinds);
        Ok(self.control().install(&self.device_id, &install)?)
    }

    /// Installs the app with the ordinary kind of device token, and returns that, in hexadecimal.
    pub fn device_token(&self, build: Build) -> anyhow::Result<String> {
        let mut installed = self.install(build, &[TokenKind::Alert])?;
        installed
            .tokens
            .remove(&TokenKind::Alert)
            .ok_or_else(|| anyhow::anyhow!("no device token was given"))
    }

    /// Installs the app on that many new devices, and returns their device tokens.
    pub fn device_tokens(&self, build: Build, count: usize) -> anyhow::Result<Vec<String>> {
        let control = self.control();
        let install = NewInstall::new(BUNDLE_ID, build);
        (0..count)
            .map(|_| {
                let device = control.create_device(&NewDevice::default())?;
                let mut installed = control.install(&device.device_id, &install)?;
                let token = installed.tokens.remove(&TokenKind::Alert);
                token.ok_or_else(|| anyhow::anyhow!("no device token was given"))
            })
            .collect()
    }
}
