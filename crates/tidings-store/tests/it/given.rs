//! What the tests begin with: a store in a folder of its own, instants, tokens, notifications.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tidings_apns::{DeviceToken, Environment, PushType, Timestamp, TokenKind};
use tidings_store::{
    App, Audience, CredentialForm, CredentialId, Device, DeviceId, Epoch, NewCredential, NewNotification,
    NotificationId, NotificationView, OnUnknown, OpenPage, PageOutcome, RecipientException, RecipientOutcome,
    RecipientState, Registration, SealingKey, Store, StoreConfig, Urgency,
};
use tidings_truth::{EnvironmentSet, Evidence, Generation};

/// Where a store is made. Another engine has another factory; the tests are the same.
pub(crate) struct Factory {
    folder: PathBuf,
    key: SealingKey,
    /// Removes the folder at the end.
    _removed: Option<TempDir>,
}

impl Factory {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            folder: folder.path().to_owned(),
            key: SealingKey::generate(),
            _removed: Some(folder),
        }
    }

    /// One in a folder that stays, for measurements that begin with much.
    pub(crate) fn staying(folder: PathBuf, key: SealingKey) -> Self {
        Self {
            folder,
            key,
            _removed: None,
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn config(&self) -> StoreConfig {
        StoreConfig::new(self.directory(), self.key.clone())
            .with_readers(2)
            .with_reserve_bytes(1 << 20)
    }

    /// Changes what is stored behind the store's back, as somebody with access to its files could.
    pub(crate) fn tamper(&self, sql: &str) -> anyhow::Result<()> {
        let connection = rusqlite::Connection::open(self.directory().join("tidings.db"))?;
        Ok(connection.execute_batch(sql)?)
    }

    /// The store; the same one again after it was closed.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.config()).await.expect("the store opens")
    }
}

pub(crate) const PRODUCTION: Environment = Environment::Production;
pub(crate) const SANDBOX: Environment = Environment::Sandbox;

/// So many seconds after the tests began.
pub(crate) const fn second(seconds: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_800_000_000_000 + seconds * 1000)
}

pub(crate) const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// A token that is like no other.
pub(crate) fn token(number: u64) -> DeviceToken {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    DeviceToken::try_from_bytes(&bytes).expect("32 bytes are a token")
}

pub(crate) async fn app(store: &Store) -> App {
    app_named(store, "com.example.app").await
}

pub(crate) async fn app_named(store: &Store, bundle_id: &str) -> App {
    let bundle_id = bundle_id.parse().expect("a bundle id");
    store.ensure_app(&bundle_id, second(0)).await.expect("an app")
}

/// An app that reaches these environments.
pub(crate) async fn app_reaching(store: &Store, environments: EnvironmentSet) -> App {
    let app = app(store).await;
    let credential = credential(environments);
    store
        .add_credential(app.id, credential, "tests", second(0))
        .await
        .expect("a credential");
    app
}

pub(crate) fn credential(environments: EnvironmentSet) -> NewCredential {
    NewCredential {
        id: CredentialId::new(second(0)),
        form: CredentialForm::SigningKey,
        environments,
        key_id: Some("ABCDE12345".parse().expect("a key id")),
        team_id: Some("TEAM123456".parse().expect("a team id")),
        topics: vec!["com.example.app".to_owned()],
        not_after: None,
        fingerprint: "aa:bb".to_owned(),
        secret: b"{\"key\":\"a very secret key\"}".to_vec().into(),
    }
}

pub(crate) async fn register(store: &Store, app: &App, number: u64, registration: Registration) -> Device {
    store
        .register(app.id, token(number), registration, second(number))
        .await
        .expect("a registration")
        .device
}

/// So many devices, registered in one go.
pub(crate) async fn register_many(store: &Store, app: &App, numbers: std::ops::Range<u64>) -> Vec<Device> {
    let mut devices = Vec::new();
    for number in numbers {
        devices.push(register(store, app, number, Registration::default()).await);
    }
    devices
}

pub(crate) fn to(audience: Audience) -> NewNotification {
    NewNotification {
        id: NotificationId::new(second(0)),
        audience,
        push_type: PushType::Alert,
        kind: TokenKind::Alert,
        payload: Arc::from("{\"aps\":{\"alert\":\"hello\"}}"),
        priority: None,
        collapse_id: None,
        expires_at: None,
        deadline: None,
        send_at: None,
        environment: None,
        urgency: Urgency::Normal,
        on_unknown: OnUnknown::Retry,
    }
}

pub(crate) fn everyone() -> NewNotification {
    to(Audience::Everyone)
}

pub(crate) fn by_installation(installation: &str) -> Registration {
    Registration {
        installation_id: Some(installation.to_owned()),
        ..Registration::default()
    }
}

/// A 410 for a request of this generation, that was answered at once.
pub(crate) fn died(generation: u32, answered_at: Timestamp, dead_at: Timestamp) -> Evidence {
    Evidence::Unregistered {
        generation: Generation(generation),
        sent_at: answered_at,
        answered_at,
        environment: PRODUCTION,
        dead_at: Some(dead_at),
    }
}

/// A `BadDeviceToken` for a request of the first generation, that was answered at once.
pub(crate) fn bad(environment: Environment, at: Timestamp) -> Evidence {
    Evidence::BadToken {
        generation: Generation(1),
        sent_at: at,
        answered_at: at,
        environment,
        credible: true,
    }
}

pub(crate) const fn recipient(device: DeviceId, state: RecipientState) -> RecipientException {
    RecipientException::unsent(device, state)
}

pub(crate) const fn waiting(device: DeviceId, next_at: Timestamp) -> RecipientException {
    recipient(device, RecipientState::Waiting { next_at })
}

pub(crate) const fn held(device: DeviceId) -> RecipientException {
    recipient(device, RecipientState::Held)
}

pub(crate) const fn parked(device: DeviceId, environment: Environment) -> RecipientException {
    recipient(device, RecipientState::Parked { environment })
}

pub(crate) const fn done(device: DeviceId, outcome: RecipientOutcome) -> RecipientException {
    recipient(device, RecipientState::Done(outcome))
}

/// The page with these devices.
pub(crate) fn page_of(devices: &[Device]) -> OpenPage {
    OpenPage {
        after: DeviceId::START,
        last: devices.last().map_or(DeviceId::START, |device| device.id),
        recipients: u32::try_from(devices.len()).expect("few devices"),
    }
}

/// Accepts a notification, and begins the one page of it.
pub(crate) async fn begun(
    store: &Store,
    app: &App,
    notification: &NewNotification,
    devices: &[Device],
) -> (NotificationId, Epoch) {
    let accepted = store.accept(app.id, notification.clone(), None, second(10)).await;
    accepted.expect("a notification");
    let epoch = store.begin_epoch("tests", second(10)).await.expect("an epoch");
    let begun = store
        .begin_page(notification.id, page_of(devices), epoch, second(11))
        .await;
    assert!(begun.expect("a page"));
    (notification.id, epoch)
}

/// Ends the one page, and the planning: all that is not named was delivered.
pub(crate) async fn finish(
    store: &Store,
    id: NotificationId,
    epoch: Epoch,
    exceptions: Vec<RecipientException>,
) {
    let pages = store.open_pages(id).await.expect("the pages");
    let all = pages.iter().map(|page| page.recipients).sum::<u32>();
    let others = u32::try_from(exceptions.len()).expect("few exceptions");
    let outcome = PageOutcome {
        delivered: all - others,
        exceptions,
    };
    store
        .finish_page(id, DeviceId::START, outcome, epoch, second(12))
        .await
        .expect("the page ends");
    store
        .finish_planning(id, epoch, second(13))
        .await
        .expect("the planning ends");
}

/// What is due at an instant: devices in order.
pub(crate) async fn due(store: &Store, at: Timestamp) -> Vec<DeviceId> {
    let due = store.due_recipients(at, 1000, &[]).await.expect("what is due");
    due.iter().map(|due| due.device_id).collect()
}

pub(crate) async fn view(store: &Store, app: &App, id: NotificationId) -> NotificationView {
    let view = store
        .notification(app.id, id, second(10_000))
        .await
        .expect("a view");
    view.expect("the notification")
}

/// Nothing is lost.
pub(crate) async fn assert_conserved(store: &Store) {
    let conservation = store.conservation().await.expect("the sums");
    assert_eq!(conservation.mismatch(), 0, "{conservation:?}");
}
