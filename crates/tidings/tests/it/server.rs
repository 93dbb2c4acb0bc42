//! A running `tidings serve`, and a plain client of its API, as `curl` is one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{APP, KEY, Simulation, TEAM, command};

/// How long something may take that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// What it says on stderr, read as it comes: a full pipe would hold it up.
    said: Option<JoinHandle<String>>,
    pub(crate) ready: Value,
    pub(crate) key: String,
    pub(crate) folder: PathBuf,
    /// Removed at the end, if it is ours.
    temporary: Option<TempDir>,
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Server {
    /// On a new data directory, with APNs where the simulation is.
    pub(crate) fn start(simulation: Option<&Simulation>) -> Self {
        Self::start_with(simulation, &[])
    }

    /// The same with more variables.
    pub(crate) fn start_with(simulation: Option<&Simulation>, variables: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("data");
        let mut server = Self::start_in(&folder, simulation, variables);
        server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
        server.temporary = Some(temporary);
        server
    }

    /// On this data directory, with more variables. Its key is only known if it is new.
    pub(crate) fn start_in(
        folder: &Path,
        simulation: Option<&Simulation>,
        variables: &[(&str, &str)],
    ) -> Self {
        let mut process = serve(folder);
        if let Some(simulation) = simulation {
            for (name, value) in [
                ("PRODUCTION_URL", simulation.url("production")),
                ("SANDBOX_URL", simulation.url("sandbox")),
                ("PRODUCTION_CHANNELS_URL", simulation.url("channels_production")),
                ("SANDBOX_CHANNELS_URL", simulation.url("channels_sandbox")),
                ("CA_FILE", simulation.url("ca")),
            ] {
                process.env(format!("TIDINGS_DELIVERY__{name}"), value);
            }
        }
        process.envs(variables.iter().copied());
        let mut process = process.spawn().unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).unwrap();
            said
        });
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready = match serde_json::from_str(&line) {
            Ok(ready) => ready,
            Err(error) => panic!("{error}: {line:?}, {}", said.join().unwrap()),
        };
        Self {
            process,
            said: Some(said),
            key: String::new(),
            ready,
            folder: folder.to_owned(),
            temporary: None,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    pub(crate) fn pid(&self) -> String {
        self.process.id().to_string()
    }

    /// A command that asks this server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.args(arguments);
        command.env("TIDINGS_SERVER", self.url());
        command.env("TIDINGS_API_KEY", &self.key);
        command
    }

    /// Asks the API.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.try_ask(method, path, body);
        answer.unwrap_or_else(|| panic!("{method} {path}: nobody answers"))
    }

    /// Asks the API; nothing if nobody answers.
    fn try_ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let authority = self.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(authority).ok()?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Answer {
            status,
            body: body.to_owned(),
        })
    }

    /// Submits an alert to a device token; the status, if somebody answered.
    pub(crate) fn submit(&self, token: &str) -> Option<u16> {
        let body = serde_json::json!({"to": {"tokens": [token]}, "aps": {"alert": "Tea"}});
        let answer = self.try_ask("POST", &format!("/v1/apps/{APP}/notifications"), Some(&body));
        answer.map(|answer| answer.status)
    }

    /// Asks for something of the app, which must succeed.
    pub(crate) fn app(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.ask(method, &format!("/v1/apps/{APP}/{path}"), body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    }

    /// Gives it the simulation's signing key.
    pub(crate) fn upload_key(&self, simulation: &Simulation) {
        let p8 = std::fs::read_to_string(simulation.file(&format!("AuthKey_{KEY}.p8"))).unwrap();
        let body = serde_json::json!({"p8": p8, "key_id": KEY, "team_id": TEAM});
        self.app("POST", "credentials", Some(&body));
    }

    pub(crate) fn signal(&self, name: &str) {
        let killed = Command::new("kill").args([name, &self.pid()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end: the exit status, and what it said on stderr.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let said = self.said.take().unwrap().join().unwrap();
        (self.process.wait().unwrap().code(), said)
    }

    /// Ends it, and keeps its folder.
    pub(crate) fn keep(mut self) -> Option<TempDir> {
        let temporary = self.temporary.take();
        assert_eq!(self.terminate().0, Some(0));
        temporary
    }

    /// Asks it to end, as a service manager does, and waits.
    pub(crate) fn terminate(self) -> (Option<i32>, String) {
        self.signal("-TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `tidings serve` on a free port.
pub(crate) fn serve(folder: &Path) -> Command {
    let mut command = command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Looks until it is so.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
