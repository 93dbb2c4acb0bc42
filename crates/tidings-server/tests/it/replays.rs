//! What failed is told by its cause and request by request, and is sent again, carefully.

use http::Method;
use serde_json::{Value, json};
use tidings_testkit::BUNDLE_ID;

use crate::world::{APP, World};

/// So many phones with the app, registered; their device tokens.
async fn phones(world: &World, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        let device = world.control(Method::POST, "/v1/devices", Some(&json!({}))).await;
        let id = device["device_id"].as_str().expect("it has an id");
        let body = json!({"bundle_id": BUNDLE_ID, "build": "app_store", "kinds": ["alert"]});
        let path = format!("/v1/devices/{id}/installs");
        let installed = world.control(Method::POST, &path, Some(&body)).await;
        let token = installed["tokens"]["alert"].as_str().expect("it has a token");
        world
            .register(token, &json!({"environment": "production"}))
            .await
            .must_be(200);
        tokens.push(token.to_owned());
    }
    tokens
}

/// A world in which a notification to so many phones was answered so, which is over now.
pub(crate) async fn refused(count: usize, status: u16, reason: &str) -> (World, String) {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let tokens = phones(&world, count).await;
    let fault = json!({"kind": "status", "status": status, "reason": reason});
    let fault = world.control(Method::POST, "/v1/faults", Some(&fault)).await;
    let id = world.send(&json!({"tokens": tokens})).await;
    let path = format!("{APP}/notifications/{id}");
    world
        .until(&path, |json| json["counts"]["rejected"] == count)
        .await;
    let fault = format!("/v1/faults/{}", fault["fault_id"].as_str().expect("it has an id"));
    world.control(Method::DELETE, &fault, None).await;
    (world, id)
}

async fn only_problem(world: &World) -> Value {
    let list = world
        .get(&format!("{APP}/problems"))
        .send()
        .await
        .must_be(200)
        .json();
    let problems = list["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 1, "{list}");
    problems[0].clone()
}

fn id_of(body: &Value) -> &str {
    body["id"].as_str().expect("it has an id")
}

#[tokio::test]
async fn what_failed_is_sent_again_ten_a_tenth_and_the_rest() {
    let (world, failed) = refused(12, 422, "SomethingNew").await;
    let problem = only_problem(&world).await;
    assert_eq!(
        (
            &problem["title"],
            &problem["recipients"],
            &problem["not_replayable"]
        ),
        (&json!("422 SomethingNew"), &json!(12), &Value::Null)
    );
    let plan_path = format!("{APP}/problems/{}:replay", id_of(&problem));
    let planned = world.post(&plan_path).send().await.must_be(201);
    let plan = planned.json();
    let path = format!("{APP}/replays/{}", id_of(&plan));
    assert_eq!(planned.headers["location"], path.as_str());
    assert_eq!(
        (&plan["recipients"], &plan["next"]),
        (&json!(12), &json!({"step": "ten", "recipients": 10}))
    );
    let same = world.post(&plan_path).send().await.must_be(201).json();
    assert_eq!(same["id"], plan["id"], "pressed twice, it is one plan");

    let send = |step: &'static str| world.post(&format!("{path}:send")).json(&json!({"step": step}));
    let early = send("rest").send().await.must_be(409);
    assert_eq!(early.problem(), "step-not-offered");
    send("ten").send().await.must_be(200);
    send("ten").send().await.must_be(200);
    let went = |place: usize| move |json: &Value| json["steps"][place]["course"] == "well";
    let ten = world.until(&path, went(0)).await;
    assert_eq!(ten["steps"][0]["delivered"], 10, "{ten}");
    assert_eq!(ten["next"], json!({"step": "tenth", "recipients": 2}));
    let notifications = format!("{APP}/notifications");
    let newest = world.get(&notifications).send().await.json();
    let of = &newest["notifications"][0];
    assert_eq!(
        of["replays"],
        json!({"notification_id": failed, "replay_id": plan["id"]})
    );
    assert_ne!(of["id"], failed.as_str());
    send("tenth").send().await.must_be(200);
    let end = world.until(&path, went(1)).await;
    assert_eq!((&end["left"], &end["next"]), (&json!(0), &Value::Null));
    assert_eq!(end["explanation"], "All of it was sent again.");

    let nothing = world.post(&plan_path).send().await.must_be(409);
    assert_eq!(nothing.problem(), "nothing-to-replay");
    assert!(nothing.text().contains("12 were sent again before"));
    let audit = world.get("/v1/audit").send().await.must_be(200).text();
    assert_eq!(audit.matches("replay.sent").count(), 2, "{audit}");
}

#[tokio::test]
async fn what_apns_refused_for_itself_is_not_sent_again() {
    let (world, _) = refused(1, 400, "PayloadEmpty").await;
    let problem = only_problem(&world).await;
    assert!(problem["not_replayable"].is_string(), "{problem}");
    let path = format!("{APP}/problems/{}:replay", id_of(&problem));
    let refused = world.post(&path).send().await.must_be(409);
    assert_eq!(refused.problem(), "nothing-to-replay");
    let reader = world.key(&["read"]).await;
    let forbidden = world.post(&path).by(&reader).send().await.must_be(403);
    assert_eq!(forbidden.problem(), "scope-missing");
    for unknown in ["0123456789abcdef", "nonsense"] {
        let path = format!("{APP}/problems/{unknown}:replay");
        let answer = world.post(&path).send().await;
        let expected = if unknown == "nonsense" {
            "invalid-field"
        } else {
            "problem-not-found"
        };
        assert_eq!(answer.problem(), expected);
    }
}

#[tokio::test]
async fn a_replay_can_be_stopped() {
    let (world, _) = refused(11, 422, "SomethingNew").await;
    let problem = only_problem(&world).await;
    let path = format!("{APP}/problems/{}:replay", id_of(&problem));
    let plan = world.post(&path).send().await.must_be(201).json();
    let path = format!("{APP}/replays/{}", id_of(&plan));
    let stopped = world
        .post(&format!("{path}:stop"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(stopped["explanation"], "It was stopped.");
    let late = world.post(&format!("{path}:send")).json(&json!({"step": "ten"}));
    assert_eq!(late.send().await.must_be(409).problem(), "step-not-offered");
    let elsewhere = path.replace("com.example.app", "com.example.other");
    world
        .put("/v1/apps/com.example.other/devices/00ff")
        .send()
        .await
        .must_be(200);
    let foreign = world.get(&elsewhere).send().await.must_be(404);
    assert_eq!(foreign.problem(), "replay-not-found");
}

#[tokio::test]
async fn requests_are_told_one_by_one_where_the_first_did_not_end_it() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let astray = world.install("debug", "alert").await;
    world
        .register(&astray, &json!({"environment": "production"}))
        .await;
    let id = world.send(&json!({"tokens": [astray]})).await;
    let path = format!("{APP}/notifications/{id}");
    world.until(&path, |json| json["counts"]["delivered"] == 1).await;
    let list = world
        .get(&format!("{path}/recipients"))
        .send()
        .await
        .must_be(200)
        .json();
    let history = list["recipients"][0]["history"].as_array().expect("a history");
    let told: Vec<_> = history
        .iter()
        .map(|one| {
            (
                one["environment"].as_str(),
                one["status"].as_u64(),
                one["decision"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("production"), Some(400), Some("rerouted")),
            (Some("sandbox"), Some(200), Some("delivered"))
        ]
    );
    assert!(
        history
            .iter()
            .all(|one| one["connection"].is_u64() && one["stream"].is_u64())
    );
    let at_once = phones(&world, 1).await;
    let id = world.send(&json!({"tokens": at_once})).await;
    let path = format!("{APP}/notifications/{id}");
    world.until(&path, |json| json["counts"]["delivered"] == 1).await;
    let list = world.get(&format!("{path}/recipients")).send().await.json();
    assert_eq!(
        list["recipients"],
        json!([]),
        "what is accepted at once costs no row"
    );
}

#[tokio::test]
async fn apns_is_asked_about_a_credential_without_reaching_anybody() {
    let world = World::sending().await;
    let uploaded = world.upload_key(&["production", "sandbox"]).await.json();
    let phone = world.install("app_store", "alert").await;
    world.register(&phone, &json!({})).await;
    let path = format!("{APP}/credentials/{}:probe", id_of(&uploaded));
    let probed = world.post(&path).send().await.must_be(200).json();
    for (place, environment) in ["production", "sandbox"].into_iter().enumerate() {
        let one = &probed["environments"][place];
        assert_eq!(
            (&one["environment"], &one["opinion"], &one["reason"]),
            (&json!(environment), &json!("accepts"), &json!("BadDeviceToken"))
        );
    }
    let again = world.post(&path).send().await.must_be(429);
    assert_eq!(again.problem(), "asked-lately");
    assert_eq!(again.headers["retry-after"], "10");
    assert_eq!(world.shown().await, Vec::<Value>::new(), "no device was reached");
    let device = world.get(&format!("{APP}/devices/{phone}")).send().await.json();
    assert_eq!(device["state"], "unproven", "{device}");
}

#[tokio::test]
async fn apns_says_what_it_does_not_take_of_a_credential() {
    let world = World::sending().await;
    let uploaded = world.upload_key(&["production"]).await.json();
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let revoke = format!("/v1/keys/{}", scene.key_id);
    world.control(Method::DELETE, &revoke, None).await;
    let path = format!("{APP}/credentials/{}:probe", id_of(&uploaded));
    let probed = world.post(&path).send().await.must_be(200).json();
    let one = &probed["environments"][0];
    assert_eq!(
        (&one["opinion"], &one["status"], &one["reason"]),
        (&json!("refuses"), &json!(403), &json!("InvalidProviderToken"))
    );
    assert_eq!(one["help"], "/help/InvalidProviderToken");
    let incidents = world.get(&format!("{APP}/incidents")).send().await.json();
    assert_eq!(incidents["incidents"], json!([]), "no lane goes by it");
}
