//! A scripted APNs: TLS and HTTP/2 on a loopback port, and a closure that says what becomes of each request.
//!
//! Everything that arrives is recorded, over all connections; a test waits for what it wants to see in the record.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_apns::{ApnsId, BundleId, DeviceToken, Environment, Notification, Payload, PushType, Request};
use tidings_client::{Client, ClientBuilder, Credential, PoolSize, Resolver, Trust};
use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, ErrorCode, Event, StreamId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::fixtures::signing_key;
use crate::servers::{Authority, HOST, LOOPBACK, TlsServer};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What one connection does about what it sees.
pub(crate) type Script = Box<dyn FnMut(&mut Wire, Seen) + Send>;

/// What happens on a connection of the peer.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// The connection has begun.
    Connected,
    /// The headers of a request; its body may still come.
    Opened(Asked),
    /// A whole request.
    Request(Asked),
    /// The client reset a stream.
    Reset,
    /// The client has taken over our newest SETTINGS.
    Acknowledged,
    /// The test said that it is time to go on.
    Told,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) connection: usize,
    pub(crate) stream: StreamId,
    pub(crate) id: Option<ApnsId>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: usize,
}

/// What has happened so far, over all connections.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) connections: usize,
    pub(crate) ended: usize,
    /// Whole requests.
    pub(crate) asked: Vec<Asked>,
    /// Streams that clients reset, and why.
    pub(crate) resets: Vec<ErrorCode>,
    /// Streams that were open at a time, at most.
    pub(crate) most_open: usize,
    /// Streams that came in spite of the limit.
    pub(crate) beyond_limit: usize,
    /// How connections failed, seen from here.
    pub(crate) failures: Vec<String>,
}

/// The connection in the script's hands.
pub(crate) struct Wire {
    /// Its number, from 1.
    pub(crate) number: usize,
    pub(crate) http2: Connection,
    /// Frames that the machine would not write, for before what it writes.
    pub(crate) before: Vec<u8>,
    /// And for after it.
    pub(crate) raw: Vec<u8>,
    fate: Fate,
    refused: usize,
    opened: HashMap<StreamId, Asked>,
}

/// What is to become of a connection once its output is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    GoesOn,
    /// The socket is closed without a word of TLS.
    Cut,
    /// TLS says that this is the end.
    Closed,
    /// Bytes that are not TLS.
    Garbled,
    /// Nothing is read or written any more.
    Mute,
}

/// The peer, seen from the test.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) ca: String,
    record: watch::Receiver<Record>,
    tell: broadcast::Sender<()>,
}

impl Peer {
    /// Accepts everything.
    pub(crate) async fn accepting() -> Self {
        Self::scripted(Config::default(), |_| accept_all()).await
    }

    /// Each connection, by its number from 1, gets a script.
    pub(crate) async fn scripted(config: Config, script: impl Fn(usize) -> Script + Send + 'static) -> Self {
        let authority = Authority::new();
        let tls = TlsServer::new(&authority);
        Self::start(&authority, tls, SocketAddr::new(LOOPBACK, 0), config, script).await
    }

    /// With all the choices.
    pub(crate) async fn start(
        authority: &Authority,
        tls: TlsServer,
        address: SocketAddr,
        config: Config,
        script: impl Fn(usize) -> Script + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(tls.config());
        let (recorder, record) = watch::channel(Record::default());
        let recorder = Arc::new(recorder);
        let (tell, _) = broadcast::channel(16);
        let orders = tell.clone();
        tokio::spawn(async move {
            for number in 1.. {
                let (socket, _) = listener.accept().await.unwrap();
                recorder.send_modify(|record| record.connections += 1);
                let wire = Wire::new(number, config.clone());
                let (acceptor, recorder) = (acceptor.clone(), Arc::clone(&recorder));
                let serving = serve(
                    wire,
                    script(number),
                    acceptor,
                    socket,
                    orders.subscribe(),
                    recorder,
                );
                tokio::spawn(serving);
            }
        });
        Self {
            address,
            ca: authority.pem.clone(),
            record,
            tell,
        }
    }

    /// A client for this peer, with one connection at a time.
    pub(crate) fn client(&self) -> ClientBuilder {
        client(self.address, &self.ca, Credential::SigningKey(signing_key()))
    }

    /// Tells the scripts of all connections to go on.
    pub(crate) fn go_on(&self) {
        self.tell.send(()).unwrap();
    }

    /// Waits until the record is as wanted.
    pub(crate) async fn wait_for(&self, what: impl FnMut(&Record) -> bool) {
        let mut record = self.record.clone();
        let waited = timeout(PATIENCE, record.wait_for(what))
            .await
            .map(|found| found.is_ok());
        assert!(
            matches!(waited, Ok(true)),
            "it did not come to that: {:?}",
            self.record.borrow()
        );
    }

    /// Looks at the record.
    pub(crate) fn seen<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.record.borrow())
    }

    /// How often each request was seen whole.
    pub(crate) fn times_asked(&self) -> HashMap<ApnsId, usize> {
        self.seen(|record| {
            let mut times = HashMap::new();
            for asked in &record.asked {
                *times.entry(asked.id.unwrap()).or_insert(0) += 1;
            }
            times
        })
    }
}

/// A client for a server on the loopback address under [`HOST`]'s name.
pub(crate) fn client(address: SocketAddr, ca: &str, credential: Credential) -> ClientBuilder {
    Client::builder(Environment::Production, credential)
        .endpoint(HOST, address.port())
        .management_endpoint(HOST, address.port())
        .resolver(Resolver::Fixed(vec![LOOPBACK]))
        .trust(Trust::Pem(ca.as_bytes().into()))
        .connections(PoolSize::fixed(1))
}

/// The n-th request: its own device token, its own id.
pub(crate) fn request(n: u32) -> Request {
    requests(n..=n).next().unwrap()
}

/// Requests that share a notification.
pub(crate) fn requests(numbers: impl IntoIterator<Item = u32>) -> impl Iterator<Item = Request> {
    let app: BundleId = "com.example.app".parse().unwrap();
    let payload = Payload::from_json(r#"{"aps":{"alert":"Tea is ready"}}"#).unwrap();
    let notification = Arc::new(
        Notification::for_app(&app, PushType::Alert, payload)
            .build()
            .unwrap(),
    );
    numbers.into_iter().map(move |n| {
        let mut token = [7; 32];
        token[..4].copy_from_slice(&n.to_be_bytes());
        let token = DeviceToken::try_from_bytes(&token).unwrap();
        Request::new(Arc::clone(&notification), token, id(n))
    })
}

/// The id of the n-th request.
pub(crate) fn id(n: u32) -> ApnsId {
    ApnsId::from_u128(u128::from(n))
}

/// The script that accepts everything.
pub(crate) fn accept_all() -> Script {
    Box::new(|wire, seen| {
        if let Seen::Request(asked) = seen {
            wire.accept(&asked);
        }
    })
}

/// The script that never answers.
pub(crate) fn ignore_all() -> Script {
    Box::new(|_, _| {})
}

impl Wire {
    fn new(number: usize, config: Config) -> Self {
        Self {
            number,
            http2: Connection::server(config),
            before: Vec::new(),
            raw: Vec::new(),
            fate: Fate::GoesOn,
            refused: 0,
            opened: HashMap::new(),
        }
    }

    pub(crate) fn accept(&mut self, asked: &Asked) {
        self.answer(asked, 200, b"");
    }

    pub(crate) fn reject(&mut self, asked: &Asked, status: u16, reason: &str) {
        self.answer(asked, status, format!(r#"{{"reason":"{reason}"}}"#).as_bytes());
    }

    pub(crate) fn answer(&mut self, asked: &Asked, status: u16, body: &[u8]) {
        let id = asked.id.map(|id| id.to_string());
        let fields: Vec<_> = id.iter().map(|id| ("apns-id", id.as_str())).collect();
        self.answer_with(asked, status, &fields, body);
    }

    /// The client may have given the request up, so that nothing is sent.
    pub(crate) fn answer_with(&mut self, asked: &Asked, status: u16, fields: &[(&str, &str)], body: &[u8]) {
        let status = status.to_string();
        let sent = self
            .http2
            .send_headers(asked.stream, body.is_empty(), |encoder, block| {
                encoder.encode(b":status", status.as_bytes(), Indexing::Incremental, block);
                for (name, value) in fields {
                    encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Without, block);
                }
            });
        if sent.is_ok() && !body.is_empty() {
            self.http2.send_body(asked.stream, body, true).unwrap();
        }
    }

    pub(crate) fn refuse(&mut self, asked: &Asked) {
        self.refused += 1;
        self.http2.reset(asked.stream, ErrorCode::REFUSED_STREAM);
    }

    pub(crate) fn cut(&mut self) {
        self.fate = Fate::Cut;
    }

    pub(crate) fn close(&mut self) {
        self.fate = Fate::Closed;
    }

    pub(crate) fn garble(&mut self) {
        self.fate = Fate::Garbled;
    }

    pub(crate) fn fall_silent(&mut self) {
        self.fate = Fate::Mute;
    }

    /// Everything that the machine has to tell.
    fn poll(&mut self, record: &mut Record) -> Result<Vec<Seen>, String> {
        let mut seen = Vec::new();
        while let Some(event) = self
            .http2
            .poll(Instant::now())
            .map_err(|error| error.to_string())?
        {
            match event {
                Event::Headers {
                    stream,
                    fields,
                    end_stream,
                    ..
                } => {
                    let text = |name: &str| {
                        String::from_utf8(fields.first(name.as_bytes()).unwrap_or_default().to_vec()).unwrap()
                    };
                    let asked = Asked {
                        connection: self.number,
                        stream,
                        id: text("apns-id").parse().ok(),
                        method: text(":method"),
                        path: text(":path"),
                        authorization: text("authorization"),
                        body: 0,
                    };
                    seen.push(Seen::Opened(asked.clone()));
                    self.opened.insert(stream, asked);
                    if end_stream {
                        seen.extend(self.opened.remove(&stream).map(Seen::Request));
                    }
                }
                Event::Data {
                    stream,
                    data,
                    end_stream,
                    ..
                } => {
                    if let Some(asked) = self.opened.get_mut(&stream) {
                        asked.body += data.len();
                    }
                    if end_stream {
                        seen.extend(self.opened.remove(&stream).map(Seen::Request));
                    }
                }
                Event::Reset { code, .. } => {
                    record.resets.push(code);
                    seen.push(Seen::Reset);
                }
                Event::SettingsAcked => seen.push(Seen::Acknowledged),
                _other => {}
            }
        }
        record.most_open = record.most_open.max(self.http2.open_streams());
        Ok(seen)
    }

    /// What is to be written now.
    fn output(&mut self, record: &mut Record) -> Vec<u8> {
        let mut output = self.http2.output().to_vec();
        self.http2.consume_output(output.len());
        record.beyond_limit += refusals(&output) - std::mem::take(&mut self.refused);
        output.append(&mut self.raw);
        output.splice(0..0, self.before.drain(..));
        output
    }
}

/// Frames of the kind `RST_STREAM` with the code `REFUSED_STREAM`.
fn refusals(mut frames: &[u8]) -> usize {
    let mut found = 0;
    while let [a, b, c, kind, _flags, _, _, _, _, rest @ ..] = frames {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        found += usize::from(*kind == 3 && rest[..length] == [0, 0, 0, 7]);
        frames = &rest[length..];
    }
    found
}

async fn serve(
    mut wire: Wire,
    mut script: Script,
    acceptor: TlsAcceptor,
    socket: TcpStream,
    mut orders: broadcast::Receiver<()>,
    recorder: Arc<watch::Sender<Record>>,
) {
    let outcome = match acceptor.accept(socket).await {
        Ok(mut tls) => talk(&mut wire, &mut script, &mut tls, &mut orders, &recorder).await,
        Err(error) => Err(error.to_string()),
    };
    recorder.send_modify(|record| {
        record.ended += 1;
        record.failures.extend(outcome.err());
    });
}

/// Until the connection ends. An error is only of interest when a test fails.
async fn talk(
    wire: &mut Wire,
    script: &mut Script,
    tls: &mut TlsStream<TcpStream>,
    orders: &mut broadcast::Receiver<()>,
    recorder: &watch::Sender<Record>,
) -> Result<(), String> {
    let mut received = vec![0; 64 * 1024];
    let mut next = vec![Seen::Connected];
    loop {
        let mut output = Vec::new();
        recorder.send_modify(|record| {
            let polled = wire.poll(record);
            for seen in next.drain(..).chain(polled.iter().flatten().cloned()) {
                if let Seen::Request(asked) = &seen {
                    record.asked.push(asked.clone());
                }
                script(wire, seen);
            }
            if let Err(failure) = polled {
                record.failures.push(failure);
                wire.fate = Fate::Cut;
            }
            output = wire.output(record);
        });
        tls.write_all(&output).await.map_err(|error| error.to_string())?;
        tls.flush().await.map_err(|error| error.to_string())?;
        match wire.fate {
            Fate::GoesOn => {}
            Fate::Cut => return Ok(()),
            Fate::Closed => return tls.shutdown().await.map_err(|error| error.to_string()),
            Fate::Garbled => {
                let socket = tls.get_mut().0;
                return socket
                    .write_all(&[0x17; 100])
                    .await
                    .map_err(|error| error.to_string());
            }
            Fate::Mute => std::future::pending().await,
        }
        tokio::select! {
            read = tls.read(&mut received) => match read {
                Ok(0) => return Ok(()),
                Ok(length) => wire.http2.feed(&received[..length]),
                Err(error) => return Err(error.to_string()),
            },
            Ok(()) = orders.recv() => next.push(Seen::Told),
        }
    }
}
