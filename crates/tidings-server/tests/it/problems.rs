//! Whatever goes wrong is a problem that says what, where, and what to do.

use serde_json::json;
use tidings_server::ServerConfig;

use crate::world::{APP, World};

#[tokio::test]
async fn paths_methods_and_actions_that_do_not_exist_are_problems() {
    let world = World::new().await;
    for path in ["/v1", "/v2/apps", "/v1/apps/com.example.app/nonsense"] {
        assert_eq!(
            world.get(path).send().await.must_be(404).problem(),
            "unknown-route",
            "{path}"
        );
    }
    let answer = world.delete("/v1/apps").send().await.must_be(405);
    assert_eq!(answer.problem(), "method-not-allowed");
    assert_eq!(answer.headers["allow"], "GET,HEAD");
    let device = world
        .post(&format!("{APP}/devices/00ff:explode"))
        .send()
        .await
        .must_be(404);
    assert_eq!(device.problem(), "unknown-route");
    // An action is a resource of its own: each of the two has the methods that the document gives it.
    let device = world
        .post(&format!("{APP}/devices/00ff"))
        .send()
        .await
        .must_be(405);
    assert_eq!(device.problem(), "method-not-allowed");
    assert_eq!(device.headers["allow"], "GET, HEAD, PUT, DELETE");
    for path in ["devices/00ff:restore", "devices/00ff%3Arestore"] {
        let restore = world.get(&format!("{APP}/{path}")).send().await.must_be(405);
        assert_eq!(restore.problem(), "method-not-allowed");
        assert_eq!(restore.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_problems() {
    let world = World::new().await;
    let path = format!("{APP}/devices/00ff");
    let put = || world.put(&path).header("content-type", "application/json");
    for body in ["{", "nonsense", "{\"kind\": \"alert\"} {}", "\u{feff}{}"] {
        assert_eq!(
            put().body(body).send().await.must_be(400).problem(),
            "invalid-json",
            "{body}"
        );
    }
    let invalid_utf8: &[u8] = b"{\"user_id\": \"\xff\xfe\"}";
    let answer = put().body(invalid_utf8).send().await;
    assert_eq!(answer.problem(), "invalid-json");
    for (body, field) in [
        (json!({"kind": "pigeon"}), "/kind"),
        (json!({"tags": ["a", 7]}), "/tags/1"),
        (json!({"environment": "staging"}), "/environment"),
    ] {
        let answer = put().body(body.to_string()).send().await.must_be(422);
        assert_eq!(answer.json()["field"], field, "{}", answer.text());
        assert_eq!(answer.problem(), "invalid-field");
    }
    let unknown = put().body(r#"{"instalation_id": "x"}"#).send().await.must_be(422);
    assert!(
        unknown.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .contains("instalation_id")
    );
}

#[tokio::test]
async fn bodies_of_the_wrong_type_are_problems() {
    let world = World::new().await;
    let path = format!("{APP}/devices/00ff");
    let form = world
        .put(&path)
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body("{}").send().await.must_be(415);
    assert_eq!(answer.problem(), "unsupported-media-type");
    let packed = world.put(&path).header("content-encoding", "gzip").body("{}");
    assert_eq!(
        packed.send().await.must_be(415).problem(),
        "unsupported-media-type"
    );
    let lines = world
        .post(&format!("{APP}/devices:import"))
        .header("content-type", "image/png");
    assert_eq!(
        lines.send().await.must_be(415).problem(),
        "unsupported-media-type"
    );
    // Where nothing is said it is read, and with parameters too.
    world.put(&path).body("{}").send().await.must_be(200);
    world
        .put(&path)
        .header("content-type", "application/json; charset=utf-8")
        .body("{}")
        .send()
        .await
        .must_be(200);
}

#[tokio::test]
async fn bodies_that_are_too_large_are_problems() {
    let world = World::new().await;
    let body = format!(r#"{{"user_id": "{}"}}"#, "x".repeat(1 << 20));
    let answer = world
        .put(&format!("{APP}/devices/00ff"))
        .body(body)
        .send()
        .await
        .must_be(413);
    assert_eq!(answer.problem(), "body-too-large");
}

#[tokio::test]
async fn a_device_token_that_is_none_is_refused_with_the_reason() {
    let world = World::new().await;
    for (token, why) in [
        ("abc", "odd number"),
        ("%3C00ff%3E", "angle brackets"),
        ("00fg", "hexadecimal"),
        (&"ab".repeat(513), "512"),
    ] {
        let answer = world
            .put(&format!("{APP}/devices/{token}"))
            .send()
            .await
            .must_be(422);
        assert_eq!(answer.problem(), "invalid-device-token");
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains(why), "{token}: {detail}");
    }
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_problems() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    for (query, field) in [
        ("state=happy", "state"),
        ("limit=0", "limit"),
        ("limit=1&limit=2", "limit"),
        ("stat=active", "stat"),
    ] {
        let answer = world
            .get(&format!("{APP}/devices?{query}"))
            .send()
            .await
            .must_be(400);
        assert_eq!(answer.problem(), "invalid-parameter", "{query}");
        assert_eq!(answer.json()["field"], field);
    }
    let cursor = world
        .get(&format!("{APP}/devices?cursor=AAAA"))
        .send()
        .await
        .must_be(400);
    assert_eq!(cursor.problem(), "invalid-cursor");
    let app = world
        .get("/v1/apps/com%20example/devices")
        .send()
        .await
        .must_be(422);
    assert_eq!(app.problem(), "invalid-field");
}

#[tokio::test]
async fn what_is_not_known_is_a_problem_of_its_own() {
    let world = World::new().await;
    let unheard = world
        .get("/v1/apps/com.example.unheard/devices")
        .send()
        .await
        .must_be(404);
    assert_eq!(unheard.problem(), "app-not-found");
    world.register("00ff", &json!({})).await;
    let id = "01900000-0000-7000-8000-000000000000";
    for (path, slug) in [
        (format!("{APP}/devices/00aa"), "device-not-found"),
        (format!("{APP}/notifications/{id}"), "notification-not-found"),
        (
            format!("{APP}/notifications/{id}/recipients"),
            "notification-not-found",
        ),
        (format!("{APP}/incidents/{id}"), "incident-not-found"),
    ] {
        assert_eq!(
            world.get(&path).send().await.must_be(404).problem(),
            slug,
            "{path}"
        );
    }
    let credential = world
        .delete(&format!("{APP}/credentials/{id}"))
        .send()
        .await
        .must_be(404);
    assert_eq!(credential.problem(), "credential-not-found");
    let odd = world
        .get(&format!("{APP}/notifications/seven"))
        .send()
        .await
        .must_be(422);
    assert_eq!(odd.problem(), "invalid-field");
}

#[tokio::test]
async fn apps_are_not_made_without_end() {
    let mut config = ServerConfig::default();
    config.max_apps = 2;
    let world = World::with(config).await;
    for app in ["com.example.a", "com.example.b"] {
        world
            .put(&format!("/v1/apps/{app}/devices/00ff"))
            .send()
            .await
            .must_be(200);
    }
    let third = world
        .put("/v1/apps/com.example.c/devices/00ff")
        .send()
        .await
        .must_be(409);
    assert_eq!(third.problem(), "too-many-apps");
    world
        .put("/v1/apps/com.example.a/devices/01")
        .send()
        .await
        .must_be(200);
}

#[tokio::test]
async fn whoever_asks_for_too_much_at_once_is_told_when_to_come_again() {
    let mut config = ServerConfig::default();
    config.max_requests_in_flight = 0;
    let world = World::with(config).await;
    let answer = world.get("/v1/apps").send().await.must_be(503);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.problem(), "overloaded");
    world.get("/livez").by_nobody().send().await.must_be(200);
    world.get("/readyz").by_nobody().send().await.must_be(200);
}

#[tokio::test]
async fn a_store_that_is_closed_is_a_problem_and_not_ready() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    world.store.close().await.expect("it closes");
    let answer = world
        .put(&format!("{APP}/devices/00ff"))
        .send()
        .await
        .must_be(503);
    assert_eq!(answer.problem(), "storage-unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    let ready = world.get("/readyz").by_nobody().send().await.must_be(503).json();
    assert_eq!(ready["store"], "closed");
    world.get("/livez").by_nobody().send().await.must_be(200);
}
