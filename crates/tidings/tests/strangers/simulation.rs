//! A running `tidings simulate`, and its control API.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Nothing but a limit that a test can reach; who exists, the control API is told.
const WORLD: &str = "[behaviour]\ndevice_rate = { count = 2, per_seconds = 3600 }\n";

/// A simulator in a process of its own, which ends with this value.
pub(crate) struct Simulation {
    process: Child,
    ready: Value,
    folder: TempDir,
}

impl Simulation {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world.toml");
        std::fs::write(&world, WORLD).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .arg("simulate")
            .arg("--world")
            .arg(world)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self {
            process,
            ready,
            folder,
        }
    }

    /// A URL or a path of the ready line.
    pub(crate) fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// The address of a listener.
    pub(crate) fn address(&self, listener: &str) -> &str {
        self.ready(listener).split_once("://").unwrap().1
    }

    /// Writes a file that lives as long as the simulation.
    pub(crate) fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.control("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.control("POST", path, &body.to_string())
    }

    pub(crate) fn delete(&self, path: &str) {
        self.control("DELETE", path, "");
    }

    /// Asks the control API. Every answer but a success ends the test.
    fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let address = self.address("control");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body).unwrap()
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
