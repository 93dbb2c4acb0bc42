//! `tidings channels`, and broadcasting to one.

use crate::support::{Ran, Simulation};

fn channels(simulation: &Simulation, name: &str, arguments: &[&str]) -> Ran {
    let mut command = simulation.access(&format!("channels {name}"), "channels_sandbox");
    Ran::of(command.args(simulation.key()).args(arguments))
}

#[test]
fn a_channel_is_made_read_listed_published_to_and_deleted() {
    let simulation = Simulation::start();
    let created = channels(&simulation, "create", &["--storage", "most-recent"]);
    assert_eq!(created.status, Some(0), "{created:?}");
    let id = created.stdout.trim();

    let read = channels(&simulation, "read", &["--channel-id", id, "--format", "json"]).json();
    assert_eq!(read["message_storage_policy"], 1);
    let listed = channels(&simulation, "list", &["--format", "json"]).json();
    assert_eq!(listed["channel_ids"], serde_json::json!([id]));

    let state = r#"{"home":1}"#;
    let arguments = [
        "--broadcast",
        "--channel-id",
        id,
        "--event",
        "update",
        "--content-state",
        state,
    ];
    let published = simulation.send(&arguments);
    assert_eq!(published.status, Some(0), "{published:?}");
    assert!(published.stdout.contains("accepted"), "{published:?}");

    let deleted = channels(&simulation, "delete", &["--channel-id", id]);
    assert_eq!(deleted.status, Some(0), "{deleted:?}");
    let gone = channels(&simulation, "read", &["--channel-id", id]);
    assert_eq!(gone.status, Some(1), "{gone:?}");
    assert!(
        gone.stdout.contains("ChannelNotRegistered") && gone.stdout.contains("what to do"),
        "{gone:?}"
    );
}
