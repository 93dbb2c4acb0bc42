//! Requests and connections that end early: what is surely unsent is told apart from what may have arrived.

use std::time::Duration;

use tidings_client::{Cause, KeepAlive, SendError};
use tidings_http2::{Config, ErrorCode};
use tokio::time::timeout;

use crate::batches::{all_accepted, send_batch};
use crate::peer::{PATIENCE, Peer, Script, Seen, Wire, accept_all, ignore_all, request};

/// Accepts the first request, and does something at the `count`-th.
fn at(count: usize, act: fn(&mut Wire)) -> Script {
    let mut requests = 0;
    Box::new(move |wire, seen| {
        let Seen::Request(asked) = seen else { return };
        requests += 1;
        if requests == 1 {
            wire.accept(&asked);
        }
        if requests == count {
            act(wire);
        }
    })
}

#[tokio::test]
async fn a_refused_stream_travels_again() {
    let peer = Peer::scripted(Config::default(), |_| {
        let mut requests = 0;
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            requests += 1;
            if requests % 50 == 3 {
                wire.refuse(&asked);
            } else {
                wire.accept(&asked);
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 1000).await, 1000);
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn a_request_that_is_always_refused_ends_unsent_with_its_deadline() {
    let peer = Peer::scripted(Config::default(), |_| {
        Box::new(|wire, seen| {
            if let Seen::Request(asked) = seen {
                wire.refuse(&asked);
            }
        })
    })
    .await;
    let client = peer
        .client()
        .request_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let error = client.send(request(1)).await.unwrap_err();
    assert!(error.is_unsent(), "{error}: {}", error.cause());
}

#[tokio::test]
async fn any_other_reset_leaves_the_request_unknown_and_the_connection_in_use() {
    let codes: Vec<_> = (0..=0xf)
        .map(ErrorCode)
        .filter(|&code| code != ErrorCode::REFUSED_STREAM)
        .collect();
    let peer = Peer::scripted(Config::default(), {
        let codes = codes.clone();
        move |_| {
            let mut codes = codes.clone().into_iter();
            Box::new(move |wire, seen| {
                let Seen::Request(asked) = seen else { return };
                match codes.next() {
                    Some(code) => wire.http2.reset(asked.stream, code),
                    None => wire.accept(&asked),
                }
            })
        }
    })
    .await;
    let client = peer.client().build().unwrap();
    for (n, code) in (0..).zip(codes) {
        let error = client.send(request(n)).await.unwrap_err();
        assert!(!error.is_unsent(), "{code}");
        assert!(
            matches!(error.cause(), Cause::Reset(told) if *told == code),
            "{code}: {}",
            error.cause()
        );
    }
    assert!(client.send(request(99)).await.unwrap().is_accepted());
    assert_eq!(peer.seen(|record| record.connections), 1);
}

/// Of a batch whose connection ends with `act` at the 40th request, what was written is unknown, and the rest travels
/// on another connection.
async fn written_is_unknown_and_the_rest_moves(act: fn(&mut Wire), is_cause: fn(&Cause) -> bool) {
    let script = move |number| if number == 1 { at(40, act) } else { accept_all() };
    let peer = Peer::scripted(Config::default(), script).await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 1000).await;
    let errors: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    // Those that the peer saw, and those that were on the way.
    assert!((39..=100).contains(&errors.len()), "{}", errors.len());
    for error in errors {
        assert!(
            !error.is_unsent() && is_cause(error.cause()),
            "{error}: {}",
            error.cause()
        );
    }
    assert!(peer.times_asked().values().all(|&times| times == 1));
}

#[tokio::test]
async fn when_tcp_is_cut_what_was_written_is_unknown_and_the_rest_moves() {
    written_is_unknown_and_the_rest_moves(Wire::cut, |cause| matches!(cause, Cause::Lost(_))).await;
}

#[tokio::test]
async fn when_tls_is_closed_what_was_written_is_unknown_and_the_rest_moves() {
    written_is_unknown_and_the_rest_moves(Wire::close, |cause| matches!(cause, Cause::Lost(_))).await;
}

#[tokio::test]
async fn when_tls_is_garbled_what_was_written_is_unknown_and_the_rest_moves() {
    written_is_unknown_and_the_rest_moves(Wire::garble, |cause| {
        matches!(cause, Cause::Tls(_) | Cause::Lost(_))
    })
    .await;
}

#[tokio::test]
async fn when_the_peer_breaks_http2_what_was_written_is_unknown_and_the_rest_moves() {
    // A window update of nothing, on the connection.
    let nonsense = |wire: &mut Wire| wire.raw.extend([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    written_is_unknown_and_the_rest_moves(nonsense, |cause| matches!(cause, Cause::Protocol(_))).await;
}

fn impatient() -> KeepAlive {
    KeepAlive {
        silent_under_load: Duration::from_millis(100),
        silent_when_idle: Duration::from_millis(100),
        answer_within: Duration::from_millis(150),
    }
}

#[tokio::test]
async fn a_peer_that_does_not_even_answer_a_ping_is_given_up() {
    let script = |number| {
        if number == 1 {
            at(10, Wire::fall_silent)
        } else {
            accept_all()
        }
    };
    let peer = Peer::scripted(Config::default(), script).await;
    let client = peer.client().keep_alive(impatient()).build().unwrap();
    let outcomes = timeout(PATIENCE, send_batch(&client, 500)).await.unwrap();
    let errors: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    assert!(!errors.is_empty());
    for error in errors {
        assert!(
            matches!(error, SendError::Unknown(cause) if matches!(**cause, Cause::Silent(_))),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_peer_that_answers_pings_may_take_its_time() {
    let peer = Peer::scripted(Config::default(), |_| {
        let mut waiting = Vec::new();
        Box::new(move |wire, seen| match seen {
            Seen::Request(asked) => waiting.push(asked),
            Seen::Told => waiting.drain(..).for_each(|asked| wire.accept(&asked)),
            _ => {}
        })
    })
    .await;
    let client = peer.client().keep_alive(impatient()).build().unwrap();
    let late = async {
        peer.wait_for(|record| record.asked.len() == 1).await;
        // Longer than a silent peer is borne.
        tokio::time::sleep(Duration::from_millis(600)).await;
        peer.go_on();
    };
    let (answer, ()) = tokio::join!(client.send(request(1)), late);
    assert!(answer.unwrap().is_accepted());
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn a_request_without_an_answer_is_unknown_at_its_deadline_and_cancelled() {
    let peer = Peer::scripted(Config::default(), |_| ignore_all()).await;
    let limit = Duration::from_millis(200);
    let client = peer.client().request_timeout(limit).build().unwrap();
    let error = client.send(request(1)).await.unwrap_err();
    assert!(!error.is_unsent());
    assert!(matches!(error.cause(), Cause::Deadline(after) if *after == limit));
    peer.wait_for(|record| record.resets == [ErrorCode::CANCEL]).await;
}

#[tokio::test]
async fn a_connection_that_no_longer_answers_is_replaced() {
    let script = |number| {
        if number == 1 {
            at(usize::MAX, |_| {})
        } else {
            accept_all()
        }
    };
    let peer = Peer::scripted(Config::default(), script).await;
    let client = peer
        .client()
        .request_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    client.send(request(0)).await.unwrap();
    client.send(request(1)).await.unwrap_err();
    assert!(client.send(request(2)).await.unwrap().is_accepted());
}

#[tokio::test]
async fn a_request_that_never_left_the_queue_is_unsent_at_its_deadline() {
    let one = Config {
        max_concurrent_streams: 1,
        ..Config::default()
    };
    let peer = Peer::scripted(one, |_| ignore_all()).await;
    let client = peer
        .client()
        .request_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let (first, second) = tokio::join!(client.send(request(1)), client.send(request(2)));
    assert!(!first.unwrap_err().is_unsent());
    let second = second.unwrap_err();
    assert!(
        second.is_unsent() && matches!(second.cause(), Cause::Deadline(_)),
        "{second}: {}",
        second.cause()
    );
}
