//! `tidings bench registry`: whether a registry of many devices is as quick as one of few. Two servers, asked in turns, so that
//! what else the machine does falls on both.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::scatter::{device_token, scatter};
use super::service::APP;
use super::service::fill::{self, Filled};
use super::service::process::Running;
use crate::remote::{Question, Remote};

/// Numbers of devices that were not registered at first begin here.
const NEW: u64 = 1 << 40;

/// How many times all is done, in turns.
const ROUNDS: u64 = 10;

/// Measure whether registering, finding and paging are as quick among many devices as among few.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  tidings bench registry --devices 10000000 --data ./bench-data

It prints one JSON object: for each thing that is done, how many a second and how many microseconds of a processor the server
takes for each, among `few` devices and among `many`, and how many `times` as much the latter is. The data directory must be on a
real disk for the figures to mean anything; ten million devices take 3 GB.")]
pub(crate) struct Args {
    /// How many devices are many.
    #[arg(long, default_value_t = 10_000_000)]
    devices: u64,
    /// How many are few.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    few: u64,
    /// How many times each thing is done with each, in ten turns: in a short one, caches are those that the other has left.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// The data directory of both; it must be empty or not there [default: one in the working directory that is removed at the
    /// end].
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// How many connections the load generator has.
    #[arg(long, default_value_t = 64)]
    connections: u64,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    RegisterNew,
    RegisterKnown,
    FindByToken,
    FindByUser,
    FindByInstallation,
    Page,
}

const DEEDS: [Deed; 6] = [
    Deed::RegisterNew,
    Deed::RegisterKnown,
    Deed::FindByToken,
    Deed::FindByUser,
    Deed::FindByInstallation,
    Deed::Page,
];

#[derive(Serialize)]
struct Report {
    few: u64,
    many: u64,
    deeds: Vec<Line>,
    /// The most memory that the server of the many ever had.
    max_rss_bytes: u64,
}

/// How one thing went.
#[derive(Serialize)]
struct Line {
    deed: Deed,
    few: Pace,
    many: Pace,
    times: Times,
}

#[derive(Serialize)]
struct Pace {
    per_second: f64,
    server_us: f64,
}

/// How many times as much it takes among many.
#[derive(Serialize)]
struct Times {
    time: f64,
    server: f64,
}

/// Measures.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (directory, _temporary) = super::service::directory(args.data.as_deref())?;
    let sink = Running::sink(None, Duration::ZERO)?;
    let mut many = Registry::of(args.devices, &directory.join("many"), &sink).await?;
    let mut few = Registry::of(args.few, &directory.join("few"), &sink).await?;
    for round in 0..ROUNDS {
        for (place, deed) in DEEDS.into_iter().enumerate() {
            let share = round * args.count / ROUNDS..(round + 1) * args.count / ROUNDS;
            few.act(place, deed, share.clone(), args.connections).await?;
            many.act(place, deed, share, args.connections).await?;
        }
    }
    let lines = DEEDS.into_iter().enumerate();
    let lines = lines.map(|(place, deed)| {
        let (few, many) = (few.used[place].pace(), many.used[place].pace());
        Line {
            deed,
            times: Times {
                time: few.per_second / many.per_second,
                server: many.server_us / few.server_us,
            },
            few,
            many,
        }
    });
    let report = Report {
        few: args.few,
        many: args.devices,
        deeds: lines.collect(),
        max_rss_bytes: many.server.max_rss_bytes()?,
    };
    few.server.end().await?;
    many.server.end().await?;
    sink.end().await?;
    crate::output::json(&report)?;
    Ok(ExitCode::SUCCESS)
}

/// A server with so many devices at first, and what was measured of it.
struct Registry {
    server: Running,
    filled: Filled,
    used: [Used; DEEDS.len()],
}

#[derive(Clone, Copy, Default)]
struct Used {
    count: u64,
    wall: Duration,
    server: Duration,
}

impl Used {
    fn pace(&self) -> Pace {
        let count = self.count.max(1) as f64;
        Pace {
            per_second: count / self.wall.as_secs_f64(),
            server_us: self.server.as_secs_f64() * 1e6 / count,
        }
    }
}

impl Registry {
    async fn of(devices: u64, directory: &Path, sink: &Running) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory.parent().unwrap_or(directory))
            .context("making the data directory")?;
        let filled = fill::fill(directory, devices).await?;
        Ok(Self {
            server: Running::server(directory, sink, &filled)?,
            filled,
            used: Default::default(),
        })
    }

    /// Does something so many times, over some connections.
    async fn act(
        &mut self,
        place: usize,
        deed: Deed,
        numbers: std::ops::Range<u64>,
        connections: u64,
    ) -> anyhow::Result<()> {
        let next = Arc::new(AtomicU64::new(numbers.start));
        let (began, server_before) = (Instant::now(), self.server.cpu_time()?);
        let mut workers = JoinSet::new();
        for _ in 0..connections.max(1) {
            let address = self.server.url().parse()?;
            let asker = Asker {
                remote: Remote::new(address, Some(self.filled.api_key.clone())),
                devices: self.filled.devices.max(1),
                cursor: None,
            };
            workers.spawn(asker.ask_all(deed, Arc::clone(&next), numbers.end));
        }
        while let Some(ended) = workers.join_next().await {
            ended.context("a connection of the load generator was lost")??;
        }
        let used = &mut self.used[place];
        used.count += numbers.end - numbers.start;
        used.wall += began.elapsed();
        used.server += self.server.cpu_time()?.saturating_sub(server_before);
        Ok(())
    }
}

/// One connection of the load generator.
struct Asker {
    remote: Remote,
    devices: u64,
    /// Where the next page begins.
    cursor: Option<String>,
}

impl Asker {
    async fn ask_all(mut self, deed: Deed, next: Arc<AtomicU64>, end: u64) -> anyhow::Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return Ok(());
            }
            // Every device is as likely as every other.
            let known = scatter(number) % self.devices;
            match deed {
                Deed::RegisterNew => self.register(NEW + number).await?,
                Deed::RegisterKnown => self.register(known).await?,
                Deed::FindByToken => self.find(known).await?,
                Deed::FindByUser => self.list(&format!("?user_id=user-{known}")).await?,
                Deed::FindByInstallation => {
                    self.list(&format!("?installation_id=installation-{known}"))
                        .await?;
                }
                Deed::Page => self.page().await?,
            }
        }
    }

    async fn register(&mut self, number: u64) -> anyhow::Result<()> {
        let path = path(number)?;
        let body = json!({
            "environment": "production",
            "installation_id": format!("installation-{number}"),
            "user_id": format!("user-{number}"),
        });
        let question = Question::new(Method::PUT, &path).with_json(&body)?;
        self.remote.ask(question).await?.success()?;
        Ok(())
    }

    async fn find(&mut self, number: u64) -> anyhow::Result<()> {
        let path = path(number)?;
        let question = Question::new(Method::GET, &path);
        self.remote.ask(question).await?.success()?;
        Ok(())
    }

    async fn list(&mut self, query: &str) -> anyhow::Result<()> {
        let found = self.devices(query).await?;
        let one = found["devices"]
            .as_array()
            .is_some_and(|devices| devices.len() == 1);
        anyhow::ensure!(one, "{query} finds {found}");
        Ok(())
    }

    /// The page after the last one, and again from the first.
    async fn page(&mut self) -> anyhow::Result<()> {
        let query = match self.cursor.take() {
            Some(cursor) => format!("?limit=100&cursor={cursor}"),
            None => "?limit=100".to_owned(),
        };
        let page = self.devices(&query).await?;
        self.cursor = page["next_cursor"].as_str().map(str::to_owned);
        Ok(())
    }

    async fn devices(&mut self, query: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/apps/{APP}/devices{query}");
        self.remote.json(Question::new(Method::GET, &path)).await
    }
}

/// Where a device is.
fn path(number: u64) -> anyhow::Result<String> {
    let token = device_token(number).context("making a device token")?;
    let mut path = format!("/v1/apps/{APP}/devices/").into_bytes();
    token.encode_hex(&mut path);
    Ok(String::from_utf8(path)?)
}
