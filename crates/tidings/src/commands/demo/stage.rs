//! Where the story plays: a simulator with a team, a key and two apps, and a client for each environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use tempfile::TempDir;
use tidings_apns::{ApnsId, BundleId, DeviceToken, Environment, Notification, Request, Response};
use tidings_client::{Client, Credential, SendError, SigningKey, Trust};
use tidings_simulator::{
    Build, Control, CreatedKey, Installed, NewApp, NewDevice, NewInstall, NewKey, ShownNotification,
    Simulator, SimulatorConfig, TokenKind,
};
use uuid::Uuid;

use crate::access::Url;

/// The team.
pub(super) const TEAM: &str = "TEAHOUSE01";
/// The app of the story.
pub(super) const APP: &str = "com.example.teahouse";
/// Another app of the same team.
pub(super) const OTHER_APP: &str = "com.example.bakery";

/// Where the story plays.
pub(super) struct Stage {
    simulator: Simulator,
    production: Client,
    sandbox: Client,
    key: CreatedKey,
    folder: TempDir,
}

/// A device with the app on it.
pub(super) struct Phone {
    pub(super) device_id: String,
    pub(super) environment: Environment,
    pub(super) tokens: BTreeMap<TokenKind, DeviceToken>,
}

/// A request that was sent, and what came of it.
pub(super) struct Sent {
    pub(super) apns_id: ApnsId,
    pub(super) result: Result<Response, SendError>,
}

/// What one needs to go on by oneself.
pub(super) struct Invitation {
    /// A command that sends an alert to a phone of the simulator.
    pub(super) command: String,
    /// Where to look at what that phone shows.
    pub(super) phone: String,
}

impl Stage {
    /// Starts the simulator and fills it.
    pub(super) async fn set() -> anyhow::Result<Self> {
        let simulator = Simulator::start(SimulatorConfig::default()).await?;
        let control = simulator.control();
        for app in [APP, OTHER_APP] {
            control.create_app(&NewApp::new(TEAM, app))?;
        }
        let key = control.create_key(&NewKey {
            team_id: TEAM.to_owned(),
            ..NewKey::default()
        })?;
        let credential = Credential::from(signing_key(&key)?);
        Ok(Self {
            production: client(&simulator, Environment::Production, credential.clone())?,
            sandbox: client(&simulator, Environment::Sandbox, credential)?,
            folder: tempfile::Builder::new().prefix("tidings-demo-").tempdir()?,
            simulator,
            key,
        })
    }

    /// Ends everything.
    pub(super) async fn strike(self) {
        tokio::join!(self.production.close(), self.sandbox.close());
        self.simulator.shutdown().await;
    }

    pub(super) fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    pub(super) fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// The client that sends with the team's key.
    pub(super) fn client(&self, environment: Environment) -> &Client {
        match environment {
            Environment::Production => &self.production,
            Environment::Sandbox => &self.sandbox,
        }
    }

    /// A client that sends with another credential.
    pub(super) fn client_with(
        &self,
        environment: Environment,
        credential: impl Into<Credential>,
    ) -> anyhow::Result<Client> {
        client(&self.simulator, environment, credential.into())
    }

    /// A new key of the team.
    pub(super) fn new_key(&self) -> anyhow::Result<SigningKey> {
        signing_key(&self.control().create_key(&NewKey {
            team_id: TEAM.to_owned(),
            ..NewKey::default()
        })?)
    }

    /// A new device with the app on it.
    pub(super) fn phone(&self, build: Build, kinds: &[TokenKind]) -> anyhow::Result<Phone> {
        let device_id = self.control().create_device(&NewDevice::default())?.device_id;
        let install = NewInstall::new(APP, build).with_kinds(kinds);
        let installed = self.control().install(&device_id, &install)?;
        Phone::new(device_id, &installed)
    }

    /// Sends to a phone, in the environment of its app.
    pub(super) async fn push(
        &self,
        phone: &Phone,
        kind: TokenKind,
        notification: Notification,
    ) -> anyhow::Result<Sent> {
        let client = self.client(phone.environment);
        Sent::by(client, phone.token(kind)?, notification).await
    }

    /// What the phone got of a request.
    pub(super) fn seen(&self, phone: &Phone, sent: &Sent) -> anyhow::Result<Option<ShownNotification>> {
        let id = sent.apns_id.to_string();
        let log = self.control().notifications(&phone.device_id)?;
        Ok(log
            .into_iter()
            .find(|shown| shown.apns_id.eq_ignore_ascii_case(&id)))
    }

    /// Whether the phone has got nothing at all.
    pub(super) fn is_quiet(&self, phone: &Phone) -> anyhow::Result<bool> {
        Ok(self.control().notifications(&phone.device_id)?.is_empty())
    }

    /// Makes a phone, and writes the key down, for whoever wants to go on.
    pub(super) fn invitation(&self) -> anyhow::Result<Invitation> {
        let phone = self.phone(Build::Debug, &[TokenKind::Alert])?;
        let key = self.write_key()?;
        let ready = self.simulator.ready();
        let command = format!(
            "tidings send --url {} --ca {} --key {} --team-id {TEAM} \\\n      --environment sandbox --bundle-id {APP} --token {} --body 'Tea is ready'",
            ready.sandbox,
            ready.ca.display(),
            key.display(),
            phone.token(TokenKind::Alert)?,
        );
        let phone = format!(
            "curl {}/v1/devices/{}/notifications",
            ready.control, phone.device_id
        );
        Ok(Invitation { command, phone })
    }

    fn write_key(&self) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(format!("AuthKey_{}.p8", self.key.key_id));
        std::fs::write(&path, &self.key.private_key_pem)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

impl Phone {
    pub(super) fn new(device_id: String, installed: &Installed) -> anyhow::Result<Self> {
        let tokens = installed.tokens.iter();
        Ok(Self {
            device_id,
            environment: environment(installed.environment),
            tokens: tokens
                .map(|(kind, token)| Ok((*kind, token.parse()?)))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    /// The device token of a kind.
    pub(super) fn token(&self, kind: TokenKind) -> anyhow::Result<DeviceToken> {
        let token = self.tokens.get(&kind);
        token
            .cloned()
            .with_context(|| format!("the app has no device token of the kind {kind:?}"))
    }
}

impl Sent {
    /// Sends with any client to any device token.
    pub(super) async fn by(
        client: &Client,
        token: DeviceToken,
        notification: Notification,
    ) -> anyhow::Result<Self> {
        let apns_id = ApnsId::from(Uuid::new_v4());
        let result = client.send(Request::new(notification, token, apns_id)).await;
        Ok(Self { apns_id, result })
    }
}

/// The app of the story as the client knows it.
pub(super) fn app() -> anyhow::Result<BundleId> {
    Ok(APP.parse()?)
}

fn signing_key(key: &CreatedKey) -> anyhow::Result<SigningKey> {
    let (key_id, team_id) = (key.key_id.parse()?, key.team_id.parse()?);
    Ok(SigningKey::from_pem(
        key.private_key_pem.as_bytes(),
        key_id,
        team_id,
    )?)
}

fn client(simulator: &Simulator, environment: Environment, credential: Credential) -> anyhow::Result<Client> {
    let simulated = match environment {
        Environment::Production => tidings_simulator::Environment::Production,
        Environment::Sandbox => tidings_simulator::Environment::Sandbox,
    };
    let push: Url = simulator.push_url(simulated).parse()?;
    let channels: Url = simulator.channels_url(simulated).parse()?;
    let client = Client::builder(environment, credential)
        .endpoint(push.host, push.port)
        .management_endpoint(channels.host, channels.port)
        .trust(Trust::pem(simulator.ca_pem().as_bytes()))
        .build()?;
    Ok(client)
}

fn environment(simulated: tidings_simulator::Environment) -> Environment {
    match simulated {
        tidings_simulator::Environment::Production => Environment::Production,
        tidings_simulator::Environment::Sandbox => Environment::Sandbox,
    }
}
