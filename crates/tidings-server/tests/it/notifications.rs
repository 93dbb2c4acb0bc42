//! Notifications: accepted durably, once, and followed to their end.

use std::time::Duration;

use serde_json::{Value, json};
use tidings_delivery::Clock as _;

use crate::answer::Answer;
use crate::world::{APP, World};

fn path() -> String {
    format!("{APP}/notifications")
}

fn alert(to: &Value) -> Value {
    json!({"to": to, "aps": {"alert": "Tea is ready"}})
}

async fn submit(world: &World, key: Option<&str>, body: &Value) -> Answer {
    let path = path();
    let mut ask = world.post(&path).json(body);
    if let Some(key) = key {
        ask = ask.header("idempotency-key", key);
    }
    ask.send().await
}

async fn world_with_app() -> World {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "u"})).await;
    world
}

#[tokio::test]
async fn a_notification_is_accepted_and_found_again() {
    let world = world_with_app().await;
    let accepted = submit(&world, None, &alert(&json!({"users": ["u"]})))
        .await
        .must_be(202);
    let id = accepted.json()["id"].as_str().expect("it has an id").to_owned();
    let location = accepted.headers["location"]
        .to_str()
        .expect("it is text")
        .to_owned();
    assert_eq!(location, format!("{}/{id}", path()));
    let found = world.get(&location).send().await.must_be(200).json();
    assert_eq!((&found["id"], &found["push_type"]), (&json!(id), &json!("alert")));
    assert_eq!(found["audience"], json!({"by": "users", "names": 1}));
    assert!(
        !found.to_string().contains("Tea is ready"),
        "the payload is not shown"
    );
}

#[tokio::test]
async fn the_same_request_under_a_key_is_one_notification() {
    let world = world_with_app().await;
    let body = alert(&json!({"users": ["u"]}));
    let first = submit(&world, Some("k1"), &body).await.must_be(202);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = submit(&world, Some("k1"), &body).await.must_be(202);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(first.json(), again.json());
    let listed = world.get(&path()).send().await.json();
    assert_eq!(listed["notifications"].as_array().map(Vec::len), Some(1));
    let other = submit(&world, Some("k1"), &alert(&json!({"everyone": true})))
        .await
        .must_be(422);
    assert_eq!(other.problem(), "idempotency-mismatch");
    submit(&world, Some("k2"), &body).await.must_be(202);
    // Another caller's keys are its own.
    let send = world.key(&["send"]).await;
    let theirs = world
        .post(&path())
        .by(&send)
        .header("idempotency-key", "k1")
        .json(&body)
        .send()
        .await;
    assert!(!theirs.must_be(202).headers.contains_key("idempotent-replayed"));
}

#[tokio::test]
async fn a_request_that_was_accepted_is_repeated_also_when_its_time_is_over() {
    let world = world_with_app().await;
    let clock = world.clock.clone().expect("its clock is turned by hand");
    let mut body = alert(&json!({"users": ["u"]}));
    body["expires_at"] = json!(clock.now().saturating_add(Duration::from_mins(1)));
    let first = submit(&world, Some("k"), &body).await.must_be(202);
    clock.advance(Duration::from_mins(2));
    let again = submit(&world, Some("k"), &body).await.must_be(202);
    assert_eq!(first.json()["id"], again.json()["id"]);
    let late = submit(&world, Some("other"), &body).await.must_be(422);
    assert_eq!(late.json()["field"], "/expires_at");
    // The key of what was refused can be used.
    submit(&world, Some("other"), &alert(&json!({"users": ["u"]})))
        .await
        .must_be(202);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let world = world_with_app().await;
    let body = alert(&json!({"users": ["u"]}));
    for key in ["", &"x".repeat(256), "käse"] {
        let answer = submit(&world, Some(key), &body).await.must_be(400);
        assert_eq!(answer.json()["field"], "Idempotency-Key", "{key}");
    }
}

#[tokio::test]
async fn what_apns_would_refuse_is_refused_before() {
    let world = world_with_app().await;
    let to = json!({"tokens": ["00ff"]});
    for (body, slug, field) in [
        (
            json!({"to": to, "aps": {"alert": "x".repeat(4096)}}),
            "payload-too-large",
            "/aps",
        ),
        (
            json!({"to": to, "aps": {}, "push_type": "voip", "kind": "alert"}),
            "invalid-field",
            "/kind",
        ),
        (
            json!({"to": to, "aps": {}, "priority": 7}),
            "invalid-field",
            "/priority",
        ),
        (
            json!({"to": to, "aps": {}, "push_type": "background", "priority": 10}),
            "invalid-field",
            "/priority",
        ),
        (
            json!({"to": to, "aps": {}, "collapse_id": "x".repeat(65)}),
            "invalid-field",
            "/collapse_id",
        ),
        (json!({"to": to, "aps": []}), "invalid-payload", "/aps"),
        (
            json!({"to": to, "aps": {}, "data": {"aps": 1}}),
            "invalid-payload",
            "/data/aps",
        ),
        (
            json!({"to": {"tokens": ["0"]}, "aps": {}}),
            "invalid-device-token",
            "/to/tokens/0",
        ),
        (json!({"to": {}, "aps": {}}), "invalid-field", "/to"),
        (json!({"to": to}), "invalid-payload", "/aps"),
    ] {
        let answer = submit(&world, None, &body).await.must_be(422);
        assert_eq!(
            (answer.problem().as_str(), &answer.json()["field"]),
            (slug, &json!(field)),
            "{body}"
        );
    }
    let twice = r#"{"to": {"tokens": ["00ff"]}, "aps": {"alert": 1, "alert": 2}}"#;
    let answer = world.post(&path()).body(twice).send().await.must_be(422);
    assert_eq!(answer.json()["field"], "/aps/alert");
    let deep = format!(
        "{{\"to\": {{\"tokens\": [\"00ff\"]}}, \"aps\": {}1{}}}",
        "{\"a\":".repeat(100),
        "}".repeat(100)
    );
    assert_eq!(
        world.post(&path()).body(deep).send().await.must_be(422).problem(),
        "invalid-payload"
    );
    let deeper = "[".repeat(100_000);
    assert_eq!(
        world
            .post(&path())
            .body(deeper)
            .send()
            .await
            .must_be(400)
            .problem(),
        "invalid-json"
    );
}

#[tokio::test]
async fn what_is_only_strange_is_a_warning() {
    let world = world_with_app().await;
    let body = json!({"to": {"users": ["u"]}, "aps": {"allert": "Tea"}});
    let accepted = submit(&world, None, &body).await.must_be(202).json();
    let codes: Vec<_> = accepted["warnings"]
        .as_array()
        .expect("there are warnings")
        .iter()
        .map(|warning| &warning["code"])
        .collect();
    assert!(codes.contains(&&json!("aps-unknown-key")), "{accepted}");
}

#[tokio::test]
async fn a_batch_is_answered_line_by_line() {
    let world = world_with_app().await;
    let body = format!(
        "{}\n\n{}\nnonsense\n{}",
        alert(&json!({"users": ["u"]})),
        json!({"to": {}, "aps": {}}),
        alert(&json!({"everyone": true})),
    );
    let batch = format!("{APP}/notifications:batch");
    let send = async |key: &str| {
        let ask = world.post(&batch).header("content-type", "application/x-ndjson");
        ask.header("idempotency-key", key)
            .body(body.clone())
            .send()
            .await
            .must_be(200)
            .lines()
    };
    let lines = send("b1").await;
    let numbers: Vec<_> = lines.iter().map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), Some(3), Some(4), Some(5)]);
    assert!(lines[0]["id"].is_string() && lines[3]["id"].is_string());
    assert_eq!(lines[1]["problem"]["field"], "/to");
    assert_eq!(lines[2]["problem"]["type"], "urn:tidings:problem:invalid-json");
    let again = send("b1").await;
    assert_eq!(
        (&again[0]["id"], &again[0]["replayed"]),
        (&lines[0]["id"], &json!(true))
    );
    assert_eq!(again[3]["id"], lines[3]["id"]);
    let other = send("b2").await;
    assert_ne!(other[0]["id"], lines[0]["id"]);
}

#[tokio::test]
async fn a_batch_has_an_end() {
    let world = world_with_app().await;
    let line = format!("{}\n", json!({"to": {}, "aps": {}}));
    let batch = format!("{APP}/notifications:batch");
    let lines = world
        .post(&batch)
        .body(line.repeat(10_005))
        .send()
        .await
        .must_be(200)
        .lines();
    assert_eq!(lines.len(), 10_001);
    let last = lines.last().expect("there are lines");
    assert_eq!(
        (&last["line"], &last["problem"]["type"]),
        (&json!(10_001), &json!("urn:tidings:problem:body-too-large"))
    );
}

#[tokio::test]
async fn notifications_are_listed_newest_first() {
    let world = world_with_app().await;
    let clock = world.clock.clone().expect("its clock is turned by hand");
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, json!(world.send(&json!({"users": ["u"]})).await));
        clock.advance(Duration::from_millis(1));
    }
    let first = world
        .get(&format!("{}?limit=3", path()))
        .send()
        .await
        .must_be(200)
        .json();
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let rest = world
        .get(&format!("{}?limit=3&cursor={cursor}", path()))
        .send()
        .await
        .must_be(200)
        .json();
    let all = [first, rest.clone()];
    let listed: Vec<_> = all
        .iter()
        .flat_map(|page| {
            page["notifications"]
                .as_array()
                .expect("a page")
                .iter()
                .map(|one| one["id"].clone())
        })
        .collect();
    assert_eq!(listed, ids);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_scheduled_notification_can_be_cancelled() {
    let world = world_with_app().await;
    let clock = world.clock.clone().expect("its clock is turned by hand");
    let mut body = alert(&json!({"users": ["u"]}));
    body["send_at"] = json!(clock.now().saturating_add(Duration::from_hours(1)));
    let id = submit(&world, None, &body).await.must_be(202).json()["id"].clone();
    let path = format!("{}/{}", path(), id.as_str().expect("it is text"));
    assert_eq!(world.get(&path).send().await.json()["state"], "scheduled");
    let cancelled = world.delete(&path).send().await.must_be(200).json();
    assert_eq!(cancelled["notification"]["state"], "cancelled");
    assert_eq!(world.get(&path).send().await.json()["state"], "cancelled");
    world.delete(&path).send().await.must_be(200);
}

#[tokio::test]
async fn a_notification_is_delivered_as_it_was_submitted() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let token = world.install("app_store", "alert").await;
    world
        .register(&token, &json!({"environment": "production", "user_id": "u"}))
        .await;
    let body = json!({
        "to": {"users": ["u"]},
        "aps": {"alert": {"title": "Tea", "body": "is ready"}},
        "data": {"pot": 7},
        "collapse_id": "tea",
        "priority": 10,
    });
    let id = submit(&world, None, &body).await.must_be(202).json()["id"].clone();
    let path = format!("{}/{}", path(), id.as_str().expect("it is text"));
    let done = world.until(&path, |json| json["state"] == "finished").await;
    assert_eq!(
        (&done["counts"]["recipients"], &done["counts"]["delivered"]),
        (&json!(1), &json!(1))
    );
    let shown = world.shown().await;
    assert_eq!(shown.len(), 1);
    assert_eq!(
        shown[0]["payload"],
        json!({"aps": {"alert": {"title": "Tea", "body": "is ready"}}, "pot": 7})
    );
    assert_eq!(
        (&shown[0]["collapse_id"], &shown[0]["topic"]),
        (&json!("tea"), &json!("com.example.app"))
    );
    let recipients = world
        .get(&format!("{path}/recipients"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(recipients["counts"]["delivered"], 1);
}
