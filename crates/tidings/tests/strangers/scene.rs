//! Who exists in every case: a team with a signing key, two apps, and one device that has both from the App Store.

use std::path::PathBuf;

use serde_json::{Value, json};
use tidings_simulator::Timestamp;

use crate::simulation::Simulation;

pub(crate) const TEAM: &str = "TEAM123456";
pub(crate) const APP: &str = "com.example.app";
pub(crate) const OTHER_APP: &str = "com.example.other";
const DEVICE: &str = "phone";

/// A simulation with its inhabitants.
pub(crate) struct Scene {
    pub(crate) simulation: Simulation,
    key: Credential,
}

/// What a provider presents.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    SigningKey { file: PathBuf, key_id: String },
    Certificate { file: PathBuf, key_file: PathBuf },
}

impl Scene {
    pub(crate) fn new() -> Self {
        let simulation = Simulation::start();
        for bundle_id in [APP, OTHER_APP] {
            simulation.post("/v1/apps", &json!({ "team_id": TEAM, "bundle_id": bundle_id }));
        }
        simulation.post("/v1/devices", &json!({ "device_id": DEVICE }));
        let key = new_key(&simulation);
        Self { simulation, key }
    }

    /// The team's key, good in both environments.
    pub(crate) fn key(&self) -> Credential {
        self.key.clone()
    }

    /// The id of the team's key with the secret of another one.
    pub(crate) fn forged_key(&self) -> Credential {
        match (self.key(), new_key(&self.simulation)) {
            (Credential::SigningKey { key_id, .. }, Credential::SigningKey { file, .. }) => {
                Credential::SigningKey { file, key_id }
            }
            _ => panic!("a new key is a key"),
        }
    }

    /// A certificate of the app for one environment.
    pub(crate) fn certificate(&self, environment: &str) -> Credential {
        let wanted = json!({ "team_id": TEAM, "bundle_id": APP, "environments": [environment] });
        let issued = self.simulation.post("/v1/certificates", &wanted);
        let write = |name, field: &str| self.simulation.write(name, issued[field].as_str().unwrap());
        Credential::Certificate {
            file: write("certificate.pem", "certificate_pem"),
            key_file: write("certificate-key.pem", "private_key_pem"),
        }
    }

    /// Installs an app on the device, and returns its device token.
    pub(crate) fn install(&self, bundle_id: &str, build: &str) -> String {
        let install = json!({ "bundle_id": bundle_id, "build": build });
        let installed = self
            .simulation
            .post(&format!("/v1/devices/{DEVICE}/installs"), &install);
        installed["tokens"]["alert"].as_str().unwrap().to_owned()
    }

    /// Removes an app; its device token answers 410 from now on.
    pub(crate) fn uninstall(&self, bundle_id: &str) {
        self.simulation
            .delete(&format!("/v1/devices/{DEVICE}/installs/{bundle_id}"));
    }

    /// Moves the simulator's clock.
    pub(crate) fn advance(&self, seconds: u64) {
        self.simulation
            .post("/v1/clock", &json!({ "advance_seconds": seconds }));
    }

    /// What its clock shows, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        let clock = self.simulation.get("/v1/clock");
        let now: Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
        now.as_millis()
    }

    /// What the device has shown.
    pub(crate) fn shown(&self) -> Vec<Value> {
        let shown = self
            .simulation
            .get(&format!("/v1/devices/{DEVICE}/notifications"));
        shown.as_array().unwrap().clone()
    }

    /// What the simulator says to have answered: statuses with their reasons and how often.
    pub(crate) fn answered(&self) -> Vec<(u64, Option<String>, u64)> {
        let stats = self.simulation.get("/v1/stats");
        let rows = stats["answers"].as_array().unwrap().iter();
        rows.map(|row| {
            let reason = row["reason"].as_str().map(str::to_owned);
            (
                row["status"].as_u64().unwrap(),
                reason,
                row["count"].as_u64().unwrap(),
            )
        })
        .collect()
    }
}

fn new_key(simulation: &Simulation) -> Credential {
    let key = simulation.post("/v1/keys", &json!({ "team_id": TEAM }));
    let key_id = key["key_id"].as_str().unwrap().to_owned();
    let pem = key["private_key_pem"].as_str().unwrap();
    Credential::SigningKey {
        file: simulation.write(&format!("AuthKey_{key_id}.p8"), pem),
        key_id,
    }
}
