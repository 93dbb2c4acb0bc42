//! The simulator's control API, as a running simulator describes it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::program::{output_quietly, tidings};

/// The part of the ready line that is needed here.
#[derive(Deserialize)]
struct Ready {
    control: String,
}

/// Ends with its owner.
struct Simulator {
    process: Child,
    ready: Ready,
}

pub(super) fn document() -> Result<String> {
    let simulator = Simulator::start()?;
    let url = format!("{}/openapi.json", simulator.ready.control);
    let json = output_quietly(Command::new("curl").args(["--silent", "--show-error", "--fail", &url]))?;
    let document: Value = serde_json::from_str(&json).context("reading the simulator's OpenAPI document")?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

impl Simulator {
    fn start() -> Result<Self> {
        let mut process = Command::new(tidings()?)
            .arg("simulate")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the simulator")?;
        let ready = read_ready(process.stdout.take()).inspect_err(|_| stop(&mut process))?;
        Ok(Self { process, ready })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

fn read_ready(stdout: Option<ChildStdout>) -> Result<Ready> {
    let mut line = String::new();
    BufReader::new(stdout.context("the simulator has no standard output")?).read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("reading the simulator's first line: {line}"))
}

fn stop(process: &mut Child) {
    // It may have ended by itself; then there is nothing to stop.
    let _stopped = process.kill().and_then(|()| process.wait());
}
