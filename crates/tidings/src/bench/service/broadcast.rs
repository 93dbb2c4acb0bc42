//! One notification to every device.

use std::time::{Duration, Instant};

use anyhow::ensure;
use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::APP;
use super::fill::Filled;
use super::process::Running;
use crate::remote::{Question, Remote};

/// How often it is asked how far the broadcast is.
const LOOK: Duration = Duration::from_millis(25);

/// What a broadcast took.
#[derive(Debug, Serialize)]
pub(super) struct Broadcast {
    devices: u64,
    seconds: f64,
    per_second: f64,
    max_rss_bytes: u64,
}

/// Sends it, and waits until every answer is recorded.
pub(super) async fn run(
    server: &Running,
    filled: &Filled,
    text: &str,
    devices: u64,
) -> anyhow::Result<Broadcast> {
    let mut remote = Remote::new(server.url().parse()?, Some(filled.api_key.clone()));
    let path = format!("/v1/apps/{APP}/notifications");
    let body = json!({"to": {"everyone": true}, "aps": {"alert": text}});
    let began = Instant::now();
    let question = Question::new(Method::POST, &path).with_json(&body)?;
    let accepted: Value = remote.json(question).await?;
    let path = format!("{path}/{}", accepted["id"].as_str().unwrap_or_default());
    let status = loop {
        let status: Value = remote.json(Question::new(Method::GET, &path)).await?;
        if status["state"] == "finished" {
            break status;
        }
        sleep(LOOK).await;
    };
    let seconds = began.elapsed().as_secs_f64();
    ensure!(
        status["counts"]["delivered"] == devices,
        "not everybody was reached: {}",
        status["counts"]
    );
    Ok(Broadcast {
        devices,
        seconds,
        per_second: devices as f64 / seconds,
        max_rss_bytes: server.max_rss_bytes()?,
    })
}
