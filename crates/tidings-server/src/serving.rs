//! Connections: how many, how long, and how they end.

mod lingering;

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::lingering::{Lingering, Unread, Watched};
use crate::dashboard;
use crate::server::{Phase, Shared};

/// How long to wait when no connection can be accepted, because file descriptors have run out for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The longest head of a request.
const HEAD_BYTES: usize = 32 << 10;

/// Headers of a request.
const HEADERS: usize = 64;

/// Serves until the end is asked for, and then until the connections are done.
pub(crate) async fn serve(
    shared: &Shared,
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) {
    let door = Door::new(listener, shared.config.max_connections);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let mut pulse = Box::pin(dashboard::beat_for_ever(shared.clone()));
    // It is kept when a connection ends meanwhile: somebody may be waiting in it.
    let mut entering = Box::pin(door.enter());
    loop {
        tokio::select! {
            (stream, peer, place) = &mut entering => {
                let crowded = door.crowded.subscribe();
                let service = Service {
                    router: TowerToHyperService::new(router.clone()),
                    peer,
                    unread: Unread::default(),
                };
                connections.spawn(connection(shared.clone(), service, stream, place, crowded));
                entering = Box::pin(door.enter());
            }
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
            () = &mut pulse => {}
            () = &mut shutdown => break,
        }
    }
    drop(entering);
    drop(door);
    shared.phase.send_replace(Phase::Ending);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if timeout(shared.config.shutdown_grace, all_done).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "connections are cut: they were not done in time"
        );
        connections.shutdown().await;
    }
}

/// Whence a request comes; not known where something else than [`serve`] serves the routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(Option<IpAddr>);

impl Peer {
    pub(crate) const fn address(self) -> Option<IpAddr> {
        self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

/// All routes, for requests from one place.
struct Service {
    router: TowerToHyperService<Router>,
    peer: Peer,
    unread: Unread,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = <TowerToHyperService<Router> as hyper::service::Service<Request<Watched>>>::Response;
    type Error = Infallible;
    type Future = <TowerToHyperService<Router> as hyper::service::Service<Request<Watched>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request.map(|body| self.unread.watch(body)))
    }
}

/// Where connections come in, so many at once.
struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    /// Tells those that are in that others wait: whoever does nothing goes.
    crowded: watch::Sender<()>,
}

impl Door {
    fn new(listener: TcpListener, most: usize) -> Self {
        let (crowded, _) = watch::channel(());
        Self {
            listener,
            room: Arc::new(Semaphore::new(most)),
            crowded,
        }
    }

    /// The next connection, when there is room for it. Those that are idle make room.
    async fn enter(&self) -> (TcpStream, Peer, Option<OwnedSemaphorePermit>) {
        let (stream, peer) = self.accept().await;
        if let Ok(place) = Arc::clone(&self.room).try_acquire_owned() {
            return (stream, peer, Some(place));
        }
        tracing::warn!("there are as many connections as the configuration allows; idle ones are closed");
        self.crowded.send_replace(());
        // The semaphore is never closed; without a permit the connection would only not be counted.
        let place = Arc::clone(&self.room).acquire_owned().await.ok();
        (stream, peer, place)
    }

    async fn accept(&self) -> (TcpStream, Peer) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, Peer(Some(peer.ip()))),
                Err(_exhausted) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn connection(
    shared: Shared,
    service: Service,
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
    mut crowded: watch::Receiver<()>,
) {
    // Small answers must not wait for acknowledgements; a socket that cannot be told so works all the same.
    let _ = stream.set_nodelay(true);
    let _open = shared.metrics.connection();
    let stream = Lingering::new(stream, service.unread.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.config.header_timeout)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .keep_alive(true)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut phase = shared.phase.subscribe();
    tokio::select! {
        // What has been sent is read first: whoever has asked is not idle.
        biased;
        ended = connection.as_mut() => return drop(ended),
        () = ends(&mut phase) => {}
        _ = crowded.changed() => {}
    }
    // What is being answered is answered; who does nothing is closed at once.
    connection.as_mut().graceful_shutdown();
    // Whatever it ends with: the peer is gone, or was answered.
    drop(connection.await);
}

/// Waits until the end has come.
pub(crate) async fn ends(phase: &mut watch::Receiver<Phase>) {
    // If nobody is left who could say so, it ends as well.
    drop(phase.wait_for(|phase| *phase == Phase::Ending).await);
}
