//! The load generator: notifications to one device each, over some connections, as fast as it goes or at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::connection::{Connection, Template};
use super::fill::Filled;
use super::process::Running;
use crate::bench::scatter::device_token;

/// When the next request goes out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// When an answer to the one before it has come.
    AsFastAsItGoes,
    /// At its time, whether others were answered or not. One that goes out late is late.
    PerSecond(f64),
}

/// Makes load.
pub(super) struct Load {
    authority: String,
    template: Template,
    connections: usize,
    devices: u64,
    next: AtomicU64,
}

/// What a run measured.
pub(super) struct Run {
    pub(super) per_second: f64,
    pub(super) accept_us: Histogram<u32>,
    /// The notifications, in the order of their acceptance on each connection.
    pub(super) ids: Vec<String>,
}

impl Load {
    pub(super) fn new(
        server: &Running,
        filled: &Filled,
        text: &str,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let authority = server
            .url()
            .strip_prefix("http://")
            .context("the server has no address")?;
        Ok(Self {
            template: Template::new(authority, &filled.api_key, text),
            authority: authority.to_owned(),
            connections: connections.max(1),
            devices: filled.devices.max(1),
            next: AtomicU64::new(0),
        })
    }

    /// Submits so many.
    pub(super) async fn run(&self, count: u64, pace: Pace) -> anyhow::Result<Run> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(&self.authority, self.template.clone()).await?);
        }
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        let work = Arc::new(Work {
            next: AtomicU64::new(0),
            count,
            first,
            devices: self.devices,
            pace,
            began: Instant::now(),
        });
        let mut workers = JoinSet::new();
        for connection in connections {
            workers.spawn(worker(Arc::clone(&work), connection));
        }
        let mut run = Run {
            per_second: 0.0,
            accept_us: Histogram::new_with_bounds(1, 60_000_000, 3)?,
            ids: Vec::new(),
        };
        while let Some(ended) = workers.join_next().await {
            let (latencies, ids) = ended.context("a connection of the load generator was lost")??;
            run.accept_us.add(latencies)?;
            run.ids.extend(ids);
        }
        run.per_second = count as f64 / work.began.elapsed().as_secs_f64();
        Ok(run)
    }
}

/// What the connections share.
struct Work {
    next: AtomicU64,
    count: u64,
    first: u64,
    devices: u64,
    pace: Pace,
    began: Instant,
}

async fn worker(
    work: Arc<Work>,
    mut connection: Connection,
) -> anyhow::Result<(Histogram<u32>, Vec<String>)> {
    let mut latencies = Histogram::new_with_bounds(1, 60_000_000, 3)?;
    let mut ids = Vec::new();
    loop {
        let number = work.next.fetch_add(1, Ordering::Relaxed);
        if number >= work.count {
            return Ok((latencies, ids));
        }
        let due = match work.pace {
            Pace::AsFastAsItGoes => Instant::now(),
            Pace::PerSecond(rate) => work.began + Duration::from_secs_f64(number as f64 / rate),
        };
        // The timer knows milliseconds only; what is nearly due goes at once.
        if due.saturating_duration_since(Instant::now()) > Duration::from_millis(1) {
            sleep_until(due).await;
        }
        let token = device_token((work.first + number) % work.devices).context("making a device token")?;
        ids.push(connection.submit(&token).await?);
        let took = due.elapsed().as_micros();
        latencies.saturating_record(u64::try_from(took).unwrap_or(u64::MAX).max(1));
    }
}
