//! GOAWAY: what was not processed travels again, once; what may have been is waited for.

use tidings_apns::Reason;
use tidings_client::{Cause, PoolSize, SendError};
use tidings_http2::{Config, ErrorCode, StreamId};

use crate::batches::{all_accepted, send_batch};
use crate::peer::{Asked, Peer, Script, Seen, Wire, accept_all, request};

const SHUTDOWN: &[u8] = br#"{"reason":"Shutdown"}"#;

/// Collects `count` requests and then does something with them; what comes later is not looked at.
fn after(count: usize, act: impl Fn(&mut Wire, &[Asked]) + Send + 'static) -> Script {
    let mut asked_so_far = Vec::new();
    Box::new(move |wire, seen| {
        let Seen::Request(asked) = seen else { return };
        if asked_so_far.is_empty() {
            // The first answer lifts the client's caution.
            wire.accept(&asked);
        }
        asked_so_far.push(asked);
        if asked_so_far.len() == count {
            act(wire, &asked_so_far);
        }
    })
}

fn first_then_accept(first: impl Fn() -> Script + Send + 'static) -> impl Fn(usize) -> Script + Send {
    move |number| if number == 1 { first() } else { accept_all() }
}

fn go_away(wire: &mut Wire, last: StreamId) {
    wire.http2.go_away_with_last(last, ErrorCode::NO_ERROR, SHUTDOWN);
}

fn answer_up_to(wire: &mut Wire, asked: &[Asked], last: StreamId) {
    for asked in asked.iter().skip(1).filter(|asked| asked.stream <= last) {
        wire.accept(asked);
    }
}

#[tokio::test]
async fn requests_above_the_last_stream_travel_again_and_the_others_are_waited_for() {
    let script = || {
        after(60, |wire, asked| {
            let last = asked[30].stream;
            go_away(wire, last);
            answer_up_to(wire, asked, last);
        })
    };
    let peer = Peer::scripted(Config::default(), first_then_accept(script)).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 500).await, 500);
    let first = peer.seen(|record| record.asked.iter().filter(|asked| asked.connection == 1).count());
    let times = peer.times_asked();
    assert_eq!(times.len(), 500);
    // What the first connection received above the last stream came twice, and nothing else did.
    assert_eq!(times.values().filter(|&&times| times == 2).count(), first - 31);
    assert!(times.values().all(|&times| times <= 2));
}

#[tokio::test]
async fn a_goaway_in_two_steps_loses_nothing() {
    let script = || {
        after(40, |wire, asked| {
            go_away(wire, StreamId::MAX);
            let last = asked[20].stream;
            go_away(wire, last);
            answer_up_to(wire, asked, last);
        })
    };
    let peer = Peer::scripted(Config::default(), first_then_accept(script)).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 500).await, 500);
}

#[tokio::test]
async fn after_the_warning_everything_on_the_way_is_still_answered_and_comes_once() {
    let script = || -> Script {
        let mut requests = 0;
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            requests += 1;
            if requests == 40 {
                go_away(wire, StreamId::MAX);
            }
            wire.accept(&asked);
        })
    };
    let peer = Peer::scripted(Config::default(), first_then_accept(script)).await;
    let client = peer.client().build().unwrap();
    all_accepted(&send_batch(&client, 500).await, 500);
    assert!(peer.times_asked().values().all(|&times| times == 1));
    assert_eq!(peer.seen(|record| record.connections), 2);
}

#[tokio::test]
async fn goaway_and_an_end_at_once_leave_the_unanswered_unknown_with_the_goaway_as_cause() {
    let script = || {
        after(40, |wire, asked| {
            go_away(wire, asked[20].stream);
            wire.cut();
        })
    };
    let peer = Peer::scripted(Config::default(), first_then_accept(script)).await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 200).await;
    let unknown: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    assert_eq!(unknown.len(), 20);
    for error in unknown {
        assert!(!error.is_unsent());
        match error.cause() {
            Cause::GoAway { reason, .. } => assert_eq!(reason.reason(), Some(&Reason::from_name("Shutdown"))),
            other => panic!("{other}"),
        }
    }
}

/// A certificate of the other environment, as APNs shows it.
fn wrong_environment() -> Script {
    Box::new(|wire, seen| {
        if let Seen::Connected = seen {
            let reason = br#"{"reason":"BadCertificateEnvironment"}"#;
            wire.http2
                .go_away_with_last(StreamId::CONNECTION, ErrorCode::NO_ERROR, reason);
            wire.close();
        }
    })
}

fn is_bad_environment(error: &SendError) -> bool {
    let SendError::NotSent(cause) = error else {
        return false;
    };
    matches!(&**cause, Cause::GoAway { reason, .. } if reason.as_str() == "BadCertificateEnvironment")
}

#[tokio::test]
async fn a_certificate_of_the_other_environment_is_told_as_the_reason_and_not_tried_for_ever() {
    let peer = Peer::scripted(Config::default(), |_| wrong_environment()).await;
    let client = peer.client().build().unwrap();
    let error = client.send(request(1)).await.unwrap_err();
    assert!(is_bad_environment(&error), "{error}: {}", error.cause());
    assert!(error.hint().len() > 30);
    assert!(
        send_batch(&client, 1000)
            .await
            .iter()
            .all(|outcome| outcome.as_ref().is_err_and(is_bad_environment))
    );
    assert!(peer.seen(|record| record.connections) <= 4);
}

#[tokio::test]
async fn a_server_that_always_turns_away_ends_a_batch_too() {
    let peer = Peer::scripted(Config::default(), |_| {
        Box::new(|wire, seen| {
            if let Seen::Connected = seen {
                wire.http2
                    .go_away_with_last(StreamId::CONNECTION, ErrorCode::NO_ERROR, SHUTDOWN);
                wire.close();
            }
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 300).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref().is_err_and(SendError::is_unsent))
    );
    assert!(peer.seen(|record| record.connections) < 10);
}

#[tokio::test]
async fn hundreds_of_goaways_lose_and_double_nothing() {
    let ten_each = |_| -> Script {
        let mut requests = 0;
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            requests += 1;
            if requests <= 10 {
                wire.accept(&asked);
            }
            if requests == 10 {
                go_away(wire, asked.stream);
            }
        })
    };
    let peer = Peer::scripted(Config::default(), ten_each).await;
    let client = peer.client().connections(PoolSize::fixed(2)).build().unwrap();
    all_accepted(&send_batch(&client, 2000).await, 2000);
    assert!(peer.seen(|record| record.connections) >= 200);
}

#[tokio::test]
async fn a_stream_limit_that_apns_says_was_broken_is_the_cause_in_its_own_words() {
    let peer = Peer::scripted(Config::default(), |_| {
        after(10, |wire, asked| {
            let words = b"Maximum active streams violated for this endpoint.";
            wire.http2
                .go_away_with_last(asked[9].stream, ErrorCode::REFUSED_STREAM, words);
            wire.cut();
        })
    })
    .await;
    let client = peer.client().build().unwrap();
    let outcomes = send_batch(&client, 10).await;
    let error = outcomes[5].as_ref().unwrap_err();
    assert!(
        error
            .cause()
            .to_string()
            .contains("Maximum active streams violated"),
        "{}",
        error.cause()
    );
}
