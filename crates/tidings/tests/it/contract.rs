//! `tidings serve` before schemathesis: whether the API is what its OpenAPI document says, and refuses what it should.
//! What it is let off, and why, is in `interop/python/schemathesis/`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Simulation, existing};

/// How long it makes things up. `TIDINGS_CONTRACT_SECONDS` says otherwise, for a longer look by hand, which follows links, too.
const SECONDS: &str = "40";

#[test]
fn the_api_is_what_its_document_says() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    server.upload_key(&simulation);
    let device = format!("devices/{}", simulation.token("alert"));
    server.app("PUT", &device, Some(&json!({"user_id": "ann"})));
    let folder = tempfile::tempdir().unwrap();
    let document = server.ask("GET", "/openapi.json", None).body;
    // As a file: where it is had from would not be tried otherwise.
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, &document).unwrap();

    // What follows from the document takes as long as it takes.
    let said = passed(&server, &file, &["--phases", "examples,coverage"]);
    let all = format!("Tested: {}", operations(&document));
    assert!(said.contains(&all), "not all operations were tried: {said}");
    // Following links depends on what the server has meanwhile: that is for a longer look, and not the same each time.
    let longer = std::env::var("TIDINGS_CONTRACT_SECONDS").ok();
    let (phases, seconds) = match &longer {
        Some(seconds) => ("fuzzing,stateful", seconds.as_str()),
        None => ("fuzzing", SECONDS),
    };
    passed(&server, &file, &["--phases", phases, "--max-time", seconds]);
    let answers = std::fs::read_to_string(folder.path().join("answers-of-lines")).unwrap();
    for operation in ["import_devices", "send_notifications"] {
        assert!(
            answers.contains(operation),
            "no line of it was looked at: {operation}"
        );
    }

    // All of it was done with a key that was good to the end.
    assert_eq!(server.ask("GET", "/v1/apps", None).status, 200);
    let (status, log) = server.terminate();
    assert_eq!(status, Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

/// What schemathesis says, which must have found nothing.
fn passed(server: &Server, document: &Path, arguments: &[&str]) -> String {
    let mut run = schemathesis();
    run.arg("run")
        .arg(document)
        .args(["--url", server.url()])
        .args(arguments);
    run.env("TIDINGS_API_KEY", &server.key);
    let folder = document.parent().unwrap();
    // It keeps what it has learned where it is started, and is to learn nothing from earlier runs.
    run.env("TIDINGS_BACKUPS", folder).current_dir(folder);
    let ran = run.output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{complaints}");
    said
}

fn operations(document: &str) -> usize {
    let document: Value = serde_json::from_str(document).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    paths.map(|item| item.as_object().unwrap().len()).sum()
}

/// With its configuration, and nothing of this machine's.
fn schemathesis() -> Command {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/python");
    let program = existing(interop.join(".venv/bin/schemathesis"));
    let configuration = existing(interop.join("schemathesis"));
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(configuration.join("schemathesis.toml"));
    command
        .env("PYTHONPATH", &configuration)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
