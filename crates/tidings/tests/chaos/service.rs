//! A running `tidings serve`, which can be killed and started again on the same data.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::Http;
use crate::simulation::{APP, Simulation, TEAM};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Service {
    process: Child,
    configuration: PathBuf,
    url: String,
    admin_key: String,
}

impl Service {
    pub(crate) fn start(simulation: &Simulation) -> Self {
        let configuration = simulation.path("tidings.toml");
        std::fs::write(&configuration, configure(simulation, "127.0.0.1:0")).unwrap();
        let (process, ready) = spawn(&configuration);
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let service = Self {
            process,
            url: text("url"),
            admin_key: text("admin_key"),
            configuration,
        };
        // From now on at the same address, as in production.
        let address = service.url.strip_prefix("http://").unwrap();
        std::fs::write(&service.configuration, configure(simulation, address)).unwrap();
        service
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(&self.url, Some(&self.admin_key))
    }

    /// Gives it the team's key, and registers the devices.
    pub(crate) fn introduce(&self, simulation: &Simulation, tokens: &[String]) {
        let mut http = self.http();
        let (key_id, pem) = simulation.signing_key();
        let credential = json!({ "p8": pem, "key_id": key_id, "team_id": TEAM }).to_string();
        let content = "content-type: application/json\r\n";
        http.expect(
            201,
            "POST",
            &format!("/v1/apps/{APP}/credentials"),
            content,
            &credential,
        );
        for token in tokens {
            let path = format!("/v1/apps/{APP}/devices/{token}");
            let body = json!({ "environment": "production" }).to_string();
            let answer = http.ask("PUT", &path, content, &body).unwrap();
            assert!(answer.status < 300, "{}", answer.body);
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on what the kill left.
    pub(crate) fn restart(&mut self) {
        let (process, ready) = spawn(&self.configuration);
        self.process = process;
        assert_eq!(ready["url"], self.url.as_str());
        assert_eq!(
            ready["admin_key"],
            Value::Null,
            "a key that was made is not made again"
        );
    }

    /// Waits until nothing is left to be sent.
    pub(crate) fn wait_until_idle(&self) {
        let began = Instant::now();
        let mut http = self.http();
        loop {
            let metrics = http.expect(200, "GET", "/metrics", "", "").body;
            let open = metric(&metrics, "tidings_recipients_pending")
                + metric(&metrics, "tidings_queue_notifications");
            if open == 0 {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{open} are still open:\n{metrics}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What was accepted has ended, or waits; counted in different ways.
    pub(crate) fn assert_sums_agree(&self) {
        let metrics = self.http().expect(200, "GET", "/metrics", "", "").body;
        assert_eq!(
            metric(&metrics, "tidings_recipients_conservation_mismatch"),
            0,
            "{metrics}"
        );
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(mut self) {
        let pid = self.process.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(configuration: &PathBuf) -> (Child, Value) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["serve", "--config"])
        .arg(configuration)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    (process, ready)
}

fn configure(simulation: &Simulation, listen: &str) -> String {
    let data = simulation.path("data").display().to_string();
    let [production, ca] = ["production", "ca"].map(|name| simulation.ready(name));
    format!(
        "[server]\nlisten = \"{listen}\"\n[data]\ndirectory = \"{data}\"\n\
         [delivery]\nproduction_url = \"{production}\"\nca_file = \"{ca}\"\n"
    )
}

/// The sum of a metric over its labels.
fn metric(metrics: &str, name: &str) -> u64 {
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let of_name = samples.filter(|line| line.split(['{', ' ']).next() == Some(name));
    let whole = |line: &str| line.rsplit(' ').next()?.split('.').next()?.parse().ok();
    let values: Vec<u64> = of_name.map(|line| whole(line).unwrap()).collect();
    assert!(!values.is_empty(), "no {name} in:\n{metrics}");
    values.iter().sum()
}
