//! Incidents: told in a sentence, ended by somebody.

use serde_json::json;

use crate::world::{APP, World};

#[tokio::test]
async fn a_refused_credential_is_an_incident_that_says_why_and_can_be_released() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let token = world.install("app_store", "alert").await;
    world
        .register(&token, &json!({"environment": "production"}))
        .await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let revoke = format!("/v1/keys/{}", scene.key_id);
    world.control(http::Method::DELETE, &revoke, None).await;
    let id = world.send(&json!({"tokens": [token]})).await;
    let path = format!("{APP}/incidents");
    let list = world
        .until(&path, |json| {
            !json["incidents"].as_array().is_none_or(Vec::is_empty)
        })
        .await;
    let incident = &list["incidents"][0];
    assert_eq!(
        (&incident["cause"], &incident["open"]),
        (&json!("credential_refused"), &json!(true))
    );
    let summary = incident["summary"].as_str().unwrap_or_default();
    assert!(summary.contains("403 InvalidProviderToken"), "{summary}");
    assert_eq!(incident["help"], "/help/InvalidProviderToken");
    let one = format!("{path}/{}", incident["id"].as_str().expect("it has an id"));
    let described = world.get(&one).send().await.must_be(200).json();
    assert_eq!(described["id"], incident["id"]);
    let diagnosis = &described["diagnosis"];
    assert!(diagnosis["verdict"]["cause"].is_string(), "{diagnosis}");
    assert!(
        !diagnosis["causes"].as_array().is_none_or(Vec::is_empty),
        "{diagnosis}"
    );
    assert_eq!(
        world.get(&format!("{path}?open=false")).send().await.json()["incidents"],
        json!([])
    );
    // What is meant for the lane waits.
    let recipients = world
        .get(&format!("{APP}/notifications/{id}/recipients"))
        .send()
        .await
        .json();
    assert_eq!(recipients["counts"]["rejected"], 0, "{recipients}");
    let unknown = world.post(&format!("{one}:forget")).send().await.must_be(404);
    assert_eq!(unknown.problem(), "unknown-route");
    let released = world
        .post(&format!("{one}:release"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(released["incident"]["end"], "released");
    assert!(released["touched"].is_u64());
    let again = world.post(&format!("{one}:confirm")).send().await.must_be(409);
    assert_eq!(again.problem(), "incident-ended");
    let elsewhere = one.replace("com.example.app", "com.example.other");
    world
        .put("/v1/apps/com.example.other/devices/00ff")
        .send()
        .await
        .must_be(200);
    assert_eq!(world.get(&elsewhere).send().await.problem(), "incident-not-found");
}
