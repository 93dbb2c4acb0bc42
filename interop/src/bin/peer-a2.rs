//! The benchmark load through `a2` from crates.io: as published but for TCP_NODELAY, which is on here.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use a2::request::payload::PayloadLike;
use a2::{Client, ClientConfig, NotificationOptions, Priority, PushType};
use anyhow::{Context, Result};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use hyper_rustls::Detour;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tidings_interop::load::{Load, apns_id, device_token};
use tidings_interop::measure::Measure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Put a load on a sink by a2 and print one JSON object")]
struct Arguments {
    #[command(flatten)]
    load: Load,
}

/// One notification of the load.
#[derive(Debug)]
struct Loaded<'a> {
    device_token: &'a str,
    options: NotificationOptions<'a>,
    json: &'a RawValue,
}

impl Serialize for Loaded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl PayloadLike for Loaded<'_> {
    fn get_device_token(&self) -> &str {
        self.device_token
    }

    fn get_options(&self) -> &NotificationOptions<'_> {
        &self.options
    }
}

/// What the workers of one connection share; a2's client is one HTTP/2 connection.
struct Connection {
    client: Client,
    payload: Box<RawValue>,
    /// The numbers of the notifications that are still to be sent.
    left: Mutex<std::ops::Range<u64>>,
    measure: Arc<Mutex<Option<Measure>>>,
}

fn main() -> Result<()> {
    let Arguments { load } = Arguments::parse();
    let connect_to = load.authority()?.to_string();
    hyper_rustls::detour(Detour {
        connect_to,
        trust: load.ca.clone(),
        nodelay: true,
    });
    load.runtime()?.block_on(run(load))
}

async fn run(load: Load) -> Result<()> {
    let measure = Arc::new(Mutex::new(Some(Measure::start()?)));
    let key = signing_key()?;
    let mut workers = Vec::new();
    let mut first = 0;
    for number in 0..load.connections {
        let last = first + load.share(number);
        let connection = Arc::new(Connection {
            client: Client::token(
                key.as_bytes(),
                "BENCHMARK1",
                "BENCHMARK2",
                ClientConfig::default(),
            )?,
            payload: RawValue::from_string(load.payload())?,
            left: Mutex::new(first..last),
            measure: Arc::clone(&measure),
        });
        first = last;
        workers.extend((0..load.streams).map(|_| tokio::spawn(work(Arc::clone(&connection)))));
    }
    for worker in workers {
        worker.await?;
    }
    let measure = measure.lock().ok().and_then(|mut measure| measure.take());
    measure.context("the measurement was lost")?.print()
}

async fn work(connection: Arc<Connection>) {
    while let Some(number) = connection.next() {
        let sent_at = Instant::now();
        let status = send(&connection, number).await;
        connection.count(status, sent_at);
    }
}

async fn send(connection: &Connection, number: u64) -> Option<u16> {
    let (device_token, apns_id) = (device_token(number), apns_id(number));
    let options = NotificationOptions {
        apns_id: Some(&apns_id),
        apns_topic: Some("com.example.benchmark"),
        apns_push_type: Some(PushType::Alert),
        apns_priority: Some(Priority::High),
        ..NotificationOptions::default()
    };
    let loaded = Loaded {
        device_token: &device_token,
        options,
        json: &connection.payload,
    };
    match connection.client.send(loaded).await {
        Ok(response) | Err(a2::Error::ResponseError(response)) => Some(response.code),
        Err(_) => None,
    }
}

impl Connection {
    fn next(&self) -> Option<u64> {
        self.left.lock().ok()?.next()
    }

    fn count(&self, status: Option<u16>, sent_at: Instant) {
        if let Ok(mut measure) = self.measure.lock()
            && let Some(measure) = measure.as_mut()
        {
            match status {
                Some(status) => measure.answered(status, sent_at),
                None => measure.failed(),
            }
        }
    }
}

/// A new .p8 file in memory.
fn signing_key() -> Result<String> {
    let pkcs8 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?.to_pkcs8v1()?;
    let body = STANDARD.encode(pkcs8.as_ref());
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    ))
}
