//! Every rule is found where it is broken, and nowhere else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::expiration::Expiration;
use crate::payload::Payload;
use crate::priority::Priority;
use crate::push_type::PushType;

const NOW: UnixSeconds = UnixSeconds(1_750_000_000);

/// What is sent: push type, topic (`_` for the right one), priority, expiration, payload.
struct Case(&'static str, &'static str, Option<u8>, Option<u64>, &'static str);

fn lint(Case(kind, topic, priority, expiration, payload): &Case) -> Vec<Lint> {
    let payload = Payload::from_json(payload).unwrap();
    let kind_value: PushType = if kind.is_empty() {
        PushType::Alert
    } else {
        kind.parse().unwrap()
    };
    let mut builder = match *topic {
        "_" => Notification::for_app(&"com.example.app".parse().unwrap(), kind_value, payload),
        topic => Notification::builder(topic.parse().unwrap(), kind_value, payload),
    };
    if let Some(priority) = priority {
        builder = builder.priority(priority.to_string().parse::<Priority>().unwrap());
    }
    if let Some(expiration) = expiration {
        builder = builder.expiration(Expiration::at(*expiration));
    }
    if kind.is_empty() {
        builder = builder.without_push_type();
    }
    builder.build().unwrap().lint_at(NOW)
}

fn codes(lints: &[Lint]) -> Vec<&'static str> {
    lints.iter().map(|lint| lint.code.as_str()).collect()
}

const MDM: &str = "com.apple.mgmt.External.6f3c";

/// Notifications that nobody could object to, one and more for each push type.
const GOOD: &[Case] = &[
    Case("alert", "_", None, None, r#"{"aps":{"alert":"Tea"}}"#),
    Case(
        "alert",
        "_",
        Some(5),
        Some(1_750_000_600),
        r#"{"aps":{"alert":{"loc-key":"TEA"},"mutable-content":1}}"#,
    ),
    Case("alert", "_", Some(1), None, r#"{"aps":{"badge":0},"alert-id":7}"#),
    Case(
        "alert",
        "_",
        None,
        None,
        r#"{"aps":{"alert":{"title":"t"},"sound":{"critical":1,"name":"d","volume":1},"interruption-level":"critical","relevance-score":1}}"#,
    ),
    Case(
        "background",
        "_",
        Some(5),
        None,
        r#"{"aps":{"content-available":1},"sync":true}"#,
    ),
    Case("background", "pass.com.example.ticket", Some(5), None, "{}"),
    Case("voip", "_", Some(10), Some(0), r#"{"call":1}"#),
    Case(
        "fileprovider",
        "_",
        None,
        None,
        r#"{"container-identifier":"c","domain":"d"}"#,
    ),
    Case("mdm", MDM, None, None, r#"{"mdm":"magic"}"#),
    Case("location", "_", Some(10), None, r#"{"aps":{}}"#),
    Case(
        "liveactivity",
        "_",
        Some(5),
        None,
        r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{},"relevance-score":100,"stale-date":1750000001}}"#,
    ),
    Case(
        "liveactivity",
        "_",
        None,
        None,
        r#"{"aps":{"timestamp":1750000000,"event":"end","content-state":{},"dismissal-date":0}}"#,
    ),
    Case(
        "liveactivity",
        "_",
        None,
        None,
        r#"{"aps":{"timestamp":1750000000,"event":"start","content-state":{},"attributes-type":"T","attributes":{},"alert":{"title":{"loc-key":"K"},"body":"b","sound":"s"},"input-push-token":1}}"#,
    ),
    Case("pushtotalk", "_", Some(10), Some(0), r#"{"speaker":"Ann"}"#),
    Case("widgets", "_", None, None, r#"{"aps":{"content-changed":true}}"#),
    Case("controls", "_", None, None, r#"{"aps":{"content-changed":true}}"#),
];

/// One breach of each rule, with what is found.
const BAD: &[(&[&str], Case)] = &[
    (
        &["push-type-missing"],
        Case("", "_", None, None, r#"{"aps":{"alert":"Tea"}}"#),
    ),
    (
        &["topic-doubled-suffix"],
        Case("voip", "com.example.app.voip.voip", None, Some(0), "{}"),
    ),
    (
        &["topic-contradicts-push-type"],
        Case("voip", "com.example.app", None, Some(0), "{}"),
    ),
    (
        &["topic-contradicts-push-type"],
        Case(
            "alert",
            "com.example.app.voip",
            None,
            None,
            r#"{"aps":{"alert":"Tea"}}"#,
        ),
    ),
    (
        &["mdm-topic"],
        Case("mdm", "com.example.app", None, None, r#"{"mdm":"magic"}"#),
    ),
    (
        &["background-priority"],
        Case(
            "background",
            "_",
            Some(10),
            None,
            r#"{"aps":{"content-available":1}}"#,
        ),
    ),
    (
        &["background-priority"],
        Case(
            "background",
            "_",
            None,
            None,
            r#"{"aps":{"content-available":1}}"#,
        ),
    ),
    (
        &["content-available-priority"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"alert":"Tea","content-available":1}}"#,
        ),
    ),
    (
        &["push-to-talk-priority"],
        Case("pushtotalk", "_", Some(5), Some(0), "{}"),
    ),
    (
        &["push-to-talk-expiration"],
        Case("pushtotalk", "_", Some(10), None, "{}"),
    ),
    (
        &["expiration-once"],
        Case("alert", "_", None, Some(0), r#"{"aps":{"alert":"Tea"}}"#),
    ),
    (&["voip-stored"], Case("voip", "_", None, None, "{}")),
    (
        &["date-milliseconds"],
        Case(
            "alert",
            "_",
            None,
            Some(1_750_000_000_000),
            r#"{"aps":{"alert":"Tea"}}"#,
        ),
    ),
    (
        &["date-relative"],
        Case("alert", "_", None, Some(3600), r#"{"aps":{"alert":"Tea"}}"#),
    ),
    (
        &["date-passed"],
        Case(
            "alert",
            "_",
            None,
            Some(1_749_999_999),
            r#"{"aps":{"alert":"Tea"}}"#,
        ),
    ),
    (
        &["date-milliseconds", "date-relative"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000000,"event":"update","content-state":{},"stale-date":60}}"#,
        ),
    ),
    (
        &["date-passed"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{},"stale-date":1749999999}}"#,
        ),
    ),
    (
        &["timestamp-ahead"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000100,"event":"update","content-state":{}}}"#,
        ),
    ),
    (
        &["aps-unknown-key", "alert-without-content"],
        Case("alert", "_", None, None, r#"{"aps":{"allert":"Tea"}}"#),
    ),
    (
        &["aps-key-outside", "alert-without-content"],
        Case("alert", "_", None, None, r#"{"alert":"Tea"}"#),
    ),
    (
        &["aps-wrong-type"],
        Case("alert", "_", None, None, r#"{"aps":{"alert":"Tea","badge":"1"}}"#),
    ),
    (
        &["aps-wrong-type", "alert-without-content"],
        Case("alert", "_", None, None, r#"{"aps":[]}"#),
    ),
    (
        &["aps-switch"],
        Case(
            "background",
            "_",
            Some(5),
            None,
            r#"{"aps":{"content-available":true}}"#,
        ),
    ),
    (
        &["background-visible", "background-visible"],
        Case(
            "background",
            "_",
            Some(5),
            None,
            r#"{"aps":{"content-available":1,"badge":1,"sound":"s"}}"#,
        ),
    ),
    (
        &["background-without-content-available"],
        Case("background", "_", Some(5), None, "{}"),
    ),
    (
        &["alert-without-content"],
        Case("alert", "_", None, None, r#"{"aps":{"alert":{"title":""}}}"#),
    ),
    (
        &["alert-without-content"],
        Case("alert", "_", None, None, r#"{"aps":{"alert":""}}"#),
    ),
    (
        &["silent-as-alert"],
        Case("alert", "_", None, None, r#"{"aps":{"content-available":1}}"#),
    ),
    (
        &["mutable-content-without-alert"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"badge":1,"mutable-content":1}}"#,
        ),
    ),
    (
        &["interruption-level-unknown"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"alert":"Tea","interruption-level":"loud"}}"#,
        ),
    ),
    (
        &["critical-level-without-sound"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"alert":"Tea","interruption-level":"critical","sound":"s"}}"#,
        ),
    ),
    (
        &["sound-volume-range"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"sound":{"critical":1,"volume":1.5}}}"#,
        ),
    ),
    (
        &["relevance-score-range"],
        Case(
            "alert",
            "_",
            None,
            None,
            r#"{"aps":{"alert":"Tea","relevance-score":2}}"#,
        ),
    ),
    (
        &["live-activity-without-timestamp"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"event":"update","content-state":{}}}"#,
        ),
    ),
    (
        &["live-activity-without-event"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000}}"#,
        ),
    ),
    (
        &["live-activity-unknown-event"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"stop"}}"#,
        ),
    ),
    (
        &["live-activity-without-content-state"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"update"}}"#,
        ),
    ),
    (
        &["live-activity-end-without-content-state"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"end"}}"#,
        ),
    ),
    (
        &[
            "live-activity-start-without-attributes",
            "live-activity-start-without-attributes",
            "live-activity-start-without-alert",
        ],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"start","content-state":{}}}"#,
        ),
    ),
    (
        &["live-activity-input-conflict"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"start","content-state":{},"attributes-type":"T","attributes":{},"alert":{"title":"t"},"input-push-token":1,"input-push-channel":"YQ=="}}"#,
        ),
    ),
    (
        &["live-activity-sound-outside"],
        Case(
            "liveactivity",
            "_",
            None,
            None,
            r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{},"sound":"s"}}"#,
        ),
    ),
    (
        &["reload-without-content-changed"],
        Case("widgets", "_", None, None, "{}"),
    ),
    (
        &["reload-without-content-changed"],
        Case(
            "controls",
            "_",
            None,
            None,
            r#"{"aps":{"content-changed":false}}"#,
        ),
    ),
    (
        &["mdm-payload"],
        Case("mdm", MDM, None, None, r#"{"mdm":"magic","aps":{}}"#),
    ),
    (&["mdm-payload"], Case("mdm", MDM, None, None, r#"{"mdm":7}"#)),
    (
        &["file-provider-payload"],
        Case("fileprovider", "_", None, None, r#"{"domain":"d"}"#),
    ),
    (
        &["complication-legacy"],
        Case("complication", "_", None, None, "{}"),
    ),
];

#[test]
fn nothing_is_found_in_good_notifications() {
    for case in GOOD {
        assert_eq!(lint(case), [], "{}: {}", case.0, case.4);
    }
}

#[test]
fn each_breach_is_found_and_nothing_else() {
    for (expected, case) in BAD {
        assert_eq!(&codes(&lint(case)), expected, "{}: {}", case.0, case.4);
    }
}

#[test]
fn every_rule_is_tested_and_every_name_is_its_own() {
    let tested: BTreeSet<&str> = BAD
        .iter()
        .flat_map(|(expected, _)| expected.iter().copied())
        .collect();
    let elsewhere = ["broadcast-start", "payload-unreadable"];
    let known: BTreeSet<&str> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(known.len(), LintCode::ALL.len());
    assert_eq!(&tested | &BTreeSet::from(elsewhere), known);
    for name in known {
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{name}"
        );
    }
}

#[test]
fn the_key_that_was_meant_is_named() {
    for (key, message) in [
        (
            "content_available",
            "`content_available` in `aps` is not a key of Apple's; `content-available` is",
        ),
        (
            "threadId",
            "`threadId` in `aps` is not a key of Apple's; `thread-id` is",
        ),
        ("pot", "`pot` in `aps` is not a key of Apple's"),
    ] {
        let payload = Payload::from_json(format!("{{\"aps\":{{\"alert\":\"Tea\",\"{key}\":1}}}}")).unwrap();
        let app = "com.example.app".parse().unwrap();
        let lints = Notification::for_app(&app, PushType::Alert, payload)
            .build()
            .unwrap()
            .lint();
        assert_eq!(
            lints.iter().map(|lint| &*lint.message).collect::<Vec<_>>(),
            [message]
        );
    }
}

fn broadcast(payload: &str) -> Broadcast {
    let payload = Payload::from_json(payload).unwrap();
    let app = "com.example.app".parse().unwrap();
    Broadcast::builder(app, "YQ==".parse().unwrap(), payload)
        .build()
        .unwrap()
}

#[test]
fn a_broadcast_that_starts_an_activity_is_found() {
    let start = broadcast(
        r#"{"aps":{"timestamp":1750000000,"event":"start","content-state":{},"attributes-type":"T","attributes":{},"alert":{"title":"t"}}}"#,
    );
    assert_eq!(codes(&start.lint_at(NOW)), ["broadcast-start"]);
    let update = broadcast(r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{}}}"#);
    assert_eq!(update.lint_at(NOW), []);
}

#[test]
fn a_payload_too_deep_to_look_at_is_said_to_be_so() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let app = "com.example.app".parse().unwrap();
    let payload = Payload::from_json(deep).unwrap();
    let lints = Notification::for_app(&app, PushType::Voip, payload)
        .expiration(Expiration::Once)
        .build()
        .unwrap()
        .lint();
    assert_eq!(codes(&lints), ["payload-unreadable"]);
}

proptest! {
    #[test]
    fn no_payload_makes_a_rule_panic(
        kind in 0..PushType::ALL.len(),
        key in "(alert|sound|event|timestamp|stale-date|content-state|badge|[a-z]{0,5})",
        value in "(null|true|1|-1|1e300|\"\"|\"start\"|\\{\\}|\\[\\]|\\{\"title\":\\[\\]\\}|\\{\"volume\":\"x\"\\})",
        now: u64,
    ) {
        if let Ok(payload) = Payload::from_json(format!("{{\"aps\":{{\"{key}\":{value}}}}}")) {
            let app = "com.example.app".parse().unwrap();
            let notification = Notification::for_app(&app, PushType::ALL[kind], payload).build().unwrap();
            for lint in notification.lint_at(UnixSeconds(now)) {
                prop_assert_eq!(lint.severity, lint.code.severity());
                prop_assert_eq!(lint.advice, lint.code.advice());
            }
        }
    }
}
