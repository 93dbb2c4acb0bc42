//! What a benchmark run measures, and the JSON object that it prints.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Counts outcomes while the load runs.
pub(crate) struct Measure {
    started: Instant,
    cpu_before: Duration,
    latency_us: Histogram<u32>,
    statuses: BTreeMap<String, u64>,
    accepted: u64,
}

/// One benchmark run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    notifications: u64,
    seconds: f64,
    per_second: f64,
    /// User and system time of the whole process, from the first request to the last answer.
    cpu_us_per_notification: f64,
    max_rss_bytes: u64,
    latency_us: Latency,
    statuses: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: u64,
    p99: u64,
    p999: u64,
}

impl Measure {
    /// Starts the clocks.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Ok(Self {
            started: Instant::now(),
            cpu_before: cpu_time(),
            latency_us: Histogram::new_with_bounds(1, 60_000_000, 3)?,
            statuses: BTreeMap::new(),
            accepted: 0,
        })
    }

    /// An answer with status 200.
    pub(crate) fn accepted(&mut self, latency: Duration) {
        self.accepted += 1;
        self.latency_us
            .saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Another outcome, by its status or its error.
    pub(crate) fn other(&mut self, what: String) {
        *self.statuses.entry(what).or_default() += 1;
    }

    /// Stops the clocks.
    pub(crate) fn finish(mut self) -> anyhow::Result<Report> {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu = cpu_time().saturating_sub(self.cpu_before);
        if self.accepted > 0 {
            self.statuses.insert("200".to_owned(), self.accepted);
        }
        let notifications: u64 = self.statuses.values().sum();
        Ok(Report {
            notifications,
            seconds,
            per_second: notifications as f64 / seconds,
            cpu_us_per_notification: cpu.as_secs_f64() * 1e6 / notifications.max(1) as f64,
            max_rss_bytes: max_rss_bytes_of("self")?,
            latency_us: Latency {
                p50: self.latency_us.value_at_quantile(0.5),
                p99: self.latency_us.value_at_quantile(0.99),
                p999: self.latency_us.value_at_quantile(0.999),
            },
            statuses: self.statuses,
        })
    }
}

impl Report {
    /// Every notification was accepted.
    pub(crate) fn is_clean(&self) -> bool {
        self.statuses.keys().all(|status| status == "200")
    }
}

/// Processor time of this process, user and system.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// The most memory that a process ever had; `self` is this one.
pub(super) fn max_rss_bytes_of(process: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.context("reading a process's memory use")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no VmHWM in its status")?;
    let kibibytes: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .context("VmHWM is not a number")?;
    Ok(kibibytes * 1024)
}

/// Processor time of a process, user and system, of all its threads.
pub(super) fn cpu_time_of(process: &str) -> anyhow::Result<Duration> {
    let mut sum = Duration::ZERO;
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    for task in tasks.context("reading a process's threads")? {
        let path = task
            .context("reading a process's threads")?
            .path()
            .join("schedstat");
        // A thread may have ended meanwhile.
        let nanoseconds = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse().ok());
        sum += Duration::from_nanos(nanoseconds.unwrap_or_default());
    }
    Ok(sum)
}
