//! Connecting to servers good and bad: every failure is its own error, in time.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, HandshakeKind};
use tidings_client::{
    BuildConnectorError, ClientCertificate, ConnectError, ConnectFault, ConnectTimeouts, Connector,
    ConnectorConfig, Established, Resolver, Stage, TlsError, Trust, TrustError,
};

use crate::fixtures::{file, push_certificate};
use crate::servers::{
    Authority, BlackHole, HOST, Identity, LOOPBACK, TlsServer, listener, serve_once, stay_silent,
};

/// Long enough never to be reached by accident.
const AMPLE: Duration = Duration::from_secs(30);
/// Short, for what is meant to take for ever.
const SHORT: Duration = Duration::from_millis(50);

fn config(address: SocketAddr, authority: &Authority) -> ConnectorConfig {
    let mut config = ConnectorConfig::new(HOST, address.port());
    config.resolver = Resolver::Fixed(vec![address.ip()]);
    config.trust = Trust::pem(authority.pem.as_bytes());
    config.timeouts = ConnectTimeouts::each(AMPLE);
    config
}

async fn connect(config: ConnectorConfig) -> Result<Established, ConnectError> {
    Connector::new(config).unwrap().connect().await
}

async fn tls_error(config: ConnectorConfig) -> TlsError {
    match connect(config).await.unwrap_err() {
        ConnectError::Tls { peer, source, .. } => {
            assert_eq!(peer.host(), HOST);
            source
        }
        other => panic!("{other:?}"),
    }
}

/// Reads plaintext until something comes, or the error that comes instead.
async fn read(established: &mut Established) -> Result<Vec<u8>, rustls::Error> {
    struct Socket<'a>(&'a tokio::net::TcpStream);
    impl std::io::Read for Socket<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.try_read(buffer)
        }
    }
    let mut received = vec![0; 64];
    loop {
        if let Ok(read) = established.tls.reader().read(&mut received) {
            received.truncate(read);
            return Ok(received);
        }
        established.stream.readable().await.unwrap();
        let _would_block = established.tls.read_tls(&mut Socket(&established.stream));
        established.tls.process_new_packets()?;
    }
}

#[tokio::test]
async fn a_connection_speaks_h2_and_has_its_socket_options() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority).serve(1);
    let mut established = connect(config(server.address, &authority)).await.unwrap();
    assert_eq!(established.peer, server.address);
    assert_eq!(established.tls.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(read(&mut established).await.unwrap(), b"hello");
    let socket = socket2::SockRef::from(&established.stream);
    assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(20)));
}

#[tokio::test]
async fn tls_1_2_and_1_3_both_work() {
    for version in [&TLS12, &TLS13] {
        let authority = Authority::new();
        let server = TlsServer::new(&authority).version(version).serve(1);
        let mut established = connect(config(server.address, &authority)).await.unwrap();
        assert_eq!(established.tls.protocol_version(), Some(version.version));
        assert_eq!(read(&mut established).await.unwrap(), b"hello");
    }
}

#[tokio::test]
async fn the_second_connection_resumes_the_session_of_the_first() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority).serve(2);
    let connector = Connector::new(config(server.address, &authority)).unwrap();
    let mut first = connector.connect().await.unwrap();
    assert_eq!(first.tls.handshake_kind(), Some(HandshakeKind::Full));
    read(&mut first).await.unwrap();
    drop(first);
    let second = connector.connect().await.unwrap();
    assert_eq!(second.tls.handshake_kind(), Some(HandshakeKind::Resumed));
}

#[tokio::test]
async fn an_address_can_be_the_host() {
    let authority = Authority::new();
    let server = TlsServer::with_identity(authority.issue("127.0.0.1", 2020..4000)).serve(1);
    let mut config = config(server.address, &authority);
    config.host = "127.0.0.1".to_owned();
    config.resolver = Resolver::System;
    connect(config).await.unwrap();
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let address = listener().local_addr().unwrap();
    let error = connect(config(address, &Authority::new())).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("cannot connect to {HOST}:{}: connection refused", address.port())
    );
    assert_eq!(error.fault(), ConnectFault::Network);
    assert!(error.hint().contains("check host and port"));
}

#[tokio::test]
async fn a_port_that_never_answers_times_out_while_connecting() {
    let hole = BlackHole::at((LOOPBACK, 0).into());
    let mut config = config(hole.address, &Authority::new());
    config.timeouts.connect = SHORT;
    let error = connect(config).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::TimedOut {
                stage: Stage::Connect,
                after: SHORT,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.hint().contains("2197"), "{}", error.hint());
}

#[tokio::test]
async fn a_server_that_never_speaks_times_out_while_negotiating_tls() {
    let (address, _thread) = serve_once(stay_silent);
    let mut config = config(address, &Authority::new());
    config.timeouts.tls = SHORT;
    let error = connect(config).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::TimedOut {
                stage: Stage::Tls,
                after: SHORT,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_from_one_that_refuses() {
    let (address, _thread) = serve_once(drop);
    let error = connect(config(address, &Authority::new())).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Closed {
                stage: Stage::Tls,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_name_without_address_is_a_failed_lookup() {
    let mut config = config(SocketAddr::from((LOOPBACK, 443)), &Authority::new());
    config.resolver = Resolver::Fixed(Vec::new());
    let error = connect(config).await.unwrap_err();
    assert!(matches!(error, ConnectError::Lookup { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "cannot look up the address of api.push.apple.com:443"
    );
}

#[tokio::test]
async fn a_server_of_http_1_only_is_called_one() {
    let authority = Authority::new();
    for protocols in [&["http/1.1"][..], &[]] {
        let server = TlsServer::new(&authority).protocols(protocols).serve(1);
        assert_eq!(
            tls_error(config(server.address, &authority)).await,
            TlsError::NoHttp2
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_is_called_one() {
    for greeting in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "220 mail.example ESMTP\r\n",
    ] {
        let (address, _thread) = serve_once(move |mut socket| {
            let _ = socket.write_all(greeting.as_bytes());
            stay_silent(socket);
        });
        assert_eq!(
            tls_error(config(address, &Authority::new())).await,
            TlsError::NotTls,
            "{greeting}"
        );
    }
}

#[tokio::test]
async fn an_expired_server_certificate_says_since_when() {
    let authority = Authority::new();
    let server = TlsServer::with_identity(authority.issue(HOST, 2019..2020)).serve(1);
    let error = tls_error(config(server.address, &authority)).await;
    let year_2020 = SystemTime::UNIX_EPOCH + Duration::from_hours(438_288);
    assert_eq!(
        error,
        TlsError::ServerExpired {
            not_after: Some(year_2020)
        }
    );
    assert!(error.hint().contains("clock"));
}

#[tokio::test]
async fn a_server_certificate_of_the_future_is_not_valid_yet() {
    let authority = Authority::new();
    let server = TlsServer::with_identity(authority.issue(HOST, 3000..4000)).serve(1);
    let error = tls_error(config(server.address, &authority)).await;
    assert!(
        matches!(error, TlsError::ServerNotYetValid { not_before: Some(_) }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_host_says_for_which() {
    let authority = Authority::new();
    let server = TlsServer::with_identity(authority.issue("other.example", 2020..4000)).serve(1);
    let error = tls_error(config(server.address, &authority)).await;
    assert!(matches!(&error, TlsError::WrongHost { .. }), "{error:?}");
    assert!(error.to_string().contains("other.example"), "{error}");
    assert_eq!(error.fault(), ConnectFault::Configuration);
}

#[tokio::test]
async fn an_authority_that_nobody_trusts_is_called_one() {
    let server = TlsServer::new(&Authority::new()).serve(2);
    assert_eq!(
        tls_error(config(server.address, &Authority::new())).await,
        TlsError::UnknownIssuer
    );
    let mut bundled = config(server.address, &Authority::new());
    bundled.trust = Trust::Bundled;
    assert_eq!(tls_error(bundled).await, TlsError::UnknownIssuer);
}

#[tokio::test]
async fn a_refused_certificate_is_told_with_who_issued_it() {
    let server = TlsServer::new(&Authority::new()).serve(1);
    let error = connect(config(server.address, &Authority::new()))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ConnectError::Tls { issuer: Some(name), .. } if name == "Authority of a test"),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("issued by \"Authority of a test\""),
        "{error}"
    );
}

#[tokio::test]
async fn the_client_certificate_is_shown_with_its_chain() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let server = TlsServer::new(&authority)
            .version(version)
            .demanding_pem(&file("root.pem"))
            .serve(1);
        let mut config = config(server.address, &authority);
        let certificate = push_certificate_with_chain();
        config.certificate = Some(certificate.clone());
        let mut established = connect(config).await.unwrap();
        assert_eq!(read(&mut established).await.unwrap(), b"hello");
        drop(established);
        let shown = server.thread.join().unwrap().remove(0).unwrap();
        assert_eq!(shown, certificate.chain().map(<[u8]>::to_vec).collect::<Vec<_>>());
    }
}

fn push_certificate_with_chain() -> ClientCertificate {
    let chain = [file("push_certificate.pem"), file("authority.pem")].concat();
    let certificate = ClientCertificate::from_pem_pair(&chain, &file("push_key.pem")).unwrap();
    assert_eq!(certificate.facts(), push_certificate().facts());
    certificate
}

#[tokio::test]
async fn an_expired_client_certificate_is_refused_during_or_right_after_the_handshake() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let server = TlsServer::new(&authority)
            .version(version)
            .demanding(&authority)
            .serve(1);
        let mut config = config(server.address, &authority);
        config.certificate = Some(certificate_of(&authority.issue("client", 2019..2020)));
        let error = match connect(config).await {
            Err(ConnectError::Tls { source, .. }) => source,
            Err(other) => panic!("{other:?}"),
            Ok(mut established) => TlsError::from(read(&mut established).await.unwrap_err()),
        };
        let alert = AlertDescription::CertificateExpired;
        assert_eq!(error, TlsError::ClientCertificateRefused { alert });
        assert_eq!(
            error.to_string(),
            "the server did not accept the client certificate (TLS alert certificate_expired)"
        );
        assert_eq!(error.fault(), ConnectFault::Credential);
        assert!(error.hint().contains("renew"));
    }
}

fn certificate_of(identity: &Identity) -> ClientCertificate {
    let pem = |label: &str, der: &[u8]| {
        use base64::Engine as _;
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let certificate = pem("CERTIFICATE", &identity.certificate);
    let key = pem("PRIVATE KEY", identity.key.secret_der());
    ClientCertificate::from_pem_pair(certificate.as_bytes(), key.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_says_so() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority)
        .version(&TLS12)
        .demanding(&authority)
        .serve(1);
    let error = tls_error(config(server.address, &authority)).await;
    assert_eq!(
        error,
        TlsError::ClientCertificateRefused {
            alert: AlertDescription::CertificateRequired
        }
    );
    assert!(error.hint().contains("give a client certificate"));
}

#[tokio::test]
async fn one_dead_address_of_several_delays_but_does_not_prevent() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority).serve(1);
    let dead = Ipv4Addr::new(127, 0, 0, 2);
    let _hole = BlackHole::at((dead, server.address.port()).into());
    let mut config = config(server.address, &authority);
    config.resolver = Resolver::Fixed(vec![dead.into(), LOOPBACK]);
    config.attempt_delay = Duration::from_millis(1);
    assert_eq!(connect(config).await.unwrap().peer, server.address);
}

#[tokio::test]
async fn an_address_that_refuses_gives_its_head_start_away() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority).serve(1);
    let mut config = config(server.address, &authority);
    config.resolver = Resolver::Fixed(vec![Ipv4Addr::new(127, 0, 0, 2).into(), LOOPBACK]);
    config.attempt_delay = AMPLE;
    config.timeouts.connect = AMPLE / 2;
    assert_eq!(connect(config).await.unwrap().peer, server.address);
}

#[tokio::test]
async fn connections_take_turns_over_the_addresses() {
    let authority = Authority::new();
    let first = listener();
    let port = first.local_addr().unwrap().port();
    let second = std::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port)).unwrap();
    let mut config = config(first.local_addr().unwrap(), &authority);
    config.resolver = Resolver::Fixed(vec![LOOPBACK, Ipv4Addr::new(127, 0, 0, 2).into()]);
    config.timeouts.tls = SHORT;
    let connector = Connector::new(config).unwrap();
    for listener in [&first, &second, &first] {
        listener.set_nonblocking(true).unwrap();
        assert!(connector.connect().await.is_err());
        listener.accept().unwrap();
    }
}

#[test]
fn roots_that_are_none_are_refused_before_connecting() {
    for (pem, expected) in [("", "an empty file"), ("<html>", "a web page or XML file")] {
        let mut config = ConnectorConfig::new(HOST, 443);
        config.trust = Trust::pem(pem.as_bytes());
        let error = Connector::new(config).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot read root certificates from {expected}")
        );
    }
    let mut config = ConnectorConfig::new(HOST, 443);
    config.trust = Trust::pem(file("signing_key.p8"));
    let error = Connector::new(config).unwrap_err();
    assert!(
        matches!(
            error,
            BuildConnectorError::Trust(TrustError::NotCertificates { .. })
        ),
        "{error:?}"
    );
}

#[test]
fn a_host_that_is_none_is_refused_before_connecting() {
    for host in ["", "https://api.push.apple.com", "api.push.apple.com:443", "a b"] {
        let mut config = ConnectorConfig::new(host, 443);
        config.trust = Trust::Bundled;
        let error = Connector::new(config).unwrap_err();
        assert!(matches!(error, BuildConnectorError::Host { .. }), "{error:?}");
        assert!(error.hint().contains("host alone"));
    }
}
