//! The listeners that providers connect to.

mod connection;
mod driver;
mod exchange;
mod governor;
mod timer;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::authentication::session::Service;
use crate::state::Shared;
use crate::vocabulary::Environment;

pub(crate) use exchange::read_request;
pub(crate) use tls::acceptor;

/// How long a TLS handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted, because file descriptors have run out for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Waits until the simulator is to end.
async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // If nobody is left who could say so, it ends as well.
    drop(shutdown.wait_for(|ends| *ends).await);
}

/// One listening socket and what it is for.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) service: Service,
    pub(crate) environment: Environment,
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) shared: Arc<Shared>,
    pub(crate) connections: Arc<Semaphore>,
    /// Becomes true when the simulator is to end.
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Listener {
    /// Accepts connections until the simulator ends, and then waits for those that are open.
    pub(crate) async fn run(mut self) {
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => self.spawn(&mut tasks, stream, peer.ip()),
                    Err(_exhausted) => sleep(ACCEPT_PAUSE).await,
                },
                Some(_ended) = tasks.join_next(), if !tasks.is_empty() => {}
                () = ended(&mut self.shutdown) => break,
            }
        }
        drop(self.socket);
        while tasks.join_next().await.is_some() {}
    }

    /// Serves a connection in its own task; one too many is closed at once.
    fn spawn(&self, tasks: &mut JoinSet<()>, stream: TcpStream, address: std::net::IpAddr) {
        let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() else {
            return;
        };
        let (acceptor, shared) = (self.acceptor.clone(), Arc::clone(&self.shared));
        let (environment, service, shutdown) = (self.environment, self.service, self.shutdown.clone());
        tasks.spawn(async move {
            let _permit = permit;
            // Small answers must not wait for acknowledgements; a socket that cannot be told so works all the same.
            let _ = stream.set_nodelay(true);
            match timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let driver = driver::Driver::new(
                        &shared,
                        environment,
                        service,
                        address,
                        tls::client_certificate(&stream),
                    );
                    connection::run(stream, driver, shutdown).await;
                }
                Ok(Err(_)) | Err(_) => shared.lock().stats.connections(environment).failed_handshakes += 1,
            }
        });
    }
}
