//! A provider on the `h2` crate: a client that nobody here wrote.

use std::sync::Arc;

use bytes::Bytes;
use h2::client::{Connection, ResponseFuture, SendRequest};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) struct Provider {
    sender: SendRequest<Bytes>,
    pings: h2::PingPong,
    pub(crate) connection: JoinHandle<Result<(), h2::Error>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and reason.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let reason = if self.body.is_empty() {
            Value::Null
        } else {
            self.json()["reason"].clone()
        };
        (self.status, reason.as_str().unwrap_or_default().to_owned())
    }
}

/// What a client certificate consists of: both in PEM.
pub(crate) struct Identity<'a> {
    pub(crate) certificate: &'a str,
    pub(crate) private_key: &'a str,
}

impl Provider {
    pub(crate) async fn connect(url: &str, ca: &str, identity: Option<Identity<'_>>) -> Self {
        Self::on(tls(url, ca, identity, &[b"h2"]).await.unwrap()).await
    }

    pub(crate) async fn on(stream: TlsStream<TcpStream>) -> Self {
        let (sender, mut connection) = handshake(stream).await;
        let pings = connection.ping_pong().unwrap();
        Self {
            sender,
            pings,
            connection: tokio::spawn(connection),
        }
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, h2::Error> {
        self.request("POST", path, headers, body).await
    }

    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, h2::Error> {
        let future = self.begin(method, path, headers, body).await?;
        read(future).await
    }

    /// Sends a request and does not wait for its answer.
    pub(crate) async fn begin(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<ResponseFuture, h2::Error> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("https://localhost{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut sender = self.sender.clone().ready().await?;
        let is_empty = body.is_empty();
        let (future, mut stream) = sender.send_request(request.body(()).unwrap(), is_empty)?;
        self.sender = sender;
        if !is_empty {
            // A stream that is refused before its body is sent shows in the answer.
            let _ = stream.send_data(Bytes::copy_from_slice(body), true);
        }
        Ok(future)
    }

    /// Waits until everything that the server has sent up to now has been taken over: frames keep their order.
    pub(crate) async fn settle(&mut self) {
        self.pings.ping(h2::Ping::opaque()).await.unwrap();
    }

    /// How many streams the server allows at the moment.
    pub(crate) fn stream_limit(&self) -> usize {
        self.sender.current_max_send_streams()
    }
}

pub(crate) async fn read(future: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut stream) = future.await?.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        body.extend_from_slice(&data);
        stream.flow_control().release_capacity(data.len())?;
    }
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.into(),
    })
}

async fn handshake(
    stream: TlsStream<TcpStream>,
) -> (SendRequest<Bytes>, Connection<TlsStream<TcpStream>, Bytes>) {
    h2::client::Builder::new()
        .initial_max_send_streams(1)
        .handshake(stream)
        .await
        .unwrap()
}

pub(crate) async fn tls(
    url: &str,
    ca: &str,
    identity: Option<Identity<'_>>,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(identity.private_key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let address = url.trim_start_matches("https://");
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from("api.push.apple.com").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}
