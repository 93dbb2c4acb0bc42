//! Events as they happen, resumed where the stream broke off.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::world::{APP, World};

/// A stream as it is read.
struct Stream {
    body: Incoming,
    text: String,
}

impl Stream {
    async fn open(world: &World, path: &str, last: Option<&str>) -> Self {
        let mut ask = world.get(path);
        if let Some(last) = last {
            ask = ask.header("last-event-id", last);
        }
        let response = ask.begin().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body(),
            text: String::new(),
        }
    }

    /// The next event: its id, its name and its data. `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    frame
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                if let Some(data) = field("data: ") {
                    let data = serde_json::from_str(&data).expect("the data is JSON");
                    return Some((field("id: ")?, field("event: ")?, data));
                }
                continue;
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await;
            let frame = frame.expect("something happens").and_then(Result::ok)?;
            let data = frame.into_data().expect("there are no trailers");
            self.text += &String::from_utf8_lossy(&data);
        }
    }
}

async fn forget(world: &World, token: &str) {
    world.register(token, &json!({})).await;
    world
        .delete(&format!("{APP}/devices/{token}"))
        .send()
        .await
        .must_be(204);
}

#[tokio::test]
async fn a_stream_begins_now_and_tells_what_happens() {
    let world = World::new().await;
    forget(&world, "01").await;
    let mut stream = Stream::open(&world, "/v1/events", None).await;
    forget(&world, "02").await;
    let (id, name, data) = stream.next().await.expect("it goes on");
    assert_eq!(
        (name.as_str(), &data["bundle_id"]),
        ("device.forgotten", &json!("com.example.app"))
    );
    assert_eq!(data["id"].to_string(), id);
    assert!(
        !data.to_string().contains("\"02\""),
        "a device token is told by its fingerprint"
    );
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let world = World::new().await;
    for token in ["01", "02", "03", "04"] {
        forget(&world, token).await;
    }
    let mut all = Vec::new();
    let mut stream = Stream::open(&world, "/v1/events", Some("0")).await;
    for _ in 0..4 {
        all.push(stream.next().await.expect("it goes on").0);
    }
    drop(stream);
    let mut resumed = Stream::open(&world, "/v1/events", Some(&all[1])).await;
    assert_eq!(resumed.next().await.expect("it goes on").0, all[2]);
    assert_eq!(resumed.next().await.expect("it goes on").0, all[3]);
    let mut by_parameter = Stream::open(&world, &format!("/v1/events?after={}", all[2]), None).await;
    assert_eq!(by_parameter.next().await.expect("it goes on").0, all[3]);
    let odd = world
        .get("/v1/events")
        .header("last-event-id", "seven")
        .send()
        .await
        .must_be(400);
    assert_eq!(odd.problem(), "invalid-parameter");
}

#[tokio::test]
async fn a_stream_tells_only_of_the_apps_that_are_meant_and_allowed() {
    let world = World::new().await;
    world
        .put("/v1/apps/com.example.other/devices/01")
        .send()
        .await
        .must_be(200);
    world
        .delete("/v1/apps/com.example.other/devices/01")
        .send()
        .await
        .must_be(204);
    forget(&world, "02").await;
    let mut one = Stream::open(&world, "/v1/events?app=com.example.app", Some("0")).await;
    assert_eq!(
        one.next().await.expect("it goes on").2["bundle_id"],
        "com.example.app"
    );
    let key = world
        .make_key(&json!({"name": "x", "scopes": ["read"], "apps": ["com.example.other"]}))
        .await;
    let response = world.get("/v1/events?after=0").by(&key).begin().await;
    let mut theirs = Stream {
        body: response.into_body(),
        text: String::new(),
    };
    assert_eq!(
        theirs.next().await.expect("it goes on").2["bundle_id"],
        "com.example.other"
    );
    let refused = world.get("/v1/events?app=com.example.app").by(&key).send().await;
    assert_eq!(refused.problem(), "app-not-allowed");
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let world = World::new().await;
    let key = world.key(&["read"]).await;
    let response = world.get("/v1/events").by(&key).begin().await;
    let mut stream = Stream {
        body: response.into_body(),
        text: String::new(),
    };
    let id = key.split('_').nth(1).expect("a key has an id").to_owned();
    world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(204);
    forget(&world, "01").await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let mut world = World::new().await;
    let mut stream = Stream::open(&world, "/v1/events", None).await;
    world.begin_end();
    assert_eq!(stream.next().await, None);
}
