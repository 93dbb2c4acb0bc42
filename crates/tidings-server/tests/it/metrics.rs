//! What is measured, and whether the server is ready.

use serde_json::json;

use crate::world::{APP, World};

fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn requests_queues_and_recipients_are_measured() {
    let world = World::sending().await;
    world.upload_key(&["production"]).await;
    let token = world.install("app_store", "alert").await;
    world
        .register(&token, &json!({"environment": "production"}))
        .await;
    let id = world.send(&json!({"tokens": [token]})).await;
    world
        .until(&format!("{APP}/notifications/{id}"), |json| {
            json["state"] == "finished"
        })
        .await;
    let answer = world.get("/metrics").by_nobody().send().await.must_be(200);
    let text = answer.text();
    assert!(
        answer.headers["content-type"]
            .to_str()
            .is_ok_and(|it| it.contains("openmetrics"))
    );
    assert!(text.ends_with("# EOF\n"));
    for (name, expected) in [
        ("tidings_recipients_accepted_total ", 1.0),
        ("tidings_recipients_terminal_total ", 1.0),
        ("tidings_recipients_pending ", 0.0),
        ("tidings_recipients_conservation_mismatch ", 0.0),
        ("tidings_queue_oldest_age_seconds ", 0.0),
        ("tidings_store_healthy ", 1.0),
        ("tidings_http_connections ", 1.0),
        (
            "tidings_attempts_total{app=\"com.example.app\",environment=\"production\",push_type=\"alert\",status=\"200\",reason=\"\"} ",
            1.0,
        ),
        (
            "tidings_devices{app=\"com.example.app\",environment=\"production\",state=\"active\"} ",
            1.0,
        ),
        (
            "tidings_http_requests_total{method=\"PUT\",route=\"/v1/apps/{bundle_id}/devices/{token}\",status=\"200\"} ",
            1.0,
        ),
        (
            "tidings_lane_health{app=\"com.example.app\",environment=\"production\"",
            1.0,
        ),
        ("tidings_apns_answer_seconds_count ", 1.0),
        (
            "tidings_apns_connections_opened_total{app=\"com.example.app\",environment=\"production\"} ",
            1.0,
        ),
        (
            "tidings_apns_connections{app=\"com.example.app\",environment=\"production\",state=\"ready\"} ",
            1.0,
        ),
        (
            "tidings_apns_streams_in_use{app=\"com.example.app\",environment=\"production\"} ",
            0.0,
        ),
    ] {
        assert_eq!(value(&text, name), Some(expected), "{name}\n{text}");
    }
    assert!(!text.contains(&token), "no device token is a label");
}

#[tokio::test]
async fn paths_and_methods_of_strangers_are_no_labels() {
    let world = World::new().await;
    world.get("/etc/passwd").send().await.must_be(404);
    let odd = crate::answer::Ask::new(
        &world,
        http::Method::from_bytes(b"BREW").expect("it is a token"),
        "/pot",
    );
    odd.send().await.must_be(404);
    let text = world.get("/metrics").send().await.must_be(200).text();
    assert!(
        !text.contains("passwd") && !text.contains("BREW") && !text.contains("pot\""),
        "{text}"
    );
    assert!(text.contains("route=\"other\""));
}

#[tokio::test]
async fn readiness_ends_before_the_server_does() {
    let world = World::new().await;
    let ready = world.get("/readyz").by_nobody().send().await.must_be(200).json();
    assert_eq!(
        ready,
        json!({"ready": true, "store": "healthy", "engine": "working", "draining": false})
    );
    world.server.begin_draining();
    let draining = world.get("/readyz").by_nobody().send().await.must_be(503).json();
    assert_eq!(draining["draining"], true);
    world.get("/livez").by_nobody().send().await.must_be(200);
    world.register("00ff", &json!({})).await;
    world.end().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_is_measured_under_the_names_that_everybody_uses() {
    let world = World::new().await;
    let text = world.get("/metrics").send().await.must_be(200).text();
    let measured = |name: &str| value(&text, name).expect(name);
    assert!(measured("process_cpu_seconds_total ") > 0.0);
    let resident = measured("process_resident_memory_bytes ");
    assert!(resident > 1_000_000.0 && resident < measured("process_virtual_memory_bytes "));
    let open = measured("process_open_fds ");
    assert!(open > 3.0 && open < measured("process_max_fds "));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = now.expect("it is after 1970").as_secs_f64() - measured("process_start_time_seconds ");
    assert!((-2.0..3_600.0).contains(&age), "{age}");
}
