//! A client at the door shaped like APNs: HTTP/2 over TLS by hand, so that it can say anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tidings_client::{Clock, SigningKey};
use tidings_http2::hpack::Indexing;
use tidings_http2::{Config, Connection, Event};
use tidings_server::ApnsDoor;
use tidings_testkit::PATIENCE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::world::World;

/// The door of a world.
pub(crate) struct OpenDoor {
    pub(crate) address: SocketAddr,
    certificate: CertificateDer<'static>,
    door: ApnsDoor,
    /// Ends with the world's server.
    pub(crate) serving: JoinHandle<()>,
}

/// What a visitor asks.
#[derive(Clone)]
pub(crate) struct Push {
    pub(crate) token: String,
    pub(crate) authorization: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What a visitor was answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) apns_id: String,
    pub(crate) reason: Option<String>,
    pub(crate) timestamp: Option<u64>,
}

/// A clock that is wrong by so much.
#[derive(Debug)]
struct Offset(i64);

impl Clock for Offset {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn wall(&self) -> SystemTime {
        let by = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 {
            SystemTime::now() - by
        } else {
            SystemTime::now() + by
        }
    }
}

/// A provider token of this key, issued so many seconds from now.
pub(crate) fn provider_token(pem: &str, key_id: &str, team_id: &str, offset: i64) -> String {
    let key_id = key_id.parse().expect("it is the id of a key");
    let team_id = team_id.parse().expect("it is the id of a team");
    let clock = Arc::new(Offset(offset));
    let key = SigningKey::from_pem_with_clock(pem.as_bytes(), key_id, team_id, clock);
    let key = key.expect("it is a signing key");
    String::from_utf8(key.provider_token().authorization().to_vec()).expect("it is text")
}

impl Push {
    pub(crate) fn new(token: &str, authorization: &str) -> Self {
        Self {
            token: token.to_owned(),
            authorization: authorization.to_owned(),
            headers: vec![("apns-topic", "com.example.app".to_owned())],
            body: r#"{"aps":{"alert":"Tea"}}"#.to_owned(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn saying(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

impl OpenDoor {
    pub(crate) async fn new(world: &World) -> Self {
        let made = generate_simple_self_signed(["localhost".to_owned()]);
        let CertifiedKey { cert, signing_key } = made.expect("it is made");
        let door = ApnsDoor::new(cert.pem().as_bytes(), signing_key.serialize_pem().as_bytes());
        let door = door.expect("they belong together");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let (server, served) = (world.server.clone(), door.clone());
        Self {
            address,
            certificate: cert.der().clone(),
            door,
            serving: tokio::spawn(async move { server.serve_apns_door(served, listener).await }),
        }
    }

    /// Shows another certificate, which its visitors do not trust.
    pub(crate) fn renew(&self) {
        let made = generate_simple_self_signed(["localhost".to_owned()]);
        let CertifiedKey { cert, signing_key } = made.expect("it is made");
        let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
        let renewed = self.door.renew(certificate.as_bytes(), key.as_bytes());
        renewed.expect("they belong together");
        assert!(self.door.renew(b"", b"").is_err());
    }

    /// TLS with these application protocols.
    pub(crate) async fn tls(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("it is a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("there are versions").with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").expect("it is a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Asks one thing on a connection of its own.
    pub(crate) async fn push(&self, push: &Push) -> Said {
        let asking = async {
            let stream = self.tls(&["h2"]).await.expect("the door takes connections");
            ask(stream, push).await
        };
        timeout(PATIENCE, asking).await.expect("it is answered")
    }
}

async fn ask(mut stream: TlsStream<TcpStream>, push: &Push) -> Said {
    let mut connection = Connection::client(Config::default());
    let path = format!("/3/device/{}", push.token);
    let opened = connection.open(0, false, |encoder, block| {
        let mut encode = |name: &str, value: &str| {
            encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Without, block);
        };
        encode(":method", "POST");
        encode(":scheme", "https");
        encode(":path", &path);
        encode(":authority", "push.example.com");
        if !push.authorization.is_empty() {
            encode("authorization", &push.authorization);
        }
        for (name, value) in &push.headers {
            encode(name, value);
        }
    });
    let id = opened.expect("it is the first stream");
    let sent = connection.send_body(id, push.body.as_bytes(), true);
    sent.expect("the stream is open");
    let (mut head, mut body) = (None, Vec::new());
    let mut buffer = [0; 4096];
    loop {
        let output = connection.output().to_vec();
        connection.consume_output(output.len());
        stream.write_all(&output).await.expect("the door listens");
        stream.flush().await.expect("the door listens");
        let count = stream.read(&mut buffer).await.expect("the door speaks");
        assert!(count > 0, "the door has hung up");
        connection.feed(&buffer[..count]);
        while let Some(event) = connection.poll(Instant::now()).expect("the door keeps the rules") {
            let ended = match event {
                Event::Headers {
                    fields, end_stream, ..
                } => {
                    let text = |name: &[u8]| {
                        let value = fields.first(name).unwrap_or_default();
                        String::from_utf8_lossy(value).into_owned()
                    };
                    head = Some((text(b":status"), text(b"apns-id")));
                    end_stream
                }
                Event::Data { data, end_stream, .. } => {
                    body.extend_from_slice(data);
                    end_stream
                }
                _ => false,
            };
            if ended {
                let (status, apns_id) = head.expect("headers come first");
                return said(&status, apns_id, &body);
            }
        }
    }
}

fn said(status: &str, apns_id: String, body: &[u8]) -> Said {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    Said {
        status: status.parse().expect("it is a status"),
        apns_id,
        reason: json["reason"].as_str().map(str::to_owned),
        timestamp: json["timestamp"].as_u64(),
    }
}
