//! The door shaped like APNs of a running server: clients that are written for Apple's find behind it what they know, and
//! those that mean no good find nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::errand::Line;
use crate::hostile;
use crate::scene::{APP, Credential, Scene, TEAM};
use crate::server::Server;

/// The names that the clients ask for; the connections are led to the door underneath them.
const NAMES: [&str; 4] = [
    "api.push.apple.com",
    "api.sandbox.push.apple.com",
    "api.development.push.apple.com",
    "127.0.0.1",
];

const PAYLOAD: &str = r#"{"aps":{"alert":"Tea is ready"},"order":7}"#;

/// A simulation, and a server before it.
struct Door {
    scene: Scene,
    server: Server,
    folder: TempDir,
}

impl Door {
    fn open() -> Self {
        let scene = Scene::new();
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(NAMES.map(str::to_owned)).unwrap();
        let write = |name: &str, pem: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, pem).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let certificate = write("door.pem", &cert.pem());
        let key = write("door.key", &signing_key.serialize_pem());
        let simulation = &scene.simulation;
        let server = Server::start(&[
            ("TIDINGS_DELIVERY__PRODUCTION_URL", simulation.ready("production")),
            ("TIDINGS_DELIVERY__SANDBOX_URL", simulation.ready("sandbox")),
            ("TIDINGS_DELIVERY__CA_FILE", simulation.ready("ca")),
            ("TIDINGS_APNS_DOOR__LISTEN", "127.0.0.1:0"),
            ("TIDINGS_APNS_DOOR__CERTIFICATE_FILE", &certificate),
            ("TIDINGS_APNS_DOOR__KEY_FILE", &key),
        ]);
        let door = Self {
            scene,
            server,
            folder,
        };
        door.give_key(&door.scene.key());
        door
    }

    fn give_key(&self, credential: &Credential) {
        let Credential::SigningKey { file, key_id } = credential else {
            panic!("the team has a key")
        };
        let p8 = std::fs::read_to_string(file).unwrap();
        let body = json!({"p8": p8, "key_id": key_id, "team_id": TEAM});
        self.server
            .ask("POST", &format!("/v1/apps/{APP}/credentials"), &body);
    }

    fn url(&self) -> &str {
        self.server.ready["apns_door"].as_str().unwrap()
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("door.pem")
    }

    /// What a client is answered to one push.
    fn push(&self, client: Client, credential: &Credential, token: &str) -> Line {
        let Credential::SigningKey { file, key_id } = credential else {
            panic!("the door takes keys")
        };
        let mut command = client.command();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        command.args(["--url", self.url(), "--ca", &path(&self.ca())]);
        command.args(["--key", &path(file), "--key-id", key_id, "--team-id", TEAM]);
        command.args(["--topic", APP, "--payload", PAYLOAD, "--token", token]);
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{client:?} printed {text:?}: {error}"))
    }

    /// A device as the registry knows it.
    fn device(&self, token: &str) -> Value {
        let path = format!("/v1/apps/{APP}/devices/{token}");
        self.server.ask("GET", &path, &Value::Null)
    }

    /// How often the simulator has answered anything.
    fn asked(&self) -> u64 {
        self.scene.answered().iter().map(|(_, _, count)| count).sum()
    }
}

fn answer(line: &Line) -> (Option<u16>, Option<&str>, Option<&str>) {
    (line.status, line.reason.as_deref(), line.error.as_deref())
}

/// A whole life of device tokens, as a client sees it that believes to speak to Apple.
fn lives_behind_the_door(client: Client) {
    let door = Door::open();
    let key = door.scene.key();

    // A device token that nobody has registered is delivered to, as it was sent.
    let token = door.scene.install(APP, "app_store");
    let line = door.push(client, &key, &token);
    assert_eq!(answer(&line), (Some(200), None, None));
    let shown = door.scene.shown();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(
        shown[0]["payload"],
        serde_json::from_str::<Value>(PAYLOAD).unwrap()
    );
    assert_eq!(shown[0]["environment"], "production");
    assert_eq!(shown[0]["headers"]["apns-topic"], APP);
    assert_eq!(shown[0]["headers"]["apns-push-type"], "alert");
    let device = door.device(&token);
    assert_eq!(
        (&device["state"], &device["environment"]),
        (&json!("active"), &json!("production")),
        "{device}"
    );

    // Another goes the same way, and shows that the way is good.
    let line = door.push(client, &key, &token);
    assert_eq!(answer(&line), (Some(200), None, None));
    assert_eq!(door.scene.shown().len(), 2);

    // What no environment knows is bad, as APNs says.
    let line = door.push(client, &key, &"ab".repeat(32));
    assert_eq!(answer(&line), (Some(400), Some("BadDeviceToken"), None));
    // At once the second time, and nobody is asked.
    let asked = door.asked();
    let line = door.push(client, &key, &"ab".repeat(32));
    assert_eq!(answer(&line), (Some(400), Some("BadDeviceToken"), None));
    assert_eq!(door.asked(), asked);

    // Whoever has the id of the key without the key is nobody.
    let line = door.push(client, &door.scene.forged_key(), &token);
    assert_eq!(answer(&line), (Some(403), Some("InvalidProviderToken"), None));
    assert_eq!(door.asked(), asked);

    // An app that is removed is told of with the date, and at once the second time.
    let before = door.scene.now();
    door.scene.uninstall(APP);
    let line = door.push(client, &key, &token);
    assert_eq!(answer(&line), (Some(410), Some("Unregistered"), None));
    let dead_at = line.timestamp.unwrap();
    assert!((before..=door.scene.now()).contains(&dead_at), "{dead_at}");
    let asked = door.asked();
    let line = door.push(client, &key, &token);
    assert_eq!(answer(&line), (Some(410), Some("Unregistered"), None));
    assert_eq!((line.timestamp, door.asked()), (Some(dead_at), asked));
    assert_eq!(door.device(&token)["state"], "unregistered");

    // A device token of the sandbox finds its way, though it was sent to Apple's other host.
    let token = door.scene.install(APP, "debug");
    let line = door.push(client, &key, &token);
    assert_eq!(answer(&line), (Some(200), None, None));
    assert_eq!(door.device(&token)["environment"], "sandbox");
    let shown = door.scene.shown();
    assert_eq!(shown.last().unwrap()["environment"], "sandbox", "{shown:?}");
}

#[test]
fn the_library_of_npm_finds_behind_the_door_what_it_knows() {
    lives_behind_the_door(Client::Apns2);
}

#[test]
fn the_library_of_pypi_finds_behind_the_door_what_it_knows() {
    lives_behind_the_door(Client::Aioapns);
}

#[test]
fn other_clients_find_it_too() {
    let door = Door::open();
    let key = door.scene.key();
    let token = door.scene.install(APP, "app_store");
    for client in [Client::NodeApn, Client::Curl] {
        let line = door.push(client, &key, &token);
        assert_eq!(answer(&line), (Some(200), None, None), "{client:?}");
    }
    assert_eq!(door.scene.shown().len(), 2);
}

#[test]
fn no_client_gets_the_door_down() {
    let door = Door::open();
    hostile::try_everything(door.url(), &door.ca(), hostile::NO_ERROR);
    let token = door.scene.install(APP, "app_store");
    let line = door.push(Client::Curl, &door.scene.key(), &token);
    assert_eq!(answer(&line), (Some(200), None, None));
}
