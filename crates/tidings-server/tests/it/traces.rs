//! What is told of requests that come by the doors: the same as of those to the API.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tidings_delivery::{Span, SpanCounts, SpanSink, Tracer};
use tidings_server::{GorushAuthentication, GorushDoorConfig, ServerConfig};
use tidings_testkit::{PATIENCE, Scene, TEAM_ID};

use crate::visitor::{OpenDoor, Push, provider_token};
use crate::world::{APP, Plan, World};

const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const PARENT: u64 = 0xb7ad_6b71_6920_3331;

/// Keeps every span.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<Span>>);

impl SpanSink for Kept {
    fn take(&self, span: Span) {
        self.0.lock().expect("nobody panicked").push(span);
    }

    fn counts(&self) -> SpanCounts {
        SpanCounts::default()
    }
}

impl Kept {
    /// Takes all spans, as soon as there is one of this name.
    async fn with(&self, name: &str) -> Vec<Span> {
        let looking = async {
            while !self.names().iter().any(|kept| kept == name) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        assert!(found.is_ok(), "there is no `{name}` in {:?}", self.names());
        std::mem::take(&mut *self.0.lock().expect("nobody panicked"))
    }

    fn names(&self) -> Vec<String> {
        let kept = self.0.lock().expect("nobody panicked");
        kept.iter().map(|span| span.name.to_string()).collect()
    }
}

/// A world with both doors in which only those are followed who ask for it.
async fn followed() -> (World, Arc<Kept>) {
    let kept = Arc::new(Kept::default());
    let app = "com.example.app".parse().expect("it is a bundle id");
    let mut config = ServerConfig::default();
    config.gorush_door = Some(GorushDoorConfig::new(app, GorushAuthentication::ApiKey));
    config.tracer = Some(Arc::new(Tracer::new(Arc::clone(&kept) as _, 0.0)));
    let world = World::planned(Plan {
        config,
        scene: Some(Scene::new().await.expect("the simulator starts")),
        clock: None,
    })
    .await;
    world.upload_key(&["production", "sandbox"]).await;
    (world, kept)
}

fn traceparent() -> String {
    format!("00-{TRACE:032x}-{PARENT:016x}-01")
}

/// The request is part of the trace, and what became of its notification hangs on it.
fn must_hang_together(spans: &[Span], request: &str) {
    let named = |name: &str| {
        let found = spans.iter().find(|span| &*span.name == name);
        assert!(found.is_some(), "there is no `{name}` in {spans:?}");
        found.expect("it was found")
    };
    let request = named(request);
    assert_eq!((request.context.trace_id, request.parent), (TRACE, Some(PARENT)));
    for name in ["plan", "send apns"] {
        let work = named(name);
        assert_eq!(
            (work.context.trace_id, work.parent),
            (TRACE, Some(request.context.span_id))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_that_came_by_a_door_is_followed() {
    let (world, kept) = followed().await;
    let door = OpenDoor::new(&world).await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let authorization = provider_token(&scene.private_key_pem, &scene.key_id, TEAM_ID, 0);
    let token = world.install("app_store", "alert").await;

    let push = Push::new(&token, &authorization);
    assert_eq!(door.push(&push).await.status, 200);
    assert_eq!(kept.names(), [""; 0], "nobody asked");
    let said = door.push(&push.with("traceparent", &traceparent())).await;
    assert_eq!(said.status, 200);
    must_hang_together(&kept.with("send apns").await, "POST /3/device/{token}");

    let body = json!({"notifications": [{"tokens": [token], "platform": 1, "message": "Tea"}]});
    let ask = world.post("/api/push").header("traceparent", traceparent());
    ask.json(&body).send().await.must_be(200);
    must_hang_together(&kept.with("send apns").await, "POST /api/push");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_fill_the_collector() {
    let (world, kept) = followed().await;
    let door = OpenDoor::new(&world).await;
    let push = Push::new("00ff", "bearer x").with("traceparent", &traceparent());
    assert_eq!(door.push(&push).await.status, 403);
    for path in ["/api/push", &format!("{APP}/notifications")] {
        let ask = world.post(path).header("traceparent", traceparent());
        let ask = ask.by_nobody().json(&json!({}));
        ask.send().await.must_be(401);
    }
    assert_eq!(kept.names(), [""; 0]);
}
