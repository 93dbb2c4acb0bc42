//! Notifications to single devices.

use std::time::Duration;

use tidings_simulator::{Behaviour, Build, Environment, RejectionBehaviour, Switch, Throttle, TokenKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::provider::{self, Provider};
use crate::scene::{APP, Scene, jwt, now};

#[tokio::test]
async fn an_accepted_notification_is_shown_with_its_headers_and_payload() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    let id = "6b0d1a5c-5f4b-4c8e-9a50-0d4bd0a51f0a";
    let headers = [("apns-topic", APP), ("apns-push-type", "alert"), ("apns-id", id)];
    let answer = scene.push_with(&mut provider, &token, &headers).await;
    assert_eq!(
        (answer.status, answer.header("apns-id"), answer.body.len()),
        (200, Some(id), 0)
    );
    assert!(answer.header("apns-unique-id").is_some());
    let shown = scene.control().notifications(&scene.device).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].payload["aps"]["alert"], "hello");
    assert_eq!(shown[0].headers["apns-topic"], APP);
    assert!(
        !shown[0].headers.contains_key("authorization"),
        "credentials are not kept"
    );
}

#[tokio::test]
async fn only_the_sandbox_tells_a_unique_id_and_generated_ids_are_upper_case() {
    let scene = Scene::new().await;
    let token = scene.token(Build::AppStore, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Production).await;
    let answer = scene.push(&mut provider, &token).await;
    let id = answer.header("apns-id").unwrap();
    assert_eq!((answer.status, id), (200, id.to_ascii_uppercase().as_str()));
    assert_eq!(answer.header("apns-unique-id"), None);
}

#[tokio::test]
async fn every_build_has_its_environment_and_the_other_one_calls_its_token_bad() {
    let scene = Scene::new().await;
    let mut production = scene.provider(Environment::Production).await;
    let mut sandbox = scene.provider(Environment::Sandbox).await;
    for (build, statuses) in [
        (Build::Debug, (400, 200)),
        (Build::TestFlight, (200, 400)),
        (Build::AdHoc, (200, 400)),
        (Build::AppStore, (200, 400)),
        (Build::Enterprise, (200, 400)),
    ] {
        let token = scene.token(build, TokenKind::Alert);
        let answers = (
            scene.push(&mut production, &token).await,
            scene.push(&mut sandbox, &token).await,
        );
        assert_eq!((answers.0.status, answers.1.status), statuses, "{build:?}");
        let refused = if statuses.0 == 400 { answers.0 } else { answers.1 };
        assert_eq!(refused.body, r#"{"reason":"BadDeviceToken"}"#);
        assert_eq!(refused.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_removed_apps_token_answers_410_with_milliseconds() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    let before = now();
    scene.control().uninstall(&scene.device, APP, None).unwrap();
    let answer = scene.push(&mut provider, &token).await;
    assert_eq!(answer.outcome(), (410, "Unregistered".to_owned()));
    let timestamp = answer.json()["timestamp"].as_u64().unwrap();
    assert!((before * 1000..=(now() + 1) * 1000).contains(&timestamp));
}

#[tokio::test]
async fn a_removal_can_be_reported_later_and_a_fresh_provider_token_still_works_then() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let week = Duration::from_hours(7 * 24);
    scene.control().uninstall(&scene.device, APP, Some(week)).unwrap();
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    scene.control().advance(week);
    let fresh = Scene {
        jwt: jwt(&scene.key, now() - 1),
        ..scene
    };
    let mut provider = fresh.provider(Environment::Sandbox).await;
    assert_eq!(fresh.push(&mut provider, &token).await.status, 410);
}

#[tokio::test]
async fn provider_tokens_age_with_the_simulators_clock() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    scene.control().advance(Duration::from_mins(61));
    let outcome = scene.push(&mut provider, &token).await.outcome();
    assert_eq!(outcome, (403, "ExpiredProviderToken".to_owned()));
}

#[tokio::test]
async fn bad_credentials_have_their_reasons() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let path = format!("/3/device/{token}");
    let mut provider = scene.provider(Environment::Sandbox).await;
    let forged = format!("bearer {}x", scene.jwt);
    let expired = format!("bearer {}", jwt(&scene.key, now() - 3700));
    for (authorization, reason) in [
        (None, "MissingProviderToken"),
        (Some("bearer nonsense"), "InvalidProviderToken"),
        (Some(forged.as_str()), "InvalidProviderToken"),
        (Some(expired.as_str()), "ExpiredProviderToken"),
    ] {
        let mut headers = vec![("apns-topic", APP)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let answer = provider.post(&path, &headers, b"{}").await.unwrap();
        assert_eq!(answer.outcome(), (403, reason.to_owned()));
    }
    assert_eq!(
        provider.stream_limit(),
        1,
        "nobody has shown a valid provider token yet"
    );
    scene.control().revoke_key(&scene.key.key_id).unwrap();
    assert_eq!(
        scene.push(&mut provider, &token).await.outcome(),
        (403, "InvalidProviderToken".to_owned())
    );
}

#[tokio::test]
async fn a_second_provider_token_within_twenty_minutes_is_one_too_many() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    let second = Scene {
        jwt: jwt(&scene.key, now() - 5),
        ..scene
    };
    let outcome = second.push(&mut provider, &token).await.outcome();
    assert_eq!(outcome, (429, "TooManyProviderTokenUpdates".to_owned()));
    second.control().advance(Duration::from_mins(21));
    assert_eq!(second.push(&mut provider, &token).await.status, 200);
}

#[tokio::test]
async fn the_stream_limit_is_one_until_the_first_valid_provider_token() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(provider.stream_limit(), 1);
    scene.push(&mut provider, &token).await;
    provider.settle().await;
    assert_eq!(provider.stream_limit(), 1000);
}

#[tokio::test]
async fn rejections_throttle_the_connection_if_the_world_says_so() {
    let rejections = RejectionBehaviour {
        throttle: Throttle::Every,
        ..RejectionBehaviour::default()
    };
    let scene = Scene::behaving(Behaviour {
        rejections,
        ..Behaviour::default()
    })
    .await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    for (token, limit) in [(token.as_str(), 1000), ("abcd", 1), (token.as_str(), 1000)] {
        scene.push(&mut provider, token).await;
        provider.settle().await;
        assert_eq!(provider.stream_limit(), limit);
    }
}

#[tokio::test]
async fn too_many_errors_end_the_connection_if_the_world_says_so() {
    let rejections = RejectionBehaviour {
        disconnect_after: Some(4),
        ..RejectionBehaviour::default()
    };
    let scene = Scene::behaving(Behaviour {
        rejections,
        ..Behaviour::default()
    })
    .await;
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.push(&mut provider, "abcd").await;
    scene.push(&mut provider, "abcd").await;
    provider.connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn methods_paths_and_bodies_are_checked() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    for (method, path, outcome) in [
        ("HEAD", "/", 405),
        ("GET", "/3/device/abcd", 405),
        ("POST", "/", 404),
        ("POST", "/3/device/", 400),
    ] {
        assert_eq!(
            provider.request(method, path, &[], b"").await.unwrap().status,
            outcome,
            "{method} {path}"
        );
    }
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [("authorization", bearer.as_str()), ("apns-topic", APP)];
    for (body, reason) in [
        (vec![], "PayloadEmpty"),
        (vec![b' '; 4097], "PayloadTooLarge"),
        (vec![b' '; 60_000], "PayloadTooLarge"),
    ] {
        let answer = provider
            .post(&format!("/3/device/{token}"), &headers, &body)
            .await
            .unwrap();
        assert_eq!(answer.outcome().1, reason);
    }
}

#[tokio::test]
async fn header_names_in_wrong_form_and_duplicates_are_told_apart() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    let headers = [("apns-topic", APP), ("apns-topic", APP)];
    let outcome = scene.push_with(&mut provider, &token, &headers).await.outcome();
    assert_eq!(outcome, (400, "DuplicateHeaders".to_owned()));
}

#[tokio::test]
async fn only_http2_is_spoken() {
    let scene = Scene::new().await;
    let url = scene.simulator.push_url(Environment::Sandbox);
    let ca = scene.simulator.ca_pem();
    assert!(provider::tls(url, ca, None, &[b"http/1.1"]).await.is_err());
    let mut silent = provider::tls(url, ca, None, &[]).await.unwrap();
    silent
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The end may be rough: what it sent was not read to its end.
    let _ = silent.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn a_client_that_offers_no_protocol_is_served_if_it_speaks_http2() {
    let scene = Scene::new().await;
    let url = scene.simulator.push_url(Environment::Sandbox);
    let stream = provider::tls(url, scene.simulator.ca_pem(), None, &[])
        .await
        .unwrap();
    let mut provider = Provider::on(stream).await;
    let outcome = provider
        .post("/3/device/abcd", &[], b"{}")
        .await
        .unwrap()
        .outcome();
    assert_eq!(outcome, (403, "MissingProviderToken".to_owned()));
}

#[tokio::test]
async fn a_thousand_notifications_share_one_connection() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.push(&mut provider, &token).await;
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [("authorization", bearer.as_str()), ("apns-topic", APP)];
    let path = format!("/3/device/{token}");
    let mut answers = Vec::new();
    for _ in 0..1000 {
        answers.push(
            provider
                .begin("POST", &path, &headers, br#"{"aps":{}}"#)
                .await
                .unwrap(),
        );
    }
    for answer in answers {
        assert_eq!(provider::read(answer).await.unwrap().status, 200);
    }
    assert_eq!(scene.control().stats().statuses["200"], 1001);
}

#[tokio::test]
async fn a_shutdown_is_announced_and_answers_come_before_it() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.push(&mut provider, &token).await;
    let Provider { connection, .. } = provider;
    scene.simulator.shutdown().await;
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn permission_off_is_accepted_and_not_shown() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    scene
        .control()
        .set_permission(&scene.device, APP, Switch::Off)
        .unwrap();
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    assert!(scene.control().notifications(&scene.device).unwrap().is_empty());
}
