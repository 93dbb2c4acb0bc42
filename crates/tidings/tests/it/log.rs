//! What the server writes while it works, when the same thing happens again and again.

use serde_json::{Value, json};

use crate::server::Server;

/// Apps that are made: each is a line of its own, and all come from the same place in the program.
const MANY: usize = 100;

/// Lines of one place that may differ before they count as alike, and those that are whole then.
const WHOLE: usize = 64 + 3;

/// What a server says in which many apps are made.
fn said_in(format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("TIDINGS_LOG__FORMAT", format),
        ("TIDINGS_LOG__STORM_LINES", "3"),
        ("TIDINGS_LOG__STORM_INTERVAL", "1h"),
    ];
    let mut server = Server::start_in(&folder.path().join("data"), None, &variables);
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    for n in 0..MANY {
        let path = format!("/v1/apps/com.example.app{n}/devices/00ff");
        assert_eq!(server.ask("PUT", &path, Some(&json!({}))).status, 200);
    }
    let (status, said) = server.terminate();
    assert_eq!(status, Some(0), "{said}");
    said
}

#[test]
fn a_storm_is_a_few_lines_and_a_count_for_programs() {
    let said = said_in("json");
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let with = |message: &str| {
        let mut found = lines.clone();
        found.retain(|line| line["message"].as_str().is_some_and(|it| it.starts_with(message)));
        found
    };
    assert_eq!(with("an app is known").len(), WHOLE, "{said}");
    let kept_back = with("kept back");
    let [kept_back] = &*kept_back else {
        panic!("{said}")
    };
    assert_eq!(kept_back["level"], "INFO");
    assert_eq!(kept_back["suppressed"], MANY - WHOLE);
    let like = kept_back["like"].as_str().unwrap();
    assert!(
        like.starts_with("an app is known from now on app=com.example.app"),
        "{like}"
    );
    // What happens once is there.
    assert_eq!(with("ready").len(), 1, "{said}");
    assert_eq!(with("ended").len(), 1, "{said}");
}

#[test]
fn a_storm_is_a_few_lines_and_a_count_for_people() {
    let said = said_in("text");
    let whole = said.matches("INFO an app is known from now on").count();
    assert_eq!(whole, WHOLE, "{said}");
    let kept_back = format!("kept back {} more lines like this", MANY - WHOLE);
    assert_eq!(said.matches(&kept_back).count(), 1, "{said}");
}
