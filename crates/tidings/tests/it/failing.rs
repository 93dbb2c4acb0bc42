//! Everything that goes wrong before APNs can answer: one clear error with what to do, never a panic or a hang.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rcgen::KeyPair;
use tempfile::TempDir;

use crate::servers::Server;
use crate::support::{APP, Ran, Simulation, TEAM, command, tidings};

const TOKEN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

/// A folder with a signing key that nobody knows.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap().serialize_pem();
        std::fs::write(folder.path().join("AuthKey_ABCDE12345.p8"), key).unwrap();
        Self(folder)
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("AuthKey_ABCDE12345.p8")
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Sends to a server that is not the right one.
    fn send(&self, url: &str, arguments: &[&str]) -> Ran {
        Ran::of(send(&self.key()).args(["--url", url]).args(arguments))
    }
}

fn send(key: &Path) -> std::process::Command {
    let mut command = command();
    command.args([
        "send",
        "--team-id",
        TEAM,
        "--bundle-id",
        APP,
        "--token",
        TOKEN,
        "--body",
        "x",
        "--key",
    ]);
    command.arg(key);
    command
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = Ran::of(&mut send(Path::new("/no/such/AuthKey_ABCDE12345.p8")));
    missing.assert_failed_with_hint(
        1,
        &["cannot read the signing key from /no/such/AuthKey_ABCDE12345.p8"],
    );
    let files = Files::new();
    files
        .send("https://127.0.0.1:1", &["--ca", "/no/such/ca.pem"])
        .assert_failed_with_hint(1, &["/no/such/ca.pem"]);
    files
        .send("https://127.0.0.1:1", &["--tokens-file", "/no/such/tokens.txt"])
        .assert_failed_with_hint(1, &["/no/such/tokens.txt"]);
}

#[test]
fn a_file_that_is_something_else_is_recognised() {
    let files = Files::new();
    for (content, what) in [
        ("", "an empty file"),
        ("<!DOCTYPE html><html></html>", "a web page"),
        ("just text", "neither PEM nor DER"),
        (
            "-----BEGIN PRIVATE KEY-----\nMIGHAg\n-----END PRIVATE KEY-----\n",
            "damaged",
        ),
    ] {
        let path = files.write("AuthKey_WRONG12345.p8", content);
        Ran::of(&mut send(&path)).assert_failed_with_hint(1, &["AuthKey_WRONG12345.p8", what]);
    }
    let ca = files.write("ca.pem", "not a certificate");
    let ca = ca.to_str().unwrap();
    files
        .send("https://127.0.0.1:1", &["--ca", ca])
        .assert_failed_with_hint(1, &["cannot read root certificates"]);
}

#[test]
fn a_flag_that_makes_no_sense_is_wrong_usage() {
    let files = Files::new();
    let cases: [(&[&str], &str); 9] = [
        (&["--payload", "{}", "--title", "x"], "--payload"),
        (&["--environment", "staging"], "--environment"),
        (&["--expiration", "soon"], "--expiration"),
        (&["--badge", "-1"], "--badge"),
        (&["--collapse-id", ""], "--collapse-id"),
        (&["--url", "http://localhost:1"], "--url"),
        (&["--content-state", "{}"], "--event"),
        (&["--broadcast", "--channel-id", "abcd"], "--broadcast"),
        (&["--certificate", "push.p12"], "--certificate"),
    ];
    for (arguments, option) in cases {
        let ran = Ran::of(send(&files.key()).args(arguments));
        assert_eq!(ran.status, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(option), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn what_is_missing_is_wrong_usage_with_a_hint() {
    let cases: [(&[&str], &str); 5] = [
        (
            &["send", "--token", TOKEN, "--bundle-id", APP, "--body", "x"],
            "no credential",
        ),
        (
            &["send", "--bundle-id", APP, "--body", "x", "--dry-run"],
            "nobody to send to",
        ),
        (
            &["send", "--token", TOKEN, "--body", "x", "--dry-run"],
            "no app to send to",
        ),
        (
            &[
                "send",
                "--token",
                TOKEN,
                "--bundle-id",
                APP,
                "--event",
                "update",
                "--dry-run",
            ],
            "--content-state",
        ),
        (
            &[
                "send",
                "--key",
                "key.p8",
                "--team-id",
                TEAM,
                "--token",
                TOKEN,
                "--body",
                "x",
            ],
            "--key-id",
        ),
    ];
    for (arguments, text) in cases {
        tidings(arguments).assert_failed_with_hint(2, &[text]);
    }
}

#[test]
fn secrets_and_device_tokens_are_in_no_error() {
    let files = Files::new();
    let proxy = files.send(
        "https://127.0.0.1:1",
        &["--proxy", "socks5://ann:secret@127.0.0.1:1"],
    );
    proxy.assert_failed_with_hint(2, &["--proxy"]);
    assert!(!proxy.stderr.contains("secret"), "{proxy:?}");
    let token = tidings(&[
        "send",
        "--token",
        "00fc13adff785122zz",
        "--bundle-id",
        APP,
        "--body",
        "x",
    ]);
    token.assert_failed_with_hint(2, &["--token number 1 is not a device token"]);
    assert!(!token.stderr.contains("00fc13ad"), "{token:?}");
    let payload = tidings(&[
        "send",
        "--token",
        TOKEN,
        "--bundle-id",
        APP,
        "--payload",
        "{\"aps\": private}",
        "--dry-run",
    ]);
    assert_eq!(payload.status, Some(2), "{payload:?}");
    assert!(!payload.stderr.contains("private"), "{payload:?}");
}

#[test]
fn a_port_where_nobody_listens_is_said_to_refuse() {
    let url = format!("https://{}", Server::gone());
    let ran = Files::new().send(&url, &[]);
    ran.assert_failed_with_hint(
        1,
        &[
            "the request was not sent",
            "connection refused",
            "check host and port",
        ],
    );
}

#[test]
fn a_host_without_an_address_is_named() {
    let ran = Files::new().send("https://no-such-host.invalid:1", &["--timeout", "5s"]);
    ran.assert_failed_with_hint(1, &["no-such-host.invalid"]);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_trusted() {
    let simulation = Simulation::start();
    for roots in [&["--bundled-roots"][..], &[]] {
        let ran = Files::new().send(simulation.url("sandbox"), roots);
        ran.assert_failed_with_hint(1, &["securely", "--ca"]);
    }
}

#[test]
fn a_server_without_http2_is_said_to_lack_it() {
    for protocols in [&["http/1.1"][..], &[]] {
        let server = Server::tls(protocols);
        let ca = server.ca();
        let ran = Files::new().send(&server.url(), &["--ca", ca.to_str().unwrap()]);
        ran.assert_failed_with_hint(1, &["the server does not speak HTTP/2 on this port"]);
    }
}

#[test]
fn a_server_without_tls_is_said_to_lack_it() {
    let server = Server::plain_http();
    let ran = Files::new().send(&server.url(), &["--bundled-roots"]);
    ran.assert_failed_with_hint(1, &["the server does not speak TLS on this port"]);
}

#[test]
fn a_port_that_never_answers_is_given_up_in_time() {
    let server = Server::silent();
    let began = Instant::now();
    let ran = Files::new().send(&server.url(), &["--bundled-roots", "--timeout", "400ms"]);
    ran.assert_failed_with_hint(1, &["no answer within 300ms", "firewall"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn for_programs_a_failure_is_an_outcome_too() {
    let url = format!("https://{}", Server::gone());
    let ran = Files::new().send(&url, &["--format", "json"]);
    ran.assert_failed_with_hint(1, &["connection refused"]);
    let json = ran.json();
    assert_eq!(json["outcome"], "not_sent");
    assert!(json["what_to_do"].is_string(), "{json}");
}
