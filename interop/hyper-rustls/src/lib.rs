//! The part of `hyper-rustls` 0.26 that `a2` uses, with a connector that goes where it was told to.
//!
//! `a2` fixes Apple's host names, Mozilla's list of authorities and the socket options, and gives no way to change
//! them. So that the published `a2` can meet a simulator, this crate takes the place of its connector; the program
//! says once, by [`detour`], where the way leads.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::client::WantsClientCert;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

/// Where connections go, instead of where `a2` says.
#[derive(Debug)]
pub struct Detour {
    /// `HOST:PORT`, whatever host the URL names; the TLS server name stays that of the URL.
    pub connect_to: String,
    /// A PEM file with the certificate authorities to trust.
    pub trust: PathBuf,
    /// Whether to turn TCP_NODELAY on; `a2` as published leaves it off.
    pub nodelay: bool,
}

static DETOUR: OnceLock<Detour> = OnceLock::new();

/// To be said once, before `a2` builds a client.
pub fn detour(detour: Detour) {
    DETOUR
        .set(detour)
        .unwrap_or_else(|_| panic!("the detour was given before"));
}

fn the_detour() -> io::Result<&'static Detour> {
    DETOUR
        .get()
        .ok_or_else(|| io::Error::other("no detour was given"))
}

/// Trusts what the detour names, instead of Mozilla's list.
pub trait ConfigBuilderExt {
    fn with_webpki_roots(self) -> ConfigBuilder<ClientConfig, WantsClientCert>;
}

impl ConfigBuilderExt for ConfigBuilder<ClientConfig, WantsVerifier> {
    fn with_webpki_roots(self) -> ConfigBuilder<ClientConfig, WantsClientCert> {
        self.with_root_certificates(
            trusted().unwrap_or_else(|error| panic!("reading whom to trust: {error}")),
        )
    }
}

fn trusted() -> io::Result<RootCertStore> {
    let pem = std::fs::read(&the_detour()?.trust)?;
    let mut roots = RootCertStore::empty();
    for certificate in rustls_pemfile::certs(&mut pem.as_slice()) {
        roots.add(certificate?).map_err(io::Error::other)?;
    }
    Ok(roots)
}

/// The steps of the published builder, as far as `a2` takes them.
#[derive(Default)]
pub struct HttpsConnectorBuilder {
    tls: Option<ClientConfig>,
}

impl HttpsConnectorBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_webpki_roots(self) -> Self {
        self.with_tls_config(ClientConfig::builder().with_webpki_roots().with_no_client_auth())
    }

    pub fn with_tls_config(self, tls: ClientConfig) -> Self {
        Self { tls: Some(tls) }
    }

    pub fn https_only(self) -> Self {
        self
    }

    pub fn enable_http2(mut self) -> Self {
        if let Some(tls) = &mut self.tls {
            tls.alpn_protocols = vec![b"h2".to_vec()];
        }
        self
    }

    pub fn build(self) -> HttpsConnector<HttpConnector> {
        let tls = self
            .tls
            .unwrap_or_else(|| panic!("a2 configures TLS before it builds"));
        HttpsConnector {
            tls: Arc::new(tls),
            published: PhantomData,
        }
    }
}

/// Takes the type parameter that `a2` writes, and connects by itself.
pub struct HttpsConnector<T> {
    tls: Arc<ClientConfig>,
    published: PhantomData<fn() -> T>,
}

impl<T> Clone for HttpsConnector<T> {
    fn clone(&self) -> Self {
        Self {
            tls: Arc::clone(&self.tls),
            published: PhantomData,
        }
    }
}

impl<T> std::fmt::Debug for HttpsConnector<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpsConnector")
    }
}

impl<T> Service<Uri> for HttpsConnector<T> {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(connect(Arc::clone(&self.tls), url))
    }
}

async fn connect(tls: Arc<ClientConfig>, url: Uri) -> io::Result<Stream> {
    let name = ServerName::try_from(url.host().unwrap_or_default().to_owned()).map_err(io::Error::other)?;
    let detour = the_detour()?;
    let tcp = TcpStream::connect(&detour.connect_to).await?;
    if detour.nodelay {
        tcp.set_nodelay(true)?;
    }
    let stream = TlsConnector::from(tls).connect(name, tcp).await?;
    Ok(Stream(TokioIo::new(Box::new(stream))))
}

/// A TLS connection on which HTTP/2 was negotiated.
pub struct Stream(TokioIo<Box<TlsStream<TcpStream>>>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().negotiated_h2()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }
}
