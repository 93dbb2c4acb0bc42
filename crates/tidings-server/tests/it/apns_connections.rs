//! The connections to APNs, as the API and the dashboard show them.

use http::Method;
use serde_json::{Value, json};

use crate::world::{APP, World};

const CONNECTIONS: &str = "/v1/connections";

/// A server with a device, to which a notification was delivered.
async fn delivered() -> (World, String) {
    let world = World::sending().await;
    world.upload_key(&["production"]).await;
    let token = world.install("app_store", "alert").await;
    world
        .register(&token, &json!({"environment": "production"}))
        .await;
    deliver(&world, &token).await;
    (world, token)
}

async fn deliver(world: &World, token: &str) {
    let id = world.send(&json!({"tokens": [token]})).await;
    let path = format!("{APP}/notifications/{id}");
    world.until(&path, |json| json["state"] == "finished").await;
}

#[tokio::test]
async fn a_connection_is_shown_with_what_apns_allows_on_it() {
    let (world, token) = delivered().await;
    let seen = world
        .until(CONNECTIONS, |json| json["connections"][0]["answers"] == 1)
        .await;
    let connection = &seen["connections"][0];
    assert_eq!(connection["bundle_id"], "com.example.app");
    assert_eq!(connection["environment"], "production");
    assert_eq!(connection["state"], "ready");
    assert_eq!(connection["streams"], 0);
    assert!(
        connection["road"]
            .as_str()
            .is_some_and(|road| road.starts_with("express"))
    );
    assert!(
        connection["streams_allowed"]
            .as_u64()
            .is_some_and(|most| most > 1)
    );
    assert!(
        connection["send_window_bytes"]
            .as_i64()
            .is_some_and(|bytes| bytes > 0)
    );
    assert!(
        connection["answer_seconds"]
            .as_f64()
            .is_some_and(|time| time > 0.0)
    );
    assert!(
        connection["remote"]
            .as_str()
            .is_some_and(|it| it.starts_with("127.0.0.1:"))
    );
    assert_eq!(seen["log"], json!([]));
    assert!(!seen.to_string().contains(&token));
}

#[tokio::test]
async fn a_goaway_is_told_in_words_by_the_api_the_dashboard_and_the_metrics() {
    let (world, token) = delivered().await;
    let fault =
        json!({"kind": "goaway", "count": 1, "debug": "<script>\u{1b}[31m\u{202E}", "error_code": 11});
    world.control(Method::POST, "/v1/faults", Some(&fault)).await;
    deliver(&world, &token).await;
    let seen = world
        .until(CONNECTIONS, |json| json["log"][0] != Value::Null)
        .await;
    let record = &seen["log"][0];
    assert_eq!(record["event"], "go_away");
    assert_eq!(record["code"], "ENHANCE_YOUR_CALM");
    assert_eq!(record["text"], "<script>\\u{1b}[31m\\u{202e}");
    let summary = record["summary"].as_str().unwrap_or_default();
    assert!(
        summary.starts_with("APNs takes no more on it: GOAWAY with ENHANCE_YOUR_CALM"),
        "{summary}"
    );
    let metrics = world.get("/metrics").send().await.must_be(200).text();
    let counted = "tidings_apns_goaways_total{app=\"com.example.app\",environment=\"production\",code=\"ENHANCE_YOUR_CALM\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    let page = crate::dashboard::page(&world, "/dashboard/connections").await;
    assert!(page.contains("GOAWAY with ENHANCE_YOUR_CALM"), "{page}");
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>\\u"),
        "{page}"
    );
}

#[tokio::test]
async fn a_key_for_another_app_sees_no_connection() {
    let (world, _) = delivered().await;
    world
        .put("/v1/apps/com.example.other/devices/00ff")
        .json(&json!({}))
        .send()
        .await
        .must_be(200);
    let other = json!({"name": "other", "scopes": ["read"], "apps": ["com.example.other"]});
    let key = world.make_key(&other).await;
    let seen = world.get(CONNECTIONS).by(&key).send().await.must_be(200).json();
    assert_eq!(seen, json!({"connections": [], "log": []}));
}
