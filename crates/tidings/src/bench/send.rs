//! `tidings bench send`: a load of unique notifications through the client, by either of its faces.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tidings_apns::{ApnsId, BundleId, Environment, Notification, Payload, Priority, PushType, Request};
use tidings_client::{Client, Credential, PoolSize, SendError, SigningKey, Trust};
use tokio::task::JoinSet;

use super::duration;
use super::measure::{Measure, Report};
use super::scatter::{device_token, scatter};

/// Send notifications as fast as it goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to: `https://HOST:PORT`.
    #[arg(long)]
    target: String,
    /// The CA certificates that vouch for the target, in PEM.
    #[arg(long)]
    ca: PathBuf,
    /// How many connections; as many as help, up to `--max-connections`, when absent.
    #[arg(long)]
    connections: Option<usize>,
    /// The most connections that the pool may find useful by itself.
    #[arg(long, default_value_t = 16, conflicts_with = "connections")]
    max_connections: usize,
    /// How many requests the single face has under way per connection. The batch face has as many as the server allows.
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// How many notifications.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// Which face of the client.
    #[arg(long, value_enum, default_value_t = Face::Batch)]
    face: Face,
    /// Bytes of each payload.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(30..=4096))]
    payload_bytes: u32,
    /// How many notifications to send before the measurement begins.
    #[arg(long, default_value_t = 0)]
    warm_up: u64,
    /// How long a request may take.
    #[arg(long, default_value = "30s", value_parser = duration::parse)]
    timeout: Duration,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Face {
    /// `Client::send_batch`: all in one call.
    Batch,
    /// `Client::send`: one call for each.
    Single,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = client(&args)?;
    client.warm_up().await.context("connecting to the target")?;
    let load = Arc::new(Load::new(args.payload_bytes)?);
    load.send(&client, &args, args.warm_up).await?;
    let report = load.send(&client, &args, args.count).await?;
    client.close().await;
    crate::output::json(&report)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn client(args: &Args) -> anyhow::Result<Client> {
    let (host, port) = endpoint(&args.target)?;
    let ca = std::fs::read(&args.ca).with_context(|| format!("reading {}", args.ca.display()))?;
    let key = rcgen::KeyPair::generate()
        .context("making a signing key")?
        .serialize_pem();
    let key = SigningKey::from_pem(key.as_bytes(), "BENCHMARK1".parse()?, "BENCHMARK1".parse()?)?;
    let connections = match args.connections {
        Some(connections) => PoolSize::fixed(connections),
        None => PoolSize {
            min: 1,
            max: args.max_connections,
        },
    };
    let builder = Client::builder(Environment::Production, Credential::SigningKey(key))
        .endpoint(host, port)
        .trust(Trust::pem(ca))
        .connections(connections)
        .request_timeout(args.timeout);
    builder.build().context("setting up the client")
}

fn endpoint(target: &str) -> anyhow::Result<(&str, u16)> {
    let place = target
        .strip_prefix("https://")
        .unwrap_or(target)
        .trim_end_matches('/');
    let Some((host, port)) = place.rsplit_once(':') else {
        bail!("the target `{target}` is not https://HOST:PORT")
    };
    let port = port
        .parse()
        .with_context(|| format!("the port of `{target}` is not a number"))?;
    Ok((host.trim_matches(['[', ']']), port))
}

/// Unique requests without end.
struct Load {
    notification: Arc<Notification>,
    sent: AtomicU64,
}

impl Load {
    fn new(payload_bytes: u32) -> anyhow::Result<Self> {
        let frame = r#"{"aps":{"alert":""}}"#.len();
        let text = "x".repeat((payload_bytes as usize).saturating_sub(frame));
        let payload = Payload::from_json(format!(r#"{{"aps":{{"alert":"{text}"}}}}"#))?;
        let app: BundleId = "com.example.benchmark".parse()?;
        let notification =
            Notification::for_app(&app, PushType::Alert, payload).priority(Priority::Immediate);
        Ok(Self {
            notification: Arc::new(notification.build()?),
            sent: AtomicU64::new(0),
        })
    }

    /// The next request: its device token and its id are used once.
    fn next(&self) -> Option<Request> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let device_token = device_token(number)?;
        let id = u128::from(scatter(!number)) << 64 | u128::from(number);
        Some(Request::new(
            Arc::clone(&self.notification),
            device_token,
            ApnsId::from_u128(id),
        ))
    }

    async fn send(self: &Arc<Self>, client: &Client, args: &Args, count: u64) -> anyhow::Result<Report> {
        let measure = Measure::start()?;
        let measure = match args.face {
            Face::Batch => self.send_batch(client, measure, count).await,
            Face::Single => self.send_singly(client, measure, count, args).await?,
        };
        measure.finish()
    }

    async fn send_batch(&self, client: &Client, mut measure: Measure, count: u64) -> Measure {
        let requests = (0..count).map_while(|_| self.next());
        client
            .send_batch(requests, |outcome| {
                note(&mut measure, &outcome.result, outcome.elapsed);
            })
            .await;
        measure
    }

    /// As many tasks as there may be requests under way, each waiting for its answer before it sends the next.
    async fn send_singly(
        self: &Arc<Self>,
        client: &Client,
        measure: Measure,
        count: u64,
        args: &Args,
    ) -> anyhow::Result<Measure> {
        let last = self.sent.load(Ordering::Relaxed) + count;
        let measure = Arc::new(Mutex::new(measure));
        let mut senders = JoinSet::new();
        for _ in 0..args.streams * args.connections.unwrap_or(args.max_connections) {
            let (load, client, measure) = (Arc::clone(self), client.clone(), Arc::clone(&measure));
            senders.spawn(async move {
                // One look at the clock for each: an answer is when the next request is sent.
                let mut sent_at = Instant::now();
                while load.sent.load(Ordering::Relaxed) < last {
                    let Some(request) = load.next() else { return };
                    let result = client.send(request).await;
                    let answered_at = Instant::now();
                    note(
                        &mut measure.lock().unwrap_or_else(PoisonError::into_inner),
                        &result,
                        answered_at - sent_at,
                    );
                    sent_at = answered_at;
                }
            });
        }
        senders.join_all().await;
        let measure = Arc::into_inner(measure).context("a sender outlived its task")?;
        Ok(measure.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn note(measure: &mut Measure, result: &Result<tidings_apns::Response, SendError>, elapsed: Duration) {
    match result {
        Ok(response) => match response.rejected() {
            None => measure.accepted(elapsed),
            Some(rejected) => measure.other(rejected.status.to_string()),
        },
        Err(error) => measure.other(format!("{error}: {}", error.cause())),
    }
}
