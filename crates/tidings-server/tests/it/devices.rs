//! Device tokens: registered, answered back, listed, restored, forgotten.

use http::Method;
use serde_json::{Value, json};

use crate::world::{APP, World};

#[tokio::test]
async fn a_registration_is_answered_with_the_device() {
    let world = World::new().await;
    let body = json!({
        "kind": "alert",
        "environment": "development",
        "installation_id": "i1",
        "user_id": "u1",
        "tags": ["b", "a"],
        "locale": "de_DE",
        "app_version": "2.0",
        "os_version": "19.1",
        "device_model": "iPhone17,1",
    });
    let device = world.register("00FFaa", &body).await.json();
    assert_eq!(device["token"], "00ffaa", "in lower case");
    assert_eq!(device["bundle_id"], "com.example.app");
    assert_eq!(
        device["claimed_environment"], "sandbox",
        "Apple's word is understood"
    );
    assert_eq!(device["state"], "unproven");
    assert_eq!(device["action"], "ok");
    assert_eq!(device["tags"], json!(["a", "b"]));
    for (field, value) in body.as_object().expect("it is an object") {
        if !["environment", "tags"].contains(&field.as_str()) {
            assert_eq!(&device[field], value, "{field}");
        }
    }
    assert!(device["reason"].as_str().is_some_and(|text| text.ends_with('.')));
    assert!(!device["evidence"].as_array().expect("it has a story").is_empty());
    let again = world
        .register("00ffaa", &json!({"app_version": "2.1"}))
        .await
        .json();
    assert_eq!(
        (&again["app_version"], &again["user_id"]),
        (&json!("2.1"), &json!("u1"))
    );
    let mut described = world.get(&format!("{APP}/devices/00ffaa")).send().await.json();
    let diagnosis = described
        .as_object_mut()
        .and_then(|device| device.remove("diagnosis"));
    assert!(diagnosis.is_some_and(|said| said["verdict"].is_object()));
    assert_eq!(described, again, "the rest is the same");
}

#[tokio::test]
async fn a_registration_may_say_nothing() {
    let world = World::new().await;
    let device = world
        .put(&format!("{APP}/devices/00ff"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&device["kind"], &device["claimed_environment"]),
        (&json!("alert"), &Value::Null)
    );
}

#[tokio::test]
async fn the_same_installation_has_one_token() {
    let world = World::new().await;
    world.register("01", &json!({"installation_id": "i"})).await;
    world.register("02", &json!({"installation_id": "i"})).await;
    let old = world.get(&format!("{APP}/devices/01")).send().await.json();
    assert_eq!(
        (&old["state"], &old["sending"]),
        (&json!("superseded"), &json!("no"))
    );
    let restored = world
        .post(&format!("{APP}/devices/01:restore"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_ne!(restored["state"], "superseded");
}

#[tokio::test]
async fn a_forgotten_device_is_gone() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let path = format!("{APP}/devices/00ff");
    world.delete(&path).send().await.must_be(204);
    assert_eq!(world.get(&path).send().await.problem(), "device-not-found");
    assert_eq!(world.delete(&path).send().await.problem(), "device-not-found");
}

#[tokio::test]
async fn devices_are_listed_in_pages_and_by_what_they_are() {
    let world = World::new().await;
    for number in 0..7 {
        let user = if number % 2 == 0 { "even" } else { "odd" };
        let body = json!({"user_id": user, "tags": [user, "all"], "environment": "sandbox"});
        world.register(&format!("0{number}"), &body).await;
    }
    let mut seen = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let after = cursor
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        let page = world
            .get(&format!("{APP}/devices?limit=3&tag=all{after}"))
            .send()
            .await
            .must_be(200)
            .json();
        let devices = page["devices"].as_array().expect("there are devices").clone();
        assert!(
            devices.iter().all(|device| device.get("evidence").is_none()),
            "lists are brief"
        );
        seen.extend(devices.into_iter().map(|device| device["token"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let all: Vec<_> = (0..7).map(|number| json!(format!("0{number}"))).collect();
    assert_eq!(seen, all);
    for (query, count) in [
        ("user_id=even", 4),
        ("tag=odd", 3),
        ("state=unproven", 7),
        ("state=active", 0),
        ("environment=sandbox", 7),
        ("environment=production", 0),
        ("kind=voip", 0),
        ("user_id=even&tag=odd", 0),
    ] {
        let page = world
            .get(&format!("{APP}/devices?{query}"))
            .send()
            .await
            .must_be(200)
            .json();
        assert_eq!(page["devices"].as_array().map(Vec::len), Some(count), "{query}");
    }
    let app = world.get(APP).send().await.must_be(200).json();
    assert_eq!(
        app["devices"],
        json!([{"state": "unproven", "environment": "sandbox", "count": 7}])
    );
}

#[tokio::test]
async fn a_list_of_few_among_many_goes_on_behind_empty_pages() {
    let world = World::new().await;
    let lines: Vec<_> = (0..9_000)
        .map(|number| json!({"token": format!("{number:08x}")}).to_string())
        .collect();
    let import = world
        .post(&format!("{APP}/devices:import"))
        .body(lines.join("\n"));
    import.send().await.must_be(200);
    let sandbox = json!({"environment": "sandbox"});
    world.register("ffff", &sandbox).await;
    let (mut pages, mut found, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let path = format!("{APP}/devices?state=unproven&environment=sandbox{cursor}");
        let page = world.get(&path).send().await.must_be(200).json();
        pages += 1;
        found.extend(page["devices"].as_array().expect("there is a list").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(found.is_empty(), "the one that is looked for is the last");
    }
    assert!(pages >= 3, "no request looked at all of them: {pages} pages");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["token"], "ffff");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let world = World::new().await;
    for number in 0..3 {
        world
            .register(&format!("0{number}"), &json!({"tags": ["a"]}))
            .await;
    }
    let page = world
        .get(&format!("{APP}/devices?limit=1&tag=a"))
        .send()
        .await
        .json();
    let cursor = page["next_cursor"].as_str().expect("there is more");
    let good = format!("{APP}/devices?limit=1&tag=a&cursor={cursor}");
    world.get(&good).send().await.must_be(200);
    for path in [
        format!("{APP}/devices?limit=1&tag=b&cursor={cursor}"),
        format!("{APP}/devices?limit=1&cursor={cursor}"),
        format!("{APP}/notifications?cursor={cursor}"),
    ] {
        assert_eq!(
            world.get(&path).send().await.must_be(400).problem(),
            "invalid-cursor",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_app_that_claims_the_wrong_environment_is_told() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let token = world.install("debug", "alert").await;
    world
        .register(&token, &json!({"environment": "production"}))
        .await;
    let id = world.send(&json!({"tokens": [token]})).await;
    let path = format!("{APP}/notifications/{id}");
    world.until(&path, |json| json["counts"]["delivered"] == 1).await;
    let device = format!("{APP}/devices/{token}");
    world.until(&device, |json| json["state"] == "active").await;
    let told = world
        .register(&token, &json!({"environment": "production"}))
        .await
        .json();
    assert_eq!(
        (&told["action"], &told["environment"]),
        (&json!("wrong_environment"), &json!("sandbox"))
    );
    let mended = world
        .register(&token, &json!({"environment": "sandbox"}))
        .await
        .json();
    assert_eq!(mended["action"], "ok");
    // Another kind than the one under which APNs accepted it.
    let kind = world.register(&token, &json!({"kind": "voip"})).await.json();
    assert_eq!(kind["action"], "wrong_kind");
}

#[tokio::test]
async fn an_app_whose_token_belongs_to_another_kind_is_told() {
    let world = World::sending().await;
    world.upload_key(&["production"]).await;
    let token = world.install("app_store", "voip").await;
    world
        .register(&token, &json!({"kind": "alert", "environment": "production"}))
        .await;
    world.send(&json!({"tokens": [token]})).await;
    let device = format!("{APP}/devices/{token}");
    let held = world.until(&device, |json| json["state"] == "quarantined").await;
    assert_eq!(held["action"], "wrong_kind");
    let told = world.register(&token, &json!({"kind": "alert"})).await.json();
    assert_eq!(told["action"], "wrong_kind");
    let mended = world.register(&token, &json!({"kind": "voip"})).await.json();
    assert_eq!(mended["action"], "ok");
}

#[tokio::test]
async fn a_token_of_a_deleted_app_is_explained_and_a_registration_brings_it_back() {
    let world = World::sending().await;
    world.upload_key(&["production"]).await;
    let token = world.install("app_store", "alert").await;
    world.register(&token, &json!({})).await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let install = format!("/v1/devices/{}/installs/com.example.app", scene.device_id);
    world.control(Method::DELETE, &install, None).await;
    let id = world.send(&json!({"tokens": [token]})).await;
    let device = format!("{APP}/devices/{token}");
    let dead = world.until(&device, |json| json["state"] == "unregistered").await;
    assert_eq!(
        (&dead["action"], &dead["sending"]),
        (&json!("refresh_token"), &json!("no"))
    );
    let story = dead["evidence"].to_string();
    assert!(story.contains("410 Unregistered"), "{story}");
    let notification = format!("{APP}/notifications/{id}");
    world
        .until(&notification, |json| json["state"] == "finished")
        .await;
    let recipients = format!("{notification}/recipients");
    let recipients = world.get(&recipients).send().await.must_be(200).json();
    let text = recipients["recipients"][0]["explanation"]
        .as_str()
        .unwrap_or_default();
    assert!(text.contains("410 Unregistered"), "{text}");
    let back = world.register(&token, &json!({})).await.json();
    assert_eq!((&back["action"], &back["sending"]), (&json!("ok"), &json!("yes")));
}
