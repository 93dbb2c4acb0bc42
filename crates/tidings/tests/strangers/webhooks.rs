//! Webhooks of a running server, verified by libraries that nobody here wrote.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::client::{node, python};
use crate::server::Server;

/// A receiver in a process of its own.
struct Receiver {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Receiver {
    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let mut receiver = Self {
            input,
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
            url: String::new(),
        };
        let ready = receiver.line();
        ready["url"].as_str().unwrap().clone_into(&mut receiver.url);
        receiver
    }

    fn verify_by(&mut self, secret: &Value) {
        writeln!(self.input, "{}", secret.as_str().unwrap()).unwrap();
        assert_eq!(self.line()["event"], "secret");
    }

    /// The next line that it prints.
    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The next message, which must be good, and no changed copy of it.
    fn expect(&mut self, kind: &str) {
        let line = self.line();
        assert_eq!(
            (&line["verified"], &line["type"]),
            (&json!(true), &json!(kind)),
            "{line}"
        );
        let mutations = &line["mutations"];
        assert!(mutations["tried"].as_u64() > Some(1_000), "{line}");
        assert_eq!(mutations["tried"], mutations["refused"], "{line}");
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Something happens.
fn happen(server: &Server) {
    let device = "/v1/apps/com.example.app/devices/00ff";
    server.ask("PUT", device, &json!({}));
    server.ask("DELETE", device, &json!({}));
}

fn verify(mut receiver: Receiver) {
    // It may send webhooks to this machine.
    let server = Server::start(&[("TIDINGS_WEBHOOKS__ALLOW_NETWORKS", "127.0.0.1/32")]);
    let made = json!({"url": receiver.url, "events": ["device.forgotten"]});
    let made = server.ask("POST", "/v1/webhooks", &made);
    receiver.verify_by(&made["secret"]);
    happen(&server);
    receiver.expect("device.forgotten");
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    server.ask("POST", &format!("{path}:test"), &json!({}));
    receiver.expect("webhook.test");
    // While the secret is changed, both are good.
    let rotated = server.ask("POST", &format!("{path}:rotate-secret"), &json!({}));
    happen(&server);
    receiver.expect("device.forgotten");
    receiver.verify_by(&rotated["secret"]);
    happen(&server);
    receiver.expect("device.forgotten");
    // After that, only the new one.
    let at_once = json!({"previous_for_seconds": 0});
    server.ask("POST", &format!("{path}:rotate-secret"), &at_once);
    happen(&server);
    let line = receiver.line();
    assert_eq!(line["verified"], false, "{line}");
    let cloud = json!({"format": "cloudevents"});
    server.ask("PATCH", &path, &cloud);
    let last = server.ask("POST", &format!("{path}:rotate-secret"), &at_once);
    receiver.verify_by(&last["secret"]);
    happen(&server);
    receiver.expect("tidings.device.forgotten.v1");
}

#[test]
fn the_library_of_npm_verifies_what_is_sent() {
    verify(Receiver::start(&mut node("webhook.mjs")));
}

#[test]
fn the_library_of_pypi_verifies_what_is_sent() {
    verify(Receiver::start(&mut python("webhook.py")));
}

#[test]
fn the_guide_shows_what_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let guide = read("docs/book/src/webhooks.md");
    for program in ["interop/node/webhook.mjs", "interop/python/webhook.py"] {
        let text = read(program);
        let shown = text
            .split_once("guide: begin\n")
            .and_then(|(_, rest)| rest.split_once("guide: end"))
            .map(|(shown, _)| shown.trim_end_matches(['/', '#', ' ', '\n']));
        let shown = shown.expect("a part is for the guide");
        assert!(
            guide.contains(shown),
            "{program} is not in the guide as it is:\n{shown}"
        );
    }
}
