//! Where the story plays: an APNs with a team, a key and an app, and a server on a data directory that goes with the story.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tempfile::TempDir;
use tidings_delivery::{EngineConfig, SystemClock};
use tidings_simulator::{
    Build, Control, CreatedKey, Environment, Installed, NewApp, NewDevice, NewInstall, NewKey,
    ShownNotification, Simulator, SimulatorConfig, TokenKind,
};
use tidings_store::SealingKey;
use zeroize::Zeroizing;

use super::api::Api;
use crate::configuration::{self, Configuration};
use crate::remote::Remote;
use crate::service::{Beginning, SealingKeySource, Service};

/// The team.
const TEAM: &str = "TEAHOUSE01";
/// The app of the story.
pub(super) const APP: &str = "com.example.teahouse";

/// Where the story plays.
pub(super) struct Stage {
    simulator: Simulator,
    service: Service,
    pub(super) api: Api,
    admin_key: Zeroizing<String>,
    sealing_key: SealingKey,
    folder: TempDir,
}

/// A device with the app on it.
pub(super) struct Phone {
    pub(super) device_id: String,
    pub(super) environment: Environment,
    pub(super) tokens: BTreeMap<TokenKind, String>,
}

/// What one needs to go on by oneself.
pub(super) struct Invitation {
    /// Makes the key known to the other commands.
    pub(super) export: String,
    /// Sends through the server by curl.
    pub(super) curl: String,
    /// Sends through the server by our own command.
    pub(super) send: String,
    /// Where to look at what that phone shows.
    pub(super) phone: String,
    /// Opens the dashboard once.
    pub(super) dashboard: String,
}

/// Where the server takes production to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deploy {
    /// Where it is.
    Right,
    /// Where the sandbox is.
    Wrong,
}

impl Stage {
    /// Starts everything and fills it.
    pub(super) async fn set() -> anyhow::Result<Self> {
        let simulator = Simulator::start(SimulatorConfig::default()).await?;
        simulator.control().create_app(&NewApp::new(TEAM, APP))?;
        let folder = tempfile::Builder::new().prefix("tidings-demo-").tempdir()?;
        let sealing_key = SealingKey::generate();
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let configuration = configuration(&simulator, folder.path(), anywhere, Deploy::Right)?;
        let service = Service::start(beginning(configuration, &sealing_key)).await?;
        let admin_key = service.admin_key.clone().context("the first start has no key")?;
        let mut api = Api::new(remote(&service, &admin_key)?);
        api.upload(&new_key(&simulator, &[])?).await?;
        Ok(Self {
            simulator,
            service,
            api,
            admin_key,
            sealing_key,
            folder,
        })
    }

    /// Ends everything.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        let drained = self.service.drain().await;
        self.simulator.shutdown().await;
        drained.map(drop)
    }

    /// Ends the server in good order, and starts it again on its data directory and its address.
    pub(super) async fn restart(self, deploy: Deploy) -> anyhow::Result<Self> {
        let address = self.service.address;
        self.service.drain().await?;
        let configuration = configuration(&self.simulator, self.folder.path(), address, deploy)?;
        let service = Service::start(beginning(configuration, &self.sealing_key)).await?;
        let api = Api::new(remote(&service, &self.admin_key)?);
        Ok(Self { service, api, ..self })
    }

    pub(super) fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    pub(super) fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// Where the API is.
    pub(super) fn url(&self) -> String {
        self.service.url()
    }

    /// Where people look at it.
    pub(super) fn dashboard_url(&self) -> String {
        self.service.dashboard_url()
    }

    pub(super) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// A new signing key of the team, good for these environments only, or for both.
    pub(super) fn new_key(&self, environments: &[Environment]) -> anyhow::Result<CreatedKey> {
        new_key(&self.simulator, environments)
    }

    /// A new device with the app on it, which has not registered anything yet.
    pub(super) fn phone(&self, build: Build, kinds: &[TokenKind]) -> anyhow::Result<Phone> {
        let device_id = self.control().create_device(&NewDevice::default())?.device_id;
        let install = NewInstall::new(APP, build).with_kinds(kinds);
        let installed = self.control().install(&device_id, &install)?;
        Ok(Phone::new(device_id, installed))
    }

    /// A new device whose app has registered its token for a user.
    pub(super) async fn registered(&mut self, build: Build, user: &str) -> anyhow::Result<Phone> {
        let phone = self.phone(build, &[TokenKind::Alert])?;
        let body = json!({"user_id": user, "installation_id": phone.device_id});
        self.api.register(phone.token(TokenKind::Alert)?, &body).await?;
        Ok(phone)
    }

    /// What a phone has got, in order.
    pub(super) fn log(&self, phone: &Phone) -> anyhow::Result<Vec<ShownNotification>> {
        Ok(self.control().notifications(&phone.device_id)?)
    }

    /// How often a phone has got an alert with this text.
    pub(super) fn shown(&self, phone: &Phone, text: &str) -> anyhow::Result<usize> {
        let log = self.log(phone)?;
        Ok(log
            .iter()
            .filter(|shown| shown.payload["aps"]["alert"] == text)
            .count())
    }

    /// Whether each of these phones has got an alert with this text exactly so often.
    pub(super) fn each_shown(&self, phones: &[Phone], text: &str, times: usize) -> anyhow::Result<bool> {
        for phone in phones {
            if self.shown(phone, text)? != times {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many requests APNs has answered.
    pub(super) fn requests(&self) -> u64 {
        self.control().stats().requests
    }

    /// Makes a phone for whoever wants to go on.
    pub(super) async fn invitation(&mut self) -> anyhow::Result<Invitation> {
        let phone = self.registered(Build::Debug, "you").await?;
        let (url, control) = (self.url(), &self.simulator.ready().control);
        let dashboard = self.service.new_dashboard_link("demo").await?;
        Ok(Invitation {
            dashboard: dashboard.to_string(),
            export: format!("export TIDINGS_API_KEY={}", self.admin_key()),
            curl: format!(
                "curl {url}/v1/apps/{APP}/notifications -H \"authorization: Bearer $TIDINGS_API_KEY\" \\\n      \
                 -H 'content-type: application/json' -d '{{\"to\": {{\"users\": [\"you\"]}}, \"aps\": {{\"alert\": \"Tea is ready\"}}}}'"
            ),
            send: format!(
                "tidings send --server {url} --bundle-id {APP} --user you --body 'Tea is ready' --wait"
            ),
            phone: format!("curl {control}/v1/devices/{}/notifications", phone.device_id),
        })
    }
}

impl Phone {
    pub(super) fn new(device_id: String, installed: Installed) -> Self {
        Self {
            device_id,
            environment: installed.environment,
            tokens: installed.tokens,
        }
    }

    /// The device token of a kind.
    pub(super) fn token(&self, kind: TokenKind) -> anyhow::Result<&str> {
        let token = self.tokens.get(&kind);
        token
            .map(String::as_str)
            .with_context(|| format!("the app has no device token of the kind {kind:?}"))
    }
}

pub(super) fn beginning(configuration: Configuration, sealing_key: &SealingKey) -> Beginning {
    Beginning {
        practice: None,
        settings: configuration.settings,
        shown: configuration.shown,
        sealing_key: SealingKeySource::Given(sealing_key.clone()),
        clock: Arc::new(SystemClock::new()),
        tune,
    }
}

/// The story has no minutes to wait for canaries.
fn tune(config: &mut EngineConfig) {
    config.incidents.first_pause = Duration::from_millis(20);
    config.incidents.longest_pause = Duration::from_millis(200);
}

/// How the demo's server is configured, which its dashboard shows as that of any other.
pub(super) fn configuration(
    simulator: &Simulator,
    folder: &Path,
    listen: SocketAddr,
    deploy: Deploy,
) -> anyhow::Result<Configuration> {
    let production = match deploy {
        Deploy::Right => Environment::Production,
        Deploy::Wrong => Environment::Sandbox,
    };
    let push = |place| simulator.push_url(place).to_owned();
    let channels = |place| simulator.channels_url(place).to_owned();
    let set = [
        ("server.listen", listen.to_string()),
        ("data.directory", folder.join("data").display().to_string()),
        // Whoever plays has receivers of webhooks here, if anywhere.
        ("webhooks.allow_networks", "127.0.0.0/8".to_owned()),
        ("delivery.production_url", push(production)),
        ("delivery.sandbox_url", push(Environment::Sandbox)),
        (
            "delivery.production_channels_url",
            channels(Environment::Production),
        ),
        ("delivery.sandbox_channels_url", channels(Environment::Sandbox)),
        ("delivery.ca_file", simulator.ready().ca.display().to_string()),
    ];
    let overrides = set.map(|(key, value)| ("the demo", key, value));
    configuration::read(None, [], &overrides)
        .map_err(|mistakes| anyhow!("the demo is not configured as it should be: {mistakes:?}"))
}

fn remote(service: &Service, key: &Zeroizing<String>) -> anyhow::Result<Remote> {
    Ok(Remote::new(service.url().parse()?, Some(key.clone())))
}

fn new_key(simulator: &Simulator, environments: &[Environment]) -> anyhow::Result<CreatedKey> {
    Ok(simulator.control().create_key(&NewKey {
        team_id: TEAM.to_owned(),
        environments: environments.iter().copied().collect::<BTreeSet<_>>(),
        ..NewKey::default()
    })?)
}
