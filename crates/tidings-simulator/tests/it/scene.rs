//! A simulator with a key, an app and a device.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use tidings_simulator::{
    Behaviour, Build, Control, CreatedKey, Environment, NewApp, NewDevice, NewInstall, NewKey, Simulator,
    SimulatorConfig, TokenKind, WorldFile,
};

use crate::provider::{Answer, Provider};

pub(crate) const TEAM: &str = "TEAM123456";
pub(crate) const APP: &str = "com.example.app";

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) key: CreatedKey,
    pub(crate) device: String,
    pub(crate) jwt: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::behaving(Behaviour::default()).await
    }

    pub(crate) async fn behaving(behaviour: Behaviour) -> Self {
        let world = WorldFile {
            behaviour,
            ..WorldFile::default()
        };
        let simulator = Simulator::start(SimulatorConfig {
            world,
            ..SimulatorConfig::default()
        })
        .await
        .unwrap();
        let control = simulator.control();
        let key = control
            .create_key(&NewKey {
                team_id: TEAM.to_owned(),
                ..NewKey::default()
            })
            .unwrap();
        control.create_app(&NewApp::new(TEAM, APP)).unwrap();
        let device = control.create_device(&NewDevice::default()).unwrap().device_id;
        let jwt = jwt(&key, now());
        Self {
            simulator,
            key,
            device,
            jwt,
        }
    }

    pub(crate) fn control(&self) -> &Control {
        self.simulator.control()
    }

    pub(crate) fn token(&self, build: Build, kind: TokenKind) -> String {
        let new = NewInstall::new(APP, build).with_kinds([kind]);
        self.control().install(&self.device, &new).unwrap().tokens[&kind].clone()
    }

    pub(crate) async fn provider(&self, environment: Environment) -> Provider {
        Provider::connect(
            self.simulator.push_url(environment),
            self.simulator.ca_pem(),
            None,
        )
        .await
    }

    /// Sends an alert with the scene's provider token.
    pub(crate) async fn push(&self, provider: &mut Provider, token: &str) -> Answer {
        self.push_with(
            provider,
            token,
            &[("apns-topic", APP), ("apns-push-type", "alert")],
        )
        .await
    }

    pub(crate) async fn push_with(
        &self,
        provider: &mut Provider,
        token: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let bearer = format!("bearer {}", self.jwt);
        let headers = [&[("authorization", bearer.as_str())], headers].concat();
        provider
            .post(
                &format!("/3/device/{token}"),
                &headers,
                br#"{"aps":{"alert":"hello"}}"#,
            )
            .await
            .unwrap()
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn jwt(key: &CreatedKey, issued_at: u64) -> String {
    let der = PrivatePkcs8KeyDer::from_pem_slice(key.private_key_pem.as_bytes()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der()).unwrap();
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"ES256","kid":"{}"}}"#, key.key_id));
    let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{}","iat":{issued_at}}}"#, key.team_id));
    let signed = format!("{header}.{claims}");
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
