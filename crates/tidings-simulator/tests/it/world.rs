//! World files, folders, addresses.

use std::collections::BTreeSet;
use std::path::Path;

use tidings_simulator::{
    Build, Environment, NewInstall, Ready, Simulator, SimulatorConfig, StartError, WorldFile,
};

const WORLD: &str = r#"
seed = 7

[[apps]]
team_id = "TEAM123456"
bundle_id = "com.example.app"

[[keys]]
team_id = "TEAM123456"
key_id = "KEY1234567"

[[certificates]]
team_id = "TEAM123456"
bundle_id = "com.example.app"
environments = ["sandbox"]

[[devices]]
device_id = "phone"
online = false
installs = [{ bundle_id = "com.example.app", build = "debug", kinds = ["alert", "voip"] }]

[[devices]]
count = 50
installs = [{ bundle_id = "com.example.app", build = "app_store" }]
"#;

async fn start(folder: &tempfile::TempDir) -> Simulator {
    let path = folder.path().join("world.toml");
    std::fs::write(&path, WORLD).unwrap();
    let config = SimulatorConfig {
        world: WorldFile::read(&path).unwrap(),
        directory: Some(folder.path().to_owned()),
        ..SimulatorConfig::default()
    };
    Simulator::start(config).await.unwrap()
}

#[tokio::test]
async fn the_example_is_a_world_that_starts() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/world.toml");
    let config = SimulatorConfig {
        world: WorldFile::read(&example).unwrap(),
        directory: Some(folder.path().to_owned()),
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(config).await.unwrap();
    for name in [
        "AuthKey_KEY1234567.p8",
        "AuthKey_SANDBOXKEY.p8",
        "com.example.app-0.p12",
    ] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let control = simulator.control();
    let phone = control.device("developers-phone").unwrap();
    let installed = &phone.installs["com.example.app"];
    assert_eq!(
        (installed.environment, installed.tokens.len()),
        (Environment::Sandbox, 3)
    );
    assert!(!control.device("phone-in-a-drawer").unwrap().online);
    assert_eq!(control.devices(1000).len(), 2, "a thousand and two devices");
}

#[tokio::test]
async fn a_world_file_is_peopled_and_its_credentials_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = start(&folder).await;
    for name in [
        "ca.pem",
        "AuthKey_KEY1234567.p8",
        "com.example.app-0.pem",
        "com.example.app-0.p12",
    ] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let phone = simulator.control().device("phone").unwrap();
    assert!(!phone.online);
    assert_eq!(
        phone.installs["com.example.app"].environment,
        Environment::Sandbox
    );
    let devices = simulator.control().devices(0);
    assert_eq!(devices.len(), 51);
    let lengths: BTreeSet<usize> = devices
        .iter()
        .flat_map(|device| device.installs.values())
        .flat_map(|install| install.tokens.values())
        .map(|token| token.len() / 2)
        .collect();
    assert_eq!(
        lengths,
        [32, 40, 54, 80].into(),
        "device tokens have mixed lengths"
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_device_tokens() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (start(&one).await, start(&other).await);
    let tokens = |simulator: &Simulator| simulator.control().device("phone").unwrap().installs;
    assert_eq!(tokens(&one), tokens(&other));
}

#[tokio::test]
async fn the_ready_line_has_the_names_of_the_contract() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.unwrap();
    let line = serde_json::to_value(simulator.ready()).unwrap();
    assert_eq!(line["event"], "ready");
    for name in ["production", "sandbox", "channels_production", "channels_sandbox"] {
        assert!(
            line[name].as_str().unwrap().starts_with("https://127.0.0.1:"),
            "{name}"
        );
    }
    assert!(line["control"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let ca = line["ca"].as_str().unwrap().to_owned();
    assert_eq!(std::fs::read_to_string(&ca).unwrap(), simulator.ca_pem());
    let read: Ready = serde_json::from_value(line).unwrap();
    assert_eq!(&read, simulator.ready());
    simulator.shutdown().await;
    assert!(!Path::new(&ca).exists(), "its own folder is removed");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap();
    let error = Simulator::start(SimulatorConfig {
        listen,
        ..SimulatorConfig::default()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[tokio::test]
async fn a_world_that_contradicts_itself_is_refused() {
    let mut world = WorldFile::default();
    world.devices.push(tidings_simulator::WorldDevices {
        device_id: None,
        count: 1,
        online: true,
        installs: vec![NewInstall::new("com.nobody", Build::Debug)],
    });
    let error = Simulator::start(SimulatorConfig {
        world,
        ..SimulatorConfig::default()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, StartError::Populate(_)), "{error}");
}
