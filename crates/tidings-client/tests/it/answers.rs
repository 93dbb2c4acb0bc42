//! Answers of every kind, as a server or something before it may give them.

use std::time::Duration;

use tidings_apns::{Broadcast, BundleId, Payload, Reason, StoragePolicy, UnixSeconds};
use tidings_client::{Cause, ManageChannelError};
use tidings_http2::Config;
use tidings_http2::hpack::Indexing;

use crate::peer::{Asked, Peer, Seen, Wire, request};

/// A peer that gives this answer to everything.
async fn answering(answer: fn(&mut Wire, &Asked)) -> Peer {
    Peer::scripted(Config::default(), move |_| {
        Box::new(move |wire, seen| {
            if let Seen::Request(asked) = seen {
                answer(wire, &asked);
            }
        })
    })
    .await
}

/// Sends one notification, and answers the status and the reason of its rejection.
async fn rejected(answer: fn(&mut Wire, &Asked)) -> (u16, String) {
    let peer = answering(answer).await;
    let client = peer.client().build().unwrap();
    let response = client.send(request(1)).await.unwrap();
    let rejected = response.rejected().unwrap();
    (rejected.status, rejected.reason.as_str().to_owned())
}

#[tokio::test]
async fn an_unknown_reason_is_kept_verbatim() {
    let told = rejected(|wire, asked| wire.reject(asked, 418, "IAmATeapot")).await;
    assert_eq!(told, (418, "IAmATeapot".to_owned()));
}

#[tokio::test]
async fn a_page_of_a_captive_portal_is_a_rejection_of_that_status() {
    let (status, _) = rejected(|wire, asked| wire.answer(asked, 511, b"<html>Log in first</html>")).await;
    assert_eq!(status, 511);
}

#[tokio::test]
async fn an_empty_rejection_is_one_all_the_same() {
    let (status, _) = rejected(|wire, asked| wire.answer(asked, 500, b"")).await;
    assert_eq!(status, 500);
}

#[tokio::test]
async fn a_huge_body_of_a_rejection_is_read_and_not_kept() {
    let huge = |wire: &mut Wire, asked: &Asked| wire.answer(asked, 502, &vec![b'x'; 300_000]);
    let (status, reason) = rejected(huge).await;
    assert_eq!(status, 502);
    assert!(reason.len() <= 8 * 1024);
}

#[tokio::test]
async fn a_retry_after_and_a_timestamp_are_told() {
    let peer = answering(|wire, asked| {
        let body = br#"{"reason":"Unregistered","timestamp":1700000000000}"#;
        wire.answer_with(asked, 410, &[("retry-after", "7")], body);
    })
    .await;
    let client = peer.client().build().unwrap();
    let response = client.send(request(1)).await.unwrap();
    let rejected = response.rejected().unwrap();
    assert_eq!(rejected.reason, Reason::Unregistered);
    assert_eq!(rejected.retry_after, Some(Duration::from_secs(7)));
    assert!(rejected.timestamp.is_some());
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let peer = answering(|wire, asked| {
        // 103 as a literal, in a frame of its own.
        let block = [&[0x08, 0x03][..], b"103"].concat();
        let stream = asked.stream.value().to_be_bytes();
        wire.before
            .extend([0, 0, 5, 1, 4].into_iter().chain(stream).chain(block));
        wire.accept(asked);
    })
    .await;
    let client = peer.client().build().unwrap();
    assert!(client.send(request(1)).await.unwrap().is_accepted());
}

#[tokio::test]
async fn trailers_end_an_answer() {
    let peer = answering(|wire, asked| {
        wire.http2
            .send_headers(asked.stream, false, |encoder, block| {
                encoder.encode(b":status", b"200", Indexing::Without, block);
            })
            .unwrap();
        wire.http2
            .send_headers(asked.stream, true, |encoder, block| {
                encoder.encode(b"checksum", b"0", Indexing::Without, block);
            })
            .unwrap();
    })
    .await;
    let client = peer.client().build().unwrap();
    assert!(client.send(request(1)).await.unwrap().is_accepted());
}

#[tokio::test]
async fn an_answer_without_a_status_leaves_the_outcome_unknown() {
    let peer = answering(|wire, asked| {
        if asked.id == Some(crate::peer::id(1)) {
            wire.http2
                .send_headers(asked.stream, true, |encoder, block| {
                    encoder.encode(b"server", b"nobody", Indexing::Without, block);
                })
                .unwrap();
        } else {
            wire.accept(asked);
        }
    })
    .await;
    let client = peer.client().build().unwrap();
    let error = client.send(request(1)).await.unwrap_err();
    assert!(!error.is_unsent());
    assert!(matches!(error.cause(), Cause::Answer), "{}", error.cause());
    assert!(client.send(request(2)).await.unwrap().is_accepted());
    assert_eq!(peer.seen(|record| record.connections), 1);
}

#[tokio::test]
async fn a_dated_answer_tells_the_clock_of_the_server_if_it_has_one() {
    let peer = answering(|wire, asked| {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let is_first = asked.id == Some(crate::peer::id(1));
        let fields = if is_first { vec![date] } else { Vec::new() };
        wire.answer_with(asked, 400, &fields, br#"{"reason":"BadDeviceToken"}"#);
    })
    .await;
    let client = peer.client().build().unwrap();
    let dated = client.send_dated(&request(1)).await.unwrap();
    assert_eq!(dated.response.rejected().unwrap().reason, Reason::BadDeviceToken);
    assert_eq!(dated.date, Some(UnixSeconds(784_111_777)));
    assert_eq!(client.send_dated(&request(2)).await.unwrap().date, None);
    assert!(client.send(request(3)).await.unwrap().rejected().is_some());
    let asked = peer.seen(|record| record.asked.clone());
    assert!(asked[0].path.starts_with("/3/device/"));
    assert_eq!(
        (&asked[0].method, &asked[0].authorization, asked[0].body),
        (&asked[2].method, &asked[2].authorization, asked[2].body)
    );
}

fn app() -> BundleId {
    "com.example.app".parse().unwrap()
}

#[tokio::test]
async fn channels_are_created_read_listed_and_deleted() {
    let peer = answering(|wire, asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/1/apps/com.example.app/channels") => {
            wire.answer_with(asked, 201, &[("apns-channel-id", "dHN0LXNyY2gtY2hubA==")], b"");
        }
        ("GET", "/1/apps/com.example.app/channels") => {
            wire.answer(
                asked,
                200,
                br#"{"message-storage-policy":1,"push-type":"LiveActivity"}"#,
            );
        }
        ("GET", "/1/apps/com.example.app/all-channels") => {
            wire.answer(asked, 200, br#"{"channels":["dHN0LXNyY2gtY2hubA==","c2Vjb25k"]}"#);
        }
        ("DELETE", "/1/apps/com.example.app/channels") => wire.answer(asked, 204, b""),
        _ => wire.reject(asked, 404, "BadPath"),
    })
    .await;
    let client = peer.client().build().unwrap();
    let channels = client.channels();
    let channel = channels.create(&app(), StoragePolicy::MostRecent).await.unwrap();
    assert_eq!(channel.as_str(), "dHN0LXNyY2gtY2hubA==");
    assert_eq!(
        channels.read(&app(), &channel).await.unwrap(),
        StoragePolicy::MostRecent
    );
    assert_eq!(channels.list(&app()).await.unwrap().len(), 2);
    channels.delete(&app(), &channel).await.unwrap();
}

#[tokio::test]
async fn a_list_of_channels_that_never_ends_is_given_up() {
    let peer = answering(|wire, asked| wire.answer(asked, 200, &vec![b' '; 3_000_000])).await;
    let client = peer.client().build().unwrap();
    match client.channels().list(&app()).await {
        Err(ManageChannelError::Send(error)) => assert!(matches!(error.cause(), Cause::Answer)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nonsense_about_channels_is_an_error_and_not_a_channel() {
    let peer = answering(|wire, asked| wire.answer(asked, 200, b"{}")).await;
    let client = peer.client().build().unwrap();
    let error = client.channels().list(&app()).await.unwrap_err();
    assert!(matches!(error, ManageChannelError::Answer { status: 200 }));
    let error = client
        .channels()
        .create(&app(), StoragePolicy::MostRecent)
        .await
        .unwrap_err();
    assert!(matches!(error, ManageChannelError::Answer { status: 200 }));
}

#[tokio::test]
async fn a_rejection_about_a_channel_names_its_reason() {
    let peer = answering(|wire, asked| wire.reject(asked, 400, "CannotCreateChannelConfig")).await;
    let client = peer.client().build().unwrap();
    let error = client
        .channels()
        .create(&app(), StoragePolicy::MostRecent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("CannotCreateChannelConfig"), "{error}");
}

#[tokio::test]
async fn a_broadcast_is_published_to_its_channel() {
    let peer = answering(Wire::accept).await;
    let client = peer.client().build().unwrap();
    let channel = "dHN0LXNyY2gtY2hubA==".parse().unwrap();
    let payload =
        Payload::from_json(r#"{"aps":{"timestamp":1,"event":"update","content-state":{}}}"#).unwrap();
    let broadcast = Broadcast::builder(app(), channel, payload).build_unchecked();
    assert!(client.publish(&broadcast).await.unwrap().is_accepted());
    peer.seen(|record| {
        assert_eq!(record.asked[0].path, "/4/broadcasts/apps/com.example.app");
        assert_eq!(record.asked[0].body, broadcast.payload().len());
    });
}
