//! Offline devices, reinstalls, restores: where notifications end up.

use std::time::Duration;

use tidings_simulator::{
    Behaviour, Build, Environment, NewInstall, Switch, TokenKind, UninstallBehaviour, UninstallReport,
};

use crate::scene::{APP, Scene, now};

fn payloads(scene: &Scene, device: &str) -> Vec<String> {
    let shown = scene.control().notifications(device).unwrap();
    shown.into_iter().map(|shown| shown.apns_id).collect()
}

const IDS: [&str; 4] = [
    "00000000-0000-0000-0000-000000000001",
    "00000000-0000-0000-0000-000000000002",
    "00000000-0000-0000-0000-000000000003",
    "00000000-0000-0000-0000-000000000004",
];

#[tokio::test]
async fn an_offline_device_gets_the_newest_of_each_collapse_id_when_it_returns() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.control().set_online(&scene.device, Switch::Off).unwrap();
    for (id, more) in IDS.into_iter().zip([None, Some("score"), Some("score"), None]) {
        let mut headers = vec![("apns-topic", APP), ("apns-id", id)];
        headers.extend(more.map(|collapse_id| ("apns-collapse-id", collapse_id)));
        assert_eq!(scene.push_with(&mut provider, &token, &headers).await.status, 200);
    }
    assert!(payloads(&scene, &scene.device).is_empty());
    scene.control().set_online(&scene.device, Switch::On).unwrap();
    assert_eq!(payloads(&scene, &scene.device), [IDS[2], IDS[3]]);
}

#[tokio::test]
async fn what_may_not_be_stored_or_has_expired_never_arrives() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.control().set_online(&scene.device, Switch::Off).unwrap();
    let (soon, later) = ((now() + 60).to_string(), (now() + 600).to_string());
    for (id, expiration, collapse_id) in [(IDS[0], "0", "a"), (IDS[1], &soon, "b"), (IDS[2], &later, "c")] {
        let headers = [
            ("apns-topic", APP),
            ("apns-id", id),
            ("apns-expiration", expiration),
            ("apns-collapse-id", collapse_id),
        ];
        assert_eq!(scene.push_with(&mut provider, &token, &headers).await.status, 200);
    }
    scene.control().advance(Duration::from_mins(5));
    scene.control().set_online(&scene.device, Switch::On).unwrap();
    assert_eq!(payloads(&scene, &scene.device), [IDS[2]]);
}

#[tokio::test]
async fn after_a_reinstall_only_the_newest_token_delivers_and_old_ones_are_accepted() {
    let scene = Scene::new().await;
    let old = scene.token(Build::Debug, TokenKind::Alert);
    let new = scene.token(Build::Debug, TokenKind::Alert);
    assert_ne!(old, new);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &old).await.status, 200);
    assert!(payloads(&scene, &scene.device).is_empty());
    assert_eq!(scene.push(&mut provider, &new).await.status, 200);
    assert_eq!(payloads(&scene, &scene.device).len(), 1);
    let launched = scene.control().launch(&scene.device, APP, &[]).unwrap();
    assert_eq!(launched.tokens[&TokenKind::Alert], new);
}

#[tokio::test]
async fn an_app_may_come_back_with_the_token_that_was_dead() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.control().uninstall(&scene.device, APP, None).unwrap();
    assert_eq!(scene.push(&mut provider, &token).await.status, 410);
    let again = NewInstall {
        same_tokens: true,
        ..NewInstall::new(APP, Build::Debug)
    };
    let installed = scene.control().install(&scene.device, &again).unwrap();
    assert_eq!(installed.tokens[&TokenKind::Alert], token);
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
}

#[tokio::test]
async fn a_restored_device_has_new_tokens_and_the_old_ones_are_accepted() {
    let scene = Scene::new().await;
    let old = scene.token(Build::Debug, TokenKind::Alert);
    let restored = scene.control().restore(&scene.device).unwrap();
    let new = &restored.installs[APP].tokens[&TokenKind::Alert];
    assert_ne!(&old, new);
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push(&mut provider, &old).await.status, 200);
    assert_eq!(scene.push(&mut provider, new).await.status, 200);
    assert_eq!(payloads(&scene, &restored.device_id).len(), 1);
}

#[tokio::test]
async fn as_apple_410_needs_a_delivery_first() {
    let uninstall = UninstallBehaviour {
        report: UninstallReport::AsApple,
        shortest_delay_seconds: 600,
        longest_delay_seconds: 1200,
        never: 0.0,
    };
    let scene = Scene::behaving(Behaviour {
        uninstall,
        ..Behaviour::default()
    })
    .await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let mut provider = scene.provider(Environment::Sandbox).await;
    scene.control().set_online(&scene.device, Switch::Off).unwrap();
    scene.control().uninstall(&scene.device, APP, None).unwrap();
    assert_eq!(scene.push(&mut provider, &token).await.status, 200);
    scene.control().advance(Duration::from_mins(25));
    assert_eq!(
        scene.push(&mut provider, &token).await.status,
        200,
        "the device has not told yet"
    );
    scene.control().set_online(&scene.device, Switch::On).unwrap();
    assert_eq!(
        scene.push(&mut provider, &token).await.status,
        200,
        "Apple does not tell yet"
    );
    scene.control().advance(Duration::from_mins(25));
    assert_eq!(scene.push(&mut provider, &token).await.status, 410);
}

#[tokio::test]
async fn the_token_of_a_live_activity_ends_with_it() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::LiveActivityUpdate);
    let topic = format!("{APP}.push-type.liveactivity");
    let headers = [("apns-topic", topic.as_str()), ("apns-push-type", "liveactivity")];
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(scene.push_with(&mut provider, &token, &headers).await.status, 200);
    scene.control().end_activity(&scene.device, APP).unwrap();
    let outcome = scene.push_with(&mut provider, &token, &headers).await.outcome();
    assert_eq!(outcome, (410, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn a_token_of_one_kind_is_not_for_the_topic_of_another() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let topic = format!("{APP}.voip");
    let mut provider = scene.provider(Environment::Sandbox).await;
    let headers = [("apns-topic", topic.as_str()), ("apns-push-type", "voip")];
    let outcome = scene.push_with(&mut provider, &token, &headers).await.outcome();
    assert_eq!(outcome, (400, "DeviceTokenNotForTopic".to_owned()));
}
