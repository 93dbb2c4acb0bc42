//! Who may do what in the dashboard: every route that its source declares, with every role, and with forms that stand on
//! no page of the session. A route that this table does not know fails the test.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use http::header::LOCATION;
use serde_json::json;

use crate::answer::{Answer, Ask};
use crate::dashboard::Visitor;
use crate::world::World;

/// The routes as they are declared.
const SOURCE: &str = include_str!("../../src/dashboard.rs");

/// Who may, from the least to the most. Nobody is who has not signed in.
const ROLES: [&str; 4] = ["nobody", "viewer", "operator", "admin"];

/// Each route, and the least who may.
const ROUTES: &[(&str, &str, &str)] = &[
    ("get", "/", "nobody"),
    ("get", "/dashboard", "viewer"),
    ("get", "/dashboard/problems", "viewer"),
    (
        "post",
        "/dashboard/apps/{bundle_id}/problems/{problem}/replay",
        "operator",
    ),
    ("get", "/dashboard/replays/{id}", "viewer"),
    ("post", "/dashboard/replays/{id}/send", "operator"),
    ("post", "/dashboard/replays/{id}/stop", "operator"),
    ("get", "/dashboard/incidents", "viewer"),
    ("get", "/dashboard/incidents/{id}", "viewer"),
    ("post", "/dashboard/incidents/{id}/release", "operator"),
    ("post", "/dashboard/incidents/{id}/confirm", "operator"),
    ("get", "/dashboard/devices", "viewer"),
    ("get", "/dashboard/devices/{id}", "viewer"),
    ("post", "/dashboard/devices/{id}/restore", "operator"),
    ("get", "/dashboard/notifications", "viewer"),
    ("get", "/dashboard/apps/{bundle_id}/notifications/{id}", "viewer"),
    (
        "post",
        "/dashboard/apps/{bundle_id}/notifications/{id}/cancel",
        "operator",
    ),
    ("get", "/dashboard/compose", "operator"),
    ("post", "/dashboard/compose", "operator"),
    ("post", "/dashboard/compose/check", "operator"),
    ("get", "/dashboard/apps", "viewer"),
    ("get", "/dashboard/apps/{bundle_id}", "viewer"),
    ("post", "/dashboard/apps/{bundle_id}/credentials", "admin"),
    ("post", "/dashboard/apps/{bundle_id}/credentials/read", "admin"),
    (
        "post",
        "/dashboard/apps/{bundle_id}/credentials/{id}/probe",
        "operator",
    ),
    (
        "post",
        "/dashboard/apps/{bundle_id}/credentials/{id}/remove",
        "admin",
    ),
    ("get", "/dashboard/devices.csv", "viewer"),
    ("get", "/dashboard/notifications.csv", "viewer"),
    (
        "get",
        "/dashboard/apps/{bundle_id}/notifications/{id}/recipients.csv",
        "viewer",
    ),
    ("get", "/dashboard/webhooks", "admin"),
    ("post", "/dashboard/webhooks", "admin"),
    ("get", "/dashboard/webhooks/{id}", "admin"),
    ("post", "/dashboard/webhooks/{id}/change", "admin"),
    ("post", "/dashboard/webhooks/{id}/enable", "admin"),
    ("post", "/dashboard/webhooks/{id}/disable", "admin"),
    ("post", "/dashboard/webhooks/{id}/remove", "admin"),
    ("post", "/dashboard/webhooks/{id}/rotate", "admin"),
    ("post", "/dashboard/webhooks/{id}/test", "admin"),
    ("post", "/dashboard/webhooks/{id}/replay", "admin"),
    ("get", "/dashboard/webhooks/{id}/deliveries/{delivery}", "admin"),
    (
        "post",
        "/dashboard/webhooks/{id}/deliveries/{delivery}/replay",
        "admin",
    ),
    ("post", "/dashboard/people/{id}/password/remove", "admin"),
    ("post", "/dashboard/people/{id}/remove", "admin"),
    ("get", "/dashboard/account", "viewer"),
    ("post", "/dashboard/account/password", "viewer"),
    ("post", "/dashboard/sessions/{handle}/end", "viewer"),
    ("get", "/dashboard/practice/key", "admin"),
    ("post", "/dashboard/practice/phone", "admin"),
    ("post", "/dashboard/sign-in/password", "nobody"),
    ("get", "/dashboard/connections", "viewer"),
    ("get", "/dashboard/keys", "admin"),
    ("post", "/dashboard/keys", "admin"),
    ("post", "/dashboard/keys/{id}/revoke", "admin"),
    ("get", "/dashboard/people", "admin"),
    ("post", "/dashboard/people", "admin"),
    ("get", "/dashboard/webhooks", "admin"),
    ("post", "/dashboard/webhooks", "admin"),
    ("get", "/dashboard/webhooks/{id}", "admin"),
    ("post", "/dashboard/webhooks/{id}/change", "admin"),
    ("post", "/dashboard/webhooks/{id}/enable", "admin"),
    ("post", "/dashboard/webhooks/{id}/disable", "admin"),
    ("post", "/dashboard/webhooks/{id}/remove", "admin"),
    ("post", "/dashboard/webhooks/{id}/rotate", "admin"),
    ("post", "/dashboard/webhooks/{id}/test", "admin"),
    ("post", "/dashboard/webhooks/{id}/replay", "admin"),
    ("get", "/dashboard/webhooks/{id}/deliveries/{delivery}", "admin"),
    (
        "post",
        "/dashboard/webhooks/{id}/deliveries/{delivery}/replay",
        "admin",
    ),
    ("get", "/dashboard/audit", "admin"),
    ("get", "/dashboard/settings", "admin"),
    ("get", "/dashboard/live", "viewer"),
    ("get", "/dashboard/sign-in", "nobody"),
    ("post", "/dashboard/sign-in", "nobody"),
    ("post", "/dashboard/sign-in/key", "nobody"),
    ("post", "/dashboard/sign-out", "viewer"),
    ("get", "/dashboard/assets/{name}", "nobody"),
];

/// What stands between `.route(` and what is declared next: the path, and the methods.
fn declared() -> BTreeSet<(&'static str, &'static str)> {
    let mut found = BTreeSet::new();
    for declaration in SOURCE.split(".route(").skip(1) {
        let (declaration, _) = declaration.split_once(".layer(").unwrap_or((declaration, ""));
        let path = declaration.split('"').nth(1).expect("a route has a path");
        for method in ["get", "post", "put", "patch", "delete", "any"] {
            if declaration.contains(&format!("{method}(")) {
                found.insert((method, path));
            }
        }
    }
    found
}

fn rank(role: &str) -> usize {
    ROLES.iter().position(|one| *one == role).expect("it is a role")
}

fn filled(path: &str) -> String {
    path.replace("{bundle_id}", "com.example.app")
        .replace("{problem}", "0123456789abcdef")
        .replace("{name}", "dashboard.css")
        .replace("{id}", "01900000-0000-7000-8000-000000000000")
        .replace("{handle}", "0123456789abcdef")
}

#[test]
fn every_route_of_the_dashboard_is_in_the_table() {
    let known: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(declared(), known);
}

#[tokio::test]
async fn every_route_is_for_its_role_and_those_above() {
    for role in ROLES {
        // Anew for each: attempts to sign in that fail are counted.
        let world = World::new().await;
        world.register("00ff", &json!({})).await;
        for (method, path, needed) in ROUTES.iter().filter(|route| route.1 != "/dashboard/live") {
            // A person has so many sessions, and of more the oldest end: none must be as old as another.
            world
                .clock
                .as_ref()
                .expect("it stands still")
                .advance(Duration::from_millis(1));
            // Anew each time: to sign out is one of the routes.
            let visitor = (role != "nobody").then_some(Visitor::with_role(&world, role));
            let visitor = match visitor {
                Some(visitor) => Some(visitor.await),
                None => None,
            };
            let answer = ask(&world, visitor.as_ref(), method, &filled(path)).await;
            let name = format!("{method} {path} by {role}");
            if rank(role) >= rank(needed) {
                assert_ne!(answer.status, 403, "{name}: {}", answer.text());
                assert!(!answer.status.is_server_error(), "{name}: {}", answer.text());
                let goes_to_sign_in = answer.headers.get(LOCATION).is_some_and(is_sign_in);
                assert!(!goes_to_sign_in || *path == "/dashboard/sign-out", "{name}");
            } else if role == "nobody" {
                assert_eq!(answer.status, 303, "{name}: {}", answer.text());
                assert!(is_sign_in(&answer.headers[LOCATION]), "{name}");
            } else {
                assert_eq!(answer.status, 403, "{name}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn a_form_that_stands_on_no_page_of_the_session_does_nothing() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let visitor = Visitor::with_role(&world, "admin").await;
    let own = visitor.form_token().await;
    let foreign = Visitor::with_role(&world, "admin").await.form_token().await;
    let before = world.get("/v1/audit").send().await.must_be(200).text();
    for (_, path, needed) in ROUTES.iter().filter(|route| route.0 == "post") {
        let post = |token: &str| {
            visitor
                .ask(Method::POST, &filled(path))
                .header("content-type", kind(path))
                .body(body(path, token))
        };
        let from_elsewhere = |name, value: &str| post(&own).header(name, value);
        // Without a session there is no page that it could stand on: then only where it comes from counts.
        let by_token = [post(""), post(&foreign), post(&own.to_uppercase())];
        let by_token = by_token.into_iter().filter(|_| *needed != "nobody");
        let by_origin = [
            from_elsewhere("origin", "https://evil.example"),
            from_elsewhere("origin", "null"),
            from_elsewhere("sec-fetch-site", "cross-site"),
            from_elsewhere("sec-fetch-site", "same-site"),
        ];
        for asked in by_token.chain(by_origin) {
            let answer = asked.send().await;
            assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        }
    }
    let after = world.get("/v1/audit").send().await.must_be(200).text();
    assert_eq!(before, after, "nothing was done");
    visitor.get("/dashboard").await.must_be(200);
}

fn is_sign_in(location: &http::HeaderValue) -> bool {
    location
        .to_str()
        .unwrap_or_default()
        .starts_with("/dashboard/sign-in")
}

async fn ask(world: &World, visitor: Option<&Visitor<'_>>, method: &str, path: &str) -> Answer {
    let method: Method = method.to_uppercase().parse().expect("it is a method");
    let ask = match visitor {
        Some(visitor) => visitor.ask(method.clone(), path),
        None => Ask::new(world, method.clone(), path).by_nobody(),
    };
    if method == Method::GET {
        return ask.send().await;
    }
    let token = match visitor {
        Some(visitor) => visitor.form_token().await,
        None => String::new(),
    };
    ask.header("content-type", kind(path))
        .body(body(path, &token))
        .send()
        .await
}

/// Files come in parts, everything else as fields.
fn kind(path: &str) -> &'static str {
    if path.ends_with("/credentials") || path.ends_with("/credentials/read") {
        "multipart/form-data; boundary=b"
    } else {
        "application/x-www-form-urlencoded"
    }
}

fn body(path: &str, token: &str) -> String {
    if path.ends_with("/credentials") || path.ends_with("/credentials/read") {
        format!("--b\r\ncontent-disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--b--\r\n")
    } else {
        format!("form_token={token}")
    }
}
