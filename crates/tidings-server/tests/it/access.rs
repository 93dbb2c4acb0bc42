//! Who may do what: every operation of the OpenAPI document, with every scope.

use http::Method;
use serde_json::{Value, json};
use tidings_store::Scope;

use crate::answer::{Answer, Ask};
use crate::world::World;

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// What stands in the path for an object; nothing where it names none.
    pub(crate) id: String,
    /// The scope that it needs; `None` when it needs no key.
    pub(crate) scope: Option<String>,
}

impl Operation {
    /// The path with another object.
    pub(crate) fn with_id(&self, id: &str) -> String {
        match self.id.as_str() {
            "" => self.path.clone(),
            ours => self.path.replacen(ours, id, 1),
        }
    }
}

pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&tidings_server::openapi_json()).expect("it is JSON");
    let paths = document["paths"].as_object().expect("there are paths").iter();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let scope = operation["security"][0]["api_key"][0].as_str().map(str::to_owned);
            operations.push(Operation {
                name: operation["operationId"]
                    .as_str()
                    .expect("it has a name")
                    .to_owned(),
                id: filled(parameter(path)),
                method: method.to_uppercase().parse().expect("it is a method"),
                path: filled(path),
                scope,
            });
        }
    }
    operations
}

/// The parameter of a path that names an object, in its braces.
fn parameter(path: &str) -> &str {
    let last = path
        .rfind('{')
        .map_or("", |begin| path.get(begin..).unwrap_or_default());
    let name = last
        .find('}')
        .map_or("", |end| last.get(..=end).unwrap_or_default());
    if name == "{bundle_id}" { "" } else { name }
}

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{bundle_id}", "com.example.app")
        .replace("{token}", "00ff")
        .replace("{channel_id}", "dGVzdA")
        .replace("{code}", "BadDeviceToken")
        .replace("{id}", "01900000-0000-7000-8000-000000000000")
}

async fn ask(world: &World, operation: &Operation, key: Option<&str>) -> Answer {
    let ask = Ask::new(world, operation.method.clone(), &operation.path);
    // A stream of events has no end to wait for, so its head must do.
    let ask = match key {
        Some(key) => ask.by(key),
        None => ask.by_nobody(),
    };
    if operation.path == "/v1/events" {
        let response = ask.begin().await;
        let (parts, body) = response.into_parts();
        let body = if parts.status.is_success() {
            bytes::Bytes::new()
        } else {
            let body = http_body_util::BodyExt::collect(body).await;
            body.expect("a problem has an end").to_bytes()
        };
        return Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        };
    }
    ask.send().await
}

#[tokio::test]
async fn every_operation_needs_the_scope_that_its_description_names_and_no_other() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope.as_str(), world.key(&[scope.as_str()]).await));
    }
    let operations = operations();
    assert!(operations.len() > 30, "the document lists all operations");
    for operation in &operations {
        let name = format!("{} {}", operation.method, operation.path);
        let Some(needed) = &operation.scope else {
            let answer = ask(&world, operation, None).await;
            assert!(answer.status.is_success(), "{name}: {}", answer.text());
            continue;
        };
        assert_eq!(
            ask(&world, operation, None).await.problem(),
            "missing-key",
            "{name}"
        );
        for (scope, key) in &keys {
            let answer = ask(&world, operation, Some(key)).await;
            let allowed = scope == needed || *scope == "admin";
            let refused = answer.status == 403;
            assert_eq!(
                refused,
                !allowed,
                "{name} by {scope}: {} {}",
                answer.status,
                answer.text()
            );
            if refused {
                assert_eq!(answer.problem(), "scope-missing", "{name}");
            }
            // Whatever else is wrong with the question, the operation exists.
            let is_known = !["unknown-route", "method-not-allowed"]
                .iter()
                .any(|slug| answer.text().contains(slug));
            assert!(is_known, "{name}: {}", answer.text());
            assert!(!answer.status.is_server_error(), "{name}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_key_for_some_apps_sees_no_other_and_makes_none() {
    let world = World::new().await;
    world.register("00ff", &json!({})).await;
    world
        .put("/v1/apps/com.example.other/devices/00ff")
        .json(&json!({}))
        .send()
        .await
        .must_be(200);
    let scopes = ["register", "send", "read", "admin"];
    let description = json!({"name": "some", "scopes": scopes, "apps": ["com.example.app"]});
    let key = world.make_key(&description).await;
    for operation in operations() {
        if !operation.path.contains("com.example.app") {
            continue;
        }
        for other in ["com.example.other", "com.example.unheard"] {
            let path = operation.path.replace("com.example.app", other);
            let answer = Ask::new(&world, operation.method.clone(), &path)
                .by(&key)
                .send()
                .await;
            let slug = answer.problem();
            // What is wrong with the question itself may be said first.
            let is_refused =
                ["app-not-allowed", "invalid-field", "unreadable-credential"].contains(&slug.as_str());
            assert!(is_refused, "{} {path}: {slug}", operation.method);
        }
    }
    for path in ["/v1/api-keys", "/v1/audit", "/v1/audit:verify"] {
        assert_eq!(
            world.get(path).by(&key).send().await.problem(),
            "app-not-allowed",
            "{path}"
        );
    }
    let listed = world.get("/v1/apps").by(&key).send().await.must_be(200).json();
    assert_eq!(listed["apps"].as_array().map(Vec::len), Some(1), "{listed}");
    let own = world
        .get("/v1/apps/com.example.app/devices/00ff")
        .by(&key)
        .send()
        .await;
    own.must_be(200);
}
