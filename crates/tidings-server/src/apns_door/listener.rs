//! Connections at the door: how many, and how they begin and end.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::driver::Driver;
use super::{ApnsDoor, Room, connection};
use crate::serving::ends;

/// Connections that are open at once. For one more, those that do nothing are closed, and it waits.
const CONNECTIONS: usize = 1_024;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted, because file descriptors have run out for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the end has come, and then until the connections are done.
pub(super) async fn run(room: Arc<Room>, shown: ApnsDoor, listener: TcpListener) {
    let door = Door {
        listener,
        places: Arc::new(Semaphore::new(CONNECTIONS)),
        crowded: watch::channel(()).0,
    };
    let mut connections = JoinSet::new();
    let mut phase = room.server.phase.subscribe();
    // It is kept when a connection ends meanwhile: somebody may be waiting in it.
    let mut entering = Box::pin(door.enter());
    loop {
        tokio::select! {
            (stream, place) = &mut entering => {
                let (room, acceptor, crowded) = (Arc::clone(&room), shown.acceptor(), door.crowded.subscribe());
                connections.spawn(serve(room, acceptor, stream, place, crowded));
                entering = Box::pin(door.enter());
            }
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
            () = ends(&mut phase) => break,
        }
    }
    drop(entering);
    drop(door);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if timeout(room.server.config.shutdown_grace, all_done)
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "connections at the door shaped like APNs are cut: they were not done in time"
        );
        connections.shutdown().await;
    }
}

/// Where connections come in, so many at once.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    /// Tells those that are in that others wait: whoever does nothing goes.
    crowded: watch::Sender<()>,
}

impl Door {
    /// The next connection, when there is room for it.
    async fn enter(&self) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        let stream = self.accept().await;
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return (stream, Some(place));
        }
        tracing::warn!(
            "there are as many connections at the door shaped like APNs as it takes; idle ones are closed"
        );
        self.crowded.send_replace(());
        // The semaphore is never closed; without a permit the connection would only not be counted.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        (stream, place)
    }

    async fn accept(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(_exhausted) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn serve(
    room: Arc<Room>,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
    crowded: watch::Receiver<()>,
) {
    // Small answers must not wait for acknowledgements; a socket that cannot be told so works all the same.
    let _ = stream.set_nodelay(true);
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => connection::run(&room, stream, Driver::new(), crowded).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS at the door"),
        Err(_elapsed) => tracing::debug!("TLS at the door took too long"),
    }
}
