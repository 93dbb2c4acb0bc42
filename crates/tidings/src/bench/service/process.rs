//! The processes that are measured, and how they are begun and ended.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::sleep;

use super::fill::Filled;

/// A process that has said that it is ready.
pub(in crate::bench) struct Running {
    process: Child,
    ready: Value,
    /// Kept open, for what it prints at its end.
    stdout: BufReader<ChildStdout>,
}

impl Running {
    /// A sink.
    pub(in crate::bench) fn sink(rtt: Option<Duration>, jitter: Duration) -> anyhow::Result<Self> {
        let mut command = ourselves()?;
        command.args(["bench", "sink"]);
        if let Some(rtt) = rtt {
            let text = |duration: Duration| format!("{}us", duration.as_micros());
            command.args(["--rtt", &text(rtt), "--jitter", &text(jitter)]);
        }
        Self::begin(command).context("starting the sink")
    }

    /// A server on a data directory, with APNs where the sink is.
    pub(in crate::bench) fn server(directory: &Path, sink: &Self, filled: &Filled) -> anyhow::Result<Self> {
        let mut command = ourselves()?;
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(directory);
        for (name, value) in [
            ("TIDINGS_DELIVERY__PRODUCTION_URL", sink.url()),
            ("TIDINGS_DELIVERY__SANDBOX_URL", sink.url()),
            ("TIDINGS_DELIVERY__CA_FILE", sink.ca()),
            ("TIDINGS_LOG__LEVEL", "warn"),
            ("TIDINGS_SEALING_KEY", filled.sealing_key.to_hex().as_str()),
        ] {
            command.env(name, value);
        }
        Self::begin(command).context("starting the server")
    }

    /// Where it is.
    pub(in crate::bench) fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap_or_default()
    }

    /// The root certificate of a sink.
    pub(in crate::bench) fn ca(&self) -> &str {
        self.ready["ca"].as_str().unwrap_or_default()
    }

    /// The most memory that it ever had.
    pub(in crate::bench) fn max_rss_bytes(&self) -> anyhow::Result<u64> {
        crate::bench::measure::max_rss_bytes_of(&self.process.id().to_string())
    }

    /// What it has used of processors, user and system.
    pub(in crate::bench) fn cpu_time(&self) -> anyhow::Result<Duration> {
        crate::bench::measure::cpu_time_of(&self.process.id().to_string())
    }

    /// Asks it to end, and waits until it has, in good order.
    pub(in crate::bench) async fn end(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("a process has no id")?, Signal::TERM).context("ending a process")?;
        loop {
            if let Some(status) = self.process.try_wait()? {
                ensure!(status.success(), "a process ended with {status}");
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn begin(mut command: Command) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("there is no output")?;
        let mut running = Self {
            process,
            ready: Value::Null,
            stdout: BufReader::new(stdout),
        };
        let mut line = String::new();
        running.stdout.read_line(&mut line)?;
        running.ready = serde_json::from_str(&line).context("it does not say that it is ready")?;
        Ok(running)
    }
}

/// Whatever goes wrong, no process stays behind.
impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a command of ours prints.
pub(in crate::bench) fn json_of(arguments: &[&str]) -> anyhow::Result<Value> {
    let output = ourselves()?
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("starting the client alone")?;
    if !output.status.success() {
        bail!("the client alone ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("reading what the client alone printed")
}

/// This program; not influenced by the configuration of whoever measures.
fn ourselves() -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDINGS_"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    Ok(command)
}
