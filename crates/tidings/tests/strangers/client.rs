//! The clients, and how they are started.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A client that nobody here wrote. `interop/` has a program around each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    NodeApn,
    Apns2,
    Aioapns,
    A2,
    Curl,
    H2load,
}

use Client::{A2, Aioapns, Apns2, Curl, H2load, NodeApn};

impl Client {
    /// The name in its lines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            NodeApn => "@parse/node-apn",
            Apns2 => "apns2",
            Aioapns => "aioapns",
            A2 => "a2",
            Curl => "curl",
            H2load => "h2load",
        }
    }

    /// The program, which the test needs: there is no test without it.
    pub(crate) fn command(self) -> Command {
        match self {
            NodeApn => node("node-apn.mjs"),
            Apns2 => node("apns2.mjs"),
            Aioapns => python("aioapns_client.py"),
            A2 => Command::new(existing(
                a2_client(),
                "`cargo xtask ci interop` builds it, after .ci/setup",
            )),
            Curl => needing("curl", python("curl_client.py")),
            H2load => needing("h2load", python("h2load_client.py")),
        }
    }
}

/// Node with the libraries of `interop/node`.
pub(crate) fn node(script: &str) -> Command {
    existing(interop("node/node_modules"), SETUP);
    let mut command = needing("node", Command::new("node"));
    command.arg(interop("node").join(script));
    command
}

/// Python with the libraries of `interop/python`.
pub(crate) fn python(script: &str) -> Command {
    let mut command = Command::new(existing(interop("python/.venv/bin/python"), SETUP));
    command.arg(interop("python").join(script));
    command
}

/// The Rust programs of `interop/` are built into the folder that this binary is built into.
fn a2_client() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_tidings")).with_file_name("a2-client")
}

const SETUP: &str = ".ci/setup gets it";

fn interop(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../interop")
        .join(path)
}

fn existing(path: PathBuf, remedy: &str) -> PathBuf {
    assert!(path.exists(), "{} is missing: {remedy}", path.display());
    path
}

fn needing(program: &str, command: Command) -> Command {
    let version = Command::new(program).arg("--version").output();
    assert!(version.is_ok(), "{program} is missing: {SETUP}");
    command
}
