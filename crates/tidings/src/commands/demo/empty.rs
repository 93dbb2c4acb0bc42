//! An empty server with a simulator that lends it a key and phones: its dashboard leads from there to the first push.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde_json::json;
use tidings_server::{Practice, PracticeKey, PracticePhone, PracticeShown};
use tidings_simulator::{
    Build, Control, CreatedKey, Environment, NewApp, NewDevice, NewInstall, NewKey, ShownNotification,
    Simulator, SimulatorConfig, TokenKind,
};
use tidings_store::SealingKey;

use super::stage::{Deploy, beginning, configuration};
use crate::output::{self, DIM, Format, STRONG, print_line, styled};
use crate::runtime;
use crate::service::Service;

/// The team.
const TEAM: &str = "FIRSTSTEPS";

/// The app.
const APP: &str = "com.example.first";

/// Phones that are lent.
const PHONES: usize = 20;

/// What is lent by a simulator.
struct Lent {
    control: Control,
    key: CreatedKey,
    phones: Mutex<VecDeque<String>>,
}

/// Leaves an empty server running.
pub(super) async fn run(format: Format) -> anyhow::Result<ExitCode> {
    let simulator = Simulator::start(SimulatorConfig::default()).await?;
    simulator.control().create_app(&NewApp::new(TEAM, APP))?;
    let lent = Lent {
        key: simulator.control().create_key(&NewKey {
            team_id: TEAM.to_owned(),
            ..NewKey::default()
        })?,
        control: simulator.control().clone(),
        phones: Mutex::default(),
    };
    let folder = tempfile::Builder::new().prefix("tidings-demo-").tempdir()?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let configuration = configuration(&simulator, folder.path(), anywhere, Deploy::Right)?;
    let mut beginning = beginning(configuration, &SealingKey::generate());
    beginning.practice = Some(Arc::new(lent));
    let service = Service::start(beginning).await?;
    tell(format, &service, simulator.ready().control.as_str())?;
    runtime::told_to_end().await?;
    let drained = service.drain().await;
    simulator.shutdown().await;
    drained.map(|_| ExitCode::SUCCESS)
}

fn tell(format: Format, service: &Service, control: &str) -> anyhow::Result<()> {
    let link = service
        .dashboard_link
        .as_ref()
        .context("the first start has no link")?;
    if format == Format::Json {
        let json = json!({
            "event": "staying", "url": service.url(), "control": control, "dashboard_link": link.as_str(),
        });
        return Ok(output::json(&json)?);
    }
    print_line(styled(STRONG, "An empty server, and an APNs on this machine"))?;
    let note = "Its dashboard leads to the first push. The link opens it once:";
    print_line(format_args!("  {}\n      {}", styled(DIM, note), link.as_str()))?;
    print_line(format_args!("  {}", styled(DIM, "Everything goes with Ctrl-C.")))?;
    Ok(())
}

impl Practice for Lent {
    fn bundle_id(&self) -> &str {
        APP
    }

    fn key(&self) -> PracticeKey {
        PracticeKey {
            file_name: format!("AuthKey_{}.p8", self.key.key_id),
            team_id: self.key.team_id.clone(),
            pem: self.key.private_key_pem.clone(),
        }
    }

    fn new_phone(&self) -> Option<PracticePhone> {
        let mut phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        if phones.len() >= PHONES {
            return None;
        }
        let device = self.control.create_device(&NewDevice::default()).ok()?.device_id;
        let install = NewInstall::new(APP, Build::Debug).with_kinds([TokenKind::Alert]);
        let mut installed = self.control.install(&device, &install).ok()?;
        let token = installed.tokens.remove(&TokenKind::Alert)?;
        phones.push_back(device.clone());
        Some(PracticePhone {
            installation_id: device,
            token,
            environment: match installed.environment {
                Environment::Production => tidings_apns::Environment::Production,
                Environment::Sandbox => tidings_apns::Environment::Sandbox,
            },
        })
    }

    fn shown(&self, most: usize) -> Vec<PracticeShown> {
        let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<ShownNotification> = phones
            .iter()
            .filter_map(|phone| self.control.notifications(phone).ok())
            .flatten()
            .collect();
        all.sort_by_key(|shown| std::cmp::Reverse(shown.shown_at));
        let newest = all.into_iter().take(most);
        newest
            .map(|shown| PracticeShown {
                payload: shown.payload.to_string(),
            })
            .collect()
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}
