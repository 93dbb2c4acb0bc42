//! Payloads: what is written, what is kept, what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings_apns::{
    ActivityAlert, ActivityInput, Alert, Broadcast, BuildPayloadError, BundleId, CheckError, CriticalSound,
    Expiration, InterruptionLevel, LiveActivity, Notification, Payload, Priority, PushType, Request,
    StoragePolicy, Text, Topic, UnixSeconds,
};

const NOW: UnixSeconds = UnixSeconds(1_750_000_000);

fn app() -> BundleId {
    "com.example.app".parse().unwrap()
}

fn json_of(payload: &Payload) -> Value {
    serde_json::from_slice(payload.as_bytes()).unwrap()
}

fn text_of(payload: &Payload) -> &str {
    std::str::from_utf8(payload.as_bytes()).unwrap()
}

#[test]
fn the_whole_dictionary_is_written_as_apple_names_it() {
    let alert = Alert::new()
        .title("t")
        .title_localized("TITLE", ["1"])
        .subtitle_localized("SUB", ["2", "3"])
        .body_localized("BODY", [] as [&str; 0])
        .launch_image("launch.png");
    let payload = Payload::builder()
        .alert(alert)
        .badge(0)
        .sound(CriticalSound::new().name("siren.aiff").volume(0.5))
        .thread_id("thread")
        .category("category")
        .content_available()
        .mutable_content()
        .target_content_id("window")
        .interruption_level(InterruptionLevel::Critical)
        .relevance_score(0.25)
        .filter_criteria("work")
        .content_changed()
        .custom("app", &json!({"b": 1, "a": [null]}))
        .custom("text", "plain")
        .build()
        .unwrap();
    assert_eq!(
        json_of(&payload),
        json!({
            "aps": {
                "alert": {
                    "title-loc-key": "TITLE", "title-loc-args": ["1"],
                    "subtitle-loc-key": "SUB", "subtitle-loc-args": ["2", "3"],
                    "loc-key": "BODY",
                    "launch-image": "launch.png",
                },
                "badge": 0,
                "sound": {"critical": 1, "name": "siren.aiff", "volume": 0.5},
                "thread-id": "thread",
                "category": "category",
                "content-available": 1,
                "mutable-content": 1,
                "target-content-id": "window",
                "interruption-level": "critical",
                "relevance-score": 0.25,
                "filter-criteria": "work",
                "content-changed": true,
            },
            "app": {"b": 1, "a": [null]},
            "text": "plain",
        })
    );
}

#[test]
fn plain_texts_replace_localized_ones_and_the_other_way_round() {
    let alert = Alert::new()
        .title_localized("T", ["x"])
        .title("title")
        .subtitle_localized("S", ["x"])
        .subtitle("subtitle")
        .body_localized("B", ["x"])
        .body("body");
    let payload = Payload::builder().alert(alert).build().unwrap();
    assert_eq!(
        text_of(&payload),
        r#"{"aps":{"alert":{"title":"title","subtitle":"subtitle","body":"body"}}}"#
    );
}

#[test]
fn a_custom_key_given_again_replaces_its_value_in_place() {
    let payload = Payload::builder()
        .custom("a", &1)
        .custom("b", &2)
        .custom("a", &3)
        .build()
        .unwrap();
    assert_eq!(text_of(&payload), r#"{"aps":{},"a":3,"b":2}"#);
}

#[test]
fn what_cannot_be_a_payload_is_refused_when_it_is_built() {
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    let reserved = Payload::builder().custom("aps", &1).build().unwrap_err();
    assert!(matches!(reserved, BuildPayloadError::ReservedKey));
    let not_json = Payload::builder()
        .custom("map", &unwritable)
        .custom("aps", &1)
        .build()
        .unwrap_err();
    assert!(matches!(not_json, BuildPayloadError::NotJson { key, .. } if &*key == "map"));
    for (refused, key) in [
        (Payload::builder().relevance_score(1.5).build(), "relevance-score"),
        (
            Payload::builder().relevance_score(f64::NAN).build(),
            "relevance-score",
        ),
        (
            Payload::builder()
                .sound(CriticalSound::new().volume(-0.1))
                .build(),
            "volume",
        ),
        (
            LiveActivity::update(NOW, &json!({}))
                .relevance_score(f64::INFINITY)
                .build(),
            "relevance-score",
        ),
    ] {
        assert!(matches!(refused.unwrap_err(), BuildPayloadError::OutOfRange { key: k, .. } if k == key));
    }
    for refused in [
        LiveActivity::update(NOW, &[1, 2]).build(),
        LiveActivity::end(NOW).content_state("over").build(),
        LiveActivity::start(NOW, "T", &7, &json!({}), ActivityAlert::new("a", "b")).build(),
    ] {
        assert!(matches!(
            refused.unwrap_err(),
            BuildPayloadError::NotAnObject { .. }
        ));
    }
}

#[test]
fn a_live_activity_starts_with_all_that_a_device_needs() {
    let alert = ActivityAlert::new(Text::localized("KICK_OFF", ["Ajax"]), "Now").sound("whistle.aiff");
    let channel = "dHN0".parse().unwrap();
    let start = LiveActivity::start(
        NOW,
        "Match",
        &json!({"home": "Ajax"}),
        &json!({"score": 0}),
        alert,
    )
    .stale_date(NOW.0 + 60)
    .relevance_score(75.0)
    .input(ActivityInput::Token)
    .input(ActivityInput::Channel(channel))
    .build()
    .unwrap();
    assert_eq!(
        json_of(&start)["aps"],
        json!({
            "timestamp": NOW.0, "event": "start", "content-state": {"score": 0},
            "attributes-type": "Match", "attributes": {"home": "Ajax"},
            "input-push-channel": "dHN0",
            "stale-date": NOW.0 + 60, "relevance-score": 75.0,
            "alert": {
                "title": {"loc-key": "KICK_OFF", "loc-args": ["Ajax"]}, "body": "Now", "sound": "whistle.aiff",
            },
        })
    );
    let notification = Notification::for_app(&app(), PushType::LiveActivity, start)
        .build()
        .unwrap();
    assert_eq!(notification.lint(), []);
}

#[test]
fn a_live_activity_is_updated_and_ended() {
    let update = LiveActivity::update(NOW, &json!({"score": 1})).alert(ActivityAlert::new("Goal", "1:0"));
    let update = json_of(&update.build().unwrap());
    assert_eq!(
        update["aps"],
        json!({"timestamp": NOW.0, "event": "update", "content-state": {"score": 1},
            "alert": {"title": "Goal", "body": "1:0"}})
    );
    let end = LiveActivity::end(NOW)
        .content_state(&json!({"score": 2}))
        .dismissal_date(0u64)
        .alert(ActivityAlert::new("Over", "2:0"));
    assert_eq!(
        json_of(&end.build().unwrap())["aps"],
        json!({"timestamp": NOW.0, "event": "end", "content-state": {"score": 2}, "dismissal-date": 0,
            "alert": {"title": "Over", "body": "2:0"}})
    );
}

#[test]
fn payloads_for_the_system_are_what_apple_asks_for() {
    assert_eq!(
        text_of(&Payload::background()),
        r#"{"aps":{"content-available":1}}"#
    );
    assert_eq!(
        text_of(&Payload::content_changed()),
        r#"{"aps":{"content-changed":true}}"#
    );
    assert_eq!(text_of(&Payload::wallet()), "{}");
    assert_eq!(text_of(&Payload::mdm("a\"b")), r#"{"mdm":"a\"b"}"#);
    assert_eq!(
        text_of(&Payload::file_provider("c", "d")),
        r#"{"container-identifier":"c","domain":"d"}"#
    );
}

#[test]
fn json_is_passed_on_byte_for_byte() {
    let json =
        " {\"aps\" : {\"alert\":\"\\u00e9\u{e9}\"},\n\t\"n\": 1.0e2, \"n\": 12345678901234567890123 }\r\n";
    assert_eq!(Payload::from_json(json).unwrap().as_bytes(), json.as_bytes());
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(Payload::from_json(&deep).unwrap().len(), deep.len());
}

#[test]
fn what_is_not_one_json_object_in_utf8_is_refused() {
    for bad in [
        "",
        " ",
        "[]",
        "\"x\"",
        "1",
        "null",
        "{",
        "{}{}",
        "{\"a\":01}",
        "{\"a\":}",
        "{'a':1}",
        "\u{feff}{}",
    ] {
        assert!(Payload::from_json(bad).is_err(), "{bad}");
    }
    assert!(Payload::from_json(b"{\"a\":\"\xff\"}").is_err());
}

#[test]
fn the_error_of_a_payload_says_where_it_is_wrong_and_quotes_nothing() {
    for (bad, message) in [
        (
            "\"secret\"",
            "reading a payload of 8 bytes: it is JSON, but not an object between braces",
        ),
        (
            "{\"secret\":\"secret\",}",
            "reading a payload of 20 bytes as JSON: key must be a string at line 1 column 20",
        ),
        (
            "{\"a\":secret}",
            "reading a payload of 12 bytes as JSON: expected value at line 1 column 6",
        ),
    ] {
        let error = Payload::from_json(bad).unwrap_err();
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        assert_eq!(format!("{error}{}", source.unwrap_or_default()), message);
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[test]
fn nothing_of_a_payload_is_shown_by_debug() {
    let payload = Payload::from_json(r#"{"aps":{"alert":"secret"}}"#).unwrap();
    let notification = Notification::for_app(&app(), PushType::Alert, payload).build_unchecked();
    let alert = ActivityAlert::new("secret", "secret");
    for shown in [
        format!("{notification:?}"),
        format!("{:?}", Alert::new().title("secret")),
        format!("{alert:?}"),
        format!(
            "{:?}",
            Payload::builder().alert("secret").custom("secret", "secret")
        ),
        format!(
            "{:?}",
            LiveActivity::start(NOW, "secret", &json!({"secret": 1}), &json!({}), alert)
        ),
    ] {
        assert!(!shown.contains("secret"), "{shown}");
    }
    assert!(format!("{notification:?}").contains("Payload(26 bytes)"));
}

fn payload_of(size: usize) -> Payload {
    Payload::from_json(format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8))).unwrap()
}

#[test]
fn each_push_type_has_its_limit_to_the_byte() {
    for kind in PushType::ALL {
        let limit = if kind == PushType::Voip { 5120 } else { 4096 };
        assert!(
            Notification::for_app(&app(), kind, payload_of(limit))
                .build()
                .is_ok(),
            "{kind}"
        );
        let refused = Notification::for_app(&app(), kind, payload_of(limit + 1)).build();
        assert_eq!(
            refused,
            Err(CheckError::PayloadTooLarge {
                size: limit + 1,
                limit
            }),
            "{kind}"
        );
    }
}

#[test]
fn without_a_push_type_the_topic_decides_the_limit() {
    let voip: Topic = "com.example.app.voip".parse().unwrap();
    let build = |topic: Topic| {
        Notification::builder(topic, PushType::Voip, payload_of(5000))
            .without_push_type()
            .build()
            .is_ok()
    };
    assert!(build(voip));
    assert!(!build(Topic::from(&app())));
}

fn broadcast(size: usize) -> tidings_apns::BroadcastBuilder {
    Broadcast::builder(app(), "dHN0".parse().unwrap(), payload_of(size))
}

#[test]
fn broadcasts_have_their_own_limit_and_defaults() {
    let plain = broadcast(5120).build().unwrap();
    assert_eq!(
        (plain.priority(), plain.expiration()),
        (Priority::Immediate, Expiration::Once)
    );
    assert_eq!(plain.expiration_text(), "0");
    assert!(broadcast(5121).build().is_err());
}

#[test]
fn a_channel_without_storage_takes_only_expiration_zero() {
    let stored = broadcast(100)
        .expiration(Expiration::At(1_750_000_000))
        .build()
        .unwrap();
    assert_eq!(stored.expiration_text(), "1750000000");
    assert_eq!(stored.check_on(StoragePolicy::MostRecent), Ok(()));
    assert_eq!(
        stored.check_on(StoragePolicy::NoStorage).unwrap_err().to_string(),
        "checking a broadcast to expire at 1750000000: its channel stores nothing, so only 0 is taken"
    );
    let once = broadcast(100).expiration(Expiration::At(0)).build().unwrap();
    assert_eq!(once.check_on(StoragePolicy::NoStorage), Ok(()));
}

#[test]
fn a_request_takes_a_notification_shared_or_not() {
    let notification = Notification::for_app(&app(), PushType::Alert, Payload::wallet())
        .build()
        .unwrap();
    let shared = std::sync::Arc::new(notification.clone());
    let (token, id) = (
        "00fc13ad".parse::<tidings_apns::DeviceToken>().unwrap(),
        tidings_apns::ApnsId::from_u128(1),
    );
    assert_eq!(
        Request::new(notification, token.clone(), id),
        Request::new(shared, token, id)
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic_and_what_it_takes_it_keeps(bytes: Vec<u8>) {
        if let Ok(payload) = Payload::from_json(&bytes) {
            prop_assert_eq!(payload.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn the_reader_takes_exactly_the_objects(value in any_json()) {
        let text = value.to_string();
        prop_assert_eq!(Payload::from_json(&text).is_ok(), value.is_object());
    }

    #[test]
    fn whatever_is_built_is_json_that_says_what_was_given(
        title in ".{0,20}",
        args in prop::collection::vec(".{0,8}", 0..4),
        badge: u32,
        score in 0.0..=1.0f64,
        key in ".{0,10}",
        value in any_json(),
    ) {
        prop_assume!(key != "aps");
        let payload = Payload::builder()
            .alert(Alert::new().title(&title).body_localized("BODY", args.clone()))
            .badge(badge)
            .relevance_score(score)
            .custom(&key, &value)
            .build()
            .unwrap();
        let json = json_of(&payload);
        prop_assert_eq!(&json["aps"]["alert"]["title"], &Value::from(title));
        prop_assert_eq!(&json["aps"]["badge"], &Value::from(badge));
        let written = json["aps"]["relevance-score"].as_f64().unwrap();
        prop_assert!((written - score).abs() < 1e-12, "{written} for {score}");
        prop_assert_eq!(&json[&key], &value);
        let written: Vec<String> =
            json["aps"]["alert"]["loc-args"].as_array().into_iter().flatten().map(|a| a.as_str().unwrap().into()).collect();
        prop_assert_eq!(written, args);
        prop_assert_eq!(Payload::from_json(payload.as_bytes()).unwrap(), payload);
    }
}
