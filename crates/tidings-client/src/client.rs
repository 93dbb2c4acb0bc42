//! The client: one credential in one environment, one pool for healthy traffic and one for doubtful.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_apns::{Broadcast, Environment, Request, Response};
use tokio::sync::oneshot;

use crate::batch::{self, BatchOutcome};
use crate::channels::Channels;
use crate::connect::{BuildConnectorError, ConnectTimeouts, Connector, ConnectorConfig, Resolver};
use crate::connection::encode::headers_of;
use crate::connection::{Context, KeepAlive};
use crate::credential::Credential;
use crate::exchange::{DatedResponse, Exchange, RawAnswer};
use crate::job::{Job, Recipient, Work};
use crate::pool::Pool;
use crate::pool::governor::PoolSize;
use crate::pool::queue::Queue;
use crate::proxy::Proxy;
use crate::send_error::{Cause, SendError};
use crate::trust::Trust;
use crate::watch::ledger::Ledger;
use crate::watch::{ConnectionWatch, Purpose};

/// A client for APNs: sends notifications under one credential to one environment.
///
/// It is a handle: clones share the connections. Keep it for as long as there is something to send; APNs wants
/// connections to live for hours and takes opening them often for an attack (Apple, *Sending notification requests to
/// APNs*). It opens none before there is work, and must then be used inside a Tokio runtime.
///
/// An answer of APNs, also a rejection, is an `Ok`. A [`SendError`] says that there is no answer, and whether APNs may
/// have acted on the request all the same. "Accepted" means that APNs took the notification, not that a device showed
/// it, nor that the app is still installed.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Arc<Pool>,
    lanes: Arc<Lanes>,
}

/// What all handles on one client share.
#[derive(Debug)]
struct Lanes {
    main: Arc<Pool>,
    probation: Arc<Pool>,
    management: Arc<Pool>,
}

/// How to reach APNs and how to treat the connections. The defaults are right for most.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    credential: Credential,
    host: String,
    port: u16,
    management_host: String,
    management_port: u16,
    trust: Trust,
    proxy: Option<Proxy>,
    connections: PoolSize,
    request_timeout: Duration,
    idle_timeout: Duration,
    keep_alive: KeepAlive,
    requests_per_connection: u32,
    resolver: Resolver,
    connect_timeouts: ConnectTimeouts,
}

impl Client {
    /// Begins a client for an environment under a credential.
    pub fn builder(environment: Environment, credential: Credential) -> ClientBuilder {
        ClientBuilder {
            credential,
            host: environment.host().to_owned(),
            port: Environment::PORT,
            management_host: environment.host_management().to_owned(),
            management_port: environment.management_port(),
            trust: Trust::default(),
            proxy: None,
            connections: PoolSize::default(),
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(10),
            keep_alive: KeepAlive::default(),
            requests_per_connection: 1 << 29,
            resolver: Resolver::default(),
            connect_timeouts: ConnectTimeouts::default(),
        }
    }

    /// Sends one notification to one device, and waits for the answer. Giving up the wait gives up the request, unless it
    /// was written already.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub async fn send(&self, request: Request) -> Result<Response, SendError> {
        let (answer, waiting) = oneshot::channel();
        submit(&self.pool, Work::Push(request, Recipient::One(answer))).await?;
        outcome(waiting).await
    }

    /// Like [`send`](Self::send), and tells the server's clock with the answer: for finding out whether this machine's is
    /// right. It is slower than `send`, which is what sending is for.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub async fn send_dated(&self, request: &Request) -> Result<DatedResponse, SendError> {
        let answer = self.exchange(&self.pool, single(request)).await?;
        Ok(DatedResponse {
            date: answer.date,
            response: answer.into_response(),
        })
    }

    /// Sends many notifications, and calls `tell` for each outcome in the order in which they come. Requests are taken
    /// from the iterator as there is room for them, so that memory does not grow with the batch.
    ///
    /// Dropping the future gives up what has not been written.
    pub async fn send_batch<I>(&self, requests: I, tell: impl FnMut(BatchOutcome))
    where
        I: IntoIterator<Item = Request>,
    {
        batch::run(&self.pool, requests, tell).await;
    }

    /// Publishes an update to everybody who follows a channel.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub async fn publish(&self, broadcast: &Broadcast) -> Result<Response, SendError> {
        let answer = self.exchange(&self.pool, publication(broadcast)).await?;
        Ok(answer.into_response())
    }

    /// Broadcast channels: make them, look at them, delete them.
    pub fn channels(&self) -> Channels<'_> {
        Channels::new(self)
    }

    /// The same client with connections of their own for device tokens that may be bad. APNs slows down and closes
    /// connections on which it rejects much, and the healthy traffic should not pay for that.
    #[must_use]
    pub fn probation(&self) -> Self {
        Self {
            pool: Arc::clone(&self.lanes.probation),
            lanes: Arc::clone(&self.lanes),
        }
    }

    /// Opens the minimum of connections now rather than with the first request.
    ///
    /// # Errors
    ///
    /// A connection could not be made.
    pub async fn warm_up(&self) -> Result<(), SendError> {
        self.pool.warm_up().await.map_err(SendError::NotSent)
    }

    /// A look at the connections: how they do now, and how earlier ones ended.
    pub fn watch(&self) -> ConnectionWatch {
        let Lanes {
            main,
            probation,
            management,
        } = &*self.lanes;
        ConnectionWatch::new([main.ledger(), probation.ledger(), management.ledger()])
    }

    /// Takes no more requests, waits until those under way have ended, and closes the connections.
    pub async fn close(&self) {
        let Lanes {
            main,
            probation,
            management,
        } = &*self.lanes;
        tokio::join!(main.close(), probation.close(), management.close());
    }

    pub(crate) async fn manage(&self, exchange: Exchange) -> Result<RawAnswer, SendError> {
        self.exchange(&self.lanes.management, exchange).await
    }

    async fn exchange(&self, pool: &Pool, exchange: Exchange) -> Result<RawAnswer, SendError> {
        let (answer, waiting) = oneshot::channel();
        submit(pool, Work::Exchange(Box::new(exchange), answer)).await?;
        outcome(waiting).await
    }
}

impl ClientBuilder {
    /// Sends to another server than Apple's: a simulator, or APNs under another name.
    pub fn endpoint(mut self, host: impl Into<String>, port: u16) -> Self {
        self.host = host.into();
        self.port = port;
        self
    }

    /// Another port of the same host; APNs listens on [`Environment::ALTERNATIVE_PORT`] too.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Manages broadcast channels on another server than Apple's.
    pub fn management_endpoint(mut self, host: impl Into<String>, port: u16) -> Self {
        self.management_host = host.into();
        self.management_port = port;
        self
    }

    /// Who may vouch for the server. Default: [`Trust::default`].
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Connects through an HTTP proxy.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// How many connections there may be. Default: from 1 to 16, as many as help.
    pub fn connections(mut self, size: PoolSize) -> Self {
        self.connections = size;
        self
    }

    /// How long a request may take, waiting included. In a batch only from when it is written. Default 30 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// After this long without work, the pool goes back to its minimum of connections. Default 10 minutes.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// How long silence of the server is borne.
    pub fn keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// Replaces a connection after this many requests. Default 2^29, half of what HTTP/2 has stream ids for.
    pub fn requests_per_connection(mut self, requests: u32) -> Self {
        self.requests_per_connection = requests.clamp(1, 1 << 30);
        self
    }

    /// How the host's name becomes addresses. Default: the system's resolver, asked for every connection.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// How long each step of making a connection may take.
    pub fn connect_timeouts(mut self, timeouts: ConnectTimeouts) -> Self {
        self.connect_timeouts = timeouts;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// The host, the trust roots or the certificate cannot be used.
    pub fn build(self) -> Result<Client, BuildConnectorError> {
        let main = self.pool(Purpose::Main, self.connections)?;
        let few = PoolSize {
            min: 1,
            max: self.connections.max.div_ceil(4),
        };
        let probation = self.pool(Purpose::Probation, few)?;
        let management = self.pool(Purpose::Management, PoolSize::fixed(1))?;
        Ok(Client {
            pool: Arc::clone(&main),
            lanes: Arc::new(Lanes {
                main,
                probation,
                management,
            }),
        })
    }

    fn pool(&self, purpose: Purpose, size: PoolSize) -> Result<Arc<Pool>, BuildConnectorError> {
        let (host, port) = match purpose {
            Purpose::Main | Purpose::Probation => (&*self.host, self.port),
            Purpose::Management => (&*self.management_host, self.management_port),
        };
        let mut config = ConnectorConfig::new(host, port);
        config.trust = self.trust.clone();
        config.proxy.clone_from(&self.proxy);
        config.certificate = self.credential.certificate().cloned();
        config.resolver = self.resolver.clone();
        config.timeouts = self.connect_timeouts;
        let context = Context {
            queue: Arc::new(Queue::default()),
            authority: authority(host, port),
            signing_key: self.credential.signing_key().cloned(),
            request_timeout: self.request_timeout,
            keep_alive: self.keep_alive,
            requests_per_connection: self.requests_per_connection,
            ledger: Arc::new(Ledger::new(purpose)),
        };
        let connector = Arc::new(Connector::new(config)?);
        Ok(Arc::new(Pool::new(context, connector, size, self.idle_timeout)))
    }
}

/// `:authority`: the host, and the port where it is not that of HTTPS.
fn authority(host: &str, port: u16) -> Box<str> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if port == Environment::PORT {
        host.into()
    } else {
        format!("{host}:{port}").into()
    }
}

async fn submit(pool: &Pool, work: Work) -> Result<(), SendError> {
    let deadline = Instant::now() + pool.request_timeout();
    pool.submit(Job::new(work, Some(deadline)))
        .await
        .map_err(|_job| closed())
}

/// The outcome, or what it means when whoever should have told it is gone.
async fn outcome<T>(waiting: oneshot::Receiver<Result<T, SendError>>) -> Result<T, SendError> {
    waiting
        .await
        .unwrap_or_else(|_task_was_stopped| Err(SendError::Unknown(Arc::new(Cause::Closed))))
}

fn closed() -> SendError {
    SendError::NotSent(Arc::new(Cause::Closed))
}

/// A notification as a request of its own.
fn single(request: &Request) -> Exchange {
    let headers = headers_of(&request.notification);
    let headers = headers.map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned()));
    let id = [("apns-id", request.apns_id.to_string())];
    let mut path = b"/3/device/".to_vec();
    request.device_token.encode_hex(&mut path);
    Exchange {
        method: "POST",
        path: String::from_utf8_lossy(&path).into_owned(),
        headers: headers.chain(id).collect(),
        body: request.notification.payload().as_bytes().to_vec(),
    }
}

/// A broadcast as a request (Apple, *Sending broadcast push notification requests to APNs*).
fn publication(broadcast: &Broadcast) -> Exchange {
    let mut headers = vec![
        ("apns-channel-id", broadcast.channel_id().as_str().to_owned()),
        ("apns-push-type", Broadcast::PUSH_TYPE.as_str().to_owned()),
        ("apns-priority", broadcast.priority().as_str().to_owned()),
        ("apns-expiration", broadcast.expiration_text().to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    headers.extend(
        broadcast
            .request_id()
            .map(|id| ("apns-request-id", id.to_string())),
    );
    Exchange {
        method: "POST",
        path: format!("/4/broadcasts/apps/{}", broadcast.bundle_id()),
        headers,
        body: broadcast.payload().as_bytes().to_vec(),
    }
}
