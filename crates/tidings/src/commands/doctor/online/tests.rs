//! The probes against a simulator, and against what stands in the way.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tidings_apns::Environment;
use tidings_client::{Credential, SigningKey, Trust};
use tidings_doctor::{Probe, ProbeOutcome, ProbeStep};
use tidings_testkit::simulator::{self, Build, NewKey};
use tidings_testkit::{BUNDLE_ID, Scene, TEAM_ID};
use tokio::net::TcpListener;

use super::*;

/// Long enough for any machine, and no test waits for it.
const AMPLE: Duration = Duration::from_secs(20);

fn clock() -> SystemTime {
    SystemTime::now()
}

fn credential(key_id: &str, pem: &str) -> Credential {
    let key = SigningKey::from_pem(
        pem.as_bytes(),
        key_id.parse().expect("a key id"),
        TEAM_ID.parse().expect("a team id"),
    );
    Credential::from(key.expect("a signing key"))
}

fn endpoint_of(url: &str, environment: Environment) -> Endpoint {
    let (host, port) = url
        .trim_start_matches("https://")
        .rsplit_once(':')
        .expect("host and port");
    Endpoint {
        environment,
        host: host.to_owned(),
        port: port.parse().expect("a port"),
    }
}

fn plan_for(scene: &Scene) -> Plan {
    let url = |environment| scene.push_url(environment);
    Plan {
        endpoints: vec![
            endpoint_of(url(simulator::Environment::Production), Environment::Production),
            endpoint_of(url(simulator::Environment::Sandbox), Environment::Sandbox),
        ],
        credential: Some(credential(&scene.key_id, &scene.private_key_pem)),
        topic: Some(BUNDLE_ID.parse().expect("a topic")),
        device: None,
        trust: Trust::pem(scene.simulator.ca_pem().as_bytes()),
        proxy: None,
        timeout: AMPLE,
    }
}

/// A plan for one server that trusts nobody in particular and asks nothing.
fn plan_to(port: u16, timeout: Duration) -> Plan {
    Plan {
        endpoints: vec![Endpoint {
            environment: Environment::Production,
            host: "127.0.0.1".to_owned(),
            port,
        }],
        credential: None,
        topic: None,
        device: None,
        trust: Trust::Bundled,
        proxy: None,
        timeout,
    }
}

fn steps(probes: &[Probe]) -> Vec<ProbeStep> {
    probes.iter().map(|probe| probe.step).collect()
}

fn failure(probe: &Probe) -> (&str, Option<&str>) {
    match &probe.outcome {
        ProbeOutcome::Failed { error, issuer } => (error, issuer.as_deref()),
        other => panic!("{other:?}"),
    }
}

/// Status, reason and the lead of this machine's clock.
fn answers(probes: &[Probe], step: ProbeStep) -> Vec<(Environment, u16, Option<&str>, i64)> {
    let answered = probes.iter().filter(|probe| probe.step == step);
    let answered = answered.map(|probe| match &probe.outcome {
        ProbeOutcome::Answered {
            answer,
            clock_ahead_seconds,
        } => {
            let ahead = clock_ahead_seconds.expect("a date");
            (probe.environment, answer.status, answer.reason.as_deref(), ahead)
        }
        other => panic!("{other:?}"),
    });
    answered.collect()
}

#[tokio::test]
async fn a_good_credential_is_told_by_the_token_that_is_bad() {
    let scene = Scene::new().await.expect("a simulator");
    let probes = probe(&plan_for(&scene), clock).await;
    let each = [ProbeStep::Dns, ProbeStep::Tcp, ProbeStep::Tls, ProbeStep::Request];
    assert_eq!(steps(&probes), [each, each].concat());
    assert!(
        probes
            .iter()
            .any(|probe| probe.outcome == ProbeOutcome::Done("TLS 1.3, HTTP/2".to_owned()))
    );
    let answers = answers(&probes, ProbeStep::Request);
    for (answer, environment) in answers
        .iter()
        .zip([Environment::Production, Environment::Sandbox])
    {
        assert_eq!(
            (answer.0, answer.1, answer.2),
            (environment, 400, Some("BadDeviceToken"))
        );
        assert!(answer.3.abs() <= 5, "{answer:?}");
    }
    let shown = scene.control().notifications(&scene.device_id).expect("a device");
    assert!(shown.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_behind_is_measured() {
    let scene = Scene::new().await.expect("a simulator");
    scene.control().advance(Duration::from_mins(10));
    let probes = probe(&plan_for(&scene), clock).await;
    for (_, _, _, ahead) in answers(&probes, ProbeStep::Request) {
        assert!((-605..=-595).contains(&ahead), "{ahead}");
    }
}

#[tokio::test]
async fn a_key_for_one_environment_and_a_foreign_topic_are_told_by_name() {
    let scene = Scene::new().await.expect("a simulator");
    let restricted = scene.control().create_key(&NewKey {
        team_id: TEAM_ID.to_owned(),
        environments: [simulator::Environment::Production].into(),
        ..NewKey::default()
    });
    let restricted = restricted.expect("a key");
    let mut plan = plan_for(&scene);
    plan.credential = Some(credential(&restricted.key_id, &restricted.private_key_pem));
    let probes = probe(&plan, clock).await;
    let reasons = answers(&probes, ProbeStep::Request);
    assert_eq!(reasons[0].2, Some("BadDeviceToken"));
    assert_eq!(
        (reasons[1].1, reasons[1].2),
        (403, Some("BadEnvironmentKeyInToken"))
    );

    let mut plan = plan_for(&scene);
    plan.topic = Some("com.example.stranger".parse().expect("a topic"));
    let probes = probe(&plan, clock).await;
    for answer in answers(&probes, ProbeStep::Request) {
        assert_eq!(answer.2, Some("TopicDisallowed"));
    }
}

#[tokio::test]
async fn a_device_gets_something_only_if_that_was_chosen() {
    let scene = Scene::new().await.expect("a simulator");
    let token = scene.device_token(Build::TestFlight).expect("a device token");
    let mut plan = plan_for(&scene);
    plan.device = Some(token.parse().expect("a device token"));
    let probes = probe(&plan, clock).await;
    let answers = answers(&probes, ProbeStep::Device);
    assert_eq!((answers[0].1, answers[0].2), (200, None));
    assert_eq!((answers[1].1, answers[1].2), (400, Some("BadDeviceToken")));
    let shown = scene.control().notifications(&scene.device_id).expect("a device");
    assert_eq!(shown.len(), 1);
    assert!(!format!("{probes:?}").contains(&token));
}

#[tokio::test]
async fn the_announcement_names_everything_and_gives_nothing_away() {
    let scene = Scene::new().await.expect("a simulator");
    let mut plan = plan_for(&scene);
    let token = "0123456789abcdef".repeat(4);
    plan.device = Some(token.parse().expect("a device token"));
    let lines = plan.announcement().join("\n");
    for endpoint in &plan.endpoints {
        assert!(
            lines.contains(&format!("connect to {}", endpoint.place())),
            "{lines}"
        );
    }
    assert!(lines.contains(&scene.key_id) && lines.contains(BUNDLE_ID) && lines.contains("01234567…"));
    assert!(!lines.contains(&token));
    plan.device = None;
    assert!(!plan.announcement().join("\n").contains("send one"));
    plan.credential = None;
    assert!(plan.announcement().join("\n").contains("ask nothing"));
}

#[test]
fn apple_listens_on_two_ports() {
    let places = Endpoint::apple(Environment::Sandbox).map(|endpoint| endpoint.place());
    assert_eq!(
        places,
        [
            "api.sandbox.push.apple.com:443",
            "api.sandbox.push.apple.com:2197"
        ]
    );
}

#[tokio::test]
async fn a_closed_port_ends_at_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let probes = probe(&plan_to(port, AMPLE), clock).await;
    assert_eq!(steps(&probes), [ProbeStep::Dns, ProbeStep::Tcp]);
    assert!(failure(&probes[1]).0.contains("refused"), "{probes:?}");
}

#[tokio::test]
async fn a_name_that_nobody_has_ends_at_dns() {
    let mut plan = plan_to(443, AMPLE);
    plan.endpoints[0].host = "nobody.invalid".to_owned();
    let probes = probe(&plan, clock).await;
    assert_eq!(steps(&probes), [ProbeStep::Dns]);
    assert!(failure(&probes[0]).0.contains("nobody.invalid"));
}

#[tokio::test]
async fn a_silent_peer_ends_at_tls_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let probes = probe(&plan_to(port, Duration::from_millis(200)), clock).await;
    assert_eq!(steps(&probes), [ProbeStep::Dns, ProbeStep::Tcp, ProbeStep::Tls]);
    assert!(
        failure(&probes[2]).0.contains("no answer within 200ms"),
        "{probes:?}"
    );
}

#[tokio::test]
async fn an_intercepting_proxy_is_told_by_its_authority() {
    let (port, _) = tls_server("Example Inspection CA", &[b"h2"]).await;
    let probes = probe(&plan_to(port, AMPLE), clock).await;
    assert_eq!(steps(&probes), [ProbeStep::Dns, ProbeStep::Tcp, ProbeStep::Tls]);
    let (error, issuer) = failure(&probes[2]);
    assert!(error.contains("authority that is not trusted"), "{error}");
    assert_eq!(issuer, Some("Example Inspection CA"));
}

#[tokio::test]
async fn a_server_without_http2_ends_at_tls() {
    for protocols in [&[][..], &[b"http/1.1".as_slice()]] {
        let (port, ca) = tls_server("Example CA", protocols).await;
        let mut plan = plan_to(port, AMPLE);
        plan.trust = Trust::pem(ca.into_bytes());
        let probes = probe(&plan, clock).await;
        assert_eq!(steps(&probes), [ProbeStep::Dns, ProbeStep::Tcp, ProbeStep::Tls]);
        let (error, issuer) = failure(&probes[2]);
        assert!(error.contains("HTTP/2") && issuer.is_none(), "{error}");
    }
}

#[tokio::test]
async fn the_other_port_is_asked_where_the_first_is_closed() {
    let scene = Scene::new().await.expect("a simulator");
    let mut plan = plan_for(&scene);
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    plan.endpoints.truncate(1);
    plan.endpoints.insert(
        0,
        Endpoint {
            port,
            ..plan.endpoints[0].clone()
        },
    );
    let probes = probe(&plan, clock).await;
    assert!(failure(&probes[1]).0.contains("refused"));
    assert_eq!(answers(&probes, ProbeStep::Request).len(), 1);
}

/// A TLS server for this machine under an authority of its own, which shakes hands once; its port and its root.
async fn tls_server(authority: &str, protocols: &[&[u8]]) -> (u16, String) {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca_params = CertificateParams::default();
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca_params.distinguished_name.push(DnType::CommonName, authority);
    let ca = ca_params.self_signed(&ca_key).expect("a root");
    let issuer = Issuer::new(ca_params, ca_key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a configuration");
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        if let Ok((stream, _)) = listener.accept().await {
            let _refused = acceptor.accept(stream).await;
        }
    });
    (port, ca.pem())
}
