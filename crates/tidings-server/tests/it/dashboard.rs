//! The dashboard: who gets in, what each may see and do, and that nothing from outside is ever more than text.

use std::time::Duration;

use http::Method;
use http::header::{CONTENT_SECURITY_POLICY, LOCATION, SET_COOKIE};
use serde_json::json;
use tidings_apns::PushType;

use crate::answer::{Answer, Ask};
use crate::replays::refused;
use crate::world::{APP, World};

/// Every page that can be asked for without anything in the server, and who may.
const PAGES: [(&str, &[&str]); 14] = [
    ("/dashboard", &["viewer", "operator", "admin"]),
    ("/dashboard/problems", &["viewer", "operator", "admin"]),
    ("/dashboard/incidents", &["viewer", "operator", "admin"]),
    ("/dashboard/devices", &["viewer", "operator", "admin"]),
    ("/dashboard/notifications", &["viewer", "operator", "admin"]),
    ("/dashboard/compose", &["operator", "admin"]),
    ("/dashboard/apps", &["viewer", "operator", "admin"]),
    ("/dashboard/connections", &["viewer", "operator", "admin"]),
    ("/dashboard/webhooks", &["admin"]),
    ("/dashboard/keys", &["admin"]),
    ("/dashboard/account", &["viewer", "operator", "admin"]),
    ("/dashboard/people", &["admin"]),
    ("/dashboard/audit", &["admin"]),
    ("/dashboard/settings", &["admin"]),
];

/// Somebody who is signed in.
pub(crate) struct Visitor<'a> {
    world: &'a World,
    pub(crate) cookie: String,
}

impl<'a> Visitor<'a> {
    /// Signed in by a link.
    pub(crate) async fn with_role(world: &'a World, role: &str) -> Self {
        let link = link(world, role).await;
        let answer = redeem(world, &link).await.must_be(303);
        assert_eq!(answer.headers[LOCATION], "/dashboard");
        Self::of(world, &answer)
    }

    /// Whoever an answer has signed in.
    pub(crate) fn of(world: &'a World, answer: &Answer) -> Self {
        Self {
            world,
            cookie: cookie(answer),
        }
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'a> {
        Ask::new(self.world, method, path)
            .by_nobody()
            .header("cookie", self.cookie.clone())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    /// What the forms of this visitor carry.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.get("/dashboard").await.must_be(200).text();
        let (_, rest) = page
            .split_once("name=\"form_token\" value=\"")
            .expect("every page has a form");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Sends a form of a page.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token().await;
        let body = format!("{}&form_token={token}", encoded(fields));
        self.ask(Method::POST, path).body(body).send().await
    }
}

/// A page as a viewer sees it.
pub(crate) async fn page(world: &World, path: &str) -> String {
    let viewer = Visitor::with_role(world, "viewer").await;
    viewer.get(path).await.must_be(200).text()
}

pub(crate) async fn link(world: &World, role: &str) -> String {
    // A name is somebody, with one role: another link for it would end the sessions of the one before.
    link_for(world, &format!("Ada, {role}"), role).await
}

pub(crate) async fn link_for(world: &World, name: &str, role: &str) -> String {
    let body = json!({"name": name, "role": role});
    let made = world
        .post("/v1/dashboard-links")
        .json(&body)
        .send()
        .await
        .must_be(201)
        .json();
    made["path"].as_str().expect("it has a path").to_owned()
}

pub(crate) async fn redeem(world: &World, link: &str) -> Answer {
    let (_, secret) = link.split_once("link=").expect("a link has a secret");
    let ask = Ask::new(world, Method::POST, "/dashboard/sign-in").by_nobody();
    ask.body(encoded(&[("link", secret)])).send().await
}

async fn sign_in_by_key(world: &World, key: &str) -> Answer {
    let ask = Ask::new(world, Method::POST, "/dashboard/sign-in/key").by_nobody();
    ask.body(encoded(&[("key", key)])).send().await
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    pairs.join("&")
}

pub(crate) fn cookie(answer: &Answer) -> String {
    let set = answer.headers[SET_COOKIE].to_str().expect("it is text");
    set.split(';').next().unwrap_or_default().to_owned()
}

fn must_be_armoured(answer: &Answer) {
    let policy = answer.headers[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap_or_default();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
}

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in() {
    let world = World::new().await;
    for (page, _) in PAGES {
        let answer = Ask::new(&world, Method::GET, page)
            .by_nobody()
            .send()
            .await
            .must_be(303);
        let to = answer.headers[LOCATION].to_str().unwrap().to_owned();
        assert!(to.starts_with("/dashboard/sign-in"), "{page}: {to}");
        must_be_armoured(&answer);
    }
    let root = Ask::new(&world, Method::GET, "/")
        .by_nobody()
        .send()
        .await
        .must_be(303);
    assert_eq!(root.headers[LOCATION], "/dashboard");
    let forged = Ask::new(&world, Method::GET, "/dashboard").by_nobody();
    let forged = forged.header(
        "cookie",
        "tidings_session=0000000000000000000000000000000000000000000",
    );
    forged.send().await.must_be(303);
    // An API key opens the API, and no page by itself.
    world.get("/dashboard").send().await.must_be(303);
}

#[tokio::test]
async fn each_role_sees_its_pages_and_no_other() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    for role in ["viewer", "operator", "admin"] {
        let visitor = Visitor::with_role(&world, role).await;
        for (page, allowed) in PAGES {
            let answer = visitor.get(page).await;
            let status = if allowed.contains(&role) { 200 } else { 403 };
            assert_eq!(answer.status, status, "{page} by {role}: {}", answer.text());
            assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
            must_be_armoured(&answer);
            let text = answer.text();
            assert!(!text.contains(" style=") && !text.contains("<style"), "{page}");
            assert!(
                !text.contains(" onclick=") && !text.contains("<script>"),
                "{page}"
            );
        }
    }
}

#[tokio::test]
async fn a_link_opens_once_and_for_half_an_hour_only() {
    let world = World::new().await;
    let first = link(&world, "viewer").await;
    let shown = Ask::new(&world, Method::GET, &first)
        .by_nobody()
        .send()
        .await
        .must_be(200);
    assert!(
        shown.headers.get(SET_COOKIE).is_none(),
        "looking at it does not spend it"
    );
    redeem(&world, &first).await.must_be(303);
    let again = redeem(&world, &first).await.must_be(200);
    assert!(again.text().contains("used already") && again.headers.get(SET_COOKIE).is_none());
    let late = link(&world, "viewer").await;
    let clock = world.clock.clone().expect("the clock stands still");
    clock.advance(Duration::from_mins(30));
    assert!(
        redeem(&world, &late)
            .await
            .must_be(200)
            .text()
            .contains("too old")
    );
}

#[tokio::test]
async fn a_session_ends_by_its_age_by_signing_out_and_with_the_key_that_vouches_for_it() {
    let world = World::new().await;
    let visitor = Visitor::with_role(&world, "viewer").await;
    let other = Visitor::with_role(&world, "viewer").await;
    visitor.post("/dashboard/sign-out", &[]).await.must_be(303);
    visitor.get("/dashboard").await.must_be(303);
    other.get("/dashboard").await.must_be(200);

    let key = world.key(&["read"]).await;
    let by_key = Visitor {
        world: &world,
        cookie: cookie(&sign_in_by_key(&world, &key).await.must_be(303)),
    };
    by_key.get("/dashboard").await.must_be(200);
    by_key.get("/dashboard/compose").await.must_be(403);
    let id = key.split('_').nth(1).unwrap();
    world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(204);
    by_key.get("/dashboard").await.must_be(303);

    let clock = world.clock.clone().expect("the clock stands still");
    clock.advance(Duration::from_hours(12));
    other.get("/dashboard").await.must_be(303);
}

#[tokio::test]
async fn guessing_is_stopped_after_ten_attempts() {
    let world = World::new().await;
    for _ in 0..10 {
        let answer = sign_in_by_key(&world, "tid_nothing").await.must_be(200);
        assert!(answer.text().contains("not an API key"));
    }
    let stopped = sign_in_by_key(&world, &world.admin.clone()).await.must_be(429);
    assert_eq!(stopped.headers["retry-after"], "60");
    redeem(&world, "?link=x").await.must_be(429);
}

#[tokio::test]
async fn a_key_for_some_apps_does_not_open_the_dashboard() {
    let world = World::new().await;
    let some = json!({"name": "some", "scopes": ["admin"], "apps": ["com.example.app"]});
    let key = world.make_key(&some).await;
    let refused = sign_in_by_key(&world, &key).await.must_be(200);
    assert!(refused.headers.get(SET_COOKIE).is_none());
    let blind = world.key(&["register"]).await;
    assert!(
        sign_in_by_key(&world, &blind)
            .await
            .headers
            .get(SET_COOKIE)
            .is_none()
    );
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let world = World::new().await;
    let visitor = Visitor::with_role(&world, "admin").await;
    let fields = encoded(&[("name", "stolen"), ("scope", "admin")]);
    let token = visitor.form_token().await;
    let with_token = format!("{fields}&form_token={token}");
    let post = || visitor.ask(Method::POST, "/dashboard/keys");
    post().body(fields.clone()).send().await.must_be(403);
    let other = Visitor::with_role(&world, "admin").await.form_token().await;
    post()
        .body(format!("{fields}&form_token={other}"))
        .send()
        .await
        .must_be(403);
    for (name, value) in [
        ("origin", "https://example.com"),
        ("sec-fetch-site", "cross-site"),
    ] {
        post()
            .header(name, value)
            .body(with_token.clone())
            .send()
            .await
            .must_be(403);
    }
    let keys = world.get("/v1/api-keys").send().await.must_be(200).text();
    assert!(!keys.contains("stolen"), "{keys}");
    let made = post()
        .header("sec-fetch-site", "same-origin")
        .body(with_token)
        .send()
        .await
        .must_be(200);
    assert!(made.text().contains("tid_"), "the key is shown once");
}

#[tokio::test]
async fn what_comes_from_outside_stays_text() {
    const HOSTILE: &str = "<script>alert(1)</script>\"'\u{202e}txt";
    let world = World::new().await;
    let token = "ab".repeat(32);
    let device = json!({"user_id": HOSTILE, "tags": [HOSTILE], "locale": HOSTILE, "app_version": HOSTILE});
    world.register(&token, &device).await;
    let aps = json!({"alert": {"title": format!("{HOSTILE}\u{1b}[31m"), "body": HOSTILE}});
    let body = json!({"to": {"users": [HOSTILE]}, "aps": aps, "collapse_id": "<b>"});
    let sent = world
        .post(&format!("{APP}/notifications"))
        .json(&body)
        .send()
        .await
        .must_be(202);
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    world.key(&["read"]).await;
    let named = json!({"name": HOSTILE, "scopes": ["read"]});
    world.make_key(&named).await;
    let visitor = Visitor::with_role(&world, "admin").await;
    let devices = visitor.get("/dashboard/devices").await.must_be(200).text();
    let (_, rest) = devices
        .split_once("/dashboard/devices/")
        .expect("the device is listed");
    let device = format!("/dashboard/devices/{}", rest.split('"').next().unwrap());
    let notification = format!("/dashboard/apps/com.example.app/notifications/{id}");
    let query = encoded(&[("find", HOSTILE)]);
    let search = format!("/dashboard/devices?{query}");
    let mut pages: Vec<String> = PAGES.iter().map(|(page, _)| (*page).to_owned()).collect();
    pages.extend([device, notification, search]);
    let mut seen = 0;
    for page in pages {
        let text = visitor.get(&page).await.must_be(200).text();
        assert!(!text.contains("<script>alert"), "{page}");
        assert!(!text.contains('\u{202e}') || page.contains("find="), "{page}");
        assert!(!text.contains('\u{1b}'), "{page}");
        assert!(!text.contains(&token), "{page} shows a whole device token");
        seen += usize::from(text.contains("&lt;script&gt;alert(1)") || text.contains("&#60;script&#62;"));
    }
    assert!(seen >= 5, "the text is shown on {seen} pages");
}

#[tokio::test]
async fn a_viewer_sees_no_payload() {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "ada"})).await;
    let body = json!({"to": {"users": ["ada"]}, "aps": {"alert": "a private word"}});
    let sent = world
        .post(&format!("{APP}/notifications"))
        .json(&body)
        .send()
        .await
        .must_be(202);
    let page = format!(
        "/dashboard/apps/com.example.app/notifications/{}",
        sent.json()["id"].as_str().unwrap()
    );
    for (role, sees) in [("viewer", false), ("operator", true)] {
        let visitor = Visitor::with_role(&world, role).await;
        for page in [page.as_str(), "/dashboard/notifications"] {
            let text = visitor.get(page).await.must_be(200).text();
            assert_eq!(text.contains("a private word"), sees, "{page} by {role}");
        }
    }
}

#[tokio::test]
async fn a_device_is_found_by_all_that_is_known_of_it() {
    let world = World::new().await;
    let token = "cd".repeat(32);
    let body = json!({"user_id": "ada", "installation_id": "i-1", "tags": ["tea"]});
    world.register(&token, &body).await;
    world.register(&"ef".repeat(32), &json!({"user_id": "bob"})).await;
    let visitor = Visitor::with_role(&world, "viewer").await;
    for find in [token.as_str(), "ada", "i-1", "tea"] {
        let query = encoded(&[("app", "com.example.app"), ("find", find)]);
        let text = visitor
            .get(&format!("/dashboard/devices?{query}"))
            .await
            .must_be(200)
            .text();
        assert_eq!(text.matches("data-name=\"Device\"").count(), 1, "{find}");
    }
    let nobody = visitor
        .get("/dashboard/devices?find=nobody")
        .await
        .must_be(200)
        .text();
    assert!(nobody.contains("Nothing is known as"));
    visitor.get("/dashboard/devices/999").await.must_be(404);
    visitor.get("/dashboard/devices/x").await.must_be(404);
    visitor.get("/dashboard/devices?colour=red").await.must_be(400);
}

#[tokio::test]
async fn a_notification_is_composed_and_to_many_only_by_who_means_it() {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "ada"})).await;
    let visitor = Visitor::with_role(&world, "operator").await;
    let payload = r#"{"aps":{"alert":"Tea is ready"},"pot":1.50}"#;
    let to_ada = [
        ("app", "com.example.app"),
        ("audience", "user"),
        ("name", "ada"),
        ("payload", payload),
    ];
    let sent = visitor.post("/dashboard/compose", &to_ada).await.must_be(303);
    let page = sent.headers[LOCATION].to_str().unwrap().to_owned();
    let text = visitor.get(&page).await.must_be(200).text();
    assert!(
        text.contains("on its way") && text.contains("Tea is ready"),
        "{text}"
    );
    let mut to_all = vec![
        ("app", "com.example.app"),
        ("audience", "everyone"),
        ("payload", payload),
    ];
    let refused = visitor.post("/dashboard/compose", &to_all).await.must_be(422);
    assert!(refused.text().contains("type the bundle id"));
    to_all.push(("confirmation", "com.example.app"));
    visitor.post("/dashboard/compose", &to_all).await.must_be(303);
    let listed = world
        .get(&format!("{APP}/notifications"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(listed["notifications"].as_array().map(Vec::len), Some(2));
    let odd = [("app", "com.example.app"), ("payload", "{\"aps\": oops}")];
    let read = visitor
        .post("/dashboard/compose/check", &odd)
        .await
        .must_be(200)
        .text();
    assert!(read.contains("sign bad"), "{read}");
    let silent = [("app", "com.example.app"), ("payload", payload)];
    let read = visitor
        .post("/dashboard/compose/check", &silent)
        .await
        .must_be(200)
        .text();
    assert!(
        read.contains("Tea is ready") && read.starts_with("<div id=\"reading\""),
        "{read}"
    );
}

#[tokio::test]
async fn every_push_type_is_composed_from_an_example_that_nothing_is_wrong_with() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let visitor = Visitor::with_role(&world, "operator").await;
    let page = visitor.get("/dashboard/compose").await.must_be(200).text();
    for push_type in PushType::ALL.into_iter().filter(|kind| *kind != PushType::Mdm) {
        let option = page.split("<option").find(|option| {
            let name = option.split_once('>').map(|(_, name)| name);
            name.is_some_and(|name| name.starts_with(&format!("{push_type}<")))
        });
        let example = option.and_then(|option| option.split('"').nth(1)).unwrap();
        let example = example.replace("&#34;", "\"").replace("&#39;", "'");
        let check = [
            ("app", "com.example.app"),
            ("push_type", push_type.as_str()),
            ("payload", &example),
        ];
        let read = visitor.post("/dashboard/compose/check", &check).await;
        let read = read.must_be(200).text();
        assert!(!read.contains("sign bad"), "{push_type}: {read}");
        assert!(!read.contains("sign watch"), "{push_type}: {read}");
        let limit = if push_type == PushType::Voip { "5" } else { "4" };
        assert!(
            read.contains(&format!("of {limit}\u{202f}")),
            "{push_type}: {read}"
        );
    }
}

#[tokio::test]
async fn how_long_apns_keeps_it_is_composed_too() {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "ada"})).await;
    let visitor = Visitor::with_role(&world, "operator").await;
    for (life, expected) in [
        ("", json!(null)),
        ("0", json!("1970-01-01T00:00:00.000Z")),
        ("3600", json!("2027-01-15T09:00:00.000Z")),
    ] {
        let form = [
            ("app", "com.example.app"),
            ("audience", "user"),
            ("name", "ada"),
            ("life", life),
            ("payload", r#"{"aps":{"alert":"Tea is ready"}}"#),
        ];
        visitor.post("/dashboard/compose", &form).await.must_be(303);
        let listed = world.get(&format!("{APP}/notifications")).send().await;
        let listed = listed.must_be(200).json();
        assert_eq!(listed["notifications"][0]["expires_at"], expected, "{life}");
    }
}

#[tokio::test]
async fn a_retired_device_is_restored_and_the_way_of_its_notification_is_told() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let token = world.install("app_store", "alert").await;
    world.register(&token, &json!({"user_id": "ada"})).await;
    let scene = world.scene.as_ref().expect("there is an APNs");
    let gone = format!(
        "/v1/devices/{}/installs/{}",
        scene.device_id,
        tidings_testkit::BUNDLE_ID
    );
    world.control(Method::DELETE, &gone, None).await;
    let id = world.send(&json!({"users": ["ada"]})).await;
    let path = format!("{APP}/devices/{token}");
    world
        .until(&path, |device| device["state"] == "unregistered")
        .await;
    let visitor = Visitor::with_role(&world, "operator").await;
    let problems = visitor.get("/dashboard/problems").await.must_be(200).text();
    assert!(problems.contains("410 Unregistered"), "{problems}");
    let (_, rest) = problems
        .split_once("/dashboard/devices/")
        .expect("there is an example");
    let device = format!("/dashboard/devices/{}", rest.split('"').next().unwrap());
    let story = visitor.get(&device).await.must_be(200).text();
    assert!(story.contains("APNs answered 410 Unregistered"), "{story}");
    let way = format!(
        "/dashboard/apps/{}/notifications/{id}",
        tidings_testkit::BUNDLE_ID
    );
    let way = visitor.get(&way).await.must_be(200).text();
    assert!(
        way.contains("410 Unregistered") && way.contains("Finished"),
        "{way}"
    );
    let viewer = Visitor::with_role(&world, "viewer").await;
    viewer.post(&format!("{device}/restore"), &[]).await.must_be(403);
    let restored = visitor.post(&format!("{device}/restore"), &[]).await.must_be(303);
    let page = restored.headers[LOCATION].to_str().unwrap().to_owned();
    assert!(
        visitor
            .get(&page)
            .await
            .must_be(200)
            .text()
            .contains("restored by hand")
    );
    let audit = world.get("/v1/audit?limit=1000").send().await.must_be(200).text();
    assert!(audit.contains("dashboard:Ada"), "{audit}");
}

#[tokio::test]
async fn a_credential_is_uploaded_by_a_form_and_what_is_wrong_with_a_file_is_said() {
    let world = World::sending().await;
    let pem = world
        .scene
        .as_ref()
        .expect("there is an APNs")
        .private_key_pem
        .clone();
    let visitor = Visitor::with_role(&world, "admin").await;
    let token = visitor.form_token().await;
    let upload = |file: &str, name: &str| {
        let part = |disposition: &str, content: &str| {
            format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
        };
        let body = [
            part("name=\"form_token\"", &token),
            part(&format!("name=\"file\"; filename=\"{name}\""), file),
            part("name=\"team_id\"", tidings_testkit::TEAM_ID),
            part("name=\"key_id\"", ""),
            part("name=\"password\"", ""),
            part("name=\"environments\"", "sandbox"),
            "--XX--\r\n".to_owned(),
        ];
        visitor
            .ask(Method::POST, "/dashboard/apps/com.example.new/credentials")
            .header("content-type", "multipart/form-data; boundary=XX")
            .body(body.concat())
    };
    let wrong = upload("no key at all", "AuthKey_ABCDE12345.p8")
        .send()
        .await
        .must_be(422);
    assert!(wrong.text().contains("role=\"alert\""), "{}", wrong.text());
    upload(&pem, "AuthKey_ABCDE12345.p8").send().await.must_be(303);
    let page = visitor
        .get("/dashboard/apps/com.example.new")
        .await
        .must_be(200)
        .text();
    assert!(
        page.contains("signing key ABCDE12345") && page.contains("<dd>sandbox</dd>"),
        "{page}"
    );
    let (_, rest) = page.split_once("/credentials/").expect("it can be removed");
    let id = rest.split('/').next().unwrap();
    let removal = format!("/dashboard/apps/com.example.new/credentials/{id}/remove");
    visitor.post(&removal, &[]).await.must_be(303);
    let page = visitor
        .get("/dashboard/apps/com.example.new")
        .await
        .must_be(200)
        .text();
    assert!(page.contains("There is none"), "{page}");
}

#[tokio::test]
async fn the_files_of_the_pages_are_small_and_kept_by_browsers() {
    let world = World::new().await;
    let visitor = Visitor::with_role(&world, "viewer").await;
    let page = visitor.get("/dashboard").await.must_be(200).text();
    let mut bytes = page.len();
    let mut count = 0;
    for piece in page.split("\"/dashboard/assets/").skip(1) {
        let name = piece.split('"').next().unwrap();
        let ask = Ask::new(&world, Method::GET, &format!("/dashboard/assets/{name}")).by_nobody();
        let asset = ask.header("accept-encoding", "gzip").send().await.must_be(200);
        assert_eq!(asset.headers["content-encoding"], "gzip");
        assert!(
            asset.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        bytes += asset.body.len();
        count += 1;
    }
    assert_eq!(count, 4);
    assert!(bytes < 120 << 10, "the first load has {bytes} bytes");
    let other = Ask::new(&world, Method::GET, "/dashboard/assets/..%2fsecret").by_nobody();
    other.send().await.must_be(404);
}

#[tokio::test]
async fn open_pages_are_told_that_something_changed() {
    let world = World::sending().await;
    let visitor = Visitor::with_role(&world, "viewer").await;
    let response = visitor.ask(Method::GET, "/dashboard/live").begin().await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut text = String::new();
    // The first is for what changed while nobody listened yet, the second for the key.
    for told in 1..=2 {
        while text.matches("event: changed").count() < told {
            let frame = http_body_util::BodyExt::frame(&mut body);
            let frame = tokio::time::timeout(tidings_testkit::PATIENCE, frame).await;
            let frame = frame.expect(&text).expect("it goes on").expect("it is whole");
            text.push_str(&String::from_utf8_lossy(&frame.into_data().unwrap_or_default()));
        }
        if told == 1 {
            world.upload_key(&["production"]).await;
        }
    }
    let nobody = Ask::new(&world, Method::GET, "/dashboard/live").by_nobody();
    nobody.send().await.must_be(303);
}

/// The address of the first form that begins so and ends so.
fn form_address(page: &str, begins: &str, ends: &str) -> String {
    let actions = page.split("action=\"").skip(1);
    let mut addresses = actions.filter_map(|rest| rest.split('"').next());
    addresses
        .find(|address| address.starts_with(begins) && address.ends_with(ends))
        .expect("there is such a form")
        .to_owned()
}

#[tokio::test]
async fn an_operator_sends_again_step_by_step_and_a_viewer_does_not() {
    let (world, failed) = refused(11, 422, "SomethingNew").await;
    let operator = Visitor::with_role(&world, "operator").await;
    let viewer = Visitor::with_role(&world, "viewer").await;
    let page = operator.get("/dashboard/problems").await.must_be(200).text();
    assert!(page.contains("422 SomethingNew") && page.contains("11 recipients failed"));
    let plan = form_address(&page, "/dashboard/apps/", "/replay");
    viewer.post(&plan, &[]).await.must_be(403);
    let seen = viewer.get("/dashboard/problems").await.must_be(200).text();
    assert!(!seen.contains("/replay\""));
    let planned = operator.post(&plan, &[]).await.must_be(303);
    let address = planned.headers[LOCATION].to_str().expect("it is text").to_owned();
    let page = operator.get(&address).await.must_be(200).text();
    assert!(page.contains("Send again to 10 recipients"), "{page}");
    let send = form_address(&page, &address, "/send");
    viewer.post(&send, &[("step", "ten")]).await.must_be(403);
    operator.post(&send, &[("step", "rest")]).await.must_be(409);
    operator.post(&send, &[("step", "ten")]).await.must_be(303);
    operator.post(&send, &[("step", "ten")]).await.must_be(303);
    let looking = async {
        while !operator
            .get(&address)
            .await
            .text()
            .contains("Send again to 1 recipient<")
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(tidings_testkit::PATIENCE, looking).await;
    found.expect("ten were delivered");
    let page = viewer.get(&address).await.must_be(200).text();
    assert!(!page.contains("/send\""), "a viewer looks on");
    let stop = format!("{address}/stop");
    operator.post(&stop, &[]).await.must_be(303);
    assert!(operator.get(&address).await.text().contains("It was stopped."));
    let list = world.get(&format!("{APP}/notifications")).send().await.json();
    let new = list["notifications"][0]["id"].as_str().expect("it has an id");
    let page = operator
        .get(&format!("/dashboard/apps/com.example.app/notifications/{new}"))
        .await;
    let page = page.must_be(200).text();
    assert!(page.contains(&failed) && page.contains(&address), "{page}");
}

#[tokio::test]
async fn the_way_of_a_recipient_is_told_request_by_request() {
    let world = World::sending().await;
    world.upload_key(&["production", "sandbox"]).await;
    let astray = world.install("debug", "alert").await;
    world
        .register(&astray, &json!({"environment": "production"}))
        .await;
    let id = world.send(&json!({"tokens": [astray]})).await;
    let path = format!("{APP}/notifications/{id}");
    world.until(&path, |json| json["counts"]["delivered"] == 1).await;
    let viewer = Visitor::with_role(&world, "viewer").await;
    let address = format!("/dashboard/apps/com.example.app/notifications/{id}");
    let page = viewer.get(&address).await.must_be(200).text();
    for told in [
        "Planned for 1 recipient",
        "400 BadDeviceToken after",
        "sent there at once",
        "accepted after",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains(&astray), "a whole device token is never shown");
}

#[tokio::test]
async fn devices_and_incidents_have_what_the_doctor_says() {
    let world = World::sending().await;
    let uploaded = world.upload_key(&["production", "sandbox"]).await.json();
    let token = world.install("app_store", "alert").await;
    world
        .register(&token, &json!({"environment": "production"}))
        .await;
    let viewer = Visitor::with_role(&world, "viewer").await;
    let operator = Visitor::with_role(&world, "operator").await;
    let credential = uploaded["id"].as_str().expect("it has an id");
    let probe = format!("/dashboard/apps/com.example.app/credentials/{credential}/probe");
    viewer.post(&probe, &[]).await.must_be(403);
    let page = operator.post(&probe, &[]).await.must_be(200).text();
    assert_eq!(page.matches("APNs takes the credential").count(), 2, "{page}");
    operator.post(&probe, &[]).await.must_be(429);
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let revoke = format!("/v1/keys/{}", scene.key_id);
    world.control(Method::DELETE, &revoke, None).await;
    world.send(&json!({"tokens": [token]})).await;
    let list = world
        .until(&format!("{APP}/incidents"), |json| {
            !json["incidents"].as_array().is_none_or(Vec::is_empty)
        })
        .await;
    let id = list["incidents"][0]["id"].as_str().expect("it has an id");
    let page = viewer.get(&format!("/dashboard/incidents/{id}")).await;
    let page = page.must_be(200).text();
    assert!(page.contains("What the doctor says"), "{page}");
    let link = page
        .split("href=\"")
        .find(|rest| rest.starts_with("/docs/reference/"));
    let link = link.and_then(|rest| rest.split(['"', '#']).next());
    viewer
        .get(link.expect("it leads into the book"))
        .await
        .must_be(200);
}
