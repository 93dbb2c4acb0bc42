//! `tidings devices`: in, out, in again; what is refused; and going on after an interruption.

use std::path::Path;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{APP, Ran};

fn devices(server: &Server, arguments: &[&str]) -> Ran {
    let (name, rest) = arguments.split_first().unwrap();
    Ran::of(server.command(&["devices", name, "--app", APP]).args(rest))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn token(number: usize) -> String {
    format!("{number:064x}")
}

#[test]
fn what_is_exported_is_imported_elsewhere_as_it_was() {
    let (one, other) = (Server::start(None), Server::start(None));
    let folder = tempfile::tempdir().unwrap();
    for number in 0..7 {
        let body = json!({"user_id": format!("user-{number}"), "tags": ["a", "b"], "environment": "sandbox"});
        one.app("PUT", &format!("devices/{}", token(number)), Some(&body));
    }
    for form in ["csv", "ndjson"] {
        let file = folder.path().join(format!("devices.{form}"));
        let exported = devices(&one, &["export", "--output", text(&file)]);
        assert_eq!(exported.status, Some(0), "{exported:?}");
        let imported = devices(&other, &["import", text(&file), "--format", "json"]);
        assert_eq!(imported.status, Some(0), "{imported:?}");
        assert_eq!(imported.json()["records"], 7);
    }
    let list = |server: &Server| {
        let lines = devices(server, &["list", "--format", "json"]).json_lines();
        let facts = |device: &Value| {
            ["token", "user_id", "tags", "environment", "last_registered_at"].map(|name| device[name].clone())
        };
        lines.iter().map(facts).collect::<Vec<_>>()
    };
    assert_eq!(list(&one), list(&other));
    let of_user = devices(&other, &["list", "--user", "user-3", "--format", "json"]).json();
    assert_eq!(of_user["token"], token(3));
    let some = devices(&other, &["list", "--limit", "2"]);
    assert_eq!(some.stdout.lines().count(), 2);
    assert!(some.stderr.contains("there are more"), "{some:?}");
}

#[test]
fn refused_lines_are_told_by_their_numbers_and_the_others_are_in() {
    let server = Server::start(None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("devices.csv");
    let good = token(1);
    let lines = [
        "Push-Token,env,external_user_id,colour,registered_at",
        &format!("{good},unknown,ann,red,2026-01-02 03:04:05"),
        "nonsense,,ben,,",
        &format!("<{}>,Development,\"c\nd\",,1767322800", token(2)),
        &format!("{},staging,,,", token(3)),
        &format!("{},,{},,", token(4), "x".repeat(300)),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let refused = folder.path().join("refused.ndjson");
    let ran = devices(
        &server,
        &[
            "import",
            text(&file),
            "--map",
            "Push-Token=token",
            "--refused",
            text(&refused),
            "--format",
            "json",
        ],
    );
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("not used: colour"), "{ran:?}");
    let tally = ran.json();
    assert_eq!(
        (&tally["created"], &tally["refused"]),
        (&json!(1), &json!(4)),
        "{tally}"
    );
    let lines = std::fs::read_to_string(&refused).unwrap();
    let mut numbers: Vec<u64> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["line"]
                .as_u64()
                .unwrap()
        })
        .collect();
    numbers.sort_unstable();
    // The third record goes over two lines, and a line break is no part of a user's name.
    assert_eq!(numbers, [3, 4, 6, 7]);
    let device = server.app("GET", &format!("devices/{good}"), None);
    assert_eq!(device["last_registered_at"], "2026-01-02T03:04:05.000Z");
    assert_eq!(device["environment"], Value::Null);
}

#[test]
fn an_import_that_broke_off_goes_on_where_it_was() {
    let server = Server::start(None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("devices.ndjson");
    let lines: Vec<String> = (0..250)
        .map(|number| json!({"token": token(number)}).to_string())
        .collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let state = folder.path().join("state");
    let whole = [
        "import",
        text(&file),
        "--resume",
        text(&state),
        "--batch",
        "100",
        "--format",
        "json",
    ];
    // What an import that was interrupted after its first batch has left behind.
    let bytes = std::fs::metadata(&file).unwrap().len();
    let path = std::fs::canonicalize(&file).unwrap();
    let left = json!({"file": path, "bytes": bytes, "records": 100, "created": 100, "updated": 0, "unchanged": 0,
        "left_out": 0, "refused": 0, "done": false});
    std::fs::write(&state, left.to_string()).unwrap();
    let ran = devices(&server, &whole);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(
        (&ran.json()["records"], &ran.json()["created"]),
        (&json!(250), &json!(250))
    );
    let list = devices(&server, &["list", "--limit", "1000", "--format", "json"]).json_lines();
    assert_eq!(list.len(), 150, "the first hundred are not sent again");
    let again = devices(&server, &whole);
    assert!(again.stderr.contains("in already"), "{again:?}");
    std::fs::write(&file, "{}\n").unwrap();
    devices(&server, &whole).assert_failed_with_hint(1, &["another file"]);
}

#[test]
fn a_server_that_is_not_there_or_does_not_know_the_key_says_what_to_do() {
    let server = Server::start(None);
    let nobody =
        Ran::of(&mut server.command(&["devices", "list", "--app", APP, "--server", "http://127.0.0.1:1"]));
    nobody.assert_failed_with_hint(1, &["cannot reach", "tidings serve"]);
    let stranger = Ran::of(
        server
            .command(&["devices", "list", "--app", APP])
            .env("TIDINGS_API_KEY", "tid_x"),
    );
    stranger.assert_failed_with_hint(1, &["401"]);
    let keyless = Ran::of(
        server
            .command(&["devices", "list", "--app", APP])
            .env_remove("TIDINGS_API_KEY"),
    );
    keyless.assert_failed_with_hint(2, &["no API key"]);
    devices(&server, &["explain", &token(9)]).assert_failed_with_hint(1, &["404"]);
    devices(&server, &["import", "/no/such.csv"]).assert_failed_with_hint(1, &["/no/such.csv"]);
    devices(&server, &["import", "x"]).assert_failed_with_hint(2, &["--form"]);
}

#[test]
fn a_device_is_explained_in_words_and_restored() {
    let server = Server::start(None);
    server.app(
        "PUT",
        &format!("devices/{}", token(1)),
        Some(&json!({"user_id": "ann"})),
    );
    let explained = devices(&server, &["explain", &token(1)]);
    assert_eq!(explained.status, Some(0), "{explained:?}");
    for part in ["unproven since", "why", "what to do", "ann"] {
        assert!(explained.stdout.contains(part), "{part}: {explained:?}");
    }
    let restored = devices(&server, &["restore", &token(1), "--format", "json"]);
    assert_eq!(restored.status, Some(0), "{restored:?}");
    let unknown = devices(&server, &["restore", &token(1), &token(2)]);
    assert_eq!(unknown.status, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("1 of them"), "{unknown:?}");
}
