//! Help, version, explanations, completions, manual pages.

use crate::support::{command, tidings};

#[test]
fn every_command_has_help_with_an_example() {
    let commands = [
        "",
        "demo",
        "serve",
        "send",
        "devices",
        "devices import",
        "devices export",
        "devices list",
        "devices explain",
        "devices restore",
        "backup",
        "restore",
        "health",
        "keys",
        "keys rotate",
        "keys admin",
        "config",
        "config check",
        "config example",
        "config keys",
        "channels",
        "channels create",
        "channels read",
        "channels list",
        "channels delete",
        "simulate",
        "doctor",
        "explain",
        "bench",
        "completions",
        "man",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = tidings(&arguments);
        assert_eq!(help.status, Some(0), "{command}: {help:?}");
        assert!(help.stdout.contains("Usage: tidings"), "{command}");
        assert!(help.stdout.contains("Example"), "{command}");
        assert!(!help.stdout.contains('\u{1b}'), "colour in a pipe: {command}");
    }
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    assert!(!tidings(&["explain", "BadTopic"]).stdout.contains('\u{1b}'));
    assert!(
        tidings(&["explain", "BadTopic", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
}

#[test]
fn the_version_is_told() {
    let version = tidings(&["--version"]);
    assert_eq!(
        version.stdout,
        concat!("tidings ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_ends_with_status_two_and_a_suggestion() {
    tidings(&["sned"]).assert_failed(2, &["unrecognized subcommand 'sned'", "send"]);
    tidings(&["send", "--boddy", "x"]).assert_failed(2, &["--body"]);
    tidings(&["send", "--priority", "7"]).assert_failed(2, &["--priority"]);
    assert_eq!(tidings(&[]).status, Some(2));
}

#[test]
fn a_reason_is_explained_in_words_and_as_json() {
    let text = tidings(&["explain", "unregistered"]);
    assert_eq!(text.status, Some(0), "{text:?}");
    for part in ["Unregistered", "410", "means", "what to do"] {
        assert!(text.stdout.contains(part), "{part}: {text:?}");
    }
    let json = tidings(&["explain", "BadDeviceToken", "--format", "json"]).json();
    assert_eq!(json["reason"], "BadDeviceToken");
    assert_eq!(json["statuses"][0], 400);
    assert_eq!(
        tidings(&["explain", "403", "--format", "json"])
            .json_lines()
            .len(),
        10
    );
}

#[test]
fn what_cannot_be_explained_leads_to_what_was_meant() {
    tidings(&["explain", "BadDeviceTokn"]).assert_failed_with_hint(1, &["did you mean BadDeviceToken?"]);
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tidings(&["completions", shell]);
        assert_eq!(script.status, Some(0), "{shell}");
        assert!(script.stdout.contains("simulate"), "{shell}");
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let page = tidings(&["man", "channels", "create"]);
    assert!(page.stdout.contains(".TH"), "{page:?}");
    assert!(page.stdout.contains("storage"), "{page:?}");
    tidings(&["man", "sned"]).assert_failed_with_hint(2, &["there is no command"]);
    let folder = tempfile::tempdir().unwrap();
    let written = command()
        .args(["man", "--directory"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(written.success());
    for name in ["tidings.1", "tidings-send.1", "tidings-channels-create.1"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}
