//! The door shaped like APNs: `POST /3/device/{token}` over HTTP/2, so that a program that speaks to Apple today speaks to
//! Tidings by another host name, and gains the queue, the registry and the reroute.
//!
//! ```text
//! listener ─► TLS ─► connection (bytes) ─► driver (HTTP/2) ─► reception ─► order, proof, standing (pure) ─► store, engine
//! ```
//!
//! What is decided stands in files without I/O: [`order`] reads a request as Apple would, [`judgement`] says what APNs
//! would answer.

mod answer;
mod connection;
mod driver;
pub(crate) mod fuzzing;
mod judgement;
mod listener;
mod order;
mod proof;
mod reception;
mod request;
mod tls;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, Shared};

pub(crate) use judgement::refusal;
pub(crate) use order::{Addressing, Look, expiry};
pub use tls::OpenApnsDoorError;

/// Requests that are worked on at once, most of them waiting for APNs; more are answered with 503.
const REQUESTS: usize = 4_096;

/// A door shaped like APNs, with the certificate that it shows. A handle; clones are the same door.
#[derive(Clone)]
pub struct ApnsDoor {
    acceptor: Arc<RwLock<TlsAcceptor>>,
}

impl ApnsDoor {
    /// The door with a certificate (and those that vouch for it) and its private key, both PEM.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, OpenApnsDoorError> {
        let acceptor = Arc::new(RwLock::new(tls::acceptor(certificates, key)?));
        Ok(Self { acceptor })
    }

    /// Shows another certificate to whoever comes from now on.
    pub fn renew(&self, certificates: &[u8], key: &[u8]) -> Result<(), OpenApnsDoorError> {
        let new = tls::acceptor(certificates, key)?;
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        self.acceptor
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl fmt::Debug for ApnsDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApnsDoor").finish_non_exhaustive()
    }
}

impl Server {
    /// Serves a door shaped like APNs until [`Server::serve`] has ended, and then until what is being answered is answered,
    /// for so long as the configuration allows.
    pub async fn serve_apns_door(&self, door: ApnsDoor, listener: TcpListener) {
        let room = Arc::new(Room {
            server: self.shared().clone(),
            proofs: proof::Proofs::default(),
            requests: Semaphore::new(REQUESTS),
        });
        listener::run(room, door, listener).await;
    }
}

/// What all connections of the door share.
struct Room {
    server: Shared,
    proofs: proof::Proofs,
    /// Requests that may still be taken.
    requests: Semaphore,
}
