//! What is in `deploy/` for others' tools, held against these tools: Helm's engine, the schemas of Kubernetes, Compose and
//! `CycloneDX`. They are Python packages in an environment of their own, which `.ci/setup` makes.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::program::{root, run, tidings};

/// Checks the Helm chart and the compose file, with the program that their settings are for.
pub(super) fn check() -> Result<()> {
    let program = tidings()?;
    run(python()?.arg("deploy").arg(program))
}

/// The checker, which wants to know what to check.
pub(super) fn python() -> Result<Command> {
    let folder = root().join("deploy/linters");
    let python = folder.join(".venv/bin/python");
    ensure!(
        python.exists(),
        "{} is not there: run .ci/setup",
        python.display()
    );
    let mut command = Command::new(python);
    command.arg(folder.join("check.py"));
    Ok(command)
}
