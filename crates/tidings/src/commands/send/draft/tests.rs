//! From command lines to what is sent.

use clap::Parser;
use tidings_apns::{Environment, LintCode};

use super::*;
use crate::commands::send::read_texts;

const NOW: UnixSeconds = UnixSeconds(1_750_000_000);

/// The options by themselves, with an app unless the test gives one.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parse(options: &[&str]) -> Args {
    let line = ["tidings"].iter().chain(options).copied();
    Line::try_parse_from(line)
        .unwrap_or_else(|error| panic!("{error}"))
        .args
}

fn try_draft(options: &[&str]) -> anyhow::Result<Draft> {
    let args = parse(options);
    let app = Some("com.example.app".parse()?);
    Draft::new(&args, &read_texts(&args)?, app, NOW)
}

fn notification(options: &[&str]) -> Notification {
    match try_draft(options) {
        Ok(Draft::Notification(notification)) => notification,
        Ok(Draft::Broadcast(_)) => panic!("{options:?} make a broadcast"),
        Err(error) => panic!("{options:?}: {error:#}"),
    }
}

fn payload_of(options: &[&str]) -> String {
    let notification = notification(options);
    String::from_utf8(notification.payload().as_bytes().to_vec()).unwrap()
}

#[test]
fn options_become_the_payload_that_apple_documents() {
    let cases: [(&[&str], &str); 17] = [
        (&["--body", "b"], r#"{"aps":{"alert":"b"}}"#),
        (
            &["--title", "t", "--body", "b"],
            r#"{"aps":{"alert":{"title":"t","body":"b"}}}"#,
        ),
        (
            &["--title", "t", "--subtitle", "s", "--launch-image", "i"],
            r#"{"aps":{"alert":{"title":"t","subtitle":"s","launch-image":"i"}}}"#,
        ),
        (
            &[
                "--title-loc-key",
                "T",
                "--title-loc-arg",
                "1",
                "--loc-key",
                "B",
                "--loc-arg",
                "2",
                "--loc-arg",
                "3",
            ],
            r#"{"aps":{"alert":{"title-loc-key":"T","title-loc-args":["1"],"loc-key":"B","loc-args":["2","3"]}}}"#,
        ),
        (
            &["--subtitle-loc-key", "S"],
            r#"{"aps":{"alert":{"subtitle-loc-key":"S"}}}"#,
        ),
        (
            &["--badge", "0", "--sound", "default"],
            r#"{"aps":{"badge":0,"sound":"default"}}"#,
        ),
        (
            &["--critical"],
            r#"{"aps":{"sound":{"critical":1,"name":"default","volume":1.0}}}"#,
        ),
        (
            &["--critical", "--sound", "bell", "--volume", "0.5"],
            r#"{"aps":{"sound":{"critical":1,"name":"bell","volume":0.5}}}"#,
        ),
        (
            &[
                "--thread-id",
                "a",
                "--category",
                "b",
                "--target-content-id",
                "c",
                "--filter-criteria",
                "d",
            ],
            r#"{"aps":{"thread-id":"a","category":"b","target-content-id":"c","filter-criteria":"d"}}"#,
        ),
        (
            &["--content-available", "--mutable-content"],
            r#"{"aps":{"content-available":1,"mutable-content":1}}"#,
        ),
        (
            &["--interruption-level", "passive"],
            r#"{"aps":{"interruption-level":"passive"}}"#,
        ),
        (
            &["--push-type", "background", "--data", "a=1"],
            r#"{"aps":{"content-available":1},"a":"1"}"#,
        ),
        (&["--push-type", "widgets"], r#"{"aps":{"content-changed":true}}"#),
        (
            &["--data", "a:=[1, 2]", "--data", r#"{"b":null}"#],
            r#"{"aps":{},"a":[1, 2],"b":null}"#,
        ),
        (&["--payload", r#"{ "aps" : {} }"#], r#"{ "aps" : {} }"#),
        (
            &[
                "--event",
                "update",
                "--content-state",
                r#"{"n":1}"#,
                "--stale-date",
                "10m",
                "--relevance-score",
                "75",
            ],
            r#"{"aps":{"timestamp":1750000000,"event":"update","content-state":{"n":1},"stale-date":1750000600,"relevance-score":75.0}}"#,
        ),
        (
            &[
                "--event",
                "end",
                "--timestamp",
                "1749999999",
                "--dismissal-date",
                "now",
            ],
            r#"{"aps":{"timestamp":1749999999,"event":"end","dismissal-date":1750000000}}"#,
        ),
    ];
    for (options, expected) in cases {
        let ours: serde_json::Value = serde_json::from_str(&payload_of(options)).unwrap();
        let expected_value: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(ours, expected_value, "{options:?}");
    }
    assert_eq!(
        payload_of(&["--payload", r#"{ "aps" : {} }"#]),
        r#"{ "aps" : {} }"#
    );
}

#[test]
fn a_live_activity_starts_with_all_that_a_device_needs() {
    let start = [
        "--event",
        "start",
        "--attributes-type",
        "Match",
        "--attributes",
        r#"{"league":"tea"}"#,
        "--content-state",
        r#"{"home":0}"#,
        "--title",
        "t",
        "--body",
        "b",
        "--sound",
        "s",
        "--input-push-token",
    ];
    let payload: serde_json::Value = serde_json::from_str(&payload_of(&start)).unwrap();
    let expected = serde_json::json!({"aps": {
        "timestamp": NOW.0,
        "event": "start",
        "attributes-type": "Match",
        "attributes": {"league": "tea"},
        "content-state": {"home": 0},
        "alert": {"title": "t", "body": "b", "sound": "s"},
        "input-push-token": 1,
    }});
    assert_eq!(payload, expected);
    let notification = notification(&start);
    assert_eq!(
        notification.topic().as_str(),
        "com.example.app.push-type.liveactivity"
    );
    assert_eq!(notification.push_type(), Some(PushType::LiveActivity));
    assert_eq!(notification.lint_at(NOW), []);
}

#[test]
fn options_become_headers() {
    let notification = notification(&[
        "--body",
        "b",
        "--priority",
        "5",
        "--expiration",
        "1h",
        "--collapse-id",
        "tea",
        "--topic",
        "com.example.other",
    ]);
    assert_eq!(notification.topic().as_str(), "com.example.other");
    assert_eq!(notification.priority(), Some(Priority::Considerate));
    assert_eq!(notification.expiration_text(), Some("1750003600"));
    assert_eq!(
        notification.collapse_id().map(ToString::to_string).as_deref(),
        Some("tea")
    );
}

#[test]
fn what_is_not_said_is_left_out_except_what_background_needs() {
    let alert = notification(&["--body", "b"]);
    assert_eq!(alert.push_type(), Some(PushType::Alert));
    assert_eq!((alert.priority(), alert.expiration()), (None, None));
    let background = notification(&["--push-type", "background"]);
    assert_eq!(background.priority(), Some(Priority::Considerate));
    assert_eq!(background.lint(), []);
    let insisted = notification(&["--push-type", "background", "--priority", "10"]);
    assert_eq!(insisted.lint()[0].code, LintCode::BackgroundPriority);
}

#[test]
fn every_push_type_gets_its_own_topic() {
    for push_type in PushType::ALL {
        let notification = notification(&["--push-type", push_type.as_str(), "--payload", "{}"]);
        assert_eq!(notification.push_type(), Some(push_type));
        assert!(notification.topic().fits(push_type), "{push_type}");
    }
}

#[test]
fn a_broadcast_has_all_headers_that_apns_wants() {
    let options = [
        "--broadcast",
        "--channel-id",
        "dHN0LXNyY2gtY2hubA==",
        "--event",
        "end",
        "--bundle-id",
        "com.example.teahouse",
    ];
    let Ok(Draft::Broadcast(broadcast)) = try_draft(&options) else {
        panic!("no broadcast")
    };
    assert_eq!(broadcast.bundle_id().as_str(), "com.example.teahouse");
    assert_eq!(
        (broadcast.priority(), broadcast.expiration()),
        (Priority::Immediate, Expiration::Once)
    );
}

#[test]
fn what_contradicts_itself_is_refused_with_what_to_do() {
    let update = ["--event", "update", "--content-state", "{}"];
    let cases: [(&[&str], &str); 9] = [
        (&["--event", "update"], "--content-state"),
        (
            &[
                "--event",
                "start",
                "--content-state",
                "{}",
                "--title",
                "t",
                "--body",
                "b",
            ],
            "--attributes-type",
        ),
        (
            &[
                "--event",
                "start",
                "--content-state",
                "{}",
                "--attributes-type",
                "T",
            ],
            "--title and --body",
        ),
        (&["--event", "end", "--title", "t"], "--title and --body"),
        (&["--event", "end", "--stale-date", "1h"], "--stale-date"),
        (&["--event", "end", "--attributes-type", "T"], "--attributes-type"),
        (&["--push-type", "alert", "--event", "end"], "Live Activities"),
        (&["--payload", "[]"], "--payload"),
        (&["--relevance-score", "2"], "no payload"),
    ];
    for (options, text) in cases {
        let error = try_draft(options)
            .err()
            .unwrap_or_else(|| panic!("{options:?} went well"));
        assert!(error.to_string().contains(text), "{options:?}: {error:#}");
        assert!(
            error.downcast_ref::<Failure>().is_some(),
            "{options:?}: {error:#}"
        );
    }
    let dismissed: Vec<&str> = update.into_iter().chain(["--dismissal-date", "now"]).collect();
    assert!(try_draft(&dismissed).is_err());
}

#[test]
fn without_an_app_there_is_no_topic() {
    let args = parse(&["--body", "b"]);
    assert!(Draft::new(&args, &Texts::default(), None, NOW).is_err());
    assert_eq!(args.access.endpoint.environment(), Environment::Production);
}
