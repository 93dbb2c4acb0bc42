//! Running other programs: what is run is shown, and a missing one is an error that says how to install it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, in the root of the repository.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Shows the command, runs it, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .or_else(|error| match error.kind() {
            ErrorKind::NotFound => bail!("{} is not installed", command.get_program().display()),
            _ => Err(error).with_context(|| format!("running {}", shown(command))),
        })?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// What the command prints. What it says on the error output is seen at once.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    finish(command.stderr(Stdio::inherit()))
}

/// What the command prints; what it says on the error output is shown only when it fails.
pub(crate) fn output_quietly(command: &mut Command) -> Result<String> {
    finish(command)
}

fn finish(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("running {}", shown(command)))?;
    if !output.status.success() {
        print!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        bail!("`{}` ended with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading what `{}` printed", shown(command)))
}

/// The binary as the tests build it, up to date.
pub(crate) fn tidings() -> Result<PathBuf> {
    output(&mut cargo([
        "build",
        "--quiet",
        "--workspace",
        "--locked",
        "--bin",
        "tidings",
    ]))?;
    Ok(target_dir().join("debug/tidings"))
}

/// Fails with the command that installs it when cargo has no such subcommand.
pub(crate) fn require_subcommand(name: &str) -> Result<()> {
    let found = cargo([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    bail!("cargo-{name} is not installed: `cargo install --locked cargo-{name}`, or run .ci/setup")
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_an_error_that_names_it() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().contains("`false` ended with"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_says_so() {
        let error = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert_eq!(error.to_string(), "no-such-program-anywhere is not installed");
    }

    #[test]
    fn a_missing_subcommand_names_the_command_that_installs_it() {
        let error = require_subcommand("no-such-subcommand").unwrap_err().to_string();
        assert!(
            error.contains("cargo install --locked cargo-no-such-subcommand"),
            "{error}"
        );
    }
}
