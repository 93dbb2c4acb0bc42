//! The life of connections and of the client: tokens, replacement, probation, giving up, closing.

use std::collections::HashSet;

use tidings_client::{Cause, PoolSize, SendError};
use tidings_http2::Config;
use tokio::time::timeout;

use crate::batches::{all_accepted, send_batch};
use crate::peer::{PATIENCE, Peer, Script, Seen, ignore_all, request};

#[tokio::test]
async fn a_connection_is_replaced_after_its_share_of_requests_and_nothing_is_lost() {
    let peer = Peer::accepting().await;
    let client = peer.client().requests_per_connection(100).build().unwrap();
    all_accepted(&send_batch(&client, 1050).await, 1050);
    assert_eq!(peer.seen(|record| record.connections), 11);
    assert!(peer.times_asked().values().all(|&times| times == 1));
}

/// Rejects the first request for a reason, and accepts the others.
fn first_rejected(status: u16, reason: &'static str) -> Script {
    Box::new(move |wire, seen| {
        if let Seen::Request(asked) = seen {
            if wire.number == 1 {
                wire.reject(&asked, status, reason);
            } else {
                wire.accept(&asked);
            }
        }
    })
}

/// The provider tokens of the rejected request and of the next, and on how many connections they came.
async fn tokens_around(status: u16, reason: &'static str) -> (String, String, usize) {
    let peer = Peer::scripted(Config::default(), move |_| first_rejected(status, reason)).await;
    let client = peer.client().build().unwrap();
    assert_eq!(
        client
            .send(request(1))
            .await
            .unwrap()
            .rejected()
            .unwrap()
            .reason
            .as_str(),
        reason
    );
    assert!(client.send(request(2)).await.unwrap().is_accepted());
    peer.seen(|record| {
        let token = |n: usize| record.asked[n].authorization.clone();
        (token(0), token(1), record.connections)
    })
}

#[tokio::test]
async fn an_expired_provider_token_is_replaced_together_with_the_connection() {
    let (before, after, connections) = tokens_around(403, "ExpiredProviderToken").await;
    assert_ne!(before, after);
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn a_clock_that_is_wrong_costs_one_more_token_and_one_more_connection() {
    let peer = Peer::scripted(Config::default(), |_| {
        Box::new(|wire, seen| {
            if let Seen::Request(asked) = seen {
                wire.reject(&asked, 403, "ExpiredProviderToken");
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    for n in 0..20 {
        assert!(!client.send(request(n)).await.unwrap().is_accepted());
    }
    let tokens: HashSet<_> = peer.seen(|record| {
        record
            .asked
            .iter()
            .map(|asked| asked.authorization.clone())
            .collect()
    });
    assert_eq!((tokens.len(), peer.seen(|record| record.connections)), (2, 2));
}

#[tokio::test]
async fn too_many_provider_token_updates_change_the_connection_and_not_the_token() {
    let (before, after, connections) = tokens_around(429, "TooManyProviderTokenUpdates").await;
    assert_eq!(before, after);
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn all_connections_share_one_provider_token() {
    let peer = Peer::accepting().await;
    let client = peer.client().connections(PoolSize::fixed(3)).build().unwrap();
    client.warm_up().await.unwrap();
    all_accepted(&send_batch(&client, 1000).await, 1000);
    client.probation().send(request(5000)).await.unwrap();
    let tokens: HashSet<_> = peer.seen(|record| {
        record
            .asked
            .iter()
            .map(|asked| asked.authorization.clone())
            .collect()
    });
    assert_eq!(tokens.len(), 1);
    assert!(tokens.iter().all(|token| token.starts_with("bearer ")));
    assert_eq!(peer.seen(|record| record.connections), 4);
}

#[tokio::test]
async fn probation_has_connections_of_its_own() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    let doubtful = client.probation();
    for n in 0..5 {
        client.send(request(n)).await.unwrap();
        doubtful.send(request(100 + n)).await.unwrap();
    }
    let on = |record: &crate::peer::Record, healthy: bool| -> HashSet<usize> {
        let asked = record
            .asked
            .iter()
            .filter(|asked| (asked.id < Some(crate::peer::id(100))) == healthy);
        asked.map(|asked| asked.connection).collect()
    };
    peer.seen(|record| assert!(on(record, true).is_disjoint(&on(record, false))));
}

#[tokio::test]
async fn a_send_that_is_given_up_leaves_the_connection_in_order() {
    let peer = Peer::scripted(Config::default(), |_| {
        let mut held = None;
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            match held.take() {
                None if asked.id == Some(crate::peer::id(1)) => held = Some(asked),
                first => first.iter().chain([&asked]).for_each(|asked| wire.accept(asked)),
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    client.send(request(0)).await.unwrap();
    tokio::select! {
        _ = client.send(request(1)) => panic!("it has no answer yet"),
        () = peer.wait_for(|record| record.asked.len() == 2) => {}
    }
    assert!(client.send(request(2)).await.unwrap().is_accepted());
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn closing_waits_for_the_answers_and_takes_nothing_more() {
    let peer = Peer::scripted(Config::default(), |_| {
        let mut waiting = Vec::new();
        Box::new(move |wire, seen| match seen {
            Seen::Request(asked) => waiting.push(asked),
            Seen::Told => waiting.drain(..).for_each(|asked| wire.accept(&asked)),
            _ => {}
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let sending = tokio::spawn({
        let client = client.clone();
        async move { client.send(request(1)).await }
    });
    peer.wait_for(|record| record.asked.len() == 1).await;
    let closing = tokio::spawn({
        let client = client.clone();
        async move { client.close().await }
    });
    let refused = loop {
        // Until the close has begun, a request is taken.
        if let Ok(Err(error)) = timeout(PATIENCE / 400, client.send(request(2))).await {
            break error;
        }
    };
    assert!(matches!(refused, SendError::NotSent(cause) if matches!(*cause, Cause::Closed)));
    assert!(!closing.is_finished());
    peer.go_on();
    assert!(sending.await.unwrap().unwrap().is_accepted());
    timeout(PATIENCE, closing).await.unwrap().unwrap();
    peer.wait_for(|record| record.ended == record.connections).await;
}

#[tokio::test]
async fn a_client_that_is_dropped_closes_its_connections() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    client.send(request(1)).await.unwrap();
    drop(client);
    peer.wait_for(|record| record.ended == 1).await;
}

#[tokio::test]
async fn warming_up_opens_the_minimum_of_connections_without_a_request() {
    let peer = Peer::scripted(Config::default(), |_| ignore_all()).await;
    let client = peer
        .client()
        .connections(PoolSize { min: 3, max: 5 })
        .build()
        .unwrap();
    timeout(PATIENCE, client.warm_up()).await.unwrap().unwrap();
    assert_eq!(
        peer.seen(|record| (record.connections, record.asked.len())),
        (3, 0)
    );
}

#[tokio::test]
async fn a_closed_client_does_not_warm_up() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    client.send(request(1)).await.unwrap();
    client.close().await;
    let error = timeout(PATIENCE, client.warm_up()).await.unwrap().unwrap_err();
    assert!(matches!(error.cause(), Cause::Closed));
    let error = client.send(request(2)).await.unwrap_err();
    assert!(error.is_unsent() && matches!(error.cause(), Cause::Closed));
}
