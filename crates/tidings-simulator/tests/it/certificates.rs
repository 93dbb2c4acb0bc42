//! Providers with client certificates.

use tidings_simulator::{Build, CreatedCertificate, Environment, NewCertificate, Timestamp, TokenKind};

use crate::provider::{Identity, Provider};
use crate::scene::{APP, Scene, TEAM};

fn new(environments: &[Environment]) -> NewCertificate {
    NewCertificate {
        team_id: TEAM.to_owned(),
        bundle_id: APP.to_owned(),
        kinds: [].into(),
        environments: environments.iter().copied().collect(),
        not_after: None,
    }
}

async fn connect(scene: &Scene, environment: Environment, certificate: &CreatedCertificate) -> Provider {
    let identity = Identity {
        certificate: &certificate.certificate_pem,
        private_key: &certificate.private_key_pem,
    };
    let url = scene.simulator.push_url(environment);
    Provider::connect(url, scene.simulator.ca_pem(), Some(identity)).await
}

#[tokio::test]
async fn a_universal_certificate_needs_neither_token_nor_topic() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Alert);
    let certificate = scene
        .control()
        .issue_certificate(&new(&Environment::ALL))
        .unwrap();
    let mut provider = connect(&scene, Environment::Sandbox, &certificate).await;
    let path = format!("/3/device/{token}");
    assert_eq!(provider.post(&path, &[], b"{}").await.unwrap().status, 200);
    assert_eq!(provider.stream_limit(), 1000, "it is trusted from the start");
}

#[tokio::test]
async fn a_certificate_of_several_topics_must_name_one_of_them() {
    let scene = Scene::new().await;
    let token = scene.token(Build::Debug, TokenKind::Voip);
    let kinds = [TokenKind::Alert, TokenKind::Voip].into();
    let new = NewCertificate {
        kinds,
        ..new(&Environment::ALL)
    };
    let certificate = scene.control().issue_certificate(&new).unwrap();
    let mut provider = connect(&scene, Environment::Sandbox, &certificate).await;
    let path = format!("/3/device/{token}");
    let outcome = provider.post(&path, &[], b"{}").await.unwrap().outcome();
    assert_eq!(outcome, (400, "MissingTopic".to_owned()));
    let topic = format!("{APP}.voip");
    assert_eq!(
        provider
            .post(&path, &[("apns-topic", &topic)], b"{}")
            .await
            .unwrap()
            .status,
        200
    );
    let outcome = provider
        .post(&path, &[("apns-topic", "com.other")], b"{}")
        .await
        .unwrap()
        .outcome();
    assert_eq!(outcome, (400, "TopicDisallowed".to_owned()));
}

#[tokio::test]
async fn a_certificate_of_the_wrong_environment_gets_a_goaway_and_no_answer() {
    let scene = Scene::new().await;
    let certificate = scene
        .control()
        .issue_certificate(&new(&[Environment::Production]))
        .unwrap();
    let mut provider = connect(&scene, Environment::Sandbox, &certificate).await;
    let error = provider
        .post("/3/device/abcd", &[("apns-topic", APP)], b"{}")
        .await
        .unwrap_err();
    assert!(!error.is_reset(), "{error}");
    let text = format!("{error:?}");
    let came_by_goaway = text.contains("GoAway") && text.contains("BadCertificateEnvironment");
    assert!(came_by_goaway || error.is_io(), "{text}");
    assert!(scene.control().stats().answers.is_empty());
}

#[tokio::test]
async fn expired_revoked_and_foreign_certificates_are_bad() {
    let scene = Scene::new().await;
    let other = Scene::new().await;
    let past = Timestamp::from_seconds(1_600_000_000);
    let expired = NewCertificate {
        not_after: Some(past),
        ..new(&Environment::ALL)
    };
    let expired = scene.control().issue_certificate(&expired).unwrap();
    let revoked = scene
        .control()
        .issue_certificate(&new(&Environment::ALL))
        .unwrap();
    scene.control().revoke_certificate(&revoked.fingerprint).unwrap();
    let foreign = other
        .control()
        .issue_certificate(&new(&Environment::ALL))
        .unwrap();
    for certificate in [expired, revoked, foreign] {
        let mut provider = connect(&scene, Environment::Sandbox, &certificate).await;
        let answer = provider
            .post("/3/device/abcd", &[("apns-topic", APP)], b"{}")
            .await
            .unwrap();
        assert_eq!(answer.outcome(), (403, "BadCertificate".to_owned()));
    }
}
