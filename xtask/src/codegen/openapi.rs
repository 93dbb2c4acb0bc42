//! The simulator's control API and the server's HTTP API, as running ones describe them.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use super::running::{Running, of_server};

/// The simulator's control API.
pub(super) fn simulator() -> Result<String> {
    let simulator = Running::start(&["simulate"])?;
    let document = parse(&simulator.of_control("/openapi.json")?)?;
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

pub(super) fn server_document() -> Result<Value> {
    of_server(&["/openapi.json"]).and_then(|json| parse(&json))
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).context("reading the document")
}
