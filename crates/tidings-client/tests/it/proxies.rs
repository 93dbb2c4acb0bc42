//! Going through a proxy, and every way in which one can fail.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tidings_client::{
    ConnectError, ConnectFault, ConnectTimeouts, Connector, ConnectorConfig, CredentialsGiven, Proxy,
    ProxyError, Stage, Trust,
};

use crate::servers::{Authority, HOST, TlsServer, listener, serve_once, stay_silent};

fn config(proxy: &str, authority: &Authority) -> ConnectorConfig {
    let mut config = ConnectorConfig::new(HOST, 2197);
    config.trust = Trust::pem(authority.pem.as_bytes());
    config.timeouts = ConnectTimeouts::each(Duration::from_secs(30));
    config.proxy = Some(proxy.parse::<Proxy>().unwrap());
    config
}

/// Connects through a proxy that answers with `answer` and then listens; gives the error and what the proxy was asked.
async fn refused(user_info: &str, answer: &'static str) -> (ConnectError, String) {
    let (address, asked) = serve_once(move |mut socket| {
        let request = read_head(&mut socket);
        let _ = socket.write_all(answer.as_bytes());
        stay_silent(socket);
        request
    });
    let config = config(&format!("http://{user_info}{address}"), &Authority::new());
    let error = Connector::new(config).unwrap().connect().await.unwrap_err();
    (error, asked.join().unwrap())
}

async fn proxy_error(answer: &'static str) -> ProxyError {
    match refused("", answer).await.0 {
        ConnectError::Proxy { peer, source } => {
            assert!(peer.is_proxy());
            source
        }
        other => panic!("{other:?}"),
    }
}

fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() > 0 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A proxy that opens one tunnel to `target`, whatever it is asked; gives what it was asked.
fn tunnel_to(target: SocketAddr) -> (SocketAddr, JoinHandle<String>) {
    serve_once(move |mut client| {
        let request = read_head(&mut client);
        let mut server = TcpStream::connect(target).unwrap();
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
            .unwrap();
        let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
        let _ = std::io::copy(&mut client, &mut server);
        request
    })
}

#[tokio::test]
async fn a_tunnel_leads_to_the_server_by_name() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority).serve(1);
    let (proxy, asked) = tunnel_to(server.address);
    let connector = Connector::new(config(&format!("http://ann:secret@{proxy}"), &authority)).unwrap();
    let established = connector.connect().await.unwrap();
    assert_eq!(
        (established.peer, established.tls.alpn_protocol()),
        (proxy, Some(&b"h2"[..]))
    );
    drop(established);
    let expected = "CONNECT api.push.apple.com:2197 HTTP/1.1\r\nHost: api.push.apple.com:2197\r\n\
                    Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n";
    assert_eq!(asked.join().unwrap(), expected);
}

#[tokio::test]
async fn a_proxy_that_wants_to_know_who_asks_says_how() {
    let basic = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
    let ntlm = "HTTP/1.1 407 Nope\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n";
    let cases = [
        ("", basic, CredentialsGiven::No, "put user and password"),
        (
            "ann:wrong@",
            basic,
            CredentialsGiven::Yes,
            "check user and password",
        ),
        (
            "ann:secret@",
            ntlm,
            CredentialsGiven::Yes,
            "signs in with Basic only",
        ),
    ];
    for (user_info, answer, given, hint) in cases {
        let (error, asked) = refused(user_info, answer).await;
        let ConnectError::Proxy {
            source: ProxyError::AuthenticationRequired { were_given, .. },
            ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(*were_given, given);
        assert_eq!(
            asked.contains("Proxy-Authorization"),
            given == CredentialsGiven::Yes
        );
        assert!(
            error.hint().starts_with(hint) || error.hint().contains(hint),
            "{}",
            error.hint()
        );
        assert_eq!(error.fault(), ConnectFault::Configuration);
        assert!(!format!("{error:?}").contains("wrong"));
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_quoted() {
    let refused = |status, phrase: &str| ProxyError::Refused {
        status,
        phrase: phrase.to_owned(),
    };
    assert_eq!(
        proxy_error("HTTP/1.1 500 Internal Server Error\r\n\r\n").await,
        refused(500, "Internal Server Error")
    );
    assert_eq!(
        proxy_error("HTTP/1.0 403 Forbidden\r\nX: y\r\n\r\n<html>").await,
        refused(403, "Forbidden")
    );
    let (error, _) = self::refused("", "HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    assert_eq!(error.fault(), ConnectFault::Network);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the proxy refused to open a tunnel (502 Bad Gateway)");
}

#[tokio::test]
async fn what_is_no_proxy_is_called_so() {
    for answer in [
        "SSH-2.0-x\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nmore than the head",
    ] {
        assert_eq!(proxy_error(answer).await, ProxyError::NotHttp, "{answer}");
    }
}

#[tokio::test]
async fn a_proxy_that_talks_without_end_is_stopped() {
    let (address, _thread) = serve_once(|mut socket| {
        read_head(&mut socket);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n");
        while socket
            .write_all(b"X-Filler: 0123456789012345678901234567890123456789\r\n")
            .is_ok()
        {}
    });
    let config = config(&format!("http://{address}"), &Authority::new());
    let error = Connector::new(config).unwrap().connect().await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Proxy {
                source: ProxyError::AnswerTooLong,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_never_answers_times_out() {
    let (address, _thread) = serve_once(stay_silent);
    let mut config = config(&format!("http://{address}"), &Authority::new());
    config.timeouts.proxy = Duration::from_millis(50);
    let error = Connector::new(config).unwrap().connect().await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::TimedOut {
                stage: Stage::Tunnel,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains(&format!("proxy {address}")), "{error}");
    assert!(error.hint().contains("proxy"));
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_hangs_up_is_named() {
    let address = listener().local_addr().unwrap();
    let error = Connector::new(config(&format!("http://{address}"), &Authority::new())).unwrap();
    let error = error.connect().await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Refused { peer } if peer.is_proxy()),
        "{error:?}"
    );

    let (address, _thread) = serve_once(|mut socket| drop(read_head(&mut socket)));
    let connector = Connector::new(config(&format!("http://{address}"), &Authority::new())).unwrap();
    let error = connector.connect().await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Closed { peer, stage: Stage::Tunnel } if peer.is_proxy()),
        "{error:?}"
    );
}
