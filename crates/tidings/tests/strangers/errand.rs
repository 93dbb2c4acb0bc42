//! What a client is sent to do, and what it came back with.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::scene::{APP, Credential, Scene, TEAM};

/// One run of a client.
pub(crate) struct Errand {
    /// The environment whose listener it is sent to.
    pub(crate) environment: &'static str,
    pub(crate) credential: Credential,
    pub(crate) topic: &'static str,
    pub(crate) device_token: String,
    pub(crate) payload: Value,
    /// How often it pushes to the device token, all by one process.
    pub(crate) times: usize,
    /// By how much the clock is moved before the last push.
    pub(crate) advance_seconds: Option<u64>,
}

/// The line that a client prints for each push; see `interop/README.md`.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) client: String,
    pub(crate) token: String,
    pub(crate) status: Option<u16>,
    /// Only h2load has it, in place of the status: `4xx`.
    pub(crate) status_class: Option<String>,
    pub(crate) apns_id: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) timestamp: Option<u64>,
    pub(crate) error: Option<String>,
}

impl Errand {
    /// One push to the app with the team's key.
    pub(crate) fn new(scene: &Scene, environment: &'static str, device_token: String) -> Self {
        Self {
            environment,
            credential: scene.key(),
            topic: APP,
            device_token,
            payload: json!({ "aps": { "alert": "Tea is ready" }, "order": 7 }),
            times: 1,
            advance_seconds: None,
        }
    }

    /// Has a client do it; its lines, one for each push.
    pub(crate) fn run(&self, client: Client, scene: &Scene) -> Vec<Line> {
        let mut process = self
            .command(client, scene)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("starting {client:?}: {error}; .ci/setup gets what is missing"));
        let mut input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = Vec::new();
        for number in 1..=self.times {
            if number == self.times {
                self.advance_seconds
                    .into_iter()
                    .for_each(|seconds| scene.advance(seconds));
            }
            if number > 1 {
                input.write_all(b"\n").unwrap();
            }
            lines.push(read_line(&mut output, client));
        }
        drop(input);
        assert!(process.wait().unwrap().success(), "{client:?}");
        lines
    }

    fn command(&self, client: Client, scene: &Scene) -> Command {
        let mut command = client.command();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let simulation = &scene.simulation;
        command.args(["--url", simulation.ready(self.environment)]);
        command.args(["--environment", self.environment, "--ca", simulation.ready("ca")]);
        match &self.credential {
            Credential::SigningKey { file, key_id } => {
                command.args(["--key", &path(file), "--key-id", key_id, "--team-id", TEAM])
            }
            Credential::Certificate { file, key_file } => {
                command.args(["--cert", &path(file), "--cert-key", &path(key_file)])
            }
        };
        command.args([
            "--topic",
            self.topic,
            "--payload",
            &self.payload.to_string(),
            "--step",
        ]);
        for _ in 0..self.times {
            command.args(["--token", &self.device_token]);
        }
        command
    }
}

fn read_line(output: &mut impl std::io::BufRead, client: Client) -> Line {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{client:?} printed {line:?}: {error}"))
}
