//! `tidings send` to a simulator that takes what is right and refuses what is not.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::support::{APP, Ran, Simulation, tidings};

const UNKNOWN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

#[test]
fn an_accepted_alert_is_on_the_phone_with_everything_that_was_asked_for() {
    let simulation = Simulation::start();
    let token = simulation.token("alert");
    let sent = simulation.send(&[
        "--token",
        &token,
        "--title",
        "Kitchen",
        "--body",
        "Tea is ready",
        "--sound",
        "default",
        "--badge",
        "3",
        "--thread-id",
        "tea",
        "--category",
        "TEA",
        "--interruption-level",
        "time-sensitive",
        "--relevance-score",
        "0.5",
        "--mutable-content",
        "--data",
        "pot=7",
        "--data",
        "count:=7",
        "--priority",
        "10",
        "--collapse-id",
        "kettle",
        "--expiration",
        "1h",
    ]);
    assert_eq!(sent.status, Some(0), "{sent:?}");
    assert!(sent.stdout.starts_with("✔ accepted 200\n"), "{sent:?}");
    assert_eq!(sent.stderr, "");
    let shown = &simulation.notifications()[0];
    let expected = json!({
        "aps": {
            "alert": {"title": "Kitchen", "body": "Tea is ready"},
            "badge": 3,
            "sound": "default",
            "thread-id": "tea",
            "category": "TEA",
            "mutable-content": 1,
            "interruption-level": "time-sensitive",
            "relevance-score": 0.5,
        },
        "pot": "7",
        "count": 7,
    });
    assert_eq!(shown["payload"], expected);
    assert_eq!(shown["topic"], APP);
    assert_eq!(shown["collapse_id"], "kettle");
    assert_eq!(shown["headers"]["apns-priority"], "10");
}

#[test]
fn programs_are_told_in_json() {
    let simulation = Simulation::start();
    let id = "123e4567-e89b-12d3-a456-4266554400a0";
    let token = simulation.token("alert");
    let sent = simulation.send(&[
        "--token",
        &token,
        "--body",
        "x",
        "--apns-id",
        id,
        "--format",
        "json",
    ]);
    let json = sent.json();
    for (key, value) in [
        ("outcome", "accepted"),
        ("apns_id", id),
        ("environment", "sandbox"),
        ("topic", APP),
    ] {
        assert_eq!(json[key], value, "{key}: {sent:?}");
    }
    assert_eq!((&json["status"], sent.status), (&json!(200), Some(0)));
    let sent = simulation.send(&["--token", UNKNOWN, "--body", "x", "--format", "json"]);
    assert_eq!(
        (&sent.json()["reason"], sent.status),
        (&json!("BadDeviceToken"), Some(1))
    );
}

#[test]
fn a_rejection_is_explained_and_fails() {
    let simulation = Simulation::start();
    let sent = simulation.send(&["--token", UNKNOWN, "--body", "x"]);
    assert_eq!(sent.status, Some(1), "{sent:?}");
    for text in [
        "✘ rejected 400 BadDeviceToken",
        "means",
        "what to do",
        "send again",
    ] {
        assert!(sent.stdout.contains(text), "{text}: {sent:?}");
    }
    let token = simulation.token("alert");
    simulation.control("DELETE", &format!("/v1/devices/phone/installs/{APP}"));
    let gone = simulation.send(&["--token", &token, "--body", "x"]);
    assert!(
        gone.stdout.contains("410 Unregistered") && gone.stdout.contains("since"),
        "{gone:?}"
    );
}

#[test]
fn the_topic_follows_from_the_push_type() {
    let simulation = Simulation::start();
    let token = simulation.token("voip");
    let call = simulation.send(&[
        "--token",
        &token,
        "--push-type",
        "voip",
        "--data",
        "caller=Ann",
        "--expiration",
        "0",
    ]);
    assert_eq!(call.status, Some(0), "{call:?}");
    let token = simulation.token("alert");
    let wake = simulation.send(&["--token", &token, "--push-type", "background"]);
    assert_eq!((wake.status, wake.stderr.as_str()), (Some(0), ""), "{wake:?}");
    let shown = simulation.notifications();
    assert_eq!(shown[0]["topic"], format!("{APP}.voip"));
    assert_eq!(shown[1]["payload"], json!({"aps": {"content-available": 1}}));
    assert_eq!(shown[1]["headers"]["apns-priority"], "5");
}

#[test]
fn a_live_activity_is_started() {
    let simulation = Simulation::start();
    let token = simulation.token("liveactivity-start");
    let sent = simulation.send(&[
        "--token",
        &token,
        "--event",
        "start",
        "--attributes-type",
        "Match",
        "--content-state",
        r#"{"home":0}"#,
        "--title",
        "Kick-off",
        "--body",
        "It begins",
        "--stale-date",
        "10m",
    ]);
    assert_eq!((sent.status, sent.stderr.as_str()), (Some(0), ""), "{sent:?}");
    let aps = &simulation.notifications()[0]["payload"]["aps"];
    assert_eq!(
        (&aps["event"], &aps["attributes-type"]),
        (&json!("start"), &json!("Match"))
    );
    assert_eq!(aps["content-state"], json!({"home": 0}));
}

#[test]
fn many_recipients_get_a_line_each_and_a_sum() {
    let simulation = Simulation::start();
    let list = simulation.file("tokens.txt");
    let token = simulation.token("alert");
    std::fs::write(&list, format!("{token}  # the phone\n\n{UNKNOWN}\n{token}\n")).unwrap();
    let sent = simulation.send(&[
        "--tokens-file",
        list.to_str().unwrap(),
        "--body",
        "x",
        "--format",
        "json",
    ]);
    assert_eq!(sent.status, Some(1), "{sent:?}");
    let outcomes: Vec<_> = sent
        .json_lines()
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == "accepted").count(),
        2,
        "{sent:?}"
    );
    assert!(sent.stderr.contains("2 accepted, 1 rejected"), "{sent:?}");
}

#[test]
fn device_tokens_are_read_from_standard_input() {
    let simulation = Simulation::start();
    let mut command = simulation.access("send", "sandbox");
    command
        .args(simulation.key())
        .args(["--token", "-", "--body", "x"]);
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let token = simulation.token("alert");
    process.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let sent = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(sent.status, Some(0), "{sent:?}");
}

#[test]
fn a_raw_payload_is_not_touched() {
    let simulation = Simulation::start();
    let token = simulation.token("alert");
    let payload = simulation.file("payload.json");
    std::fs::write(
        &payload,
        r#"{ "aps" : {"alert":"x"}, "n": 1.0, "n2": 10000000000000000000000 }"#,
    )
    .unwrap();
    let argument = format!("@{}", payload.display());
    let arguments = [
        "--token",
        &token,
        "--payload",
        &argument,
        "--bundle-id",
        APP,
        "--dry-run",
        "--format",
        "json",
    ];
    let arguments: Vec<&str> = ["send"].into_iter().chain(arguments).collect();
    let dry = tidings(&arguments);
    assert!(
        dry.stdout
            .contains(r#"{ "aps" : {"alert":"x"}, "n": 1.0, "n2": 10000000000000000000000 }"#),
        "{dry:?}"
    );
    let sent = simulation.send(&["--token", &token, "--payload", &argument]);
    assert_eq!(sent.status, Some(0), "{sent:?}");
}

#[test]
fn a_certificate_knows_its_app_and_its_password_comes_from_many_places() {
    let simulation = Simulation::start();
    let token = simulation.token("alert");
    let keystore = simulation.file(&format!("{APP}-0.p12"));
    let password = simulation.file("password");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let send = || {
        let mut command = simulation.access("send", "sandbox");
        command
            .arg("--certificate")
            .arg(&keystore)
            .args(["--token", &token, "--body", "x"]);
        command
    };
    let by_file = Ran::of(send().arg("--password-file").arg(&password));
    let by_option = Ran::of(send().args(["--password", PASSWORD]));
    let by_environment = Ran::of(send().env("TIDINGS_CERTIFICATE_PASSWORD", PASSWORD));
    for sent in [by_file, by_option, by_environment] {
        assert_eq!(sent.status, Some(0), "{sent:?}");
    }
    Ran::of(&mut send()).assert_failed_with_hint(1, &["--password-file"]);
    Ran::of(send().args(["--password", "guess"])).assert_failed_with_hint(1, &["the password does not open"]);
}

/// The password of the simulator's keystores.
const PASSWORD: &str = "tidings";

#[test]
fn a_dry_run_shows_everything_and_needs_nobody() {
    let dry = tidings(&[
        "send",
        "--dry-run",
        "--token",
        UNKNOWN,
        "--bundle-id",
        APP,
        "--push-type",
        "background",
        "--priority",
        "10",
    ]);
    assert_eq!(dry.status, Some(0), "{dry:?}");
    for text in [
        "POST https://api.push.apple.com/3/device/",
        "apns-topic: com.example.app\n",
        "apns-push-type: background\n",
        "apns-priority: 10\n",
        r#"{"aps":{"content-available":1}}"#,
    ] {
        assert!(dry.stdout.contains(text), "{text}: {dry:?}");
    }
    assert!(dry.stderr.contains("background-priority"), "{dry:?}");
    let quiet = tidings(&[
        "send",
        "--dry-run",
        "--no-lint",
        "--token",
        UNKNOWN,
        "--bundle-id",
        APP,
        "--push-type",
        "background",
        "--priority",
        "10",
    ]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn what_apns_is_sure_to_refuse_is_not_sent_unless_insisted_on() {
    let simulation = Simulation::start();
    let (token, body) = (simulation.token("alert"), "tea ".repeat(1200));
    let stopped = simulation.send(&["--token", &token, "--body", &body]);
    stopped.assert_failed_with_hint(1, &["APNs would refuse", "--no-lint"]);
    let refused = simulation.send(&["--token", &token, "--body", &body, "--no-lint"]);
    assert!(refused.stdout.contains("413 PayloadTooLarge"), "{refused:?}");
}
