//! A running `tidings simulate` with a key and devices that have the app.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::Http;
use crate::ledger::Seen;

pub(crate) const APP: &str = "com.example.app";
pub(crate) const TEAM: &str = "TEAM123456";

/// Devices remember all that they see.
const WORLD: &str = "[behaviour.limits]\nshown_per_device = 1000000\n";

pub(crate) struct Simulation {
    process: Child,
    ready: Value,
    folder: TempDir,
    tokens: Vec<String>,
    device_ids: Vec<String>,
}

impl Simulation {
    pub(crate) fn start(devices: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world.toml");
        std::fs::write(&world, WORLD).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .arg("simulate")
            .arg("--world")
            .arg(world)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let mut simulation = Self {
            process,
            ready,
            folder,
            tokens: Vec::new(),
            device_ids: Vec::new(),
        };
        simulation.control("POST", "/v1/apps", &json!({ "team_id": TEAM, "bundle_id": APP }));
        for _ in 0..devices {
            simulation.add_device();
        }
        simulation
    }

    /// A device with the app, as the App Store installs it.
    fn add_device(&mut self) {
        let device = self.control("POST", "/v1/devices", &json!({}));
        let id = device["device_id"].as_str().unwrap().to_owned();
        let install = json!({ "bundle_id": APP, "build": "app_store" });
        let installed = self.control("POST", &format!("/v1/devices/{id}/installs"), &install);
        self.tokens
            .push(installed["tokens"]["alert"].as_str().unwrap().to_owned());
        self.device_ids.push(id);
    }

    /// A new signing key of the team: its id and its .p8 file.
    pub(crate) fn signing_key(&self) -> (String, String) {
        let key = self.control("POST", "/v1/keys", &json!({ "team_id": TEAM }));
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (text("key_id"), text("private_key_pem"))
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.clone()
    }

    pub(crate) fn devices(&self) -> usize {
        self.device_ids.len()
    }

    /// What a device saw, in order.
    pub(crate) fn seen(&self, device: usize) -> Vec<Seen> {
        let path = format!("/v1/devices/{}/notifications", self.device_ids[device]);
        let log = self.control("GET", &path, &Value::Null);
        log.as_array().unwrap().iter().map(seen).collect()
    }

    /// A URL or a path of the ready line.
    pub(crate) fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// A path beside what the simulation keeps.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut http = Http::new(self.ready("control"), None);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = http
            .ask(method, path, "content-type: application/json\r\n", &body)
            .unwrap();
        assert!(answer.status < 300, "{method} {path}: {}", answer.body);
        answer.json()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn seen(notification: &Value) -> Seen {
    let accepted_at = notification["accepted_at"].as_str().unwrap();
    let accepted_at: tidings_apns::Timestamp = accepted_at.parse().unwrap();
    Seen {
        number: notification["payload"]["number"].as_u64().unwrap(),
        apns_id: notification["apns_id"].as_str().unwrap().to_owned(),
        accepted_at: Duration::from_millis(accepted_at.as_unix_millis()),
    }
}
