//! The doctor over HTTP: of an app, of a device token, and the pages that explain.

use serde_json::json;
use tidings_testkit::simulator::Build;
use tidings_testkit::{BUNDLE_ID, TEAM_ID};

use crate::world::{APP, World};

const TOKEN: &str = "00fc13adff78512200fc13adff78512200fc13adff78512200fc13adff785122";

#[tokio::test]
async fn an_app_that_does_well_has_nothing_to_be_told() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let diagnosis = world
        .get(&format!("{APP}/diagnosis"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(diagnosis["verdict"]["cause"], json!(null), "{diagnosis}");
    assert_eq!(diagnosis["cohorts"], json!([]), "{diagnosis}");
}

#[tokio::test]
async fn a_credential_that_will_not_do_is_told_with_where_that_is_explained() {
    let world = World::sending().await;
    let new = json!({
        "team_id": TEAM_ID, "bundle_id": BUNDLE_ID, "environments": ["production"], "not_after": "2024-01-01T00:00:00Z",
    });
    let issued = world
        .control(http::Method::POST, "/v1/certificates", Some(&new))
        .await;
    let keystore = json!({"p12": issued["pkcs12_base64"], "password": issued["password"]});
    let path = format!("{APP}/credentials");
    world.post(&path).json(&keystore).send().await.must_be(201);
    let diagnosis = world
        .get(&format!("{APP}/diagnosis"))
        .send()
        .await
        .must_be(200)
        .json();
    let finding = &diagnosis["findings"][0];
    assert_eq!(finding["code"], "certificate-expired", "{diagnosis}");
    assert_eq!(finding["severity"], "error");
    for field in ["title", "fix"] {
        assert!(
            finding[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field}: {finding}"
        );
    }
    let help = finding["help"].as_str().expect("it is explained");
    let page = world.get(help).by_nobody().send().await.must_be(200).text();
    assert!(page.starts_with("certificate-expired\n"), "{page}");
}

#[tokio::test]
async fn a_device_token_is_read_together_with_what_apns_said_of_it() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    world.register(TOKEN, &json!({"environment": "production"})).await;
    world.send(&json!({"tokens": [TOKEN]})).await;
    let path = format!("{APP}/devices/{TOKEN}");
    let device = world.until(&path, |json| json["state"] != "unproven").await;
    let diagnosis = &device["diagnosis"];
    assert!(diagnosis["verdict"]["cause"].is_string(), "{device}");
    assert!(
        !diagnosis.to_string().contains(TOKEN),
        "no whole token in a diagnosis: {diagnosis}"
    );
}

#[tokio::test]
async fn reasons_and_findings_are_explained_to_anybody() {
    let world = World::new().await;
    let page = world
        .get("/help/baddevicetoken")
        .by_nobody()
        .send()
        .await
        .must_be(200)
        .text();
    assert!(page.starts_with("BadDeviceToken\n"), "{page}");
    assert!(
        page.contains("/help/"),
        "it leads on to what can have led to it: {page}"
    );
    let all = world.get("/help").by_nobody().send().await.must_be(200).text();
    assert!(
        all.contains("/help/certificate-expired") && all.contains("/help/BadDeviceToken"),
        "{all}"
    );
    let none = world.get("/help/nonsense").send().await.must_be(404);
    assert_eq!(none.problem(), "unknown-route");
}

#[tokio::test]
async fn what_failing_device_tokens_have_in_common_is_named() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let tokens = scene
        .device_tokens(Build::AppStore, 60)
        .expect("there are devices");
    for (number, token) in tokens.iter().enumerate() {
        let (build, claimed) = if number < 25 {
            ("812", "sandbox")
        } else {
            ("811", "production")
        };
        let body = json!({"app_version": build, "environment": claimed, "os_version": "18.2"});
        world.register(token, &body).await;
    }
    world.send(&json!({"everyone": true})).await;
    let all_are_active = |app: &serde_json::Value| {
        let counts = app["devices"].as_array().into_iter().flatten();
        counts
            .filter(|count| count["state"] == "active")
            .filter_map(|count| count["count"].as_u64())
            .sum::<u64>()
            == 60
    };
    world.until(APP, all_are_active).await;
    let diagnosis = world
        .get(&format!("{APP}/diagnosis"))
        .send()
        .await
        .must_be(200)
        .json();
    let cohort = &diagnosis["cohorts"][0];
    assert_eq!(cohort["what"], "misplaced", "{diagnosis}");
    assert_eq!((&cohort["failing"], &cohort["healthy"]), (&json!(25), &json!(35)));
    assert_eq!(cohort["is_whole"], true);
    let sentence = cohort["sentence"].as_str().unwrap_or_default();
    assert!(
        sentence.contains("812") || sentence.contains("sandbox"),
        "{sentence}"
    );
}
