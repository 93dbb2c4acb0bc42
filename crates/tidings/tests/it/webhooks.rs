//! Webhooks of a server that is killed.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::server::{PATIENCE, Server};

/// Answers each request by the next of these statuses, then by 204; tells the bodies.
fn receiver(statuses: &'static [&'static str]) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut text = String::new();
            let mut piece = [0; 4096];
            while !text.ends_with('}') {
                let count = stream.read(&mut piece).unwrap();
                text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
            }
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            if tell.send(serde_json::from_str(body).unwrap()).is_err() {
                return;
            }
            match statuses.get(number).copied().unwrap_or("204 No Content") {
                // The server is killed before it hears of it.
                "" => std::mem::forget(stream),
                status => write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap(),
            }
        }
    });
    (url, told)
}

#[test]
fn what_was_being_sent_when_the_server_was_killed_is_sent_again() {
    let (url, told) = receiver(&[""]);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let variables = [("TIDINGS_WEBHOOKS__ALLOW_NETWORKS", "127.0.0.0/8")];
    let mut server = Server::start_in(&data, None, &variables);
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    let key = server.key.clone();
    let made = json!({"url": url, "events": ["device.forgotten"]});
    assert_eq!(server.ask("POST", "/v1/webhooks", Some(&made)).status, 201);
    server.app("PUT", "devices/00ff", Some(&json!({})));
    server.ask("DELETE", "/v1/apps/com.example.app/devices/00ff", None);
    let first = told.recv_timeout(PATIENCE).unwrap();
    drop(server);

    let mut server = Server::start_in(&data, None, &variables);
    server.key = key;
    let again = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first, again);
    server.app("PUT", "devices/00ff", Some(&json!({})));
    server.ask("DELETE", "/v1/apps/com.example.app/devices/00ff", None);
    let next = told.recv_timeout(PATIENCE).unwrap();
    assert!(
        next["id"].as_i64() > first["id"].as_i64(),
        "it goes on, and repeats nothing"
    );
    server.terminate();
}
