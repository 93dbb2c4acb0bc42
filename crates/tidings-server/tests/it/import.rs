//! Many device tokens at once.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::answer::Answer;
use crate::world::{APP, World};

fn path() -> String {
    format!("{APP}/devices:import")
}

async fn import(world: &World, body: impl Into<Bytes>) -> Vec<Value> {
    let ask = world.post(&path()).header("content-type", "application/x-ndjson");
    ask.body(body).send().await.must_be(200).lines()
}

fn summary(lines: &[Value]) -> &Value {
    &lines.last().expect("there is a summary")["summary"]
}

#[tokio::test]
async fn good_lines_are_kept_and_bad_ones_are_told() {
    let world = World::new().await;
    let body = r#"{"token": "01", "user_id": "u", "tags": ["a"], "registered_at": "2026-01-01T00:00:00Z"}

{"token": "xyz"}
{"token": "02", "kind": "voip", "environment": "sandbox"}
not json
{"token": "03", "colour": "red"}
{"token": "04", "user_id": ""}
{"token": "01"}"#;
    let lines = import(&world, body).await;
    let refused: Vec<_> = lines[..lines.len() - 1]
        .iter()
        .map(|line| {
            (
                line["line"].as_u64(),
                line["problem"]["type"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let slug = |slug: &str| format!("urn:tidings:problem:{slug}");
    assert_eq!(
        refused,
        [
            (Some(3), slug("invalid-device-token")),
            (Some(5), slug("invalid-json")),
            (Some(6), slug("invalid-field")),
            (Some(7), slug("invalid-field")),
        ]
    );
    let expected = json!({
        "lines": 7, "created": 2, "updated": 0, "unchanged": 1, "refused": 4, "refused_untold": 0,
        "imported_through_line": 8, "complete": true,
    });
    assert_eq!(summary(&lines), &expected);
    let device = world
        .get(&format!("{APP}/devices/01"))
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&device["user_id"], &device["tags"]),
        (&json!("u"), &json!(["a"]))
    );
    assert_eq!(device["last_registered_at"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn the_same_stream_again_does_no_harm() {
    let world = World::new().await;
    let body = "{\"token\": \"01\", \"registered_at\": \"2026-01-01T00:00:00Z\"}\n";
    assert_eq!(summary(&import(&world, body).await)["created"], 1);
    assert_eq!(summary(&import(&world, body).await)["unchanged"], 1);
    world.register("01", &json!({"user_id": "new"})).await;
    let old = "{\"token\": \"01\", \"user_id\": \"old\", \"registered_at\": \"2026-02-01T00:00:00Z\"}";
    import(&world, old).await;
    let device = world.get(&format!("{APP}/devices/01")).send().await.json();
    assert_eq!(device["user_id"], "new", "a newer registration stays");
}

#[tokio::test]
async fn nothing_is_imported_from_nothing() {
    let world = World::new().await;
    let lines = import(&world, "").await;
    assert_eq!((lines.len(), &summary(&lines)["complete"]), (1, &json!(true)));
}

#[tokio::test]
async fn many_lines_and_many_refusals_are_told_while_the_stream_goes_on() {
    let world = World::new().await;
    let lines = |number: u32| format!("{{\"token\": \"{number:08x}\"}}\n{{\"token\": \"odd\"}}\n");
    let body: String = (0..6_000).map(lines).collect();
    let lines = import(&world, body).await;
    assert_eq!(lines.len(), 6_001);
    let summary = summary(&lines);
    assert_eq!(
        (&summary["created"], &summary["refused"]),
        (&json!(6_000), &json!(6_000))
    );
    assert_eq!(summary["complete"], true);
}

/// The answer begins before the stream has ended; what was sent so far becomes durable although the caller dawdles.
#[tokio::test]
async fn a_stream_is_worked_on_while_it_comes() {
    let world = World::new().await;
    let (pieces, received) = mpsc::channel::<Result<Frame<Bytes>, Infallible>>(4);
    let body = StreamBody::new(tokio_stream::wrappers::ReceiverStream::new(received));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::post(format!("http://{}{}", world.address, path()))
        .header("authorization", format!("Bearer {}", world.admin))
        .body(body)
        .expect("it is well formed");
    let line = |number: u32| format!("{{\"token\": \"{number:04x}\"}}\n");
    let good: String = (0..1_000).map(line).collect();
    let chunk = format!("{{\"token\": \"bad\"}}\n{good}");
    pieces
        .send(Ok(Frame::data(chunk.into())))
        .await
        .expect("somebody reads");
    let response = client.request(request).await.expect("the answer begins");
    assert_eq!(response.status(), 200);
    let looking = async {
        while world.get(&format!("{APP}/devices/0000")).send().await.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looking)
        .await
        .expect("it is durable before the end");
    pieces
        .send(Ok(Frame::data("{\"token\": \"ffff\"}".into())))
        .await
        .expect("somebody reads");
    drop(pieces);
    let (parts, body) = response.into_parts();
    let body = http_body_util::BodyExt::collect(body)
        .await
        .expect("it is whole")
        .to_bytes();
    let answer = Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    };
    let lines = answer.lines();
    assert_eq!(lines[0]["line"], 1);
    assert_eq!(
        (&summary(&lines)["created"], &summary(&lines)["complete"]),
        (&json!(1_001), &json!(true))
    );
}
