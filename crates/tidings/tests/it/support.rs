//! Running the binary, and a `tidings simulate` to run it against.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const TEAM: &str = "TEAM123456";
pub(crate) const APP: &str = "com.example.app";
pub(crate) const KEY: &str = "KEY1234567";

const WORLD: &str = r#"
[[keys]]
team_id = "TEAM123456"
key_id = "KEY1234567"

[[certificates]]
team_id = "TEAM123456"
bundle_id = "com.example.app"

[[apps]]
team_id = "TEAM123456"
bundle_id = "com.example.app"

[[devices]]
device_id = "phone"
installs = [{ bundle_id = "com.example.app", build = "debug", kinds = ["alert", "voip", "liveactivity-start"] }]
"#;

/// The binary, not influenced by the environment of the tests.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDINGS_"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    for name in ["CLICOLOR_FORCE", "NO_COLOR", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// What a test needs of others.
pub(crate) fn existing(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: .ci/setup gets it", path.display());
    path
}

/// What came of running the binary.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// The lines of stdout as JSON.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// The one line of stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        let lines = self.json_lines();
        assert_eq!(lines.len(), 1, "{self:?}");
        lines[0].clone()
    }

    /// It failed with this status, in one clear error that holds these texts, with a hint, and without a panic.
    pub(crate) fn assert_failed(&self, status: i32, texts: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in {self:?}");
        }
        assert_eq!(self.stderr.matches("error:").count(), 1, "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
    }

    /// Like [`Self::assert_failed`], and the last line says what to do.
    pub(crate) fn assert_failed_with_hint(&self, status: i32, texts: &[&str]) {
        self.assert_failed(status, texts);
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("hint: "), "{self:?}");
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn tidings(arguments: &[&str]) -> Ran {
    Ran::of(command().args(arguments))
}

/// A running `tidings simulate` with a key, a certificate, an app and a phone.
pub(crate) struct Simulation {
    process: Child,
    pub(crate) ready: Value,
    pub(crate) folder: TempDir,
}

impl Simulation {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world.toml");
        std::fs::write(&world, WORLD).unwrap();
        let mut process = command()
            .arg("simulate")
            .arg("--world")
            .arg(world)
            .arg("--state")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self {
            process,
            ready,
            folder,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn url(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// `tidings send` to the sandbox under the team's key.
    pub(crate) fn send(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.access("send", "sandbox").args(self.key()).args(arguments))
    }

    /// A command that knows where the simulator is.
    pub(crate) fn access(&self, name: &str, listener: &str) -> Command {
        let mut command = command();
        command.args(name.split(' '));
        command.args(["--environment", "sandbox", "--url", self.url(listener)]);
        command.arg("--ca").arg(self.file("ca.pem"));
        command
    }

    pub(crate) fn key(&self) -> Vec<String> {
        let key = self.file(&format!("AuthKey_{KEY}.p8")).display().to_string();
        ["--key", &key, "--team-id", TEAM, "--bundle-id", APP]
            .map(str::to_owned)
            .into()
    }

    /// The phone's device token of a kind.
    pub(crate) fn token(&self, kind: &str) -> String {
        let phone = self.control("GET", "/v1/devices/phone");
        phone["installs"][APP]["tokens"][kind]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What the phone has got.
    pub(crate) fn notifications(&self) -> Vec<Value> {
        let log = self.control("GET", "/v1/devices/phone/notifications");
        log.as_array().unwrap().clone()
    }

    /// Makes something go wrong.
    pub(crate) fn fault(&self, fault: &Value) {
        let answer = self.ask("POST", "/v1/faults", &fault.to_string());
        assert!(answer["fault_id"].is_string(), "{answer}");
    }

    /// Asks the control API.
    pub(crate) fn control(&self, method: &str, path: &str) -> Value {
        self.ask(method, path, "")
    }

    /// The same with a body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let address = self.url("control").strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or(Value::Null)
    }

    /// Asks it to end, as a service manager does, and waits.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
