//! `tidings bench sink`: a server that answers 200 to every notification as cheaply as it can.
//!
//! At once and in batches by default, which shows what the sender costs. With `--rtt`, every answer and every return
//! of window credit waits its own time and each answer is a TLS record and a write of its own, as from far away.

mod connection;
mod later;
mod tls;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustls::{ServerConfig, ServerConnection};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};

use self::connection::Counts;
use super::duration;

/// Answer 200 to every notification.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 chooses a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How long each answer waits, e.g. `50ms`. At once when absent.
    #[arg(long, value_parser = duration::parse)]
    rtt: Option<Duration>,
    /// How much sooner or later than `--rtt` an answer may come.
    #[arg(long, default_value = "0ms", value_parser = duration::parse, requires = "rtt")]
    jitter: Duration,
    /// The flow-control window of a connection, in bytes.
    #[arg(long, default_value_t = 65_535, value_parser = clap::value_parser!(u32).range(65_535..=0x7fff_ffff))]
    window: u32,
    /// How many streams a connection may have open.
    #[arg(long, default_value_t = 1000)]
    streams: u32,
}

#[derive(Serialize)]
struct Ready {
    event: &'static str,
    url: String,
    ca: String,
}

#[derive(Serialize)]
struct Served {
    connections: u64,
    requests: u64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let directory = tempfile::Builder::new()
        .prefix("tidings-sink-")
        .tempdir()
        .context("making a folder for the CA")?;
    let (config, ca) = tls::server(directory.path())?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("listening on {}", args.listen))?;
    let address = listener.local_addr()?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    crate::output::json(&Ready {
        event: "ready",
        url: format!("https://{address}"),
        ca: ca.display().to_string(),
    })?;

    let counts = Rc::new(Counts::default());
    let connections = LocalSet::new();
    tokio::select! {
        result = connections.run_until(accept(&listener, &config, &args, &counts)) => result?,
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    crate::output::json(&Served {
        connections: counts.connections.get(),
        requests: counts.requests.get(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Serves each connection in a task of its own, until accepting fails.
async fn accept(
    listener: &TcpListener,
    config: &Arc<ServerConfig>,
    args: &Args,
    counts: &Rc<Counts>,
) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        counts.connections.set(counts.connections.get() + 1);
        let tls = ServerConnection::new(Arc::clone(config))?;
        spawn_local(connection::serve(stream, tls, args.clone(), Rc::clone(counts)));
    }
}
