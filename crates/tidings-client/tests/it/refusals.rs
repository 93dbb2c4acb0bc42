//! No connection at all: nobody there, or nobody who takes this credential.

use std::time::Duration;

use tidings_client::{Cause, ConnectError, Credential, SendError, TlsError};
use tidings_http2::Config;
use tokio::time::timeout;

use crate::batches::{all_accepted, send_batch};
use crate::fixtures::{push_certificate, signing_key};
use crate::peer::{PATIENCE, Peer, accept_all, client, request};
use crate::servers::{Authority, TlsServer, listener};

fn is_unreachable(error: &SendError) -> bool {
    let SendError::NotSent(cause) = error else {
        return false;
    };
    matches!(&**cause, Cause::Connect(ConnectError::Refused { .. }))
}

#[tokio::test]
async fn where_nobody_listens_each_request_is_unsent_until_somebody_does() {
    let address = listener().local_addr().unwrap();
    let authority = Authority::new();
    let credential = Credential::SigningKey(signing_key());
    let client = client(address, &authority.pem, credential).build().unwrap();
    let error = timeout(PATIENCE, client.warm_up()).await.unwrap().unwrap_err();
    assert!(is_unreachable(&error));
    let error = timeout(PATIENCE, client.send(request(1)))
        .await
        .unwrap()
        .unwrap_err();
    assert!(is_unreachable(&error), "{error}: {}", error.cause());
    assert!(error.hint().contains("port"));
    assert!(
        send_batch(&client, 20_000)
            .await
            .iter()
            .all(|outcome| outcome.as_ref().is_err_and(is_unreachable))
    );

    let tls = TlsServer::new(&authority);
    let _peer = Peer::start(&authority, tls, address, Config::default(), |_| accept_all()).await;
    all_accepted(&send_batch(&client, 10).await, 10);
}

#[tokio::test]
async fn a_request_whose_time_ends_between_attempts_to_connect_says_why_there_was_no_connection() {
    let address = listener().local_addr().unwrap();
    let authority = Authority::new();
    let credential = Credential::SigningKey(signing_key());
    let client = client(address, &authority.pem, credential)
        .request_timeout(Duration::from_millis(120))
        .build()
        .unwrap();
    for n in 0..8 {
        let error = client.send(request(n)).await.unwrap_err();
        assert!(is_unreachable(&error), "{n}: {error}: {}", error.cause());
    }
}

fn is_refused_certificate(error: &SendError) -> bool {
    let SendError::NotSent(cause) = error else {
        return false;
    };
    matches!(&**cause, Cause::Tls(TlsError::ClientCertificateRefused { .. }))
}

/// With TLS 1.3 the client is through with its handshake when the server refuses it.
#[tokio::test]
async fn a_refused_client_certificate_ends_everything_that_waits() {
    let (ours, other) = (Authority::new(), Authority::new());
    let tls = TlsServer::new(&ours)
        .demanding(&other)
        .version(&rustls::version::TLS13);
    let peer = Peer::start(
        &ours,
        tls,
        "127.0.0.1:0".parse().unwrap(),
        Config::default(),
        |_| accept_all(),
    )
    .await;
    let client = client(
        peer.address,
        &peer.ca,
        Credential::Certificate(push_certificate()),
    )
    .build()
    .unwrap();
    let outcomes = timeout(PATIENCE, send_batch(&client, 1000)).await.unwrap();
    for outcome in &outcomes {
        let error = outcome.as_ref().unwrap_err();
        assert!(is_refused_certificate(error), "{error}: {}", error.cause());
        assert!(error.hint().contains("certificate"), "{}", error.hint());
    }
    assert!(peer.seen(|record| record.connections) <= 4);
}
