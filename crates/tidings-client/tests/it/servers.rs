//! Servers to connect to: one thread, one or a few connections, on a loopback port of the system's choice.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

/// The name that the servers' certificates are for.
pub(crate) const HOST: &str = "api.push.apple.com";

/// The first loopback address.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A certificate authority of one test.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both in DER.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Authority of a test");
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for `name`, valid in these years.
    pub(crate) fn issue(&self, name: &str, years: std::ops::Range<i32>) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.not_before = date_time_ymd(years.start, 1, 1);
        params.not_after = date_time_ymd(years.end, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity {
            certificate,
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        use rustls::pki_types::pem::PemObject as _;
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap())
            .unwrap();
        Arc::new(roots)
    }
}

/// What a TLS server of a test is like.
pub(crate) struct TlsServer {
    pub(crate) identity: Identity,
    pub(crate) protocols: Vec<&'static str>,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    pub(crate) client_authority: Option<Arc<RootCertStore>>,
}

impl TlsServer {
    /// HTTP/2 over TLS 1.3 or 1.2, with a certificate for [`HOST`].
    pub(crate) fn new(authority: &Authority) -> Self {
        Self::with_identity(authority.issue(HOST, 2020..4000))
    }

    pub(crate) fn with_identity(identity: Identity) -> Self {
        let versions = vec![&rustls::version::TLS13, &rustls::version::TLS12];
        Self {
            identity,
            protocols: vec!["h2"],
            versions,
            client_authority: None,
        }
    }

    pub(crate) fn protocols(mut self, protocols: &[&'static str]) -> Self {
        self.protocols = protocols.to_vec();
        self
    }

    pub(crate) fn version(mut self, version: &'static SupportedProtocolVersion) -> Self {
        self.versions = vec![version];
        self
    }

    /// Demands a client certificate issued by `authority`.
    pub(crate) fn demanding(mut self, authority: &Authority) -> Self {
        self.client_authority = Some(authority.roots());
        self
    }

    /// Demands a client certificate issued by the root in this PEM text.
    pub(crate) fn demanding_pem(mut self, root: &[u8]) -> Self {
        use rustls::pki_types::pem::PemObject as _;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root).unwrap()).unwrap();
        self.client_authority = Some(Arc::new(roots));
        self
    }

    pub(crate) fn config(self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions)
            .unwrap();
        let builder = match self.client_authority {
            Some(roots) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots, provider)
                    .build()
                    .unwrap(),
            ),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(vec![self.identity.certificate], self.identity.key)
            .unwrap();
        config.alpn_protocols = self
            .protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec())
            .collect();
        Arc::new(config)
    }

    /// Accepts connections until one succeeds `count` times; greets each with `hello` and waits for its end.
    pub(crate) fn serve(self, count: usize) -> Serving {
        let listener = listener();
        let address = listener.local_addr().unwrap();
        let config = self.config();
        let thread = thread::spawn(move || (0..count).map(|_| greet(&listener, &config)).collect::<Vec<_>>());
        Serving { address, thread }
    }
}

/// A TLS server at work.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    /// What each client showed as its certificates, or why its handshake failed.
    pub(crate) thread: JoinHandle<Vec<Result<Vec<Vec<u8>>, String>>>,
}

fn greet(listener: &TcpListener, config: &Arc<ServerConfig>) -> Result<Vec<Vec<u8>>, String> {
    let (mut socket, _) = listener.accept().unwrap();
    let mut tls = ServerConnection::new(Arc::clone(config)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut socket).map_err(|error| error.to_string())?;
    }
    tls.writer().write_all(b"hello").unwrap();
    tls.complete_io(&mut socket).map_err(|error| error.to_string())?;
    // Until the client goes away.
    while tls.read_tls(&mut socket).is_ok_and(|read| read > 0) {
        let _ = tls.process_new_packets();
    }
    Ok(tls
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|certificate| certificate.to_vec())
        .collect())
}

pub(crate) fn listener() -> TcpListener {
    TcpListener::bind((LOOPBACK, 0)).unwrap()
}

/// Hands the next connection to `talk`.
pub(crate) fn serve_once<T: Send + 'static>(
    talk: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || talk(listener.accept().unwrap().0)))
}

/// Keeps the connection open without a word until the other side ends it.
pub(crate) fn stay_silent(mut socket: TcpStream) {
    let mut ignored = [0; 4096];
    while socket.read(&mut ignored).is_ok_and(|read| read > 0) {}
}

/// A port of `address` at which connecting neither succeeds nor fails, because its queue is full.
pub(crate) struct BlackHole {
    pub(crate) address: SocketAddr,
    _listener: socket2::Socket,
    _queued: Vec<socket2::Socket>,
}

impl BlackHole {
    pub(crate) fn at(address: SocketAddr) -> Self {
        let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let listener = socket();
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let fill = || {
            let client = socket();
            client.set_nonblocking(true).unwrap();
            let _under_way = client.connect(&address.into());
            client
        };
        Self {
            address,
            _queued: (0..3).map(|_| fill()).collect(),
            _listener: listener,
        }
    }
}
