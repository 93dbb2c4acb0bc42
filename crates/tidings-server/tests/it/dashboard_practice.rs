//! The first steps with what a simulator lends: for admins, and only where there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tidings_apns::Environment;
use tidings_server::{Practice, PracticeKey, PracticePhone, PracticeShown, ServerConfig};

use crate::dashboard::Visitor;
use crate::world::World;

/// Lends two phones, each of which shows something hostile at once.
#[derive(Debug, Default)]
struct Lent {
    phones: AtomicU8,
}

impl Practice for Lent {
    fn bundle_id(&self) -> &'static str {
        "com.example.first"
    }

    fn key(&self) -> PracticeKey {
        PracticeKey {
            file_name: "AuthKey_ABCDE12345.p8".to_owned(),
            team_id: "FIRSTSTEPS".to_owned(),
            pem: "a key of the simulator".to_owned(),
        }
    }

    fn new_phone(&self) -> Option<PracticePhone> {
        let number = self.phones.fetch_add(1, Ordering::Relaxed);
        (number < 2).then(|| PracticePhone {
            installation_id: format!("phone-{number}"),
            token: format!("{number:064x}"),
            environment: Environment::Sandbox,
        })
    }

    fn shown(&self, most: usize) -> Vec<PracticeShown> {
        let count = usize::from(self.phones.load(Ordering::Relaxed)).min(most);
        let payload = r#"{"aps": {"alert": {"title": "<b>tea", "body": "is ready"}}}"#.to_owned();
        vec![PracticeShown { payload }; count]
    }
}

async fn world() -> World {
    let mut config = ServerConfig::default();
    config.practice = Some(Arc::new(Lent::default()));
    World::with(config).await
}

#[tokio::test]
async fn the_first_page_leads_from_the_key_to_what_a_phone_shows() {
    let world = world().await;
    let admin = Visitor::with_role(&world, "admin").await;
    let page = admin.get("/dashboard").await.must_be(200).text();
    assert!(page.contains("The way to the first push") && page.contains("FIRSTSTEPS"));
    let key = admin.get("/dashboard/practice/key").await.must_be(200);
    assert_eq!(key.text(), "a key of the simulator");
    assert_eq!(
        key.headers["content-disposition"],
        "attachment; filename=\"AuthKey_ABCDE12345.p8\""
    );
    for status in [303, 303, 503] {
        admin.post("/dashboard/practice/phone", &[]).await.must_be(status);
    }
    let device = world
        .get(&format!("/v1/apps/com.example.first/devices/{:064x}", 1))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&device["user_id"], &device["installation_id"]),
        (&"you".into(), &"phone-1".into())
    );
    let page = admin.get("/dashboard").await.must_be(200).text();
    assert!(
        page.contains("What your phone shows") && page.contains("&lt;b&gt;tea"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_lent_is_for_admins_and_only_where_there_is_a_simulator() {
    let lending = world().await;
    for role in ["viewer", "operator"] {
        let visitor = Visitor::with_role(&lending, role).await;
        visitor.get("/dashboard/practice/key").await.must_be(403);
        visitor.post("/dashboard/practice/phone", &[]).await.must_be(403);
    }
    let world = World::new().await;
    let admin = Visitor::with_role(&world, "admin").await;
    admin.get("/dashboard/practice/key").await.must_be(404);
    admin.post("/dashboard/practice/phone", &[]).await.must_be(404);
    let page = admin.get("/dashboard").await.must_be(200).text();
    assert!(page.contains("tidings demo --empty"));
}
