//! The door shaped like APNs: who comes in, what is done for them, and what they are told.

use std::time::Duration;

use http::Method;
use rcgen::KeyPair;
use serde_json::json;
use tidings_testkit::{PATIENCE, TEAM_ID};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::visitor::{OpenDoor, Push, Said, provider_token};
use crate::world::{APP, World};

/// In seconds.
const HOUR: i64 = 3_600;

const APNS_ID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/// A world with the scene's key, its door, and the key's provider token.
async fn furnished() -> (World, OpenDoor, String) {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let door = OpenDoor::new(&world).await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let authorization = provider_token(&scene.private_key_pem, &scene.key_id, TEAM_ID, 0);
    (world, door, authorization)
}

fn refusal(said: &Said) -> (u16, &str) {
    (said.status, said.reason.as_deref().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_the_apps_signing_key_comes_in_and_nobody_else() {
    let (world, door, good) = furnished().await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let token = world.install("app_store", "alert").await;
    let (pem, key_id) = (scene.private_key_pem.as_str(), scene.key_id.as_str());
    let other = KeyPair::generate().expect("it is made").serialize_pem();
    for (authorization, status, reason) in [
        (String::new(), 403, "MissingProviderToken"),
        ("basic x".to_owned(), 403, "MissingProviderToken"),
        ("bearer x".to_owned(), 403, "InvalidProviderToken"),
        (
            provider_token(&other, key_id, TEAM_ID, 0),
            403,
            "InvalidProviderToken",
        ),
        (
            provider_token(pem, "OTHER12345", TEAM_ID, 0),
            403,
            "InvalidProviderToken",
        ),
        (
            provider_token(pem, key_id, "OTHERTEAM1", 0),
            403,
            "InvalidProviderToken",
        ),
        (
            provider_token(pem, key_id, TEAM_ID, -HOUR - 60),
            403,
            "ExpiredProviderToken",
        ),
        (
            provider_token(pem, key_id, TEAM_ID, HOUR + 60),
            403,
            "InvalidProviderToken",
        ),
        (provider_token(pem, key_id, TEAM_ID, 60 - HOUR), 200, ""),
        (good.clone(), 200, ""),
    ] {
        let said = door.push(&Push::new(&token, &authorization)).await;
        assert_eq!(refusal(&said), (status, reason), "{authorization}");
    }
    assert_eq!(world.shown().await.len(), 2);

    // A key of the app is none of another app's.
    world
        .put("/v1/apps/com.example.other/devices/00ff")
        .json(&json!({}))
        .send()
        .await
        .must_be(200);
    let mut push = Push::new(&token, &good);
    for topic in ["com.example.other", "com.example.nobody"] {
        push.headers = vec![("apns-topic", topic.to_owned())];
        assert_eq!(
            refusal(&door.push(&push).await),
            (403, "InvalidProviderToken"),
            "{topic}"
        );
    }

    // A key that is taken away opens nothing any more, though it was found to be good a moment ago.
    let listed = world
        .get(&format!("{APP}/credentials"))
        .send()
        .await
        .must_be(200)
        .json();
    let id = listed["credentials"][0]["id"]
        .as_str()
        .expect("it has an id")
        .to_owned();
    world
        .delete(&format!("{APP}/credentials/{id}"))
        .send()
        .await
        .must_be(204);
    let said = door.push(&Push::new(&token, &good)).await;
    assert_eq!(refusal(&said), (403, "InvalidProviderToken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_opens_the_door_too_if_it_may_send() {
    let (world, door, _) = furnished().await;
    let token = world.install("app_store", "alert").await;
    let push = async |key: &str, topic: &str| {
        let mut push = Push::new(&token, &format!("Bearer {key}"));
        push.headers = vec![("apns-topic", topic.to_owned())];
        door.push(&push).await
    };
    let (send, read) = (world.key(&["send"]).await, world.key(&["read"]).await);
    assert_eq!(push(&send, "com.example.app").await.status, 200);
    assert_eq!(refusal(&push(&read, "com.example.app").await), (403, "Forbidden"));
    assert_eq!(
        refusal(&push(&send, "com.example.nobody").await),
        (400, "TopicDisallowed")
    );
    let unknown = tidings_server::ApiKey::generate().reveal();
    assert_eq!(
        refusal(&push(&unknown, "com.example.app").await),
        (403, "InvalidProviderToken")
    );
    assert_eq!(world.shown().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_request_says_reaches_apns() {
    let (world, door, authorization) = furnished().await;
    let token = world.install("app_store", "voip").await;
    let mut push = Push::new(&token, &authorization)
        .with("apns-push-type", "voip")
        .with("apns-priority", "5")
        .with("apns-expiration", "4102444800")
        .with("apns-collapse-id", "call")
        .saying(r#"{"caller": "Ada",  "aps": {}}"#);
    push.headers[0].1 = "com.example.app.voip".to_owned();
    let said = door.push(&push).await;
    assert_eq!((said.status, said.reason.as_deref()), (200, None));
    let shown = world.shown().await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["payload"], json!({"caller": "Ada", "aps": {}}));
    assert_eq!(shown[0]["topic"], "com.example.app.voip");
    let headers = &shown[0]["headers"];
    for (name, value) in [
        ("apns-push-type", "voip"),
        ("apns-priority", "5"),
        ("apns-expiration", "4102444800"),
        ("apns-collapse-id", "call"),
    ] {
        assert_eq!(headers[name], value, "{headers}");
    }
    // Where the request names no id, the answer has the one that APNs got.
    assert_eq!(shown[0]["apns_id"].as_str(), Some(said.apns_id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_repeats_a_request_sends_once() {
    let (world, door, authorization) = furnished().await;
    let token = world.install("app_store", "alert").await;
    let push = Push::new(&token, &authorization);
    let first = door.push(&push.clone().with("apns-id", APNS_ID)).await;
    assert_eq!((first.status, first.apns_id.as_str()), (200, APNS_ID));
    // The same id in other letters is the same id, and comes back as it was given.
    let large = APNS_ID.to_uppercase();
    let again = door.push(&push.clone().with("apns-id", &large)).await;
    assert_eq!((again.status, &again.apns_id), (200, &large));
    assert_eq!(world.shown().await.len(), 1);
    // Who says something else under the same id does not repeat themselves.
    let other = push.clone().saying(r#"{"aps":{"alert":"Coffee"}}"#);
    let said = door.push(&other.with("apns-id", APNS_ID)).await;
    assert_eq!(said.status, 200);
    assert_eq!(world.shown().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_is_told_with_its_date_also_by_the_answer_to_a_repeat() {
    let (world, door, authorization) = furnished().await;
    let token = world.install("app_store", "alert").await;
    let path = format!("/v1/devices/{}/installs/com.example.app", device(&world));
    world.control(Method::DELETE, &path, None).await;
    let push = Push::new(&token, &authorization).with("apns-id", APNS_ID);
    let first = door.push(&push).await;
    assert_eq!(refusal(&first), (410, "Unregistered"));
    assert!(first.timestamp.is_some());
    assert_eq!(door.push(&push).await, first);
    // A new registration revives it here; that APNs knows nothing of it yet is its own affair.
    world.register(&token, &json!({})).await;
    let said = door.push(&Push::new(&token, &authorization)).await;
    assert_eq!(said.status, 200, "it is kept and tried: {said:?}");
}

fn device(world: &World) -> &str {
    &world.scene.as_ref().expect("this world has an APNs").device_id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_yet_is_accepted_and_kept() {
    let world = World::sending().await;
    let door = OpenDoor::new(&world).await;
    let token = world.install("app_store", "alert").await;
    world.register(&token, &json!({})).await;
    let key = world.key(&["send"]).await;
    // There is no credential, so nothing can be sent, and nothing is waited for.
    let said = door.push(&Push::new(&token, &format!("bearer {key}"))).await;
    assert_eq!((said.status, said.reason), (200, None));
    assert!(world.shown().await.is_empty());
    world.upload_key(&["production", "sandbox"]).await;
    world
        .until(&format!("{APP}/notifications"), |list| {
            list["notifications"][0]["state"] == "finished"
        })
        .await;
    assert_eq!(world.shown().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_in_time_is_accepted() {
    let world = World::new().await;
    let door = OpenDoor::new(&world).await;
    let clock = world.clock.clone().expect("this world has a clock of its own");
    let p8 = KeyPair::generate().expect("it is made").serialize_pem();
    let body = json!({"p8": p8, "key_id": "KEY1234567", "team_id": TEAM_ID});
    let path = format!("{APP}/credentials");
    world.post(&path).json(&body).send().await.must_be(201);
    let push = Push::new("00ff", &format!("bearer {}", world.admin));
    let mut asking = Box::pin(door.push(&push));
    // Nobody listens where APNs should be. The clock stands still until the answer is overdue.
    let early = timeout(Duration::from_millis(300), &mut asking).await;
    assert!(early.is_err(), "{early:?}");
    clock.advance(Duration::from_millis(2_001));
    assert_eq!(asking.await.status, 200);
    let listed = world
        .get(&format!("{APP}/notifications"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(listed["notifications"][0]["state"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http2_over_tls_is_shown_out() {
    let (_world, door, authorization) = furnished().await;
    let mut plain = TcpStream::connect(door.address).await.expect("somebody listens");
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    plain.write_all(request).await.expect("somebody listens");
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, plain.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "it hangs up");
    assert!(!rest.starts_with(b"HTTP/"), "nothing is said but TLS's alert");
    assert!(door.tls(&["http/1.1"]).await.is_err());
    assert!(door.tls(&[]).await.is_ok(), "some libraries name no protocol");
    // And what is too long for any push type is refused.
    let long = Push::new("00ff", &authorization).saying(&"x".repeat(100_000));
    assert_eq!(refusal(&door.push(&long).await), (413, "PayloadTooLarge"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_shown_to_whoever_comes_next() {
    let (_world, door, _) = furnished().await;
    assert!(door.tls(&["h2"]).await.is_ok());
    door.renew();
    let error = door
        .tls(&["h2"])
        .await
        .expect_err("it is not the one that is trusted");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_ends_with_the_server() {
    let (world, door, _) = furnished().await;
    let mut open = door.tls(&["h2"]).await.expect("the door takes connections");
    world.end().await;
    let ended = timeout(PATIENCE, door.serving).await;
    ended.expect("the door ends").expect("in good order");
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, open.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "who is in is shown out");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_door_are_counted() {
    let (world, door, authorization) = furnished().await;
    let token = world.install("app_store", "alert").await;
    door.push(&Push::new(&token, &authorization)).await;
    let metrics = world.get("/metrics").send().await.must_be(200).text();
    let line = r#"tidings_http_requests_total{method="POST",route="/3/device/{token}",status="200"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
}
