//! What is not theirs: every operation of the OpenAPI document with keys that are no good, with ids of another app's
//! objects, with ids that nothing has, and with ids of something else. Made from the document, so that no operation is
//! forgotten: one that this test does not know fails it.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tidings_server::new_api_key;
use tidings_store::Scope;
use tidings_testkit::{BUNDLE_ID, TEAM_ID};

use crate::access::{Operation, operations};
use crate::answer::{Answer, Ask};
use crate::world::World;

/// The app whose objects are not to be seen.
const OTHER: &str = "com.example.other";

/// An app that nobody has.
const NOBODYS: &str = "com.example.unheard";

const NO_ID: &str = "01900000-0000-7000-8000-00000000dead";

/// Operations on no app that a key for some apps may use, since the answer is cut to them.
const CUT_TO_APPS: [&str; 4] = ["list_apps", "list_connections", "list_webhooks", "stream_events"];

#[tokio::test]
async fn a_key_that_is_no_good_gets_nowhere_and_learns_nothing() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let clock = world.clock.as_ref().expect("its clock can be moved");
    let end = clock_text(&world, Duration::from_hours(1));
    let all = ["register", "send", "read", "admin"];
    let expired = world
        .make_key(&json!({"name": "old", "scopes": all, "expires_at": end}))
        .await;
    let revoked = world.key(&all).await;
    let id = revoked.split('_').nth(1).expect("a key has an id");
    world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(204);
    clock.advance(Duration::from_hours(2));
    let (_, unknown) = new_api_key("unknown", &[Scope::Admin], None);
    let headers = [
        ("Basic dXNlcjpwYXNzd29yZA==".to_owned(), "missing-key"),
        ("Bearer".to_owned(), "missing-key"),
        (world.admin.clone(), "missing-key"),
        ("Bearer tid_x".to_owned(), "invalid-key"),
        (format!("Bearer {}x", world.admin), "invalid-key"),
        (format!("Bearer {}", world.admin.to_uppercase()), "invalid-key"),
        (format!("Bearer {}", unknown.as_str()), "invalid-key"),
        (format!("Bearer {revoked}"), "revoked-key"),
        (format!("Bearer {expired}"), "expired-key"),
    ];
    for operation in operations() {
        for (header, slug) in &headers {
            let with = |path: String| {
                let ask = Ask::new(&world, operation.method.clone(), &path).by_nobody();
                ask.header("authorization", header.clone())
            };
            let answer = with(operation.path.clone()).send().await;
            let name = format!("{} by {header:?}: {}", operation.name, answer.text());
            if operation.scope.is_none() {
                assert!(answer.status.is_success(), "{name}");
                continue;
            }
            assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (401, *slug),
                "{name}"
            );
            assert!(answer.headers.contains_key("www-authenticate"), "{name}");
            let nowhere = operation.path.replace(BUNDLE_ID, NOBODYS);
            assert_eq!(with(nowhere).send().await.text(), answer.text(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_key_for_some_apps_learns_nothing_of_others() {
    let world = World::new().await;
    for app in [BUNDLE_ID, OTHER] {
        let path = format!("/v1/apps/{app}/devices/00ff");
        world.put(&path).json(&json!({})).send().await.must_be(200);
    }
    let hook = json!({"url": "https://localhost:1024/"});
    let hook = world
        .post("/v1/webhooks")
        .json(&hook)
        .send()
        .await
        .must_be(201)
        .json();
    let hook = hook["id"].as_str().expect("it has an id").to_owned();
    let key = json!({"name": "some", "scopes": ["admin"], "apps": [BUNDLE_ID]});
    let key = world.make_key(&key).await;
    for operation in operations() {
        let Operation { name, .. } = &operation;
        if operation.scope.is_none() || CUT_TO_APPS.contains(&name.as_str()) {
            continue;
        }
        let with = async |path: String| {
            let ask = Ask::new(&world, operation.method.clone(), &path).by(&key);
            with_body(ask, name).send().await
        };
        if operation.path.contains(BUNDLE_ID) {
            let known = with(operation.path.replace(BUNDLE_ID, OTHER)).await;
            let unknown = with(operation.path.replace(BUNDLE_ID, NOBODYS)).await;
            assert_same(name, (&known, OTHER), (&unknown, NOBODYS));
            // What is wrong with a file is said before whose it would be.
            let says_first = (name == "upload_credential").then_some("unreadable-credential");
            assert_eq!(known.problem(), says_first.unwrap_or("app-not-allowed"), "{name}");
        } else {
            let known = with(operation.with_id(&hook)).await;
            let unknown = with(operation.with_id(NO_ID)).await;
            assert_same(name, (&known, &hook), (&unknown, NO_ID));
            // Webhooks are of apps, too: one of others is not there.
            let slug = if operation.path.contains("/webhooks/") {
                "webhook-not-found"
            } else {
                "app-not-allowed"
            };
            assert_eq!(known.problem(), slug, "{name}");
        }
    }
    // What is cut holds nothing of the other.
    let apps = world.get("/v1/apps").by(&key).send().await.must_be(200).text();
    assert!(apps.contains(BUNDLE_ID) && !apps.contains(OTHER), "{apps}");
    let hooks = world
        .get("/v1/webhooks")
        .by(&key)
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(hooks["webhooks"], json!([]));
    let stream = format!("/v1/events?after=0&app={OTHER}");
    let known = world.get(&stream).by(&key).send().await;
    let unknown = world.get(&stream.replace(OTHER, NOBODYS)).by(&key).send().await;
    assert_same("stream_events", (&known, OTHER), (&unknown, NOBODYS));
    assert_eq!(known.problem(), "app-not-allowed");
}

#[tokio::test]
async fn what_is_of_another_app_is_as_if_it_were_not_there() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    world.register("00ff", &json!({})).await;
    let theirs = Objects::of_another_app(&world).await;
    let bound = json!({"name": "some", "scopes": ["admin"], "apps": [BUNDLE_ID]});
    let keys = [world.admin.clone(), world.make_key(&bound).await];
    let mut seen = 0;
    for operation in operations() {
        let Some(noun) = noun(&operation) else {
            continue;
        };
        seen += 1;
        let name = &operation.name;
        let (theirs, nobodys) = theirs.ids(noun);
        for key in &keys {
            let with = async |id: &str| {
                let path = operation.with_id(id);
                let ask = Ask::new(&world, operation.method.clone(), &path).by(key);
                with_body(ask, name).send().await
            };
            let foreign = with(theirs).await;
            if name == "register_device" {
                // It makes what it names: a device of this app, which has nothing of the other's.
                let text = foreign.must_be(200).text();
                assert!(text.contains(BUNDLE_ID) && !text.contains(OTHER), "{text}");
                assert!(!text.contains("somebody"), "{text}");
                let path = operation.with_id(theirs);
                world.delete(&path).send().await.must_be(204);
                continue;
            }
            let unknown = with(nobodys).await;
            assert_same(name, (&foreign, theirs), (&unknown, nobodys));
            assert_eq!(foreign.status, 404, "{name}: {}", foreign.text());
            assert!(foreign.problem().ends_with("-not-found"), "{name}");
        }
    }
    assert!(
        seen >= 14,
        "the document has operations on what an app has: {seen}"
    );
    theirs.must_be_untouched(&world).await;
}

#[tokio::test]
async fn an_id_of_something_else_is_refused_everywhere() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    world.register("00ff", &json!({})).await;
    let sent = world.send(&json!({"tokens": ["00ff"]})).await;
    let hook = json!({"url": "https://localhost:1024/"});
    let hook = world
        .post("/v1/webhooks")
        .json(&hook)
        .send()
        .await
        .must_be(201)
        .json();
    let key_id = world.admin.split('_').nth(1).expect("a key has an id").to_owned();
    let long = "0".repeat(5_000);
    let odd = [
        sent.as_str(),
        hook["id"].as_str().expect("it has an id"),
        &key_id,
        BUNDLE_ID,
        "0",
        "-1",
        "null",
        "%00",
        "%2e%2e%2fapps",
        "%F0%9F%92%A9",
        "00000000-0000-0000-0000-000000000000",
        "'%20OR%201=1--",
        &long,
    ];
    for operation in operations() {
        let name = &operation.name;
        if operation.id.is_empty() || name == "register_device" {
            continue;
        }
        for id in odd {
            let is_right = (operation.path.contains("/notifications/") && id == sent)
                || (operation.path.contains("/webhooks/") && Some(id) == hook["id"].as_str())
                || (operation.path.contains("/api-keys/") && id == key_id);
            if is_right {
                continue;
            }
            let ask = Ask::new(&world, operation.method.clone(), &operation.with_id(id));
            let answer = with_body(ask, name).send().await;
            let status = answer.status.as_u16();
            assert!(
                [400, 404, 422].contains(&status),
                "{name} of {id:.40}: {}",
                answer.text()
            );
            // Help is text, and all else a problem.
            answer.problem();
        }
    }
    world.get("/v1/apps").send().await.must_be(200);
}

/// Two answers are the same, apart from the names that were asked for.
fn assert_same(name: &str, (one, mine): (&Answer, &str), (other, yours): (&Answer, &str)) {
    assert_eq!(
        one.status,
        other.status,
        "{name}: {} {}",
        one.text(),
        other.text()
    );
    let (one, other) = (one.text().replace(mine, "…"), other.text().replace(yours, "…"));
    assert_eq!(one, other, "{name}");
}

/// The noun before the id, for operations on what an app has.
fn noun(operation: &Operation) -> Option<&str> {
    let before = operation
        .path
        .strip_prefix("/v1/apps/")?
        .split_once(&operation.id)?
        .0;
    let noun = before.split_once('/')?.1;
    (!operation.id.is_empty()).then_some(noun)
}

/// With the least that the operation takes, so that it looks for what the path names.
fn with_body<'a>(ask: Ask<'a>, name: &str) -> Ask<'a> {
    let body = match name {
        "publish_broadcast" => json!({"aps": {"event": "update", "timestamp": 1, "content-state": {}}}),
        "send_notification" => json!({"to": {"tokens": ["00ff"]}, "aps": {"alert": "Tea"}}),
        "send_replay" => json!({"step": "ten"}),
        "create_channel" => json!({"storage": "no_storage"}),
        "create_api_key" => json!({"name": "x", "scopes": ["read"]}),
        "create_webhook" => json!({"url": "https://localhost:1024/"}),
        "create_dashboard_link" => json!({"name": "x", "role": "viewer"}),
        "make_backup" => json!({"path": "/nowhere/at/all"}),
        "replay_webhook" => json!({"failed": true}),
        "upload_credential" => json!({"p8": "", "key_id": "KEY1234567", "team_id": TEAM_ID}),
        "import_devices" | "send_notifications" => return ask,
        _ => json!({}),
    };
    ask.json(&body)
}

fn clock_text(world: &World, later: Duration) -> String {
    use tidings_delivery::Clock as _;
    let clock = world.clock.as_ref().expect("its clock can be read");
    clock.now().saturating_add(later).to_string()
}

/// One of everything that an app has, of another app.
struct Objects {
    token: String,
    notification: String,
    incident: String,
    credential: String,
    channel: String,
    problem: String,
    replay: String,
}

impl Objects {
    async fn of_another_app(world: &World) -> Self {
        let app = json!({"team_id": TEAM_ID, "bundle_id": OTHER});
        world.control(Method::POST, "/v1/apps", Some(&app)).await;
        let key = json!({"team_id": TEAM_ID});
        let key = world.control(Method::POST, "/v1/keys", Some(&key)).await;
        let body = json!({"p8": key["private_key_pem"], "key_id": key["key_id"], "team_id": TEAM_ID});
        let credential = made(world, "credentials", &body).await["id"].clone();
        let channel = made(world, "channels", &json!({"storage": "no_storage"})).await["channel_id"].clone();
        let scene = world.scene.as_ref().expect("this world has an APNs");
        let install = json!({"bundle_id": OTHER, "build": "app_store", "kinds": ["alert"]});
        let installs = format!("/v1/devices/{}/installs", scene.device_id);
        let token = world.control(Method::POST, &installs, Some(&install)).await["tokens"]["alert"].clone();
        let token = text(&token);
        let device = format!("/v1/apps/{OTHER}/devices/{token}");
        let body = json!({"environment": "production", "user_id": "somebody"});
        world.put(&device).json(&body).send().await.must_be(200);
        let (problem, replay) = replay_of_another_app(world, &token).await;
        // Their key is revoked at Apple: that is an incident.
        let revoke = format!("/v1/keys/{}", text(&key["key_id"]));
        world.control(Method::DELETE, &revoke, None).await;
        let body = json!({"to": {"tokens": [token]}, "aps": {"alert": "Tea"}});
        let notification = made(world, "notifications", &body).await["id"].clone();
        let incidents = format!("/v1/apps/{OTHER}/incidents");
        let list = world
            .until(&incidents, |json| json["incidents"][0].is_object())
            .await;
        Self {
            token,
            notification: text(&notification),
            incident: text(&list["incidents"][0]["id"]),
            credential: text(&credential),
            channel: text(&channel)
                .replace('/', "%2F")
                .replace('+', "%2B")
                .replace('=', "%3D"),
            problem,
            replay,
        }
    }

    /// Theirs, and one that nobody has. A noun that is not here has to be added.
    fn ids(&self, noun: &str) -> (&str, &'static str) {
        let known = [
            ("devices/", &self.token, "00fe"),
            ("notifications/", &self.notification, NO_ID),
            ("incidents/", &self.incident, NO_ID),
            ("credentials/", &self.credential, NO_ID),
            ("problems/", &self.problem, "0123456789abcdef"),
            ("replays/", &self.replay, NO_ID),
            ("channels/", &self.channel, "AAAAAAAAAAAAAAAAAAAAAA%3D%3D"),
        ];
        let found = known.into_iter().find(|(name, ..)| *name == noun);
        let (_, theirs, nobodys) = found.expect(noun);
        (theirs, nobodys)
    }

    async fn must_be_untouched(&self, world: &World) {
        let get = async |path: String| {
            let path = format!("/v1/apps/{OTHER}/{path}");
            world.get(&path).send().await.must_be(200).json()
        };
        assert_eq!(
            get(format!("devices/{}", self.token)).await["user_id"],
            "somebody"
        );
        let notification = get(format!("notifications/{}", self.notification)).await;
        assert_ne!(notification["state"], "cancelled", "{notification}");
        assert_eq!(get(format!("incidents/{}", self.incident)).await["open"], true);
        let credentials = get("credentials".to_owned()).await.to_string();
        assert!(credentials.contains(&self.credential), "{credentials}");
    }
}

/// Something failed there, and is to be sent again: the problem and the plan.
async fn replay_of_another_app(world: &World, token: &str) -> (String, String) {
    let fault = json!({"kind": "status", "status": 422, "reason": "SomethingNew"});
    let fault = world.control(Method::POST, "/v1/faults", Some(&fault)).await;
    let body = json!({"to": {"tokens": [token]}, "aps": {"alert": "Tea"}});
    made(world, "notifications", &body).await;
    let problems = format!("/v1/apps/{OTHER}/problems");
    let list = world
        .until(&problems, |json| json["problems"][0].is_object())
        .await;
    let fault = format!("/v1/faults/{}", text(&fault["fault_id"]));
    world.control(Method::DELETE, &fault, None).await;
    let problem = text(&list["problems"][0]["id"]);
    let plan = made(world, &format!("problems/{problem}:replay"), &json!({})).await;
    (problem, text(&plan["id"]))
}

async fn made(world: &World, what: &str, body: &Value) -> Value {
    let path = format!("/v1/apps/{OTHER}/{what}");
    let answer = world.post(&path).json(body).send().await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("it is text").to_owned()
}
