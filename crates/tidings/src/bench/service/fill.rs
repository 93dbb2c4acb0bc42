//! A data directory with an app, its signing key, an API key, and many devices in good use.

use std::path::Path;

use anyhow::{Context, ensure};
use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_server::{CredentialUpload, new_api_key};
use tidings_store::{
    AppId, Audience, AudiencePage, DeviceId, ImportLine, ImportedDevice, Registration, Scope, SealingKey,
    Store, StoreConfig,
};
use tidings_truth::EnvironmentSet;
use zeroize::Zeroizing;

use super::APP;
use crate::bench::scatter::device_token;

/// Devices that become durable at once.
const AT_ONCE: u64 = 10_000;

/// What one needs to work with the data directory.
pub(in crate::bench) struct Filled {
    pub(in crate::bench) sealing_key: SealingKey,
    pub(in crate::bench) api_key: Zeroizing<String>,
    pub(in crate::bench) devices: u64,
}

/// Fills it.
pub(in crate::bench) async fn fill(directory: &Path, devices: u64) -> anyhow::Result<Filled> {
    ensure!(
        !directory.join("tidings.db").exists(),
        "there is a database in {} already",
        directory.display()
    );
    let sealing_key = SealingKey::generate();
    let config = StoreConfig::new(directory, sealing_key.clone());
    let store = Store::open(&config).await.context("making the database")?;
    let now = Timestamp::from(std::time::SystemTime::now());
    let (key, api_key) = new_api_key("benchmark", &[Scope::Admin], None);
    store.create_api_key(key, "benchmark", now).await?;
    let app = store.ensure_app(&APP.parse()?, now).await?.id;
    add_credential(&store, app, now).await?;
    for first in (0..devices).step_by(usize::try_from(AT_ONCE)?) {
        import(&store, app, first..(first + AT_ONCE).min(devices), now).await?;
    }
    prove(&store, app, now).await?;
    store.close().await?;
    Ok(Filled {
        sealing_key,
        api_key,
        devices,
    })
}

async fn add_credential(store: &Store, app: AppId, now: Timestamp) -> anyhow::Result<()> {
    let pem = rcgen::KeyPair::generate()
        .context("making a signing key")?
        .serialize_pem();
    let upload = CredentialUpload::SigningKey {
        pem: Zeroizing::new(pem.into_bytes()),
        key_id: "BENCHMARK1".parse()?,
        team_id: "BENCHMARK1".parse()?,
        environments: EnvironmentSet::BOTH,
        topics: Vec::new(),
    };
    store
        .add_credential(app, upload.read(now)?, "benchmark", now)
        .await?;
    Ok(())
}

async fn import(
    store: &Store,
    app: AppId,
    numbers: std::ops::Range<u64>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let lines = numbers.map(|number| {
        let token = device_token(number).context("making a device token")?;
        let registration = Registration {
            installation_id: Some(format!("installation-{number}")),
            user_id: Some(format!("user-{number}")),
            environment: Some(Environment::Production),
            ..Registration::default()
        };
        Ok(ImportLine {
            number: number + 1,
            device: ImportedDevice {
                token,
                registration,
                registered_at: Some(now),
            },
        })
    });
    store
        .import(app, lines.collect::<anyhow::Result<_>>()?, now)
        .await?;
    Ok(())
}

/// They have all been reached before: what is new goes over connections of its own, and is not what is measured.
async fn prove(store: &Store, app: AppId, now: Timestamp) -> anyhow::Result<()> {
    let mut page = AudiencePage {
        audience: Audience::Everyone,
        kind: TokenKind::Alert,
        after: DeviceId::START,
        upto: DeviceId(i64::MAX),
        limit: usize::try_from(AT_ONCE)?,
    };
    loop {
        let addressees = store.addressees(app, &page, now).await?;
        let Some(last) = addressees.last() else {
            return Ok(());
        };
        page.after = last.device_id;
        let accepted = addressees
            .iter()
            .map(|addressee| (addressee.device_id, addressee.generation, now));
        store
            .record_accepted(app, Environment::Production, accepted.collect(), now)
            .await?;
    }
}
