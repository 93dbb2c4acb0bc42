//! Faults as a client meets them.

use std::time::{Duration, Instant};

use tidings_simulator::{
    Build, Environment, FaultKind, FaultMoment, LastStreamForm, NewFault, RetryAfter, TokenKind,
};

use crate::provider::{self, Provider};
use crate::scene::{APP, Scene};

/// A scene with this fault in force, and a connection that has shown its provider token.
async fn struck(fault: NewFault) -> (Scene, Provider, String) {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    scene
        .control()
        .add_fault(&NewFault {
            count: Some(1),
            ..fault
        })
        .unwrap();
    (scene, provider, token)
}

async fn error(scene: &Scene, provider: &mut Provider, token: &str) -> h2::Error {
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [("authorization", bearer.as_str()), ("apns-topic", APP)];
    provider
        .post(&format!("/3/device/{token}"), &headers, b"{}")
        .await
        .unwrap_err()
}

fn shown(scene: &Scene) -> usize {
    scene.control().notifications(&scene.device).unwrap().len()
}

#[tokio::test]
async fn any_status_and_reason_can_be_answered_once() {
    let fault = NewFault {
        retry_after: Some(RetryAfter::Seconds(30)),
        ..NewFault::answering(429, "TooManyRequests")
    };
    let (scene, mut provider, token) = struck(fault).await;
    let answer = scene.push(&mut provider, &token).await;
    assert_eq!(answer.outcome(), (429, "TooManyRequests".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert_eq!(shown(&scene), 1, "a refused notification is not shown");
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
}

#[tokio::test]
async fn bodies_can_be_of_any_form() {
    let gone = || NewFault::answering(410, "Unregistered");
    for (fault, body) in [
        (
            NewFault {
                body: Some(String::new()),
                ..NewFault::answering(500, "x")
            },
            "",
        ),
        (
            NewFault {
                body: Some("<html>".to_owned()),
                ..NewFault::answering(502, "x")
            },
            "<html>",
        ),
        (
            NewFault {
                without_timestamp: Some(true),
                ..gone()
            },
            r#"{"reason":"Unregistered"}"#,
        ),
        (
            NewFault {
                timestamp_ms: Some(5),
                ..gone()
            },
            r#"{"reason":"Unregistered","timestamp":5}"#,
        ),
        (
            NewFault::answering(418, "NobodyKnows"),
            r#"{"reason":"NobodyKnows"}"#,
        ),
    ] {
        let (scene, mut provider, token) = struck(fault).await;
        assert_eq!(scene.push(&mut provider, &token).await.body, body);
    }
}

#[tokio::test]
async fn an_answer_comes_late() {
    let fault = NewFault {
        milliseconds: Some(80),
        ..NewFault::new(FaultKind::Latency)
    };
    let (scene, mut provider, token) = struck(fault).await;
    let before = Instant::now();
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_stream_is_refused_or_reset() {
    let (scene, mut provider, token) = struck(NewFault::new(FaultKind::Refuse)).await;
    let refused = error(&scene, &mut provider, &token).await;
    assert_eq!(refused.reason(), Some(h2::Reason::REFUSED_STREAM));
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    let fault = NewFault {
        error_code: Some(11),
        processed: Some(true),
        ..NewFault::new(FaultKind::ResetStream)
    };
    let (scene, mut provider, token) = struck(fault).await;
    let reset = error(&scene, &mut provider, &token).await;
    assert_eq!(reset.reason(), Some(h2::Reason::ENHANCE_YOUR_CALM));
    assert_eq!(shown(&scene), 2, "it was processed all the same");
}

#[tokio::test]
async fn a_connection_ends_by_tls_cut_or_tcp_reset() {
    for kind in [FaultKind::TlsCut, FaultKind::TcpReset] {
        let (scene, mut provider, token) = struck(NewFault::new(kind)).await;
        let error = error(&scene, &mut provider, &token).await;
        assert!(error.is_io(), "{kind:?}: {error}");
        assert_eq!(shown(&scene), 1);
    }
}

#[tokio::test]
async fn a_goaway_names_the_last_stream_it_is_told_to() {
    let current = NewFault::new(FaultKind::Goaway);
    let (scene, mut provider, token) = struck(current.clone()).await;
    assert_eq!(
        scene.push(&mut provider, &token).await.status,
        200,
        "its own stream is answered"
    );
    provider.connection.await.unwrap().unwrap();
    for form in [LastStreamForm::Previous, LastStreamForm::Zero] {
        let fault = NewFault {
            last_stream: Some(form),
            double: Some(true),
            ..current.clone()
        };
        let (scene, mut provider, token) = struck(fault).await;
        let error = error(&scene, &mut provider, &token).await;
        assert!(error.is_go_away() || error.is_io(), "{form:?}: {error}");
        assert_eq!(shown(&scene), 1, "it was not processed");
    }
}

#[tokio::test]
async fn a_stalled_stream_leaves_the_others_alone() {
    let (scene, mut provider, token) = struck(NewFault::new(FaultKind::Stall)).await;
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [("authorization", bearer.as_str()), ("apns-topic", APP)];
    let path = format!("/3/device/{token}");
    let stalled = provider.begin("POST", &path, &headers, b"{}").await.unwrap();
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    let silence = tokio::time::timeout(Duration::from_millis(50), provider::read(stalled)).await;
    assert!(silence.is_err(), "it was answered");
}

#[tokio::test]
async fn the_stream_limit_is_forced() {
    let fault = NewFault {
        limit: Some(7),
        ..NewFault::new(FaultKind::MaxStreams)
    };
    let (scene, mut provider, token) = struck(fault).await;
    scene.push(&mut provider, &token).await;
    provider.settle().await;
    assert_eq!(provider.stream_limit(), 7);
}

#[tokio::test]
async fn slow_credit_holds_bodies_back() {
    let fault = NewFault {
        milliseconds: Some(60),
        ..NewFault::new(FaultKind::SlowWindow)
    };
    let (scene, mut provider, token) = struck(fault).await;
    scene
        .control()
        .add_fault(&NewFault {
            milliseconds: Some(60),
            ..NewFault::new(FaultKind::SlowWindow)
        })
        .unwrap();
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [("authorization", bearer.as_str()), ("apns-topic", APP)];
    let path = format!("/3/device/{token}");
    let before = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.push(
            provider
                .begin("POST", &path, &headers, &[b' '; 4096])
                .await
                .unwrap(),
        );
    }
    for answer in answers {
        assert_eq!(provider::read(answer).await.unwrap().status, 200);
    }
    assert!(
        before.elapsed() >= Duration::from_millis(60),
        "forty full payloads need more than two windows"
    );
}

#[tokio::test]
async fn a_new_connection_meets_its_end() {
    let scene = Scene::new().await;
    let fault = NewFault {
        at: Some(FaultMoment::Connect),
        environment: Some(Environment::Sandbox),
        ..NewFault::new(FaultKind::Goaway)
    };
    scene.control().add_fault(&fault).unwrap();
    let mut provider = scene.provider(Environment::Sandbox).await;
    let error = provider.post("/3/device/abcd", &[], b"{}").await.unwrap_err();
    assert!(error.is_go_away() || error.is_io(), "{error}");
    let mut provider = scene.provider(Environment::Production).await;
    assert_eq!(
        provider.post("/3/device/abcd", &[], b"{}").await.unwrap().status,
        403
    );
    scene.control().lift_all_faults();
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(
        provider.post("/3/device/abcd", &[], b"{}").await.unwrap().status,
        403
    );
}
