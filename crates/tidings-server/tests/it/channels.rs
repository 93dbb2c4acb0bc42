//! Broadcast channels, straight through to APNs.

use serde_json::json;

use crate::world::{APP, World};

fn path() -> String {
    format!("{APP}/channels")
}

/// A channel's id in a path.
fn encoded(id: &str) -> String {
    id.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[tokio::test]
async fn a_channel_is_made_used_and_deleted() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let new = json!({"environment": "sandbox", "storage": "most_recent"});
    let made = world.post(&path()).json(&new).send().await.must_be(201).json();
    let id = made["channel_id"].as_str().expect("it has an id");
    let channel = format!("{}/{}", path(), encoded(id));
    let listed = world
        .get(&format!("{}?environment=sandbox", path()))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(listed["channel_ids"], json!([id]));
    let there = world.get(&path()).send().await.must_be(200).json();
    assert_eq!(
        (&there["environment"], &there["channel_ids"]),
        (&json!("production"), &json!([]))
    );
    let described = world
        .get(&format!("{channel}?environment=sandbox"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(described, made);
    let update = json!({
        "environment": "sandbox",
        "aps": {"timestamp": 1_800_000_000, "event": "update", "content-state": {"score": 3}},
    });
    world
        .post(&format!("{channel}:publish"))
        .json(&update)
        .send()
        .await
        .must_be(200);
    world
        .delete(&format!("{channel}?environment=sandbox"))
        .send()
        .await
        .must_be(204);
    let gone = world.get(&format!("{channel}?environment=sandbox")).send().await;
    assert!(gone.status == 404 || gone.status == 502, "{}", gone.text());
}

#[tokio::test]
async fn without_a_credential_there_are_no_channels() {
    let world = World::sending().await;
    world.upload_key(&["sandbox"]).await;
    let answer = world.get(&path()).send().await.must_be(409);
    assert_eq!(answer.problem(), "credential-missing");
    world
        .get(&format!("{}?environment=sandbox", path()))
        .send()
        .await
        .must_be(200);
}

#[tokio::test]
async fn what_apns_says_no_to_is_told() {
    let world = World::sending().await;
    world.upload_key(&["production"]).await;
    let aps = json!({"aps": {"timestamp": 1, "event": "update", "content-state": {}}});
    let answer = world
        .post(&format!("{}/dGVzdA%3D%3D:publish", path()))
        .json(&aps)
        .send()
        .await;
    assert!(["apns-refused", "channel-not-found"].contains(&answer.problem().as_str()));
    let odd = world
        .get(&format!("{}/not%20base64", path()))
        .send()
        .await
        .must_be(422);
    assert_eq!(odd.problem(), "invalid-field");
    let large = json!({"aps": {"event": "update", "content-state": {"text": "x".repeat(5_120)}}});
    let answer = world
        .post(&format!("{}/dGVzdA%3D%3D:publish", path()))
        .json(&large)
        .send()
        .await;
    assert_eq!(answer.must_be(422).problem(), "payload-too-large");
}
