//! Broadcast channels and publishing.

use serde_json::json;
use tidings_simulator::{Build, Environment, NewInstall, Switch, TokenKind};

use crate::provider::Provider;
use crate::scene::{APP, Scene};

async fn management(scene: &Scene) -> Provider {
    let url = scene.simulator.channels_url(Environment::Sandbox);
    Provider::connect(url, scene.simulator.ca_pem(), None).await
}

async fn create(scene: &Scene, provider: &mut Provider, policy: u8) -> String {
    let bearer = format!("bearer {}", scene.jwt);
    let body = json!({"message-storage-policy": policy, "push-type": "LiveActivity"}).to_string();
    let path = format!("/1/apps/{APP}/channels");
    let answer = provider
        .post(&path, &[("authorization", &bearer)], body.as_bytes())
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body.len()), (201, 0));
    assert!(answer.header("apns-request-id").is_some());
    answer.header("apns-channel-id").unwrap().to_owned()
}

async fn publish(scene: &Scene, provider: &mut Provider, channel: &str, expiration: &str) -> u16 {
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [
        ("authorization", bearer.as_str()),
        ("apns-channel-id", channel),
        ("apns-push-type", "liveactivity"),
        ("apns-priority", "10"),
        ("apns-expiration", expiration),
    ];
    let path = format!("/4/broadcasts/apps/{APP}");
    let answer = provider
        .post(&path, &headers, br#"{"aps":{"event":"update"}}"#)
        .await
        .unwrap();
    assert!(answer.header("apns-request-id").is_some());
    answer.status
}

#[tokio::test]
async fn channels_are_created_read_listed_and_deleted() {
    let scene = Scene::new().await;
    let mut provider = management(&scene).await;
    let channel = create(&scene, &mut provider, 1).await;
    let bearer = format!("bearer {}", scene.jwt);
    let headers = [
        ("authorization", bearer.as_str()),
        ("apns-channel-id", channel.as_str()),
    ];
    let path = format!("/1/apps/{APP}/channels");
    let read = provider.request("GET", &path, &headers, b"").await.unwrap();
    assert_eq!(
        read.json(),
        json!({"message-storage-policy": 1, "push-type": "LiveActivity"})
    );
    let all = format!("/1/apps/{APP}/all-channels");
    let list = provider.request("GET", &all, &headers, b"").await.unwrap();
    assert_eq!(list.json(), json!({"channels": [channel]}));
    assert_eq!(
        provider
            .request("DELETE", &path, &headers, b"")
            .await
            .unwrap()
            .status,
        204
    );
    let gone = provider.request("GET", &path, &headers, b"").await.unwrap();
    assert_eq!(gone.outcome(), (400, "ChannelNotRegistered".to_owned()));
    assert_eq!(
        provider
            .request("PUT", &path, &headers, b"")
            .await
            .unwrap()
            .outcome()
            .1,
        "BadPath"
    );
}

#[tokio::test]
async fn a_broadcast_reaches_the_devices_that_listen_also_later_if_it_is_stored() {
    let scene = Scene::new().await;
    let mut management = management(&scene).await;
    let channel = create(&scene, &mut management, 1).await;
    let install = NewInstall::new(APP, Build::Debug).with_kinds([TokenKind::LiveActivityStart]);
    scene.control().install(&scene.device, &install).unwrap();
    scene.control().subscribe(&scene.device, APP, &channel).unwrap();
    let mut provider = scene.provider(Environment::Sandbox).await;
    let count = || scene.control().notifications(&scene.device).unwrap().len();
    assert_eq!(publish(&scene, &mut provider, &channel, "0").await, 200);
    assert_eq!(count(), 1);
    scene.control().set_online(&scene.device, Switch::Off).unwrap();
    assert_eq!(publish(&scene, &mut provider, &channel, "4000000000").await, 200);
    assert_eq!(publish(&scene, &mut provider, &channel, "4000000000").await, 200);
    assert_eq!(count(), 1);
    scene.control().set_online(&scene.device, Switch::On).unwrap();
    assert_eq!(count(), 2, "only the most recent one is stored");
}

#[tokio::test]
async fn a_channel_without_storage_takes_only_expiration_zero() {
    let scene = Scene::new().await;
    let mut management = management(&scene).await;
    let channel = create(&scene, &mut management, 0).await;
    let mut provider = scene.provider(Environment::Sandbox).await;
    assert_eq!(publish(&scene, &mut provider, &channel, "4000000000").await, 400);
    assert_eq!(publish(&scene, &mut provider, &channel, "0").await, 200);
    scene.control().set_broadcast(APP, Switch::Off).unwrap();
    assert_eq!(publish(&scene, &mut provider, &channel, "0").await, 400);
}
