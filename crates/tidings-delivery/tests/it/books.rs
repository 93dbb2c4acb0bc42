//! A store in a folder of its own, with an app, and what tests ask it.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;
use tidings_apns::{DeviceToken, Environment, PushType, Timestamp, TokenKind};
use tidings_store::{
    Accepted, App, Audience, Counts, CredentialForm, CredentialId, Device, ImportLine, ImportedDevice,
    IncidentRow, NewCredential, NewNotification, NotificationId, NotificationView, OnUnknown, Registration,
    SealingKey, Store, StoreConfig, Urgency,
};
use tidings_truth::EnvironmentSet;

/// The app of all tests.
pub(crate) const BUNDLE_ID: &str = "com.example.app";

/// A store with an app.
pub(crate) struct Books {
    _directory: TempDir,
    pub(crate) store: Store,
    pub(crate) app: App,
}

impl Books {
    /// With an app that has no credential.
    pub(crate) async fn new(now: Timestamp) -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        let config = StoreConfig::new(directory.path(), SealingKey::generate());
        let store = Store::open(&config).await.expect("a store");
        let bundle_id = BUNDLE_ID.parse().expect("a bundle id");
        let app = store.ensure_app(&bundle_id, now).await.expect("an app");
        Self {
            _directory: directory,
            store,
            app,
        }
    }

    /// Adds a signing key that claims to reach these environments.
    pub(crate) async fn add_key(
        &self,
        secret: String,
        reach: EnvironmentSet,
        now: Timestamp,
    ) -> CredentialId {
        let credential = NewCredential {
            id: CredentialId::new(now),
            form: CredentialForm::SigningKey,
            environments: reach,
            key_id: None,
            team_id: None,
            topics: Vec::new(),
            not_after: None,
            fingerprint: "a key".to_owned(),
            secret: secret.into_bytes().into(),
        };
        let row = self
            .store
            .add_credential(self.app.id, credential, "test", now)
            .await
            .expect("a credential");
        row.id
    }

    pub(crate) async fn register(
        &self,
        token: &DeviceToken,
        claimed: Option<Environment>,
        now: Timestamp,
    ) -> Device {
        let registration = Registration {
            environment: claimed,
            ..Registration::default()
        };
        self.store
            .register(self.app.id, token.clone(), registration, now)
            .await
            .expect("a registration")
            .device
    }

    /// Registers device tokens with these numbers, all at once.
    pub(crate) async fn import(
        &self,
        numbers: std::ops::Range<usize>,
        claimed: Option<Environment>,
        now: Timestamp,
    ) {
        let line = |number| ImportLine {
            number: number as u64,
            device: ImportedDevice {
                token: token(number),
                registration: Registration {
                    environment: claimed,
                    ..Registration::default()
                },
                registered_at: Some(now),
            },
        };
        let lines: Vec<ImportLine> = numbers.map(line).collect();
        for some in lines.chunks(10_000) {
            let imported = self.store.import(self.app.id, some.to_vec(), now).await;
            imported.expect("an import");
        }
    }

    pub(crate) async fn accept_many(&self, new: Vec<NewNotification>, now: Timestamp) -> Vec<NotificationId> {
        let ids = new.iter().map(|new| new.id).collect();
        let accepted = self.store.accept_many(self.app.id, new, None, now).await;
        accepted.expect("an acceptance");
        ids
    }

    pub(crate) async fn accept(&self, notification: NewNotification, now: Timestamp) -> NotificationId {
        let accepted = self
            .store
            .accept(self.app.id, notification, None, now)
            .await
            .expect("an acceptance");
        match accepted {
            Accepted::New(id) | Accepted::Replayed(id) => id,
        }
    }

    pub(crate) async fn view(&self, id: NotificationId, now: Timestamp) -> NotificationView {
        let view = self.store.notification(self.app.id, id, now).await;
        view.expect("a read").expect("a notification")
    }

    pub(crate) async fn counts(&self, id: NotificationId, now: Timestamp) -> Counts {
        self.view(id, now).await.counts
    }

    pub(crate) async fn device(&self, token: &DeviceToken, now: Timestamp) -> Device {
        let device = self.store.device(self.app.id, token, now).await;
        device.expect("a read").expect("a device")
    }

    pub(crate) async fn incidents(&self) -> Vec<IncidentRow> {
        self.store.incidents(self.app.id).await.expect("a read")
    }

    /// What was accepted has ended or waits.
    pub(crate) async fn assert_conserved(&self) {
        let conservation = self.store.conservation().await.expect("a read");
        assert_eq!(conservation.mismatch(), 0, "{conservation:?}");
    }
}

/// A notification to these.
pub(crate) fn notification(audience: Audience, now: Timestamp) -> NewNotification {
    NewNotification {
        id: NotificationId::new(now),
        urgency: if audience.is_direct() {
            Urgency::Normal
        } else {
            Urgency::Campaign
        },
        audience,
        push_type: PushType::Alert,
        kind: TokenKind::Alert,
        payload: Arc::from(r#"{"aps":{"alert":"Tea is ready"}}"#),
        priority: None,
        collapse_id: None,
        expires_at: None,
        deadline: None,
        send_at: None,
        environment: None,
        on_unknown: OnUnknown::Retry,
    }
}

/// A device token with this number.
pub(crate) fn token(number: usize) -> DeviceToken {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    DeviceToken::try_from_bytes(&bytes).expect("a device token")
}

/// The secret of a signing key that nobody knows, as the store keeps it.
pub(crate) fn secret(key_id: &str) -> String {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let base64 = STANDARD.encode(key.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    secret_of(&pem, key_id, "TEAM123456")
}

/// The secret of this signing key, as the store keeps it.
pub(crate) fn secret_of(pem: &str, key_id: &str, team_id: &str) -> String {
    serde_json::json!({"key": pem, "key_id": key_id, "team_id": team_id}).to_string()
}
