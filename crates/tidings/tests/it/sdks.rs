//! The client libraries of `clients/` and a real server; and between them, a way that loses what it can.

mod losing;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{APP, KEY, Ran, Simulation, TEAM, existing};

/// A server with a simulator behind it, ready to be told of a credential.
struct Stage {
    simulation: Simulation,
    server: Server,
    _folder: TempDir,
}

impl Stage {
    fn set() -> Self {
        let simulation = Simulation::start();
        let folder = tempfile::tempdir().unwrap();
        let variables = [("TIDINGS_WEBHOOKS__ALLOW_NETWORKS", "127.0.0.0/8")];
        let mut server = Server::start_in(&folder.path().join("data"), Some(&simulation), &variables);
        server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
        Self {
            simulation,
            server,
            _folder: folder,
        }
    }

    /// A program that is told where everything is.
    fn run(&self, command: &mut Command) -> Ran {
        let authority = self.server.url().strip_prefix("http://").unwrap();
        command
            .env("TIDINGS_URL", self.server.url())
            .env("TIDINGS_LOSING_URL", losing::before(authority))
            .env("TIDINGS_API_KEY", &self.server.key)
            .env("APP", APP)
            .env("TOKEN", self.simulation.token("alert"))
            .env("P8", self.simulation.file(&format!("AuthKey_{KEY}.p8")))
            .env("KEY_ID", KEY)
            .env("TEAM_ID", TEAM);
        Ran::of(command)
    }
}

/// It said as many chapters as its file has, and the phone got what it should, once.
fn assert_told(ran: &Ran, stage: &Stage, chapters: usize) {
    assert_eq!(ran.status, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.lines().count(), chapters, "{ran:?}");
    assert_eq!(stage.simulation.notifications().len(), 1, "{ran:?}");
    assert!(
        !ran.stdout.contains(&stage.server.key) && !ran.stderr.contains(&stage.server.key),
        "the key is shown"
    );
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients")
}

/// A folder in which `import … from 'tidings'` finds the library, as compiled now.
fn with_typescript() -> TempDir {
    let library = clients().join("typescript");
    let compiler = existing(library.join("node_modules/.bin/tsc"));
    let folder = tempfile::tempdir().unwrap();
    let installed = folder.path().join("node_modules/tidings");
    let compiled = Ran::of(
        Command::new(compiler)
            .arg("--project")
            .arg(&library)
            .arg("--outDir")
            .arg(installed.join("dist")),
    );
    assert_eq!(compiled.status, Some(0), "{compiled:?}");
    std::fs::copy(library.join("package.json"), installed.join("package.json")).unwrap();
    folder
}

/// Node, with a program that can import the library.
fn node(folder: &TempDir, program: &str) -> Command {
    let file = folder.path().join("program.mjs");
    std::fs::write(&file, program).unwrap();
    let mut command = Command::new("node");
    command.arg(file);
    command
}

/// Python, with the library.
fn python() -> Command {
    let library = clients().join("python");
    let python = existing(library.join(".venv/bin/python"));
    let mut command = Command::new(python);
    command.env("PYTHONPATH", library.join("src"));
    command
}

/// The first block of code of this language in a README.
fn example(readme: &str, language: &str) -> String {
    let text = std::fs::read_to_string(clients().join(readme)).unwrap();
    let (_, code) = text.split_once(&format!("```{language}\n")).unwrap();
    code.split_once("```").unwrap().0.to_owned()
}

/// The key of the simulation is uploaded, and its phone is ada's.
fn introduce(stage: &Stage) {
    stage.server.upload_key(&stage.simulation);
    let path = format!("devices/{}", stage.simulation.token("alert"));
    let registration = json!({"user_id": "ada", "environment": "sandbox"});
    stage.server.app("PUT", &path, Some(&registration));
}

#[test]
fn the_typescript_library_keeps_its_promises() {
    let stage = Stage::set();
    let folder = with_typescript();
    let story = std::fs::read_to_string(clients().join("typescript/test/system/story.mjs")).unwrap();
    let ran = stage.run(&mut node(&folder, &story));
    assert_told(&ran, &stage, story.matches("\n  async '").count());
}

#[test]
fn the_python_library_keeps_its_promises() {
    let stage = Stage::set();
    let story = clients().join("python/tests/system/story.py");
    let chapters = std::fs::read_to_string(&story)
        .unwrap()
        .matches("\ndef the_")
        .count();
    let ran = stage.run(python().arg(story));
    assert_told(&ran, &stage, chapters);
}

#[test]
fn the_python_library_keeps_its_promises_when_awaited() {
    let stage = Stage::set();
    let story = clients().join("python/tests/system/async_story.py");
    let chapters = std::fs::read_to_string(&story)
        .unwrap()
        .matches("\nasync def the_")
        .count();
    let ran = stage.run(python().arg(story));
    assert_told(&ran, &stage, chapters);
}

#[test]
fn the_examples_of_the_libraries_send_a_notification() {
    let stage = Stage::set();
    introduce(&stage);
    let folder = with_typescript();
    let javascript = example("typescript/README.md", "js");
    let python_code = example("python/README.md", "python");
    for (number, mut command) in [node(&folder, &javascript), {
        let mut command = python();
        command.args(["-c", &python_code]);
        command
    }]
    .into_iter()
    .enumerate()
    {
        let ran = stage.run(&mut command);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("1 delivered"), "{ran:?}");
        assert_eq!(stage.simulation.notifications().len(), number + 1);
    }
}

#[test]
fn the_book_shows_the_examples_that_are_run() {
    let guide = clients().join("../docs/book/src/guides/sdks.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for (readme, language) in [("typescript/README.md", "js"), ("python/README.md", "python")] {
        assert!(guide.contains(&example(readme, language)), "{readme}");
    }
}

#[test]
fn the_file_for_the_app_is_swift() {
    let text = std::fs::read_to_string(clients().join("swift/TidingsRegistration.swift")).unwrap();
    assert_eq!(swift_mistakes(&text), "");
    // Whoever finds nothing wrong would find it.
    let broken = text.trim_end().strip_suffix('}').unwrap();
    assert_ne!(swift_mistakes(broken), "");
}

/// Where a text is no Swift, by lines and columns.
fn swift_mistakes(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.swift");
    std::fs::write(&file, text).unwrap();
    let interop = clients().join("../interop/python");
    let python = existing(interop.join(".venv/bin/python"));
    let ran = Ran::of(
        Command::new(python)
            .arg(interop.join("swift_syntax.py"))
            .arg(file),
    );
    assert_eq!(ran.stderr, "");
    ran.stdout
}
