//! Batches: every request is told of once, whatever happens.

use std::time::Duration;

use tidings_apns::Response;
use tidings_client::{Cause, Client, PoolSize, SendError};
use tidings_http2::Config;
use tokio::time::timeout;

use crate::peer::{PATIENCE, Peer, accept_all, ignore_all, requests};

/// Sends that many, and answers how each ended, by its place. Fails if one is told twice or not at all.
pub(crate) async fn send_batch(client: &Client, count: u32) -> Vec<Result<Response, SendError>> {
    let mut outcomes: Vec<_> = (0..count).map(|_| None).collect();
    let sending = client.send_batch(requests(0..count), |outcome| {
        let place = &mut outcomes[usize::try_from(outcome.index).unwrap()];
        assert!(place.is_none(), "{} was told twice", outcome.index);
        *place = Some(outcome.result);
    });
    timeout(PATIENCE * 2, sending).await.unwrap();
    outcomes.into_iter().map(Option::unwrap).collect()
}

/// All were sent and accepted, each under its own id.
pub(crate) fn all_accepted(outcomes: &[Result<Response, SendError>], count: usize) {
    assert_eq!(outcomes.len(), count);
    for (n, outcome) in (0_u32..).zip(outcomes) {
        match outcome {
            Ok(response) => assert!(response.is_accepted() && response.apns_id() == Some(crate::peer::id(n))),
            Err(error) => panic!("{n}: {error}: {}", error.cause()),
        }
    }
}

#[tokio::test]
async fn a_hundred_thousand_on_one_connection_are_each_told_once() {
    let peer = Peer::scripted(wide(), |_| accept_all()).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 100_000).await, 100_000);
    assert_eq!(peer.seen(|record| record.asked.len()), 100_000);
}

#[tokio::test]
async fn a_hundred_thousand_on_several_connections_are_each_told_once() {
    let peer = Peer::scripted(wide(), |_| accept_all()).await;
    let client = peer.client().connections(PoolSize::fixed(4)).build().unwrap();
    all_accepted(&send_batch(&client, 100_000).await, 100_000);
    assert_eq!(peer.times_asked().len(), 100_000);
}

fn wide() -> Config {
    Config {
        max_concurrent_streams: 1000,
        ..Config::default()
    }
}

#[tokio::test]
async fn an_empty_batch_is_done_at_once() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    assert_eq!(send_batch(&client, 0).await.len(), 0);
}

#[tokio::test]
async fn two_batches_and_single_notifications_share_the_connections() {
    let peer = Peer::scripted(wide(), |_| accept_all()).await;
    let client = peer.client().connections(PoolSize::fixed(2)).build().unwrap();
    let (one, two, single) = tokio::join!(
        send_batch(&client, 30_000),
        send_batch(&client, 30_000),
        client.send(crate::peer::request(1_000_000)),
    );
    all_accepted(&one, 30_000);
    all_accepted(&two, 30_000);
    assert!(single.unwrap().is_accepted());
}

#[tokio::test]
async fn a_batch_that_is_given_up_sends_nothing_more() {
    let peer = Peer::scripted(
        Config {
            max_concurrent_streams: 5,
            ..wide()
        },
        |_| ignore_all(),
    )
    .await;
    let client = peer.client().build().unwrap();
    let given_up = async {
        tokio::select! {
            () = client.send_batch(requests(0..1000), |_| {}) => {}
            () = peer.wait_for(|record| record.asked.len() == 5) => {}
        }
    };
    timeout(PATIENCE, given_up).await.unwrap();
    // On another connection, what was left in the queue would come first.
    peer.wait_for(|record| record.asked.len() == 5).await;
    let _waiting = timeout(
        Duration::from_millis(100),
        client.send(crate::peer::request(7777)),
    )
    .await;
    assert_eq!(peer.seen(|record| record.asked.len()), 5);
}

#[tokio::test]
async fn a_batch_on_a_closed_client_ends_with_every_request_unsent() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 10).await, 10);
    client.close().await;
    for outcome in send_batch(&client, 2000).await {
        assert!(matches!(&outcome, Err(SendError::NotSent(cause)) if matches!(**cause, Cause::Closed)));
    }
}

#[tokio::test]
async fn closing_during_a_batch_ends_it_with_an_outcome_for_each() {
    let peer = Peer::scripted(wide(), |_| accept_all()).await;
    let client = peer.client().build().unwrap();
    let closing = async {
        peer.wait_for(|record| record.asked.len() > 1000).await;
        client.close().await;
    };
    let (outcomes, ()) = tokio::join!(send_batch(&client, 200_000), closing);
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let unsent = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().is_err_and(SendError::is_unsent))
        .count();
    assert_eq!(accepted + unsent, 200_000);
    assert!(unsent > 0);
    assert_eq!(peer.seen(|record| record.asked.len()), accepted);
}
