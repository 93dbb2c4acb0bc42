//! The program linked so that it needs nothing of the system, for containers and for any Linux; and the proof that building
//! it again, elsewhere, makes the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Profile, STATIC_TARGET, folder};
use crate::program::{cargo, output_quietly, root, run, target_dir};

/// The program in a folder, with an empty one for its data: what the container file copies.
pub(super) fn make(profile: Profile) -> Result<PathBuf> {
    let built = build(root(), &target_dir(), profile)?;
    keep(&built)
}

/// Runs the program in a root that has nothing else and cannot be written, as the user of the container.
pub(super) fn check(program: &Path) -> Result<()> {
    ensure!(
        output_quietly(Command::new("id").arg("-u"))?.trim() == "0",
        "a root with nothing in it can be entered by root only: run this as root"
    );
    let story = root().join("deploy/container/story.sh");
    run(Command::new("unshare").arg("--mount").arg(story).arg(program))
}

/// Builds what is committed here and once more elsewhere, and fails if the bytes differ.
pub(super) fn reproduce(profile: Profile) -> Result<PathBuf> {
    let changed = output_quietly(
        Command::new("git")
            .current_dir(root())
            .args(["status", "--porcelain"]),
    )?;
    ensure!(
        changed.is_empty(),
        "what is built twice must be committed: {changed}"
    );
    let program = make(profile)?;
    let elsewhere = folder().join("reproducible/in-another-place");
    remove(&elsewhere)?;
    copy_committed(&elsewhere)?;
    let again = build(&elsewhere, &elsewhere.join("target"), profile)?;
    run(Command::new("cmp").arg(&program).arg(&again))?;
    let summed = output_quietly(Command::new("sha256sum").arg(&program))?;
    let sum = summed.split(' ').next().unwrap_or_default();
    println!("package: built twice, in two folders: the same bytes, SHA-256 {sum}");
    // Only when they are equal: who looks for the difference needs both.
    remove(&elsewhere)?;
    Ok(program)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// Builds the program from the sources in a folder.
fn build(source: &Path, target: &Path, profile: Profile) -> Result<PathBuf> {
    let mut build = cargo([
        "build",
        "--locked",
        "--package",
        "tidings",
        "--target",
        STATIC_TARGET,
    ]);
    build.args(["--profile", profile.name()]).current_dir(source);
    build.env("CARGO_TARGET_DIR", target);
    let prefixes = prefixes(source, target);
    build.env("RUSTFLAGS", rust_flags(&prefixes));
    build.env("CFLAGS", c_flags(&prefixes));
    // What the day and the place of the build would change.
    build
        .env("SOURCE_DATE_EPOCH", "0")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    build.env("CARGO_INCREMENTAL", "0");
    run(&mut build)?;
    let built = target.join(STATIC_TARGET).join(profile.folder()).join("tidings");
    let linked = output_quietly(
        Command::new("file")
            .args(["--brief", "--dereference"])
            .arg(&built),
    )?;
    ensure!(
        linked.contains("static"),
        "{} is not static: {linked}",
        built.display()
    );
    Ok(built)
}

/// Folders of this machine, and what stands for them in the program. The more particular come last, and win.
fn prefixes(source: &Path, target: &Path) -> Vec<(PathBuf, &'static str)> {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    vec![
        (home, "/cargo"),
        (source.to_owned(), "/tidings"),
        (target.to_owned(), "/target"),
    ]
}

/// Randomness comes from the system call: a static program cannot look for a newer one in the C library, and would open
/// `/dev/random`, which an empty root does not have.
fn rust_flags(prefixes: &[(PathBuf, &str)]) -> String {
    let remapped = prefixes
        .iter()
        .map(|(from, to)| format!(" --remap-path-prefix={}={to}", from.display()));
    let fixed = "-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\"";
    fixed.to_owned() + &remapped.collect::<String>()
}

fn c_flags(prefixes: &[(PathBuf, &str)]) -> String {
    let mapped = prefixes
        .iter()
        .map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
    mapped.collect::<Vec<_>>().join(" ")
}

/// What is committed, in a folder.
fn copy_committed(to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    let archive = to.join("sources.tar");
    run(Command::new("git")
        .current_dir(root())
        .args(["archive", "--output"])
        .arg(&archive)
        .arg("HEAD"))?;
    run(Command::new("tar").current_dir(to).arg("xf").arg(&archive))?;
    fs::remove_file(&archive).with_context(|| format!("removing {}", archive.display()))
}

fn keep(built: &Path) -> Result<PathBuf> {
    let folder = folder().join("static");
    fs::create_dir_all(folder.join("data")).with_context(|| format!("making {}", folder.display()))?;
    let made = folder.join("tidings");
    fs::copy(built, &made).with_context(|| format!("copying {}", built.display()))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_this_machine_is_left_in_the_program() {
        let prefixes = prefixes(Path::new("/home/ada/tidings"), Path::new("/var/target"));
        assert!(rust_flags(&prefixes).contains("--remap-path-prefix=/home/ada/tidings=/tidings"));
        assert!(c_flags(&prefixes).ends_with("-ffile-prefix-map=/var/target=/target"));
    }
}
