//! API keys: made, used, listed, revoked.

use std::time::Duration;

use serde_json::json;

use crate::world::{APP, World};

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let key = world.key(&["read"]).await;
    world
        .get(&format!("{APP}/devices"))
        .by(&key)
        .send()
        .await
        .must_be(200);
    let listed = world.get("/v1/api-keys").send().await.must_be(200);
    assert!(!listed.text().contains(&key));
    let json = listed.json();
    let keys = json["api_keys"].as_array().expect("there are keys");
    let made = keys
        .iter()
        .find(|key| key["name"] == "test")
        .expect("it is among them");
    let id = made["id"].as_str().expect("it has an id");
    assert!(key.contains(id), "its public part is in it");
    world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(204);
    let refused = world
        .get(&format!("{APP}/devices"))
        .by(&key)
        .send()
        .await
        .must_be(401);
    assert_eq!(refused.problem(), "revoked-key");
    assert_eq!(refused.headers["www-authenticate"], "Bearer realm=\"tidings\"");
    let again = world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(404);
    assert_eq!(again.problem(), "api-key-not-found");
}

#[tokio::test]
async fn a_key_ends_when_it_was_said_to() {
    let world = World::new().await;
    let clock = world.clock.clone().expect("its clock is turned by hand");
    let end = tidings_delivery::Clock::now(&clock).saturating_add(Duration::from_mins(1));
    let key = world
        .make_key(&json!({"name": "short", "scopes": ["read"], "expires_at": end}))
        .await;
    world.get("/v1/apps").by(&key).send().await.must_be(200);
    clock.advance(Duration::from_mins(1));
    assert_eq!(
        world.get("/v1/apps").by(&key).send().await.problem(),
        "expired-key"
    );
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let world = World::new().await;
    let stranger = tidings_server::ApiKey::generate().reveal();
    assert_eq!(
        world.get("/v1/apps").by(&stranger).send().await.problem(),
        "invalid-key"
    );
    for damaged in [
        "tid",
        stranger.split_at(stranger.len() - 1).0,
        &world.admin.replace("tid_", "tod_"),
    ] {
        assert_eq!(
            world.get("/v1/apps").by(damaged).send().await.problem(),
            "invalid-key",
            "{damaged}"
        );
    }
    let basic = world
        .get("/v1/apps")
        .by_nobody()
        .header("authorization", "Basic eDp5");
    assert_eq!(basic.send().await.problem(), "missing-key");
}

#[tokio::test]
async fn the_last_key_that_can_make_keys_stays() {
    let world = World::new().await;
    let listed = world.get("/v1/api-keys").send().await.json();
    let id = listed["api_keys"][0]["id"]
        .as_str()
        .expect("there is one")
        .to_owned();
    let path = format!("/v1/api-keys/{id}");
    assert_eq!(
        world.delete(&path).send().await.must_be(409).problem(),
        "last-admin-key"
    );
    let other = world.key(&["admin"]).await;
    world.delete(&path).by(&other).send().await.must_be(204);
    assert_eq!(world.get("/v1/api-keys").send().await.problem(), "revoked-key");
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_not_made() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"name": "x", "scopes": []}), "/scopes"),
        (json!({"name": "", "scopes": ["read"]}), "/name"),
        (json!({"name": "x", "scopes": ["everything"]}), "/scopes/0"),
        (json!({"name": "x", "scopes": ["read"], "apps": []}), "/apps"),
        (
            json!({"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}),
            "/expires_at",
        ),
    ] {
        let answer = world.post("/v1/api-keys").json(&body).send().await.must_be(422);
        assert_eq!(answer.json()["field"], field, "{body}");
    }
}

#[tokio::test]
async fn what_was_done_with_keys_is_in_the_audit_log() {
    let world = World::new().await;
    world.key(&["read"]).await;
    let page = world.get("/v1/audit?limit=1").send().await.must_be(200).json();
    let after = page["next_after"].as_i64().expect("there is more");
    let rest = world
        .get(&format!("/v1/audit?after={after}"))
        .send()
        .await
        .must_be(200)
        .json();
    let records = rest["records"].as_array().expect("there are records");
    let admin = world.admin.split('_').nth(1).expect("a key has an id");
    assert!(records.iter().any(|record| record["actor"] == admin), "{rest}");
    let verdict = world.get("/v1/audit:verify").send().await.must_be(200).json();
    assert_eq!(verdict["intact"], true);
}
