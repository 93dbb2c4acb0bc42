//! A server on the `h2` crate for the tests of the client; see `interop/README.md` for what it can be told to do.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Parser;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use serde_json::json;
use tidings_interop::tls;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[derive(Parser)]
#[command(about = "Answer 200 to every notification, and misbehave as told")]
struct Arguments {
    /// The server's certificate, a PEM file
    #[arg(long)]
    cert: PathBuf,
    /// Its private key, a PEM file
    #[arg(long)]
    key: PathBuf,
    /// The port on 127.0.0.1; 0 is any
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Send GOAWAY after so many requests on a connection; 0 is never
    #[arg(long, default_value_t = 0)]
    goaway_after: u64,
    /// Refuse (REFUSED_STREAM) every so manieth request; 0 is none
    #[arg(long, default_value_t = 0)]
    refuse_every: u64,
    /// Answer 410 to every so manieth request; 0 is to none
    #[arg(long, default_value_t = 0)]
    reject_every: u64,
    /// MAX_CONCURRENT_STREAMS; several make each connection take the next (this crate cannot change a standing one)
    #[arg(long, value_delimiter = ',', default_value = "100")]
    max_streams: Vec<u32>,
    /// INITIAL_WINDOW_SIZE in bytes
    #[arg(long, default_value_t = 65_535)]
    window: u32,
    /// Answer so much later
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Write the apns-id of every processed request to this file, one a line
    #[arg(long)]
    record: Option<PathBuf>,
}

/// What happened, over all connections.
#[derive(Default)]
struct Tally {
    connections: u64,
    received: u64,
    processed: u64,
    refused: u64,
    goaways: u64,
    bytes: u64,
    seen: HashSet<String>,
    duplicates: u64,
    record: Option<std::io::BufWriter<std::fs::File>>,
}

struct Server {
    arguments: Arguments,
    tally: RefCell<Tally>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<()> {
    let acceptor = TlsAcceptor::from(tls::server(&arguments.cert, &arguments.key)?);
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .context("listening")?;
    let record = arguments
        .record
        .as_ref()
        .map(std::fs::File::create)
        .transpose()
        .context("creating the record")?;
    let tally = Tally {
        record: record.map(std::io::BufWriter::new),
        ..Tally::default()
    };
    let server = Rc::new(Server {
        arguments,
        tally: RefCell::new(tally),
    });
    let mut terminated = signal(SignalKind::terminate())?;

    println!(
        "{}",
        json!({"event": "ready", "url": format!("https://{}", listener.local_addr()?)})
    );
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let connection = serve_connection(Rc::clone(&server), acceptor.clone(), accepted?.0);
                tokio::task::spawn_local(async move {
                    if let Err(error) = connection.await {
                        eprintln!("h2-server: {error:#}");
                    }
                });
            }
            _ = terminated.recv() => break,
        }
    }
    server.summary()
}

async fn serve_connection(server: Rc<Server>, acceptor: TlsAcceptor, tcp: TcpStream) -> Result<()> {
    tcp.set_nodelay(true)?;
    let stream = acceptor.accept(tcp).await.context("the TLS handshake")?;
    let number = server.tally.borrow().connections;
    server.tally.borrow_mut().connections += 1;
    let mut connection = server
        .handshake(stream, number)
        .await
        .context("the HTTP/2 handshake")?;
    let mut requests = 0;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        requests += 1;
        tokio::task::spawn_local(answer(Rc::clone(&server), request, respond));
        if requests == server.arguments.goaway_after {
            server.tally.borrow_mut().goaways += 1;
            connection.graceful_shutdown();
        }
    }
    Ok(())
}

async fn answer(server: Rc<Server>, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    if let Err(error) = try_to_answer(&server, request, &mut respond).await {
        eprintln!("h2-server: a request came to nothing: {error:#}");
    }
}

async fn try_to_answer(
    server: &Server,
    request: Request<RecvStream>,
    respond: &mut SendResponse<Bytes>,
) -> Result<()> {
    let (head, mut body) = request.into_parts();
    if server.refuses() {
        respond.send_reset(Reason::REFUSED_STREAM);
        return Ok(());
    }
    let mut bytes = 0;
    while let Some(data) = body.data().await {
        let length = data?.len();
        bytes += length as u64;
        body.flow_control().release_capacity(length)?;
    }
    let apns_id = head
        .headers
        .get("apns-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let processed = server.process(apns_id, bytes);
    if server.arguments.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(server.arguments.delay_ms)).await;
    }
    let response = Response::builder().header("apns-id", apns_id);
    if is_turn(processed, server.arguments.reject_every) {
        let mut stream = respond.send_response(response.status(410).body(())?, false)?;
        stream.send_data(
            Bytes::from_static(br#"{"reason":"Unregistered","timestamp":1700000000000}"#),
            true,
        )?;
    } else {
        respond.send_response(response.status(200).body(())?, true)?;
    }
    Ok(())
}

impl Server {
    async fn handshake(
        &self,
        stream: TlsStream<TcpStream>,
        number: u64,
    ) -> Result<Connection<TlsStream<TcpStream>, Bytes>> {
        let limits = &self.arguments.max_streams;
        let limit = limits[usize::try_from(number)? % limits.len()];
        let mut builder = h2::server::Builder::new();
        builder
            .max_concurrent_streams(limit)
            .initial_window_size(self.arguments.window);
        Ok(builder.handshake(stream).await?)
    }

    fn refuses(&self) -> bool {
        let mut tally = self.tally.borrow_mut();
        tally.received += 1;
        let refuses = is_turn(tally.received, self.arguments.refuse_every);
        tally.refused += u64::from(refuses);
        refuses
    }

    /// Counts the request, and says how many there were with it.
    fn process(&self, apns_id: &str, bytes: u64) -> u64 {
        let mut tally = self.tally.borrow_mut();
        tally.processed += 1;
        tally.bytes += bytes;
        if !tally.seen.insert(apns_id.to_owned()) {
            tally.duplicates += 1;
        }
        if let Some(record) = &mut tally.record
            && let Err(error) = writeln!(record, "{apns_id}")
        {
            eprintln!("h2-server: writing the record: {error}");
        }
        tally.processed
    }

    fn summary(&self) -> Result<()> {
        let mut tally = self.tally.borrow_mut();
        if let Some(record) = &mut tally.record {
            record.flush()?;
        }
        let summary = json!({
            "event": "summary",
            "connections": tally.connections,
            "processed": tally.processed,
            "duplicates": tally.duplicates,
            "refused": tally.refused,
            "goaways": tally.goaways,
            "bytes": tally.bytes,
        });
        println!("{summary}");
        Ok(())
    }
}

/// Whether the event with this number is one of every `every`; 0 is never.
fn is_turn(number: u64, every: u64) -> bool {
    every > 0 && number.is_multiple_of(every)
}
