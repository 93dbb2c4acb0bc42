//! Events to webhooks, over real sockets; the schedule in virtual time.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tidings_apns::Timestamp;
use tidings_delivery::Clock as _;
use tidings_server::ServerConfig;
use tidings_store::{EventId, EventKind, NewEvent};

use crate::receiver::{Receiver, Reply};
use crate::world::{APP, World};

/// A server that may send to this machine.
async fn world() -> World {
    let mut config = ServerConfig::default();
    config.webhooks.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    World::with(config).await
}

async fn webhook(world: &World, body: &Value) -> Value {
    world
        .post("/v1/webhooks")
        .json(body)
        .send()
        .await
        .must_be(201)
        .json()
}

async fn happen(world: &World, token: &str) {
    world.register(token, &json!({})).await;
    world
        .delete(&format!("{APP}/devices/{token}"))
        .send()
        .await
        .must_be(204);
}

fn path(webhook: &Value) -> String {
    format!("/v1/webhooks/{}", webhook["id"].as_str().expect("it has an id"))
}

/// Turns the clock to the next attempt of a webhook's only delivery; how long that took.
pub(crate) async fn to_next_attempt(world: &World, webhook: &Value, attempts: u64) -> Duration {
    let waiting = format!("{}/deliveries?state=waiting", path(webhook));
    let now = world.clock.as_ref().expect("by hand").now().as_unix_millis();
    let at = |value: &Value| -> u64 {
        let at = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        at.map_or(0, Timestamp::as_unix_millis)
    };
    let json = world
        .until(&waiting, |json| {
            let delivery = &json["deliveries"][0];
            delivery["attempts"] == attempts && at(&delivery["next_at"]) > now
        })
        .await;
    let delivery = &json["deliveries"][0];
    let pause = Duration::from_millis(at(&delivery["next_at"]) - at(&delivery["last_attempt"]["at"]));
    let clock = world.clock.as_ref().expect("the clock is turned by hand");
    clock.advance(pause);
    pause
}

#[tokio::test]
async fn an_event_comes_signed_and_in_the_form_of_the_stream() {
    let world = world().await;
    let receiver = Receiver::new([]).await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    happen(&world, "01").await;
    let received = receiver.requests(1).await.remove(0);
    assert!(
        received.head.starts_with("POST /hook?key=planted HTTP/1.1"),
        "{}",
        received.head
    );
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("host"), receiver.address.to_string());
    let event = received.json();
    assert_eq!(
        (&event["type"], &event["bundle_id"], &event["version"]),
        (&json!("device.forgotten"), &json!("com.example.app"), &json!(1))
    );
    let secret = made["secret"]
        .as_str()
        .and_then(|text| text.strip_prefix("whsec_"));
    let secret = STANDARD.decode(secret.expect("it has a secret")).expect("Base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let (id, at) = (
        received.header("webhook-id"),
        received.header("webhook-timestamp"),
    );
    let signed = hmac::sign(&key, format!("{id}.{at}.{}", received.body).as_bytes());
    assert_eq!(
        received.header("webhook-signature"),
        format!("v1,{}", STANDARD.encode(signed))
    );
    assert_eq!(at, "1800000000");
}

#[tokio::test]
async fn a_webhook_gets_the_types_and_apps_that_it_wants_and_cloud_events_if_asked() {
    let world = world().await;
    let receiver = Receiver::new([]).await;
    happen(&world, "00").await;
    let body = json!({
        "url": receiver.url(), "events": ["device.forgotten"], "apps": ["com.example.app"], "format": "cloudevents",
    });
    webhook(&world, &body).await;
    let other = "/v1/apps/com.example.other/devices/01";
    world.put(other).send().await.must_be(200);
    world.delete(other).send().await.must_be(204);
    happen(&world, "02").await;
    let received = receiver.requests(1).await.remove(0);
    assert_eq!(received.header("content-type"), "application/cloudevents+json");
    let event = received.json();
    assert_eq!(event["type"], "tidings.device.forgotten.v1");
    assert_eq!(event["source"], "/tidings/apps/com.example.app");
    assert_eq!(event["id"], received.header("webhook-id"));
    assert_eq!(
        receiver.count(),
        1,
        "what happened before it was made is not sent"
    );
}

#[tokio::test]
async fn what_fails_is_tried_again_by_the_schedule_and_then_given_up() {
    let world = world().await;
    let receiver = Receiver::new(vec![Reply::Status(500, ""); 10]).await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    happen(&world, "01").await;
    let schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (place, seconds) in schedule.into_iter().enumerate() {
        receiver.requests(place + 1).await;
        let pause = to_next_attempt(&world, &made, place as u64 + 1).await;
        let (least, most) = (
            Duration::from_secs(seconds),
            Duration::from_secs(seconds).mul_f64(1.1),
        );
        assert!(pause >= least && pause <= most, "{place}: {pause:?}");
    }
    let all = receiver.requests(10).await;
    let ids: std::collections::BTreeSet<_> = all.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1, "a repetition can be told");
    let disabled = world.until(&path(&made), |json| json["enabled"] == false).await;
    assert_eq!(disabled["disabled"]["cause"], "failing");
    let failed = format!("{}/deliveries?state=failed", path(&made));
    let failed = world.get(&failed).send().await.must_be(200).json();
    assert_eq!(failed["deliveries"][0]["attempts"], 10);
    assert_eq!(failed["deliveries"][0]["last_attempt"]["status"], 500);
    // Nobody is asked any more.
    happen(&world, "02").await;
    world
        .clock
        .as_ref()
        .expect("by hand")
        .advance(Duration::from_hours(48));
    let told = world.store.events(EventId(0), None, 100).await;
    let told = told.expect("the store reads");
    assert!(told.iter().any(|event| event.kind.as_str() == "webhook.disabled"));
    assert_eq!(receiver.count(), 10);
    // Enabled again, it gets what happened meanwhile, and by hand what had failed.
    world
        .patch(&path(&made))
        .json(&json!({"enabled": true}))
        .send()
        .await
        .must_be(200);
    receiver.requests(11).await;
    let replayed = world
        .post(&format!("{}:replay", path(&made)))
        .json(&json!({"failed": true}))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(replayed["count"], 1);
    let all = receiver.requests(12).await;
    assert!(ids.contains(all[11].header("webhook-id")), "under the same id");
}

#[tokio::test]
async fn a_receiver_can_ask_to_be_left_alone_for_a_while() {
    let world = world().await;
    let receiver = Receiver::new([
        Reply::Status(429, "retry-after: 7200\r\n"),
        Reply::Status(503, "retry-after: Fri, 15 Jan 2027 12:00:00 GMT\r\n"),
    ])
    .await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    happen(&world, "01").await;
    receiver.requests(1).await;
    assert_eq!(to_next_attempt(&world, &made, 1).await, Duration::from_hours(2));
    receiver.requests(2).await;
    // It is 10 o'clock by then.
    assert_eq!(to_next_attempt(&world, &made, 2).await, Duration::from_hours(2));
    receiver.requests(3).await;
    world
        .until(&format!("{}/deliveries", path(&made)), |json| {
            json["deliveries"][0]["state"] == "delivered"
        })
        .await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone() {
    let world = world().await;
    let receiver = Receiver::new([Reply::Status(410, "")]).await;
    let made = webhook(&world, &json!({"url": receiver.url()})).await;
    happen(&world, "01").await;
    let gone = world.until(&path(&made), |json| json["enabled"] == false).await;
    assert_eq!(gone["disabled"]["cause"], "gone");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn what_does_not_answer_as_it_should_is_told_by_name_and_nothing_of_it_shown() {
    let mut config = ServerConfig::default();
    config.webhooks.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.webhooks.request_timeout = Duration::from_millis(500);
    let world = World::with(config).await;
    let receiver = Receiver::new([]).await;
    let made = webhook(&world, &json!({"url": receiver.url()})).await;
    let test = format!("{}:test", path(&made));
    for (reply, status, problem) in [
        (Reply::Status(204, ""), json!(204), Value::Null),
        (
            Reply::Status(302, "location: http://169.254.169.254/\r\n"),
            json!(302),
            json!("redirect_not_followed"),
        ),
        (Reply::Status(404, ""), json!(404), json!("refused_by_receiver")),
        (Reply::Status(410, ""), json!(410), json!("gone")),
        (Reply::Silence, Value::Null, json!("timed_out")),
        (Reply::Noise, Value::Null, json!("no_http_answer")),
        (Reply::Flood, json!(200), Value::Null),
    ] {
        receiver.answer_next(reply.clone());
        let tested = world.post(&test).send().await.must_be(200).json();
        assert_eq!(
            (&tested["status"], &tested["problem"]),
            (&status, &problem),
            "{reply:?}"
        );
        assert_eq!(tested["delivered"], problem.is_null());
        assert!(!tested.to_string().contains("ESMTP"), "{tested}");
    }
    assert_eq!(
        receiver.count(),
        7,
        "no redirect is followed, and nothing is tried again"
    );
    let still = world.get(&path(&made)).send().await.must_be(200).json();
    assert_eq!(still["enabled"], true, "a trial says nothing of its health");
}

#[tokio::test]
async fn a_dead_receiver_holds_up_nobody() {
    let world = world().await;
    let dead = Receiver::new(vec![Reply::Silence; 50]).await;
    let alive = Receiver::new([]).await;
    webhook(
        &world,
        &json!({"url": dead.url(), "events": ["device.forgotten"]}),
    )
    .await;
    webhook(
        &world,
        &json!({"url": alive.url(), "events": ["device.forgotten"]}),
    )
    .await;
    for token in 0..20 {
        happen(&world, &format!("{token:02x}")).await;
    }
    alive.requests(20).await;
    assert!(
        dead.count() <= 4,
        "{} requests are on their way to the dead",
        dead.count()
    );
}

#[tokio::test]
async fn what_waits_for_a_webhook_has_a_bound_and_the_rest_stays_in_the_outbox() {
    let world = world().await;
    let receiver = Receiver::new(vec![Reply::Status(500, ""); 256]).await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    let happenings = (0..300).map(|number| {
        let event = NewEvent {
            app_id: None,
            kind: EventKind::DeviceForgotten,
            subject: number.to_string(),
            data: json!({}),
        };
        world.store.append_event(event, Timestamp::from_unix_millis(0))
    });
    futures_util::future::join_all(happenings).await;
    receiver.requests(256).await;
    let full = world.until(&path(&made), |json| json["waiting"] == 256).await;
    assert!(full["failing_since"].is_string(), "{full}");
    let clock = world.clock.as_ref().expect("by hand");
    // It answers from now on, and gets all that waited, and then what did not.
    let done = async {
        while receiver.count() < 556 {
            clock.advance(Duration::from_secs(6));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let done = tokio::time::timeout(tidings_testkit::PATIENCE, done).await;
    assert!(done.is_ok(), "{} came", receiver.count());
    let subjects: std::collections::BTreeSet<String> = receiver.requests(556).await[256..]
        .iter()
        .map(|one| one.json()["id"].to_string())
        .collect();
    assert_eq!(subjects.len(), 300, "each once, and none is missing");
}

#[tokio::test]
async fn events_about_the_same_come_in_their_order() {
    let world = world().await;
    let receiver = Receiver::new([Reply::Status(500, "")]).await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    happen(&world, "01").await;
    receiver.requests(1).await;
    happen(&world, "01").await;
    happen(&world, "02").await;
    let second = receiver.requests(2).await.remove(1).json();
    let first = receiver.requests(1).await.remove(0).json();
    assert_ne!(first["subject"], second["subject"], "the other goes ahead");
    to_next_attempt_of(&world, &made).await;
    let all: Vec<Value> = receiver
        .requests(4)
        .await
        .iter()
        .map(crate::receiver::Received::json)
        .collect();
    assert_eq!(all[2]["id"], first["id"]);
    assert_eq!(all[3]["subject"], first["subject"]);
    assert!(all[3]["id"].as_i64() > first["id"].as_i64());
}

/// Turns the clock far enough for a second attempt.
async fn to_next_attempt_of(world: &World, webhook: &Value) {
    world
        .until(&path(webhook), |json| {
            json["failing_since"].is_string() || json["delivered_at"].is_string()
        })
        .await;
    world
        .clock
        .as_ref()
        .expect("by hand")
        .advance(Duration::from_secs(6));
}

#[tokio::test]
async fn a_secret_is_changed_without_a_gap_and_shown_once() {
    let world = world().await;
    let receiver = Receiver::new([]).await;
    let made = webhook(&world, &json!({"url": receiver.url()})).await;
    let rotate = format!("{}:rotate-secret", path(&made));
    let rotated = world.post(&rotate).send().await.must_be(200).json();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(rotated["previous_secret_until"], "2027-01-16T08:00:00.000Z");
    happen(&world, "01").await;
    let signatures =
        |received: &crate::receiver::Received| received.header("webhook-signature").split(' ').count();
    assert_eq!(signatures(&receiver.requests(1).await[0]), 2);
    world
        .clock
        .as_ref()
        .expect("by hand")
        .advance(Duration::from_hours(24));
    happen(&world, "02").await;
    assert_eq!(signatures(&receiver.requests(2).await[1]), 1);
    for secret in [&made["secret"], &rotated["secret"]] {
        let secret = secret.as_str().expect("a secret");
        for place in [path(&made), "/v1/webhooks".to_owned(), "/v1/audit".to_owned()] {
            let text = world.get(&place).send().await.must_be(200).text();
            assert!(!text.contains(secret), "{place}");
        }
    }
    let week = json!({"previous_for_seconds": 604_801});
    let refused = world.post(&rotate).json(&week).send().await.must_be(422);
    assert_eq!(refused.problem(), "invalid-field");
}

#[tokio::test]
async fn webhooks_go_to_the_public_internet_unless_the_operator_allows_more() {
    let world = World::new().await;
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://localhost./",
        "https://user:password@example.com/",
        "https://example.com:0/",
        "ftp://example.com/",
        "https://exämple.com/",
        "https://1.1.1.1:22/",
    ] {
        let refused = world
            .post("/v1/webhooks")
            .json(&json!({"url": url}))
            .send()
            .await
            .must_be(422);
        assert_eq!(refused.problem(), "invalid-field", "{url}");
        assert_eq!(refused.json()["field"], "/url");
    }
    // A name is looked at when it is gone to: then, and at that very address.
    let made = webhook(&world, &json!({"url": "https://localhost:1024/"})).await;
    let tested = world
        .post(&format!("{}:test", path(&made)))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(tested["problem"], "address_refused");
}

#[tokio::test]
async fn a_key_for_some_apps_has_only_webhooks_of_its_own() {
    let world = world().await;
    world.register("01", &json!({})).await;
    world
        .put("/v1/apps/com.example.other/devices/01")
        .send()
        .await
        .must_be(200);
    let receiver = Receiver::new([]).await;
    let all = webhook(&world, &json!({"url": receiver.url()})).await;
    let both = json!({"url": receiver.url(), "apps": ["com.example.app", "com.example.other"]});
    let both = webhook(&world, &both).await;
    let key = json!({"name": "one", "scopes": ["admin"], "apps": ["com.example.app"]});
    let key = world.make_key(&key).await;
    for (body, problem) in [
        (json!({"url": receiver.url()}), "app-not-allowed"),
        (
            json!({"url": receiver.url(), "apps": ["com.example.other"]}),
            "app-not-allowed",
        ),
    ] {
        let refused = world.post("/v1/webhooks").by(&key).json(&body).send().await;
        assert_eq!(refused.problem(), problem);
    }
    let own = json!({"url": receiver.url(), "apps": ["com.example.app"]});
    let own = world
        .post("/v1/webhooks")
        .by(&key)
        .json(&own)
        .send()
        .await
        .must_be(201)
        .json();
    let listed = world
        .get("/v1/webhooks")
        .by(&key)
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(listed["webhooks"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["webhooks"][0]["id"], own["id"]);
    for foreign in [&all, &both] {
        let place = path(foreign);
        for ask in [
            world.get(&place),
            world.get(&format!("{place}/deliveries")),
            world.delete(&place),
            world.patch(&place).json(&json!({"enabled": false})),
            world.post(&format!("{place}:test")),
            world.post(&format!("{place}:rotate-secret")),
            world.post(&format!("{place}:replay")).json(&json!({"after": 0})),
        ] {
            assert_eq!(ask.by(&key).send().await.problem(), "webhook-not-found");
        }
    }
    // Nor can its own one be made to tell of others.
    for apps in [json!(null), json!(["com.example.other"])] {
        let change = world.patch(&path(&own)).by(&key).json(&json!({"apps": apps}));
        assert_eq!(change.send().await.problem(), "app-not-allowed");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_place() {
    let world = world().await;
    let url = "https://example.com/";
    for (body, field) in [
        (json!({}), ""),
        (json!({"url": url, "events": []}), "/events"),
        (json!({"url": url, "events": ["device.exploded"]}), "/events/0"),
        (json!({"url": url, "apps": []}), "/apps"),
        (json!({"url": url, "apps": ["com.example.unknown"]}), "/apps/0"),
        (json!({"url": url, "name": ""}), "/name"),
        (json!({"url": url, "format": "xml"}), "/format"),
        (json!({"url": url, "secret": "whsec_x"}), "/secret"),
        (json!({"url": 7}), "/url"),
    ] {
        let refused = world.post("/v1/webhooks").json(&body).send().await.must_be(422);
        assert_eq!(refused.json()["field"], field, "{body}");
    }
    let made = webhook(&world, &json!({"url": url})).await;
    let replay = format!("{}:replay", path(&made));
    for body in [
        json!({}),
        json!({"failed": false}),
        json!({"failed": true, "after": 0}),
        json!({"after": -1}),
        json!({"deliveries": []}),
    ] {
        world.post(&replay).json(&body).send().await.must_be(422);
    }
    for id in ["7", "01900000-0000-7000-8000-000000000000"] {
        let unknown = world.get(&format!("/v1/webhooks/{id}")).send().await;
        assert_eq!(unknown.problem(), "webhook-not-found");
    }
}

#[tokio::test]
async fn there_are_so_many_webhooks_and_not_more() {
    let mut config = ServerConfig::default();
    config.webhooks.most = 1;
    let world = World::with(config).await;
    let body = json!({"url": "https://example.com/", "name": "one"});
    let made = webhook(&world, &body).await;
    let refused = world.post("/v1/webhooks").json(&body).send().await;
    assert_eq!(refused.problem(), "too-many-webhooks");
    world.delete(&path(&made)).send().await.must_be(204);
    webhook(&world, &body).await;
}

#[tokio::test]
async fn what_is_not_named_in_a_change_stays() {
    let world = world().await;
    world.register("01", &json!({})).await;
    let body = json!({
        "url": "https://example.com/a", "name": "one", "events": ["device.retired"], "apps": ["com.example.app"],
    });
    let made = webhook(&world, &body).await;
    let change = |body: Value| {
        let ask = world.patch(&path(&made)).json(&body);
        async move { ask.send().await.must_be(200).json() }
    };
    let renamed = change(json!({"name": "two"})).await;
    assert_eq!(
        (&renamed["name"], &renamed["events"]),
        (&json!("two"), &json!(["device.retired"]))
    );
    let opened = change(json!({"name": null, "events": null, "apps": null, "format": "cloudevents"})).await;
    assert_eq!(
        (&opened["name"], &opened["events"], &opened["apps"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&opened["format"], &opened["url"]),
        (&json!("cloudevents"), &made["url"])
    );
    let closed = change(json!({"enabled": false})).await;
    assert_eq!(closed["disabled"]["cause"], "by_hand");
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let world = world().await;
    let receiver = Receiver::new([Reply::Status(500, "")]).await;
    let made = webhook(
        &world,
        &json!({"url": receiver.url(), "events": ["device.forgotten"]}),
    )
    .await;
    happen(&world, "01").await;
    receiver.requests(1).await;
    world
        .until(&path(&made), |json| json["failing_since"].is_string())
        .await;
    let id = made["id"]
        .as_str()
        .expect("it has an id")
        .parse()
        .expect("a UUID");
    let store = world.end().await;
    let waiting = store
        .webhook_deliveries(id, None, None, 10)
        .await
        .expect("it reads");
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 1));
}
