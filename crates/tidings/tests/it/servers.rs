//! Servers that are not APNs, each wrong in its own way.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use tempfile::TempDir;

/// A server on the loopback address; its thread ends with the process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Accepts connections and never says a word.
    pub(crate) fn silent() -> Self {
        Self::new(String::new(), |listener| {
            let _open: Vec<_> = listener.incoming().collect();
        })
    }

    /// Speaks HTTP without TLS.
    pub(crate) fn plain_http() -> Self {
        Self::new(String::new(), |listener| {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
                let _ = stream.read(&mut [0; 4096]);
            }
        })
    }

    /// Speaks TLS, and over it these application protocols.
    pub(crate) fn tls(protocols: &[&str]) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let config = Arc::new(config);
        Self::new(cert.pem(), move |listener| {
            for mut stream in listener.incoming().flatten() {
                let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                while tls.complete_io(&mut stream).is_ok_and(|(read, _)| read > 0) {}
            }
        })
    }

    /// An address where nobody listens any more.
    pub(crate) fn gone() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    fn new(ca: String, serve: impl FnOnce(TcpListener) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || serve(listener));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), ca).unwrap();
        Self { address, folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}
