//! The door shaped like gorush.

use serde_json::{Value, json};
use tidings_server::{GorushAuthentication, GorushDoorConfig, ServerConfig};
use tidings_testkit::Scene;

use crate::world::{APP, Plan, World};

fn config(authentication: GorushAuthentication) -> ServerConfig {
    let app = "com.example.app".parse().expect("it is a bundle id");
    let mut config = ServerConfig::default();
    config.gorush_door = Some(GorushDoorConfig::new(app, authentication));
    config
}

async fn sending() -> World {
    let world = World::planned(Plan {
        config: config(GorushAuthentication::ApiKey),
        scene: Some(Scene::new().await.expect("the simulator starts")),
        clock: None,
    })
    .await;
    world.upload_key(&["production", "sandbox"]).await;
    world
}

async fn push(world: &World, notifications: &Value) -> Value {
    let body = json!({"notifications": notifications});
    let answer = world.post("/api/push").json(&body).send().await;
    answer.must_be(200).json()
}

/// Waits until so many notifications have finished.
async fn finished(world: &World, count: usize) {
    let is_so = |list: &Value| {
        let all = list["notifications"].as_array().cloned().unwrap_or_default();
        all.len() == count && all.iter().all(|one| one["state"] == "finished")
    };
    world.until(&format!("{APP}/notifications"), is_so).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_in_gorushs_form_is_delivered() {
    let world = sending().await;
    let token = world.install("app_store", "alert").await;
    let answer = push(
        &world,
        &json!([{
            "tokens": [token],
            "platform": 1,
            "message": "Tea is ready",
            "title": "Kitchen",
            "topic": "com.example.app",
            "badge": 3,
            "sound": "ding.aiff",
            "category": "tea",
            "thread-id": "kitchen",
            "data": {"order": 7},
            "mutable_content": true,
            "expiration": 4_102_444_800_u64,
            "priority": "normal",
            "collapse_id": "tea",
            "push_type": "alert",
            "production": true,
            "image": "https://example.com/for-android.png",
        }]),
    )
    .await;
    assert_eq!(answer, json!({"success": "ok", "counts": 1, "logs": []}));
    finished(&world, 1).await;
    let shown = world.shown().await;
    assert_eq!(shown.len(), 1);
    let payload = json!({
        "aps": {
            "alert": {"title": "Kitchen", "body": "Tea is ready"},
            "badge": 3,
            "sound": "ding.aiff",
            "category": "tea",
            "thread-id": "kitchen",
            "mutable-content": 1,
        },
        "order": 7,
    });
    assert_eq!(shown[0]["payload"], payload);
    let headers = &shown[0]["headers"];
    for (name, value) in [
        ("apns-push-type", "alert"),
        ("apns-priority", "5"),
        ("apns-expiration", "4102444800"),
        ("apns-collapse-id", "tea"),
    ] {
        assert_eq!(headers[name], value, "{headers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_told_for_each_device_token() {
    let world = sending().await;
    let token = world.install("app_store", "alert").await;
    let answer = push(
        &world,
        &json!([
            {"tokens": ["fcm-token"], "platform": 2, "message": "a", "notif_id": "one"},
            {"tokens": [token, "xyz"], "platform": 1, "message": "b"},
            {"tokens": [token], "platform": 1, "message": "c", "push_type": "loud"},
            {"tokens": [token], "platform": 1, "message": "d", "push_type": "voip"},
            {"tokens": [token], "platform": 1, "message": "e", "topic": "com.example.nobody"},
            {"tokens": [token], "platform": 1, "message": "f", "data": {"aps": {}}},
            {"tokens": [], "platform": 1, "message": "g"},
            {"tokens": ["x"], "message": "h"},
        ]),
    )
    .await;
    assert_eq!((&answer["success"], &answer["counts"]), (&json!("ok"), &json!(6)));
    let logs = answer["logs"].as_array().cloned().unwrap_or_default();
    let told: Vec<_> = logs
        .iter()
        .map(|log| {
            let text = |name: &str| log[name].as_str().unwrap_or_default().to_owned();
            (text("message"), text("platform"), text("error"))
        })
        .collect();
    for (place, (message, platform, error)) in [
        ("a", "android", "platform 2 is Android"),
        ("b", "ios", "BadDeviceToken"),
        ("c", "ios", "push_type"),
        ("d", "ios", "DeviceTokenNotForTopic"),
        ("e", "ios", "There is no app"),
        ("f", "ios", "/data/aps"),
        ("g", "ios", "tokens must not be nil or empty"),
        ("h", "", "there is no such platform"),
    ]
    .into_iter()
    .enumerate()
    {
        let (said, at, why) = &told[place];
        assert_eq!((said.as_str(), at.as_str()), (message, platform), "{told:?}");
        assert!(why.contains(error), "{why}");
    }
    assert_eq!(logs[0]["notif_id"], "one");
    assert!(
        !answer.to_string().contains(&token),
        "no device token is shown whole"
    );
    // The good one of two is sent all the same.
    finished(&world, 1).await;
    assert_eq!(world.shown().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_device_token_is_told_of_and_not_sent_to() {
    let world = sending().await;
    let token = world.install("app_store", "alert").await;
    let device = world.scene.as_ref().map(|scene| scene.device_id.clone());
    let path = format!(
        "/v1/devices/{}/installs/com.example.app",
        device.unwrap_or_default()
    );
    world.control(http::Method::DELETE, &path, None).await;
    let notification = json!([{"tokens": [token], "platform": 1, "message": "Tea"}]);
    assert_eq!(push(&world, &notification).await["logs"], json!([]));
    finished(&world, 1).await;
    let answer = push(&world, &notification).await;
    assert_eq!(answer["logs"][0]["error"], "Unregistered", "{answer}");
    finished(&world, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apns_id_makes_a_repeat_harmless() {
    let world = sending().await;
    let token = world.install("app_store", "alert").await;
    let notification = |message: &str| {
        json!([{
            "tokens": [token], "platform": 1, "message": message, "apns_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        }])
    };
    push(&world, &notification("Tea")).await;
    push(&world, &notification("Tea")).await;
    push(&world, &notification("Coffee")).await;
    finished(&world, 2).await;
    assert_eq!(world.shown().await.len(), 2);
}

#[tokio::test]
async fn it_is_closed_unless_it_is_configured() {
    let world = World::new().await;
    let answer = world.post("/api/push").json(&json!({})).send().await;
    assert_eq!(answer.must_be(404).problem(), "unknown-route");
}

#[tokio::test]
async fn refusals_have_gorushs_form() {
    let world = World::with(config(GorushAuthentication::ApiKey)).await;
    let read = world.key(&["read"]).await;
    let ask = |body: &'static str| world.post("/api/push").body(body);
    let many = format!(r#"{{"notifications":[{}{{}}]}}"#, "{},".repeat(100));
    for (answer, code) in [
        (ask("{}").by_nobody().send().await, 401),
        (ask("{}").by("tid_nonsense").send().await, 401),
        (ask("{}").by(&read).send().await, 403),
        (ask("nonsense").send().await, 400),
        (ask("{}").send().await, 400),
        (ask(r#"{"notifications":[]}"#).send().await, 400),
        (ask(r#"{"notifications":[{"badge":"x"}]}"#).send().await, 400),
        (world.post("/api/push").body(many).send().await, 400),
        (world.get("/api/push").send().await, 405),
    ] {
        let json = answer.must_be(code).json();
        if code != 405 {
            assert_eq!(json["code"], code, "{json}");
            assert!(!json["message"].as_str().unwrap_or_default().is_empty(), "{json}");
        }
    }
}

#[tokio::test]
async fn without_authentication_there_is_one_app() {
    let world = World::with(config(GorushAuthentication::Nothing)).await;
    for app in ["com.example.app", "com.example.other"] {
        let path = format!("/v1/apps/{app}/devices/00ff");
        world.put(&path).json(&json!({})).send().await.must_be(200);
    }
    let body = json!({"notifications": [
        {"tokens": ["00ff"], "platform": 1, "message": "a"},
        {"tokens": ["00ff"], "platform": 1, "message": "b", "topic": "com.example.other"},
    ]});
    let answer = world.post("/api/push").by_nobody().json(&body).send().await;
    let json = answer.must_be(200).json();
    let page = world.post("/api/push").by_nobody().json(&body);
    let page = page.header("origin", "https://example.com").send().await;
    assert_eq!(page.must_be(401).json()["code"], 401);
    assert_eq!(json["logs"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["logs"][0]["message"], "b");
    let listed = world
        .get(&format!("{APP}/notifications"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(listed["notifications"].as_array().map(Vec::len), Some(1));
}
