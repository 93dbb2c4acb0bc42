//! A simulator or a server that runs for as long as it is asked what it is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::program::{output_quietly, tidings};

/// The part of the ready line that is needed here.
#[derive(Deserialize)]
struct Ready {
    /// Of a simulator.
    control: Option<String>,
    /// Of a server.
    url: Option<String>,
}

/// A simulator or a server. Ends with its owner.
pub(super) struct Running {
    process: Child,
    ready: Ready,
}

/// What a server with nothing in it answers at the last of the paths, after it was asked for the others.
pub(super) fn of_server(paths: &[&str]) -> Result<String> {
    let folder = std::env::temp_dir().join(format!("tidings-codegen-{}", std::process::id()));
    let data = folder.display().to_string();
    let server = Running::start(&["serve", "--listen", "127.0.0.1:0", "--data", &data])?;
    let url = server
        .ready
        .url
        .as_deref()
        .context("the ready line has no address")?;
    let answers: Result<Vec<String>> = paths.iter().map(|path| fetch(&format!("{url}{path}"))).collect();
    drop(server);
    fs::remove_dir_all(&folder).with_context(|| format!("removing {data}"))?;
    answers?.pop().context("nothing is asked for")
}

fn fetch(url: &str) -> Result<String> {
    output_quietly(Command::new("curl").args(["--silent", "--show-error", "--fail", url]))
}

impl Running {
    pub(super) fn start(arguments: &[&str]) -> Result<Self> {
        let mut process = Command::new(tidings()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting `tidings {}`", arguments.join(" ")))?;
        let ready = read_ready(process.stdout.take()).inspect_err(|_| stop(&mut process))?;
        Ok(Self { process, ready })
    }

    /// What the simulator's control API answers at a path.
    pub(super) fn of_control(&self, path: &str) -> Result<String> {
        let url = self.ready.control.as_deref();
        let url = url.context("the ready line has no control address")?;
        fetch(&format!("{url}{path}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

fn read_ready(stdout: Option<ChildStdout>) -> Result<Ready> {
    let mut line = String::new();
    BufReader::new(stdout.context("the process has no standard output")?).read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("reading the first line: {line}"))
}

fn stop(process: &mut Child) {
    // It may have ended by itself; then there is nothing to stop.
    let _stopped = process.kill().and_then(|()| process.wait());
}
