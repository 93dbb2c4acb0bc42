//! Every check with its reason, and the order as a table.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::request::Request;
use super::*;
use crate::authentication::VerifiedToken;
use crate::authentication::client_certificate::ClientCertificate;
use crate::authentication::session::{CurrentToken, Identity, Service};
use crate::behaviour::{Behaviour, KeyEnvironmentReason, Rate};
use crate::vocabulary::{Build, Environment, TokenKind};
use crate::world::channel::StoragePolicy;
use crate::world::device_token::Life;
use crate::world::devices::{NewInstall, TokenSource};
use crate::world::key::Key;

const TEAM: &str = "TEAM";
const APP: &str = "com.example";
const CHANNEL: &str = "AAAA";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// A good request in a world where it is accepted; each test spoils one thing.
struct Scene {
    world: World,
    session: Session,
    request: Request,
    presented: Presented,
    too_many_tokens_of_address: bool,
    token: Box<[u8]>,
}

fn key(key_id: &str, environments: &[Environment]) -> Key {
    Key {
        key_id: key_id.to_owned(),
        team_id: TEAM.to_owned(),
        environments: environments.iter().copied().collect(),
        topics: None,
        related_key_id: None,
        public_key: Vec::new(),
    }
}

fn provider_token(key_id: &str, issued_at: Timestamp, digest: u8) -> Presented {
    Presented::Token(Arc::new(VerifiedToken {
        key_id: key_id.to_owned(),
        team_id: TEAM.to_owned(),
        issued_at,
        digest: [digest; 32],
    }))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = Request::new(method.to_owned(), path.to_owned());
    for (name, value) in headers {
        request.add_header(name, value);
    }
    request.body = body.as_bytes().to_vec();
    request
}

impl Scene {
    fn device() -> Self {
        let mut world = World::new(1, Behaviour::default());
        world.accounts.put_app(APP, TEAM, true);
        world.accounts.put_app("com.foreign", "OTHER", true);
        world.accounts.put_app("com.example.second", TEAM, false);
        world.accounts.add_key(key("KEY", &Environment::ALL));
        world.accounts.add_key(key("PROD", &[Environment::Production]));
        let token = install(&mut world);
        let path = format!("/3/device/{}", crate::hex::encode(&token));
        Self {
            world,
            session: Session::new(
                Environment::Sandbox,
                Service::Push,
                IpAddr::from([127, 0, 0, 1]),
                None,
            ),
            request: request(
                "POST",
                &path,
                &[("apns-topic", APP), ("apns-push-type", "alert")],
                "{}",
            ),
            presented: provider_token("KEY", NOW, 1),
            too_many_tokens_of_address: false,
            token,
        }
    }

    fn broadcast() -> Self {
        let mut scene = Self::device();
        scene
            .world
            .channels
            .create(Environment::Sandbox, APP, CHANNEL, StoragePolicy::MostRecent);
        let headers = [
            ("apns-channel-id", CHANNEL),
            ("apns-push-type", "Liveactivity"),
            ("apns-expiration", "0"),
            ("apns-priority", "5"),
        ];
        scene.request = request("POST", &format!("/4/broadcasts/apps/{APP}"), &headers, "{}");
        scene
    }

    fn management() -> Self {
        let mut scene = Self::broadcast();
        scene.session.service = Service::Channels;
        let body = r#"{"message-storage-policy":1,"push-type":"LiveActivity"}"#;
        scene.request = request("POST", &format!("/1/apps/{APP}/channels"), &[], body);
        scene
    }

    fn with(mut self, spoil: impl FnOnce(&mut Self)) -> Self {
        spoil(&mut self);
        self
    }

    /// Gives the headers these values, leaving the others as they are.
    fn headers(&mut self, changes: &[(&str, &str)]) {
        let old = std::mem::take(&mut self.request);
        let mut new = Request::new(old.method.clone(), old.path.clone());
        for name in [
            "apns-topic",
            "apns-push-type",
            "apns-channel-id",
            "apns-expiration",
            "apns-priority",
        ] {
            let is_changed = changes.iter().any(|(changed, _)| *changed == name);
            if let Some(value) = old.header(name).filter(|_| !is_changed) {
                new.add_header(name, value);
            }
        }
        for (name, value) in changes.iter().filter(|(_, value)| *value != "-") {
            new.add_header(name, value);
        }
        new.body = old.body;
        self.request = new;
    }

    fn outcome(&self, order: &[Step]) -> Outcome {
        let examination = Examination {
            request: &self.request,
            presented: &self.presented,
            session: &self.session,
            world: &self.world,
            now: NOW,
            too_many_tokens_of_address: self.too_many_tokens_of_address,
        };
        examine(order, &examination)
    }

    fn usual_outcome(&self) -> Outcome {
        let orders = &self.world.behaviour.validation;
        self.outcome(match (self.session.service, self.request.route()) {
            (Service::Channels, _) => &orders.management,
            (Service::Push, request::Route::Broadcast(_)) => &orders.broadcast,
            (Service::Push, _) => &orders.device,
        })
    }

    fn reason(&self) -> Option<(u16, &'static str)> {
        self.usual_outcome()
            .rejection
            .map(|rejection| (rejection.status, rejection.reason))
    }
}

fn install(world: &mut World) -> Box<[u8]> {
    let device = world.devices.add("device".to_owned()).unwrap();
    let mut source = TokenSource {
        random: &mut world.random,
        lengths: &[32],
        now: NOW,
    };
    let new = NewInstall {
        bundle_id: APP.into(),
        build: Build::Debug,
        kinds: &[TokenKind::Alert],
        same_tokens: false,
    };
    world.devices.install(device, &new, &mut source);
    world.devices.device(device).installs[APP].tokens[&TokenKind::Alert].clone()
}

fn certificate(environments: &[Environment], topics: &[&str]) -> ClientCertificate {
    let mut certificate = ClientCertificate::always_valid([9; 32]);
    certificate.environments = environments.iter().copied().collect();
    certificate.topics = topics
        .iter()
        .map(|&topic| topic.to_owned())
        .collect::<BTreeSet<_>>();
    certificate
}

fn present_certificate(scene: &mut Scene, certificate: ClientCertificate) {
    scene.world.accounts.add_certificate(certificate.fingerprint);
    scene.presented = Presented::Certificate(Arc::new(certificate));
}

#[test]
fn good_requests_pass_every_check() {
    for scene in [Scene::device(), Scene::broadcast(), Scene::management()] {
        assert_eq!(
            scene.usual_outcome(),
            Outcome {
                rejection: None,
                authenticated: true
            }
        );
    }
}

type Spoil = fn(&mut Scene);

#[test]
fn each_fault_of_a_device_push_has_its_reason() {
    let cases: &[(Spoil, u16, &str)] = &[
        (|s| s.request.method = "GET".to_owned(), 405, "MethodNotAllowed"),
        (|s| s.request.path = "/".to_owned(), 404, "BadPath"),
        (
            |s| s.request.path = format!("/1/apps/{APP}/channels"),
            404,
            "BadPath",
        ),
        (
            |s| s.request.path = "/3/device/".to_owned(),
            400,
            "MissingDeviceToken",
        ),
        (
            |s| s.request.add_header("apns-topic", APP),
            400,
            "DuplicateHeaders",
        ),
        (|s| s.presented = Presented::Nothing, 403, "MissingProviderToken"),
        (
            |s| s.presented = Presented::InvalidToken,
            403,
            "InvalidProviderToken",
        ),
        (
            |s| s.presented = provider_token("UNKNOWN", NOW, 1),
            403,
            "InvalidProviderToken",
        ),
        (
            |s| assert!(s.world.accounts.revoke_key("KEY")),
            403,
            "InvalidProviderToken",
        ),
        (
            |s| s.presented = provider_token("PROD", NOW, 1),
            403,
            "BadEnvironmentKeyInToken",
        ),
        (|s| s.headers(&[("apns-id", "not-a-uuid")]), 400, "BadMessageId"),
        (
            |s| s.headers(&[("apns-id", "6b0d1a5c5f4b4c8e9a500d4bd0a51f0a")]),
            400,
            "BadMessageId",
        ),
        (
            |s| s.headers(&[("apns-expiration", "soon")]),
            400,
            "BadExpirationDate",
        ),
        (
            |s| s.headers(&[("apns-expiration", "-1")]),
            400,
            "BadExpirationDate",
        ),
        (|s| s.headers(&[("apns-priority", "7")]), 400, "BadPriority"),
        (
            |s| s.headers(&[("apns-collapse-id", &"x".repeat(65))]),
            400,
            "BadCollapseId",
        ),
        (
            |s| s.headers(&[("apns-push-type", "banner")]),
            400,
            "InvalidPushType",
        ),
        (|s| s.headers(&[("apns-topic", "-")]), 400, "MissingTopic"),
        (|s| s.headers(&[("apns-topic", "com example")]), 400, "BadTopic"),
        (
            |s| s.headers(&[("apns-topic", "com.example.voip")]),
            400,
            "BadTopic",
        ),
        (|s| s.headers(&[("apns-push-type", "voip")]), 400, "BadTopic"),
        (
            |s| s.headers(&[("apns-topic", "com.foreign")]),
            400,
            "TopicDisallowed",
        ),
        (
            |s| s.headers(&[("apns-topic", "com.unknown")]),
            400,
            "TopicDisallowed",
        ),
        (|s| s.request.body.clear(), 400, "PayloadEmpty"),
        (|s| s.request.body = vec![b' '; 4097], 413, "PayloadTooLarge"),
        (
            |s| s.request.path = "/3/device/zz".to_owned(),
            400,
            "BadDeviceToken",
        ),
        (
            |s| s.request.path = "/3/device/abcd".to_owned(),
            400,
            "BadDeviceToken",
        ),
        (
            |s| s.session.environment = Environment::Production,
            400,
            "BadDeviceToken",
        ),
        (
            |s| s.headers(&[("apns-topic", "com.example.second")]),
            400,
            "DeviceTokenNotForTopic",
        ),
        (
            |s| s.headers(&[("apns-topic", "com.example.voip"), ("apns-push-type", "voip")]),
            400,
            "DeviceTokenNotForTopic",
        ),
        (
            |s| {
                let token = s.token.clone();
                let record = s.world.devices.token_mut(Environment::Sandbox, &token).unwrap();
                record.life = Life::Dead {
                    confirmed_at: NOW,
                    reported_from: NOW,
                };
            },
            410,
            "Unregistered",
        ),
        (
            |s| {
                let token = s.token.clone();
                s.world
                    .devices
                    .token_mut(Environment::Sandbox, &token)
                    .unwrap()
                    .life = Life::Ended { at: NOW };
            },
            410,
            "ExpiredToken",
        ),
        (
            |s| {
                let rate = Rate {
                    count: 1,
                    per_seconds: 60,
                };
                s.world.behaviour.device_rate = Some(rate);
                s.world.device_rates.count(s.token.clone(), rate, NOW);
            },
            429,
            "TooManyRequests",
        ),
    ];
    for (place, (spoil, status, reason)) in cases.iter().enumerate() {
        assert_eq!(
            Scene::device().with(spoil).reason(),
            Some((*status, *reason)),
            "case {place}"
        );
    }
}

#[test]
fn values_at_their_limits_are_good() {
    let cases: &[Spoil] = &[
        |s| s.request.body = vec![b' '; 4096],
        |s| s.headers(&[("apns-collapse-id", &"x".repeat(64))]),
        |s| s.headers(&[("apns-priority", "1")]),
        |s| s.headers(&[("apns-id", "6B0D1A5C-5F4B-4C8E-9A50-0D4BD0A51F0A")]),
        |s| s.headers(&[("apns-push-type", "-")]),
        |s| s.headers(&[("apns-push-type", "background"), ("apns-priority", "10")]),
        |s| s.request.path = s.request.path.to_ascii_uppercase().replace("DEVICE", "device"),
    ];
    for (place, spoil) in cases.iter().enumerate() {
        assert_eq!(Scene::device().with(spoil).reason(), None, "case {place}");
    }
}

#[test]
fn provider_tokens_live_for_an_hour() {
    let at = |offset: i64| Timestamp::from_seconds(NOW.as_seconds().checked_add_signed(offset).unwrap());
    for (issued_at, reason) in [
        (at(-3600), None),
        (at(-3601), Some((403, "ExpiredProviderToken"))),
        (at(3600), None),
        (at(3601), Some((403, "InvalidProviderToken"))),
    ] {
        let scene = Scene::device().with(|s| s.presented = provider_token("KEY", issued_at, 1));
        assert_eq!(scene.reason(), reason, "{issued_at}");
    }
}

#[test]
fn a_connection_changes_its_provider_token_every_twenty_minutes_at_most() {
    let current = |seconds| CurrentToken {
        digest: [1; 32],
        since: Timestamp::from_seconds(NOW.as_seconds() - seconds),
    };
    for (digest, since, refused) in [(1, 0, false), (2, 1199, true), (2, 1200, false)] {
        let scene = Scene::device().with(|s| {
            s.session.provider_token = Some(current(since));
            s.presented = provider_token("KEY", NOW, digest);
        });
        assert_eq!(
            scene.reason(),
            refused.then_some((429, "TooManyProviderTokenUpdates"))
        );
    }
    let crowded = Scene::device().with(|s| s.too_many_tokens_of_address = true);
    assert_eq!(crowded.reason(), Some((429, "TooManyProviderTokenUpdates")));
}

#[test]
fn a_connection_is_bound_to_its_first_key_and_to_the_apps_of_that_time() {
    let bound = |topics: Option<&str>| {
        Scene::device().with(|s| {
            let mut first = key("FIRST", &Environment::ALL);
            first.topics = topics.map(|topic| [topic.to_owned()].into());
            let registrations = s.world.accounts.registrations();
            s.session.identity = Some(Identity {
                key: Arc::new(first),
                registrations,
            });
        })
    };
    assert_eq!(bound(None).reason(), None);
    assert_eq!(bound(Some(APP)).reason(), Some((403, "UnrelatedKeyIdInToken")));
    let newer = bound(None).with(|s| s.world.accounts.put_app(APP, TEAM, true));
    assert_eq!(newer.reason(), Some((400, "TopicDisallowed")));
    let lenient = newer.with(|s| s.world.behaviour.provider_token.fix_topics_at_first_push = false);
    assert_eq!(lenient.reason(), None);
}

#[test]
fn a_topic_specific_key_covers_its_topics_only() {
    let scene = |topic: &str| {
        Scene::device().with(|s| {
            let mut special = key("SPECIAL", &[Environment::Sandbox]);
            special.topics = Some([topic.to_owned()].into());
            s.world.accounts.add_key(special);
            s.presented = provider_token("SPECIAL", NOW, 1);
        })
    };
    assert_eq!(scene(APP).reason(), None);
    assert_eq!(
        scene("com.example.second").reason(),
        Some((400, "TopicDisallowed"))
    );
}

#[test]
fn the_spelling_of_the_environment_reason_can_be_chosen() {
    let scene = Scene::device().with(|s| {
        s.presented = provider_token("PROD", NOW, 1);
        s.world.behaviour.provider_token.key_environment_reason = KeyEnvironmentReason::Documented;
    });
    assert_eq!(scene.reason(), Some((403, "BadEnvironmentKeyIdInToken")));
}

#[test]
fn certificates_are_judged_by_issuer_environment_and_topics() {
    let good = || Scene::device().with(|s| present_certificate(s, certificate(&Environment::ALL, &[APP])));
    assert_eq!(good().reason(), None);
    assert_eq!(
        good().with(|s| s.headers(&[("apns-topic", "-")])).reason(),
        None,
        "its only topic is meant"
    );
    let several = Scene::device().with(|s| {
        present_certificate(s, certificate(&Environment::ALL, &[APP, "com.example.voip"]));
        s.headers(&[("apns-topic", "-")]);
    });
    assert_eq!(several.reason(), Some((400, "MissingTopic")));
    let other_topic = Scene::device()
        .with(|s| present_certificate(s, certificate(&Environment::ALL, &["com.example.second"])));
    assert_eq!(other_topic.reason(), Some((400, "TopicDisallowed")));
    let misplaced =
        Scene::device().with(|s| present_certificate(s, certificate(&[Environment::Production], &[APP])));
    assert_eq!(misplaced.reason(), Some((403, "BadCertificateEnvironment")));
    let foreign = Scene::device()
        .with(|s| s.presented = Presented::Certificate(Arc::new(certificate(&Environment::ALL, &[APP]))));
    assert_eq!(foreign.reason(), Some((403, "BadCertificate")));
}

#[test]
fn each_fault_of_a_broadcast_has_its_reason() {
    let cases: &[(Spoil, u16, &str)] = &[
        (|s| s.request.method = "PUT".to_owned(), 405, "MethodNotAllowed"),
        (|s| s.presented = Presented::Nothing, 403, "MissingProviderToken"),
        (|s| s.headers(&[("apns-request-id", "1")]), 400, "BadMessageId"),
        (
            |s| s.request.path = "/4/broadcasts/apps/com.foreign".to_owned(),
            403,
            "TopicMismatch",
        ),
        (
            |s| s.request.path.push_str(".push-type.liveactivity"),
            400,
            "TopicDisallowed",
        ),
        (|s| s.request.path.push_str(".second"), 400, "FeatureNotEnabled"),
        (
            |s| s.headers(&[("apns-channel-id", "-")]),
            400,
            "MissingChannelId",
        ),
        (|s| s.headers(&[("apns-channel-id", "*")]), 400, "BadChannelId"),
        (
            |s| s.headers(&[("apns-channel-id", &"A".repeat(132))]),
            400,
            "BadChannelId",
        ),
        (
            |s| s.headers(&[("apns-channel-id", "BBBB")]),
            400,
            "ChannelNotRegistered",
        ),
        (
            |s| s.session.environment = Environment::Production,
            400,
            "ChannelNotRegistered",
        ),
        (|s| s.headers(&[("apns-push-type", "-")]), 400, "MissingPushType"),
        (
            |s| s.headers(&[("apns-push-type", "alert")]),
            400,
            "InvalidPushType",
        ),
        (
            |s| s.headers(&[("apns-expiration", "x")]),
            400,
            "BadExpirationDate",
        ),
        (|s| s.headers(&[("apns-priority", "-")]), 400, "BadPriority"),
        (
            |s| {
                s.world
                    .channels
                    .create(Environment::Sandbox, APP, CHANNEL, StoragePolicy::None);
                s.headers(&[("apns-expiration", "5")]);
            },
            400,
            "BadExpirationDate",
        ),
        (|s| s.request.body.clear(), 400, "PayloadEmpty"),
        (|s| s.request.body = vec![b' '; 5121], 413, "PayloadTooLarge"),
        (
            |s| {
                let rate = Rate {
                    count: 1,
                    per_seconds: 60,
                };
                s.world.behaviour.channel_rate = Some(rate);
                s.world.channel_rates.count(CHANNEL.to_owned(), rate, NOW);
            },
            429,
            "TooManyRequests",
        ),
    ];
    for (place, (spoil, status, reason)) in cases.iter().enumerate() {
        assert_eq!(
            Scene::broadcast().with(spoil).reason(),
            Some((*status, *reason)),
            "case {place}"
        );
    }
}

#[test]
fn each_fault_of_channel_management_has_its_reason() {
    let cases: &[(Spoil, u16, &str)] = &[
        (|s| s.request.method = "PUT".to_owned(), 404, "BadPath"),
        (|s| s.request.path = "/3/device/ab".to_owned(), 404, "BadPath"),
        (
            |s| s.request.path = format!("/1/apps/{APP}/all-channels"),
            404,
            "BadPath",
        ),
        (
            |s| s.presented = Presented::InvalidToken,
            403,
            "InvalidProviderToken",
        ),
        (
            |s| s.request.path = "/1/apps/com.foreign/channels".to_owned(),
            403,
            "TopicMismatch",
        ),
        (|s| s.request.body = b"no json".to_vec(), 400, "BadRequestPayload"),
        (|s| s.request.body = b"[]".to_vec(), 400, "BadRequestPayload"),
        (
            |s| s.request.body = br#"{"colour":1}"#.to_vec(),
            400,
            "BadRequestParams",
        ),
        (
            |s| s.request.body = br#"{"message-storage-policy":1}"#.to_vec(),
            400,
            "MissingPushType",
        ),
        (
            |s| s.request.body = br#"{"message-storage-policy":1,"push-type":"Alert"}"#.to_vec(),
            400,
            "InvalidPushType",
        ),
        (
            |s| s.request.body = br#"{"message-storage-policy":2,"push-type":"LiveActivity"}"#.to_vec(),
            400,
            "BadRequestParams",
        ),
        (
            |s| s.request.path = "/1/apps/com.example.second/channels".to_owned(),
            400,
            "FeatureNotEnabled",
        ),
        (
            |s| s.world.behaviour.limits.channels_per_app = 1,
            400,
            "CannotCreateChannelConfig",
        ),
        (|s| s.request.method = "GET".to_owned(), 400, "MissingChannelId"),
        (
            |s| s.request = request("DELETE", &s.request.path.clone(), &[("apns-channel-id", "!")], ""),
            400,
            "BadChannelId",
        ),
        (
            |s| {
                s.request = request(
                    "DELETE",
                    &s.request.path.clone(),
                    &[("apns-channel-id", "BBBB")],
                    "",
                );
            },
            400,
            "ChannelNotRegistered",
        ),
    ];
    for (place, (spoil, status, reason)) in cases.iter().enumerate() {
        assert_eq!(
            Scene::management().with(spoil).reason(),
            Some((*status, *reason)),
            "case {place}"
        );
    }
}

/// A device push in which every check that can fail together with others does.
fn hopeless() -> Scene {
    Scene::device().with(|s| {
        s.headers(&[
            ("apns-id", "x"),
            ("apns-expiration", "x"),
            ("apns-priority", "x"),
            ("apns-collapse-id", &"x".repeat(65)),
            ("apns-push-type", "x"),
            ("apns-topic", "a b"),
        ]);
        s.request.method = "GET".to_owned();
        s.request.path = "/3/device/zz".to_owned();
        s.request.body.clear();
        s.presented = Presented::InvalidToken;
    })
}

#[test]
fn the_first_failing_check_of_the_configured_order_wins() {
    let all = [
        (Step::Method, "MethodNotAllowed"),
        (Step::ProviderTokenValid, "InvalidProviderToken"),
        (Step::ApnsId, "BadMessageId"),
        (Step::Expiration, "BadExpirationDate"),
        (Step::Priority, "BadPriority"),
        (Step::CollapseId, "BadCollapseId"),
        (Step::PushType, "InvalidPushType"),
        (Step::TopicSyntax, "BadTopic"),
        (Step::PayloadPresent, "PayloadEmpty"),
        (Step::DeviceTokenKnown, "BadDeviceToken"),
    ];
    let scene = hopeless();
    for first in 0..all.len() {
        let mut rotated = all;
        rotated.rotate_left(first);
        let order: Vec<Step> = rotated.iter().map(|(step, _)| *step).collect();
        let rejection = scene.outcome(&order).rejection.unwrap();
        assert_eq!(rejection.reason, rotated[0].1);
    }
    assert_eq!(
        scene.outcome(&[]).rejection,
        None,
        "a check that is not named is not made"
    );
}

#[test]
fn a_request_counts_as_authenticated_once_all_checks_of_the_credential_have_passed() {
    let scene = Scene::device().with(|s| s.request.body.clear());
    let usual = Orders::default().device;
    assert!(scene.outcome(&usual).authenticated);
    let mut late = usual.clone();
    late.retain(|step| !step.is_about_the_credential());
    late.extend(usual.into_iter().filter(|step| step.is_about_the_credential()));
    let outcome = scene.outcome(&late);
    assert_eq!(outcome.rejection, Some(Rejection::PAYLOAD_EMPTY));
    assert!(!outcome.authenticated, "nobody has looked at its credential");
}

#[test]
fn the_opt_in_check_refuses_urgent_background_notifications() {
    let scene = |priority| {
        Scene::device()
            .with(|s| s.headers(&[("apns-push-type", "background"), ("apns-priority", priority)]))
            .outcome(&[Step::BackgroundPriority])
            .rejection
    };
    assert_eq!(scene("10"), Some(Rejection::BAD_PRIORITY));
    assert_eq!(scene("-"), Some(Rejection::BAD_PRIORITY), "ten is the default");
    assert_eq!(scene("5"), None);
}

#[test]
fn the_default_orders_name_each_check_once() {
    assert_eq!(Orders::default().repeated(), None);
    let twice = Orders {
        device: vec![Step::Method, Step::Path, Step::Method],
        ..Orders::default()
    };
    assert_eq!(twice.repeated(), Some(("device", Step::Method)));
}

#[test]
fn the_interval_of_the_world_rules_provider_token_changes() {
    let scene = Scene::device().with(|s| {
        s.world.behaviour.provider_token.update_interval_seconds = 0;
        s.session.provider_token = Some(CurrentToken {
            digest: [7; 32],
            since: NOW,
        });
    });
    assert_eq!(scene.reason(), None);
}
