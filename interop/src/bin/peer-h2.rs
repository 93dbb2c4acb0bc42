//! The benchmark load through the `h2` crate, tuned as well as its interface allows: one thread, TCP_NODELAY, large
//! receive windows, one long-lived task per stream, no channel and no timer per request.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Parser;
use h2::client::SendRequest;
use http::header::HeaderName;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri};
use rustls_pki_types::ServerName;
use tidings_interop::load::{Load, apns_id, device_token};
use tidings_interop::measure::Measure;
use tidings_interop::tls;
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio_rustls::TlsConnector;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECEIVE_WINDOW: u32 = 1 << 20;

#[derive(Parser)]
#[command(about = "Put a load on a sink by the h2 crate and print one JSON object")]
struct Arguments {
    #[command(flatten)]
    load: Load,
}

/// What all workers share.
struct Shared {
    authority: Authority,
    authorization: HeaderValue,
    payload: Bytes,
    measure: RefCell<Measure>,
}

fn main() -> Result<()> {
    let Arguments { load } = Arguments::parse();
    let runtime = load.runtime()?;
    LocalSet::new().block_on(&runtime, run(load))
}

async fn run(load: Load) -> Result<()> {
    let mut connections = Vec::new();
    for _ in 0..load.connections {
        connections.push(connect(&load).await?);
    }
    let shared = Rc::new(Shared {
        authority: load.authority()?.clone(),
        authorization: authorization()?,
        payload: load.payload().into(),
        measure: RefCell::new(Measure::start()?),
    });
    let mut workers = Vec::new();
    let mut first = 0;
    for (number, connection) in connections.into_iter().enumerate() {
        let last = first + load.share(number);
        let left = Rc::new(RefCell::new(first..last));
        first = last;
        workers.extend((0..load.streams).map(|_| {
            tokio::task::spawn_local(work(connection.clone(), Rc::clone(&left), Rc::clone(&shared)))
        }));
    }
    for worker in workers {
        worker.await?;
    }
    Rc::into_inner(shared)
        .context("a worker still runs")?
        .measure
        .into_inner()
        .print()
}

async fn connect(load: &Load) -> Result<SendRequest<Bytes>> {
    let authority = load.authority()?;
    let tcp = TcpStream::connect(authority.as_str())
        .await
        .with_context(|| format!("connecting to {authority}"))?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from(authority.host().to_owned())?;
    let stream = TlsConnector::from(tls::client(&load.ca)?)
        .connect(name, tcp)
        .await?;
    let (client, connection) = h2::client::Builder::new()
        .enable_push(false)
        .initial_max_send_streams(load.streams)
        .initial_window_size(RECEIVE_WINDOW)
        .initial_connection_window_size(RECEIVE_WINDOW)
        .handshake(stream)
        .await?;
    tokio::task::spawn_local(connection);
    Ok(client)
}

/// One stream after the other, until nothing is left to send.
async fn work(mut client: SendRequest<Bytes>, left: Rc<RefCell<Range<u64>>>, shared: Rc<Shared>) {
    loop {
        let next = left.borrow_mut().next();
        let Some(number) = next else { break };
        let sent_at = Instant::now();
        match send(client, number, &shared).await {
            Ok((again, status)) => {
                shared.measure.borrow_mut().answered(status, sent_at);
                client = again;
            }
            Err(error) => {
                eprintln!("notification {number}: {error:#}");
                shared.measure.borrow_mut().failed();
                break;
            }
        }
    }
}

async fn send(client: SendRequest<Bytes>, number: u64, shared: &Shared) -> Result<(SendRequest<Bytes>, u16)> {
    let mut client = client.ready().await?;
    let (answer, mut body) = client.send_request(request(number, shared)?, false)?;
    body.send_data(shared.payload.clone(), true)?;
    let answer = answer.await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data?.len())?;
    }
    Ok((client, status))
}

fn request(number: u64, shared: &Shared) -> Result<Request<()>> {
    let path = Bytes::from(format!("/3/device/{}", device_token(number)));
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTPS);
    parts.authority = Some(shared.authority.clone());
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(path)?);

    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_parts(parts)?;
    let headers = request.headers_mut();
    headers.insert(http::header::AUTHORIZATION, shared.authorization.clone());
    headers.insert(
        HeaderName::from_static("apns-topic"),
        HeaderValue::from_static("com.example.benchmark"),
    );
    headers.insert(
        HeaderName::from_static("apns-push-type"),
        HeaderValue::from_static("alert"),
    );
    headers.insert(
        HeaderName::from_static("apns-priority"),
        HeaderValue::from_static("10"),
    );
    headers.insert(
        HeaderName::from_static("apns-id"),
        HeaderValue::from_maybe_shared(Bytes::from(apns_id(number)))?,
    );
    Ok(request)
}

/// As long as that of a real provider token; the sink does not read it.
fn authorization() -> Result<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(Bytes::from(format!("bearer {}", "A".repeat(184))))?;
    value.set_sensitive(false);
    Ok(value)
}
