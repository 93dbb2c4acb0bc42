//! One run of one client against a server of its own.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::scenario::{Client, Program, Scenario};
use crate::program::output_quietly;

/// Bytes of each payload.
const PAYLOAD: usize = 200;

/// Distinct device tokens that h2load cycles through; it cannot make them up by itself.
const H2LOAD_PATHS: u64 = 100_000;

/// The programs, and a folder for their files.
pub(crate) struct Bench {
    tidings: PathBuf,
    peers: PathBuf,
    folder: PathBuf,
}

/// What one run measured.
pub(crate) struct Measured {
    pub(crate) cpu_us: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    pub(crate) rss_mib: Option<f64>,
    /// The server's processor time per notification.
    pub(crate) sink_cpu_us: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu_us,
            per_second,
            sink_cpu_us,
            ..
        } = self;
        write!(f, "{cpu_us:.2} µs, {per_second:.0}/s, server {sink_cpu_us:.2} µs")
    }
}

impl Bench {
    pub(crate) fn new(tidings: PathBuf, peers: PathBuf, folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self {
            tidings,
            peers,
            folder,
        })
    }

    pub(crate) fn measure(&self, scenario: &Scenario, client: &Client, size: u64) -> Result<Measured> {
        let count = client.count * size / 100;
        let sink = Sink::start(&self.tidings, scenario.sink)?;
        let mut measured = match client.program {
            Program::Tidings => {
                let mut command = pinned("0", &self.tidings);
                command.args(["bench", "send"]);
                object(&mut with_load(command, &sink, client, count))?
            }
            Program::Peer(name) => object(&mut with_load(
                pinned("0", &self.peers.join(name)),
                &sink,
                client,
                count,
            ))?,
            Program::H2load => self.h2load(&sink, client, count)?,
        };
        measured.sink_cpu_us = sink.cpu_seconds()? * 1e6 / count as f64;
        Ok(measured)
    }

    /// h2load prints no object and no processor time: the shell takes the latter.
    fn h2load(&self, sink: &Sink, client: &Client, count: u64) -> Result<Measured> {
        let (body, paths) = (self.folder.join("body"), self.folder.join("paths"));
        fs::write(&body, "x".repeat(PAYLOAD))?;
        let path = |number: u64| {
            format!(
                "{}/3/device/{:064x}\n",
                sink.url,
                u128::from(number) << 64 | u128::from(!number)
            )
        };
        fs::write(&paths, (0..H2LOAD_PATHS).map(path).collect::<String>())?;
        let script = format!(
            "TIMEFORMAT='%R %U %S'; time taskset -c 0 h2load -n {count} {} -i {} -d {} -H 'authorization: bearer {}' \
             -H 'apns-topic: com.example.benchmark' -H 'apns-push-type: alert' -H 'apns-priority: 10'",
            client.arguments,
            paths.display(),
            body.display(),
            "e".repeat(180),
        );
        let printed = output_quietly(Command::new("bash").args(["-c", &format!("{{ {script}; }} 2>&1")]))?;
        if !printed.contains(&format!("status codes: {count} 2xx")) {
            bail!("h2load did not get {count} answers:\n{printed}");
        }
        let rate = printed
            .lines()
            .find_map(|line| line.strip_prefix("finished in ")?.split(", ").nth(1));
        let rate = rate
            .and_then(|rate| rate.trim_end_matches(" req/s").parse().ok())
            .context("h2load's rate")?;
        let times: Vec<f64> = printed
            .lines()
            .last()
            .unwrap_or_default()
            .split(' ')
            .filter_map(|time| time.parse().ok())
            .collect();
        let [_real, user, system] = times[..] else {
            bail!("the shell told no times:\n{printed}")
        };
        let cpu_us = (user + system) * 1e6 / count as f64;
        Ok(Measured {
            cpu_us,
            per_second: rate,
            p50_us: None,
            p99_us: None,
            rss_mib: None,
            sink_cpu_us: 0.0,
        })
    }
}

/// A server that ends when it is dropped.
struct Sink {
    child: Child,
    url: String,
    ca: String,
    /// Kept open: a server that cannot print fails.
    _stdout: BufReader<ChildStdout>,
}

impl Sink {
    fn start(tidings: &Path, arguments: &str) -> Result<Self> {
        let mut command = pinned("1", tidings);
        command.args(["bench", "sink"]).args(arguments.split_whitespace());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the sink")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the sink has no output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).with_context(|| format!("the sink said `{line}`"))?;
        let text = |key: &str| {
            ready[key]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("the sink told no {key}"))
        };
        Ok(Self {
            url: text("url")?,
            ca: text("ca")?,
            child,
            _stdout: stdout,
        })
    }

    /// Processor time so far, in seconds.
    fn cpu_seconds(&self) -> Result<f64> {
        let path = format!("/proc/{}/schedstat", self.child.id());
        let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let nanoseconds: f64 = stat
            .split(' ')
            .next()
            .unwrap_or_default()
            .parse()
            .context("the time in schedstat")?;
        Ok(nanoseconds / 1e9)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // If it has ended by itself there is nothing to end.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn pinned(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

fn with_load(mut command: Command, sink: &Sink, client: &Client, count: u64) -> Command {
    command
        .args([
            "--target",
            &sink.url,
            "--ca",
            &sink.ca,
            "--count",
            &count.to_string(),
        ])
        .args(["--payload-bytes", &PAYLOAD.to_string()])
        .args(client.arguments.split_whitespace());
    command
}

/// Runs a client that prints the object of `tidings bench send`.
fn object(command: &mut Command) -> Result<Measured> {
    let printed = output_quietly(command)?;
    let value: Value = serde_json::from_str(&printed).with_context(|| format!("reading `{printed}`"))?;
    let number = |value: &Value| value.as_f64().context("a figure is missing");
    let answered = value["statuses"]["200"].as_u64();
    if answered != value["notifications"].as_u64() {
        bail!("not every notification was accepted: {printed}");
    }
    Ok(Measured {
        cpu_us: number(&value["cpu_us_per_notification"])?,
        per_second: number(&value["per_second"])?,
        p50_us: value["latency_us"]["p50"].as_f64(),
        p99_us: value["latency_us"]["p99"].as_f64(),
        rss_mib: value["max_rss_bytes"]
            .as_f64()
            .map(|bytes| bytes / f64::from(1 << 20)),
        sink_cpu_us: 0.0,
    })
}
