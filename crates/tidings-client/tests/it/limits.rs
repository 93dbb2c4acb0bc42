//! Stream limits and flow-control windows are kept, however they change.

use tidings_client::PoolSize;
use tidings_http2::{Config, Credit, Enforce};

use crate::batches::{all_accepted, send_batch};
use crate::peer::{Asked, Peer, Script, Seen, Wire, request, requests};

/// Allows one stream until the first answer, then `limit`; answers when told.
fn one_until_the_first_answer(limit: u32) -> Script {
    let mut waiting = Vec::<Asked>::new();
    let mut proven = false;
    Box::new(move |wire, seen| match seen {
        Seen::Request(asked) if proven => wire.accept(&asked),
        Seen::Request(asked) => waiting.push(asked),
        Seen::Told => {
            proven = true;
            wire.http2
                .set_max_concurrent_streams(limit, Enforce::OnceAcknowledged);
            waiting.drain(..).for_each(|asked| wire.accept(&asked));
        }
        _ => {}
    })
}

#[tokio::test]
async fn one_stream_is_open_until_the_first_answer_has_come() {
    let one = Config {
        max_concurrent_streams: 1,
        ..Config::default()
    };
    let peer = Peer::scripted(one, |_| one_until_the_first_answer(1000)).await;
    let client = peer.client().build().unwrap();
    let sending = tokio::spawn({
        let client = client.clone();
        async move { send_batch(&client, 100).await }
    });
    peer.wait_for(|record| record.asked.len() == 1).await;
    peer.go_on();
    all_accepted(&sending.await.unwrap(), 100);
    assert!(peer.seen(|record| record.beyond_limit == 0 && record.most_open > 1));
}

/// Changes its limit with every 100th request, and keeps what it holds until the client has understood.
fn changing_its_limit(limits: &'static [u32]) -> Script {
    let mut requests = 0;
    let mut waiting = Vec::<Asked>::new();
    let mut limits = limits.iter().copied().cycle();
    Box::new(move |wire, seen| match seen {
        Seen::Request(asked) => {
            requests += 1;
            waiting.push(asked);
            if requests % 100 == 0 {
                let limit = limits.next().unwrap();
                wire.http2
                    .set_max_concurrent_streams(limit, Enforce::OnceAcknowledged);
                if limit == 0 {
                    wire.http2
                        .set_max_concurrent_streams(40, Enforce::OnceAcknowledged);
                }
            } else {
                answer_all(wire, &mut waiting);
            }
        }
        Seen::Acknowledged => answer_all(wire, &mut waiting),
        _ => {}
    })
}

fn answer_all(wire: &mut Wire, waiting: &mut Vec<Asked>) {
    waiting.drain(..).for_each(|asked| wire.accept(&asked));
}

#[tokio::test]
async fn a_stream_limit_that_changes_is_never_exceeded() {
    let peer = Peer::scripted(Config::default(), |_| changing_its_limit(&[1000, 1, 500, 0, 7])).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 5000).await, 5000);
    assert_eq!(peer.seen(|record| record.beyond_limit), 0);
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn while_the_stream_limit_is_zero_nothing_is_sent() {
    let none = Config {
        max_concurrent_streams: 0,
        ..Config::default()
    };
    let open_when_told = |_| -> Script {
        Box::new(|wire, seen| match seen {
            Seen::Request(asked) => wire.accept(&asked),
            Seen::Told => wire
                .http2
                .set_max_concurrent_streams(10, Enforce::OnceAcknowledged),
            _ => {}
        })
    };
    let peer = Peer::scripted(none, open_when_told).await;
    let client = peer.client().build().unwrap();
    client.warm_up().await.unwrap();
    let sending = tokio::spawn({
        let client = client.clone();
        async move { send_batch(&client, 50).await }
    });
    client.probation().warm_up().await.unwrap();
    peer.wait_for(|record| record.connections == 2).await;
    assert_eq!(peer.seen(|record| record.asked.len()), 0);
    peer.go_on();
    all_accepted(&sending.await.unwrap(), 50);
    assert_eq!(peer.seen(|record| record.beyond_limit), 0);
}

#[tokio::test]
async fn stream_windows_of_a_few_bytes_let_everything_through() {
    let narrow = Config {
        initial_window_size: 3,
        ..Config::default()
    };
    let peer = Peer::scripted(narrow, |_| crate::peer::accept_all()).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 300).await, 300);
    let whole = request(0).notification.payload().len();
    assert!(peer.seen(|record| record.asked.iter().all(|asked| asked.body == whole)));
}

#[tokio::test]
async fn what_does_not_fit_the_connections_window_waits_unsent() {
    let keeps_credit = Config {
        max_concurrent_streams: 10_000,
        credit: Credit::Manual,
        ..Config::default()
    };
    let peer = Peer::scripted(keeps_credit, |_| {
        let mut owed = 0;
        Box::new(move |wire, seen| match seen {
            Seen::Request(asked) => {
                owed += u32::try_from(asked.body).unwrap();
                wire.accept(&asked);
            }
            Seen::Told => {
                wire.http2.release(None, owed);
                owed = 0;
            }
            _ => {}
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let sending = tokio::spawn({
        let client = client.clone();
        async move { send_batch(&client, 5000).await }
    });
    let in_window = 65_535 / request(0).notification.payload().len();
    peer.wait_for(|record| record.asked.len() == in_window).await;
    for round in 2..=5000_usize.div_ceil(in_window) {
        peer.go_on();
        peer.wait_for(|record| record.asked.len() >= (round * in_window).min(5000))
            .await;
    }
    all_accepted(&sending.await.unwrap(), 5000);
    assert_eq!(peer.seen(|record| record.failures.clone()), Vec::<String>::new());
}

#[tokio::test]
async fn thousands_of_bodies_of_rejections_do_not_use_up_the_clients_window() {
    let peer = Peer::scripted(Config::default(), |_| {
        Box::new(|wire, seen| {
            if let Seen::Request(asked) = seen {
                let padding = "x".repeat(900);
                wire.answer(
                    &asked,
                    410,
                    format!(r#"{{"reason":"Unregistered","padding":"{padding}"}}"#).as_bytes(),
                );
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 5000).await;
    for outcome in &outcomes {
        assert_eq!(outcome.as_ref().unwrap().rejected().unwrap().status, 410);
    }
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn a_request_that_is_answered_before_its_body_was_sent_frees_its_place() {
    let narrow = Config {
        initial_window_size: 1,
        max_concurrent_streams: 4,
        credit: Credit::Manual,
        ..Config::default()
    };
    // The refusals come late, when the place may be another request's.
    let peer = Peer::scripted(narrow, |_| {
        let mut answered = Vec::new();
        Box::new(move |wire, seen| {
            if let Seen::Opened(asked) = seen {
                wire.reject(&asked, 413, "PayloadTooLarge");
                answered.push(asked.stream);
                if answered.len() > 3 {
                    let stream = answered.remove(0).value().to_be_bytes();
                    wire.raw
                        .extend([0, 0, 4, 3, 0].into_iter().chain(stream).chain([0; 4]));
                }
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 200).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref().is_ok_and(|answer| !answer.is_accepted()))
    );
}

#[tokio::test]
async fn many_connections_together_send_each_request_once() {
    let peer = Peer::accepting().await;
    let client = peer.client().connections(PoolSize::fixed(4)).build().unwrap();
    all_accepted(&send_batch(&client, 20_000).await, 20_000);
    assert!(peer.times_asked().values().all(|&times| times == 1));
    assert_eq!(requests(0..20_000).count(), peer.times_asked().len());
}
