//! How long single notifications took, to their 202 and to APNs's answer.

use std::time::Duration;

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use hyper::Method;
use serde::Serialize;
use serde_json::Value;
use tidings_apns::Timestamp;
use tokio::time::{Instant, sleep};

use super::APP;
use super::fill::Filled;
use super::load::Run;
use super::process::Running;
use crate::remote::{Question, Remote};

/// Notifications that are asked for afterwards, at most, evenly spread.
const SAMPLE: usize = 5_000;

/// How long the last may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Quantiles of a length of time, in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    p50: u64,
    p99: u64,
    p999: u64,
}

/// Single notifications through the API.
#[derive(Debug, Serialize)]
pub(super) struct Single {
    per_second: f64,
    accept_us: Latency,
    to_answer_us: Latency,
    full_rate: FullRate,
}

/// What the same took at full rate.
#[derive(Debug, Serialize)]
struct FullRate {
    accept_us: Latency,
    to_answer_us: Latency,
}

impl Single {
    /// Asks the server when the notifications were accepted and when their answers were recorded.
    pub(super) async fn new(
        server: &Running,
        filled: &Filled,
        full: &Run,
        half: &Run,
    ) -> anyhow::Result<Self> {
        let mut remote = Remote::new(server.url().parse()?, Some(filled.api_key.clone()));
        let at_full = to_answer(&mut remote, &full.ids).await?;
        let at_half = to_answer(&mut remote, &half.ids).await?;
        Ok(Self {
            per_second: full.per_second,
            accept_us: Latency::of(&half.accept_us),
            to_answer_us: Latency::of(&at_half),
            full_rate: FullRate {
                accept_us: Latency::of(&full.accept_us),
                to_answer_us: Latency::of(&at_full),
            },
        })
    }
}

impl Latency {
    fn of(histogram: &Histogram<u32>) -> Self {
        Self {
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
        }
    }
}

async fn to_answer(remote: &mut Remote, ids: &[String]) -> anyhow::Result<Histogram<u32>> {
    let mut histogram = Histogram::new_with_bounds(1, 600_000_000, 3)?;
    for id in ids.iter().step_by((ids.len() / SAMPLE).max(1)) {
        let took = duration_of(remote, id).await?;
        histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1));
    }
    Ok(histogram)
}

/// From acceptance until the answer was recorded, by the server's clock.
async fn duration_of(remote: &mut Remote, id: &str) -> anyhow::Result<Duration> {
    let path = format!("/v1/apps/{APP}/notifications/{id}");
    let began = Instant::now();
    loop {
        let told: Value = remote.json(Question::new(Method::GET, &path)).await?;
        let instant = |name: &str| told[name].as_str().map(str::parse::<Timestamp>);
        if let Some(finished) = instant("finished_at") {
            let accepted = instant("created_at").context("it was never accepted")??;
            return Ok(finished?.saturating_since(accepted));
        }
        if began.elapsed() > PATIENCE {
            bail!("a notification is not finished: {told}");
        }
        sleep(Duration::from_millis(20)).await;
    }
}
