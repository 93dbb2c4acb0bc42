//! One app's trouble delays another little.

use std::time::Duration;

use tidings_apns::{DeviceToken, Environment};
use tidings_store::{
    AppId, Audience, CredentialForm, CredentialId, NewCredential, NotificationId, Registration,
};
use tidings_truth::EnvironmentSet;

use crate::books;
use crate::rig::Rig;
use crate::script::{accepted, silence};

const SECOND: Duration = Duration::from_secs(1);

/// Another app of the same store, with one device.
struct Other<'a> {
    rig: &'a Rig,
    app: AppId,
    token: DeviceToken,
}

impl<'a> Other<'a> {
    async fn new(rig: &'a Rig) -> Self {
        let store = &rig.books.store;
        let bundle_id = "com.example.other".parse().expect("a bundle id");
        let app = store.ensure_app(&bundle_id, rig.now()).await.expect("an app").id;
        let credential = NewCredential {
            id: CredentialId::new(rig.now()),
            form: CredentialForm::SigningKey,
            environments: EnvironmentSet::BOTH,
            key_id: None,
            team_id: None,
            topics: Vec::new(),
            not_after: None,
            fingerprint: "another key".to_owned(),
            secret: books::secret("KEYOTHER01").into_bytes().into(),
        };
        let added = store.add_credential(app, credential, "test", rig.now()).await;
        added.expect("a credential");
        let registration = Registration {
            environment: Some(Environment::Production),
            ..Registration::default()
        };
        let token = books::token(1_000_000);
        let registered = store.register(app, token.clone(), registration, rig.now()).await;
        registered.expect("a registration");
        Self { rig, app, token }
    }

    async fn send(&self, audience: Audience) -> NotificationId {
        let new = books::notification(audience, self.rig.now());
        let id = new.id;
        let accepted = self
            .rig
            .books
            .store
            .accept(self.app, new, None, self.rig.now())
            .await;
        accepted.expect("an acceptance");
        self.rig.engine.work_arrived();
        id
    }

    /// How long it takes until it is delivered.
    async fn delay(&self, id: NotificationId) -> Duration {
        let since = self.rig.now();
        loop {
            let view = self
                .rig
                .books
                .store
                .notification(self.app, id, self.rig.now())
                .await;
            let delay = self.rig.now().saturating_since(since);
            if view.expect("a read").expect("a notification").counts.delivered == 1 {
                return delay;
            }
            assert!(delay < SECOND * 5, "the other app is held up");
            self.rig.run_for(Duration::from_millis(10)).await;
        }
    }
}

/// An app whose requests are never answered, with as much to do as it may have at once.
async fn app_in_a_black_hole() -> Rig {
    let rig = Rig::with(|config| {
        config.direct_in_flight = 64;
        config.page_size = 10;
    })
    .await;
    rig.prove(0..50).await;
    rig.script.answer(|sent| match sent.key_id.as_str() {
        "KEYGOOD001" => silence(SECOND * 30),
        _ => accepted(),
    });
    rig.send_to_each((0..1_500).map(|number| number % 50)).await;
    for _ in 0..10 {
        rig.send(Audience::Everyone).await;
    }
    rig.run_for(SECOND * 3).await;
    rig
}

#[tokio::test]
async fn an_app_in_a_black_hole_does_not_hold_up_what_another_sends_to_few() {
    let rig = app_in_a_black_hole().await;
    let other = Other::new(&rig).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let id = other.send(Audience::Tokens(vec![other.token.clone()])).await;
        slowest = slowest.max(other.delay(id).await);
    }
    assert!(slowest <= Duration::from_millis(100), "{slowest:?}");
}

#[tokio::test]
async fn an_app_in_a_black_hole_does_not_hold_up_what_another_sends_to_many() {
    let rig = app_in_a_black_hole().await;
    let other = Other::new(&rig).await;
    for _ in 0..5 {
        let id = other.send(Audience::Everyone).await;
        let delay = other.delay(id).await;
        assert!(delay <= Duration::from_millis(200), "{delay:?}");
    }
}
