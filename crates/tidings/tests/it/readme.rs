//! What the README tells people to type does what it says, as it stands there.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{Server, until};
use crate::support::{APP, KEY, Simulation};

const README: &str = include_str!("../../../../README.md");

/// The block of commands that begins with this line.
fn block(first: &str) -> String {
    let mut blocks = README.split("```sh\n").skip(1);
    let block = blocks.find(|block| block.starts_with(first));
    let block = block.unwrap_or_else(|| panic!("no block that begins with {first:?} in the README"));
    block.split_once("```").unwrap().0.to_owned()
}

/// The same with other values for its variables, and without the comments after the old ones.
fn with_values(block: &str, values: &[(&str, &str)]) -> String {
    let line = |line: &str| {
        let set = values
            .iter()
            .find(|(name, _)| line.starts_with(&format!("{name}=")));
        set.map_or_else(|| line.to_owned(), |(name, value)| format!("{name}={value}"))
    };
    block.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn following_the_readme_leads_to_a_notification_on_a_phone() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    let token = simulation.token("alert");
    let commands = with_values(
        &block("T=http://127.0.0.1:8377"),
        &[
            ("T", server.url()),
            ("APP", APP),
            ("KEY", &server.key),
            ("TOKEN", &token),
        ],
    );
    let key_file = simulation
        .file(&format!("AuthKey_{KEY}.p8"))
        .display()
        .to_string();
    let commands = commands.replace("AuthKey_ABCDE12345.p8", &key_file);

    let ran = Command::new("sh")
        .args(["-euc", &commands])
        .stdin(Stdio::null())
        .output()
        .unwrap();

    assert!(
        ran.status.success(),
        "{commands}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let answers: Vec<Value> = serde_json::Deserializer::from_slice(&ran.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(answers[1]["action"], "ok");
    until("the notification is on the phone", || {
        let shown = simulation.notifications();
        (shown.first()?["payload"]["aps"]["alert"]["title"] == "Tea").then_some(())
    });
}

#[test]
fn it_is_short() {
    assert!(README.lines().count() <= 200);
}
