//! What a benchmark peer measures, and the JSON object that it prints: that of `tidings bench send`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Counts answers while the load runs.
pub struct Measure {
    started: Instant,
    cpu_before: Duration,
    latency_us: Histogram<u32>,
    statuses: BTreeMap<u16, u64>,
    failed: u64,
}

#[derive(Serialize)]
struct Report {
    notifications: u64,
    seconds: f64,
    per_second: f64,
    cpu_us_per_notification: f64,
    max_rss_bytes: u64,
    latency_us: Latency,
    statuses: BTreeMap<u16, u64>,
    failed: u64,
}

#[derive(Serialize)]
struct Latency {
    p50: u64,
    p99: u64,
    p999: u64,
}

impl Measure {
    /// Starts the clocks: to be called once the connections stand.
    pub fn start() -> Result<Self> {
        Ok(Self {
            started: Instant::now(),
            cpu_before: cpu(),
            latency_us: Histogram::new_with_bounds(1, 60_000_000, 3)?,
            statuses: BTreeMap::new(),
            failed: 0,
        })
    }

    pub fn answered(&mut self, status: u16, sent_at: Instant) {
        *self.statuses.entry(status).or_default() += 1;
        let micros = u64::try_from(sent_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latency_us.saturating_record(micros);
    }

    pub fn failed(&mut self) {
        self.failed += 1;
    }

    /// Stops the clocks and prints what was measured.
    pub fn print(self) -> Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu = cpu().saturating_sub(self.cpu_before);
        let notifications: u64 = self.statuses.values().sum();
        let report = Report {
            notifications,
            seconds,
            per_second: notifications as f64 / seconds,
            cpu_us_per_notification: cpu.as_secs_f64() * 1e6 / notifications as f64,
            max_rss_bytes: max_rss_bytes(),
            latency_us: Latency {
                p50: self.latency_us.value_at_quantile(0.5),
                p99: self.latency_us.value_at_quantile(0.99),
                p999: self.latency_us.value_at_quantile(0.999),
            },
            statuses: self.statuses,
            failed: self.failed,
        };
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }
}

/// Processor time of this process, user and system.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

fn max_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
