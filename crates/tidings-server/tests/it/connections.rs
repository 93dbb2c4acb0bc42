//! Connections: kept, bounded, ended.

use std::time::Duration;

use serde_json::json;
use tidings_server::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{APP, World};

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.address)
        .await
        .expect("the server accepts")
}

/// Reads until something is there, or the connection has ended.
async fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer)).await;
    let read = read.expect("something happens").unwrap_or_default();
    String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()).into_owned()
}

#[tokio::test]
async fn a_connection_serves_many_requests_also_one_behind_the_other() {
    let world = World::new().await;
    let mut stream = connect(&world).await;
    let ask = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    stream
        .write_all(ask.repeat(3).as_bytes())
        .await
        .expect("it is written");
    let mut text = String::new();
    while text.matches("200 OK").count() < 3 {
        let more = read_some(&mut stream).await;
        assert!(!more.is_empty(), "the connection ended: {text}");
        text += &more;
    }
}

#[tokio::test]
async fn whoever_sends_a_head_too_slowly_is_left() {
    let mut config = ServerConfig::default();
    config.header_timeout = Duration::from_millis(50);
    let world = World::with(config).await;
    let mut stream = connect(&world).await;
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost")
        .await
        .expect("it is written");
    assert!(!read_some(&mut stream).await.contains("200 OK"));
    assert_eq!(read_some(&mut stream).await, "");
}

#[tokio::test]
async fn whoever_sends_a_body_too_slowly_is_told() {
    let mut config = ServerConfig::default();
    config.request_timeout = Duration::from_millis(50);
    let world = World::with(config).await;
    let mut stream = connect(&world).await;
    let head = format!(
        "PUT {APP}/devices/00ff HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 100\r\n\r\n{{",
        world.admin
    );
    stream.write_all(head.as_bytes()).await.expect("it is written");
    let answer = read_some(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn heads_that_are_too_long_are_refused() {
    let world = World::new().await;
    let mut stream = connect(&world).await;
    let head = format!(
        "GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(64 << 10)
    );
    // The server may have ended the connection before all was written.
    drop(stream.write_all(head.as_bytes()).await);
    let answer = read_some(&mut stream).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
}

/// Somebody who does nothing must not keep others out.
#[tokio::test]
async fn an_idle_connection_makes_room_for_one_too_many() {
    let mut config = ServerConfig::default();
    config.max_connections = 1;
    let world = World::with(config).await;
    let ask = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = connect(&world).await;
    first.write_all(ask).await.expect("it is written");
    assert!(read_some(&mut first).await.contains("200 OK"));
    let mut second = connect(&world).await;
    second.write_all(ask).await.expect("it is written");
    assert!(read_some(&mut second).await.contains("200 OK"));
    assert_eq!(read_some(&mut first).await, "", "the idle one was closed");
}

#[tokio::test]
async fn a_connection_that_is_in_use_is_waited_for() {
    let mut config = ServerConfig::default();
    config.max_connections = 1;
    let world = World::with(config).await;
    let mut first = connect(&world).await;
    let head = format!(
        "PUT {APP}/devices/00ff HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 2\r\n\r\n{{",
        world.admin
    );
    first.write_all(head.as_bytes()).await.expect("it is written");
    let mut second = connect(&world).await;
    second
        .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("it is written");
    let waits = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(waits.is_err(), "it was served beside the first");
    first.write_all(b"}").await.expect("it is written");
    assert!(read_some(&mut first).await.contains("200 OK"));
    assert!(read_some(&mut second).await.contains("200 OK"));
}

#[tokio::test]
async fn at_the_end_requests_are_answered_and_connections_closed() {
    let mut world = World::new().await;
    let mut idle = connect(&world).await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("it is written");
    assert!(read_some(&mut idle).await.contains("200 OK"));
    world.register("00ff", &json!({})).await;
    world.begin_end();
    assert_eq!(read_some(&mut idle).await, "", "an idle connection is closed");
    world.end().await;
}

/// The answer to a request whose body is wholly sent before anything is read, as simple clients do.
async fn answer_to_all_of(world: &World, path: &str, content_type: &str, body: &[u8]) -> String {
    let mut stream = connect(world).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        world.admin,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("it is written");
    stream.write_all(body).await.expect("it is written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it is read");
    String::from_utf8(answer).expect("it is text")
}

#[tokio::test]
async fn whoever_sends_too_much_reads_why_it_is_refused() {
    let world = World::new().await;
    // More than the buffers of both sides hold.
    let body = "x".repeat(64 << 20);
    let path = format!("{APP}/notifications");
    let answer = answer_to_all_of(&world, &path, "application/json", body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body-too-large"), "{answer}");
}

#[tokio::test]
async fn whoever_sends_too_many_lines_learns_what_became_of_the_first() {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "ada"})).await;
    let line = r#"{"to": {"users": ["ada"]}, "aps": {"alert": "Tea is ready"}}"#;
    let body = format!("{line}\n").repeat(500_000);
    let path = format!("{APP}/notifications:batch");
    let answer = answer_to_all_of(&world, &path, "application/x-ndjson", body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(answer.matches("\"id\"").count(), 10_000);
    assert!(answer.contains("{\"line\":10001,\"problem\""));
}
