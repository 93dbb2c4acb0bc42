//! The simulator's control API and the server's HTTP API, as running ones describe them.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

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
struct Running {
    process: Child,
    ready: Ready,
}

/// The simulator's control API.
pub(super) fn simulator() -> Result<String> {
    let simulator = Running::start(&["simulate"])?;
    let document = read(simulator.ready.control.as_deref())?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

/// The server's API.
pub(super) fn server() -> Result<String> {
    Ok(format!(
        "{}\n",
        serde_json::to_string_pretty(&server_document()?)?
    ))
}

/// The operations of the server's API as a table.
pub(super) fn operations() -> Result<String> {
    let document = server_document()?;
    let mut rows = Vec::new();
    for (path, item) in document["paths"].as_object().context("there are no paths")? {
        for (method, operation) in item.as_object().context("a path has no operations")? {
            let scope = operation["security"][0]["api_key"][0].as_str();
            let scope = scope.map_or("–".to_owned(), |scope| format!("`{scope}`"));
            let summary = operation["summary"].as_str().unwrap_or_default();
            let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
            let method = method.to_uppercase();
            rows.push((tag, format!("| `{method} {path}` | {scope} | {summary} |")));
        }
    }
    let tags = document["tags"].as_array().context("there are no tags")?;
    let mut text = String::new();
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let about = tag["description"].as_str().unwrap_or_default();
        write!(
            text,
            "### {name}\n\n{about}.\n\n| operation | scope | does |\n| --- | --- | --- |\n"
        )?;
        for (_, row) in rows.iter().filter(|(tag, _)| tag == name) {
            writeln!(text, "{row}")?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// The problems of the server's API as a table.
pub(super) fn problems() -> Result<String> {
    let document = server_document()?;
    let problems = document["x-tidings-problems"]
        .as_array()
        .context("there are no problems")?;
    let mut text = String::from("| type | status | means | what to do |\n| --- | --- | --- | --- |\n");
    for problem in problems {
        let slug = problem["type"].as_str().and_then(|uri| uri.rsplit(':').next());
        let word = |field: &str| problem[field].as_str().unwrap_or_default().replace('|', "\\|");
        let status = &problem["status"];
        let slug = slug.context("a problem has no type")?;
        writeln!(
            text,
            "| `{slug}` | {status} | {} | {} |",
            word("title"),
            word("hint")
        )?;
    }
    Ok(text)
}

fn server_document() -> Result<Value> {
    let folder = std::env::temp_dir().join(format!("tidings-codegen-{}", std::process::id()));
    let data = folder.display().to_string();
    let server = Running::start(&["serve", "--listen", "127.0.0.1:0", "--data", &data])?;
    let document = read(server.ready.url.as_deref());
    drop(server);
    fs::remove_dir_all(&folder).with_context(|| format!("removing {data}"))?;
    document
}

fn read(base: Option<&str>) -> Result<Value> {
    let url = format!("{}/openapi.json", base.context("the ready line has no address")?);
    let json = output_quietly(Command::new("curl").args(["--silent", "--show-error", "--fail", &url]))?;
    serde_json::from_str(&json).with_context(|| format!("reading {url}"))
}

impl Running {
    fn start(arguments: &[&str]) -> Result<Self> {
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
