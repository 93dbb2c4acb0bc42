//! What can be seen of connections from outside, while they live and after.

use std::time::{Duration, Instant};

use tidings_client::{
    ConnectionEvent, ConnectionRecord, ConnectionState, ConnectionWatch, KeepAlive, Purpose,
};
use tidings_http2::{Config, ErrorCode};

use crate::batches::{all_accepted, send_batch};
use crate::peer::{Asked, PATIENCE, Peer, Script, Seen, accept_all, request};

/// Looks until it is as wanted: what a connection publishes comes at the end of its turn, after the answer.
async fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let began_at = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began_at.elapsed() < PATIENCE, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn only_record(watch: &ConnectionWatch) -> Option<ConnectionRecord> {
    let mut records = watch.records();
    assert!(records.len() <= 1, "{records:?}");
    records.pop()
}

#[tokio::test]
async fn a_connection_shows_its_streams_its_limit_and_its_answers() {
    let config = Config {
        max_concurrent_streams: 37,
        ..Config::default()
    };
    // The first is answered, so that the limit is believed; the others wait.
    let script = |_| -> Script {
        let mut answered = false;
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            if !answered {
                answered = true;
                wire.accept(&asked);
            }
        })
    };
    let peer = Peer::scripted(config, script).await;
    let client = peer.client().build().unwrap();
    let watch = client.watch();
    assert!(watch.connections().is_empty());
    assert!(client.send(request(1)).await.unwrap().is_accepted());
    let waiting: Vec<_> = (2..5)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.send(request(n)).await })
        })
        .collect();
    let seen = until(|| watch.connections().pop().filter(|seen| seen.streams == 3)).await;
    assert_eq!(seen.purpose, Purpose::Main);
    assert_eq!(seen.state, ConnectionState::Ready);
    assert_eq!(seen.remote, Some(peer.address));
    assert_eq!(seen.streams_allowed, Some(37));
    assert_eq!(seen.answers, 1);
    assert!(seen.answer_time.is_some_and(|time| time < PATIENCE));
    assert!(seen.send_window > 0 && seen.send_window < 65_535);
    assert_eq!(watch.counts().opened, 1);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_goaway_is_remembered_with_what_it_said_and_what_it_gave_back() {
    let script = |number| -> Script {
        if number > 1 {
            return accept_all();
        }
        let mut asked_so_far: Vec<Asked> = Vec::new();
        Box::new(move |wire, seen| {
            let Seen::Request(asked) = seen else { return };
            wire.accept(&asked);
            asked_so_far.push(asked);
            if let [.., last] = &*asked_so_far
                && asked_so_far.len() == 40
            {
                let text = b"the\x1b[31m end\xe2\x80\xae";
                let calm = ErrorCode::ENHANCE_YOUR_CALM;
                wire.http2.go_away_with_last(last.stream, calm, text);
            }
        })
    };
    let peer = Peer::scripted(Config::default(), script).await;
    let client = peer.client().build().unwrap();
    let watch = client.watch();
    all_accepted(&send_batch(&client, 200).await, 200);
    let first = peer.seen(|record| record.asked.iter().filter(|asked| asked.connection == 1).count());
    let record = until(|| only_record(&watch)).await;
    let ConnectionEvent::GoAway {
        last_stream,
        code,
        text,
        given_back,
    } = record.event
    else {
        panic!("{record:?}");
    };
    assert_eq!(last_stream, 79);
    assert_eq!(code, ErrorCode::ENHANCE_YOUR_CALM);
    assert_eq!(&*text, "the\\u{1b}[31m end\\u{202e}");
    assert_eq!(given_back, first - 40);
    assert_eq!(record.remote, Some(peer.address));
    let counts = watch.counts();
    assert_eq!(counts.go_aways, [("ENHANCE_YOUR_CALM", 1)]);
    assert_eq!((counts.opened, counts.not_opened), (2, 0));
}

#[tokio::test]
async fn a_connection_that_breaks_says_how_many_requests_are_uncertain() {
    let script = |number| -> Script {
        if number > 1 {
            return accept_all();
        }
        Box::new(|wire, seen| {
            if let Seen::Request(_) = seen {
                wire.cut();
            }
        })
    };
    let peer = Peer::scripted(Config::default(), script).await;
    let client = peer.client().build().unwrap();
    let watch = client.watch();
    assert!(!client.send(request(1)).await.unwrap_err().is_unsent());
    let record = until(|| only_record(&watch)).await;
    let ConnectionEvent::Closed {
        cause: Some(cause),
        given_back: 0,
        unknown: 1,
    } = &record.event
    else {
        panic!("{record:?}");
    };
    assert!(cause.starts_with("the connection was lost"), "{cause}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_remembered_and_counted() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let peer = Peer::accepting().await;
    let client = peer
        .client()
        .endpoint(crate::servers::HOST, address.port())
        .request_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let watch = client.watch();
    assert!(client.send(request(1)).await.unwrap_err().is_unsent());
    let counts = watch.counts();
    assert_eq!(counts.opened, 0);
    assert!(counts.not_opened > 0);
    let records = watch.records();
    let ConnectionEvent::NotOpened { cause } = &records.first().unwrap().event else {
        panic!("{records:?}");
    };
    assert!(cause.contains("connection refused"), "{cause}");
}

#[tokio::test]
async fn a_quiet_connection_is_measured_by_its_pings() {
    let peer = Peer::accepting().await;
    let keep_alive = KeepAlive {
        silent_when_idle: Duration::from_millis(20),
        ..KeepAlive::default()
    };
    let client = peer.client().keep_alive(keep_alive).build().unwrap();
    let watch = client.watch();
    assert!(client.send(request(1)).await.unwrap().is_accepted());
    let ping = until(|| watch.connections().first().and_then(|seen| seen.ping_time)).await;
    assert!(ping < PATIENCE);
}

#[tokio::test]
async fn a_watch_outlives_the_client_and_keeps_nothing_open() {
    let peer = Peer::accepting().await;
    let client = peer.client().build().unwrap();
    let watch = client.watch();
    assert!(client.send(request(1)).await.unwrap().is_accepted());
    drop(client);
    peer.wait_for(|record| record.ended == 1).await;
    let record = until(|| only_record(&watch)).await;
    let peaceful = ConnectionEvent::Closed {
        cause: None,
        given_back: 0,
        unknown: 0,
    };
    assert_eq!(record.event, peaceful);
    assert_eq!(record.answers, 1);
    assert!(watch.connections().is_empty());
}

#[tokio::test]
async fn the_log_is_bounded_and_keeps_the_newest() {
    let peer = Peer::accepting().await;
    let client = peer.client().requests_per_connection(2).build().unwrap();
    let watch = client.watch();
    all_accepted(&send_batch(&client, 100).await, 100);
    client.close().await;
    let records = watch.records();
    assert_eq!(records.len(), 20);
    assert_eq!(watch.counts().opened, 50);
    assert!(
        records
            .windows(2)
            .all(|pair| pair[0].connection < pair[1].connection)
    );
}
