//! `tidings demo`: every line comes true.

use crate::support::tidings;

#[test]
fn the_story_comes_true_to_its_last_line() {
    let demo = tidings(&["demo", "--once", "--json"]);
    assert_eq!(demo.status, Some(0), "{demo:?}");
    let lines = demo.json_lines();
    let (first, rest) = lines.split_first().unwrap();
    let (last, story) = rest.split_last().unwrap();
    assert_eq!(first["event"], "ready");
    assert_eq!(last["event"], "end");
    assert_eq!(
        (&last["lines"], &last["came_true"]),
        (&story.len().into(), &story.len().into())
    );
    for line in story {
        assert_eq!(line["event"], "line");
        assert_eq!(line["came_true"], true, "{line}");
        assert!(
            line["truth"].as_str().is_some_and(|truth| !truth.is_empty()),
            "{line}"
        );
    }
    let told = |what: &str| {
        let line = story.iter().find(|line| line["what"] == what);
        line.unwrap_or_else(|| panic!("{what}")).clone()
    };
    assert_eq!(told("one request to everyone")["said"], "5 of 5 delivered");
    let unregistered = "410 Unregistered, token unregistered";
    assert_eq!(told("the app was deleted")["said"], unregistered);
    let incident = told("a notification after the server was deployed wrongly");
    assert!(
        incident["means"]
            .as_str()
            .is_some_and(|means| means.contains("BadDeviceToken")),
        "{incident}"
    );
    assert_eq!(
        told("the server is deployed rightly again")["said"],
        "20 of 20 delivered"
    );
}

#[test]
fn for_people_the_story_is_told_in_words() {
    let demo = tidings(&["demo", "--once"]);
    assert_eq!(demo.status, Some(0), "{demo:?}");
    assert!(demo.stdout.contains("✔ VoIP: a call comes in"), "{demo:?}");
    assert!(!demo.stdout.contains('✘'), "{demo:?}");
    let width = demo.stdout.lines().map(|line| line.chars().count()).max();
    assert!(width <= Some(100), "{width:?}");
}
