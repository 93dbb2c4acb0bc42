//! A clean Debian in a folder: the package is installed there, used as its user would use it, and purged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::folder;
use crate::program::{output_quietly, root, run};

/// The release that packages are made for.
const RELEASE: &str = "bookworm";

/// What the package may leave: logs and lists of dpkg and of adduser themselves, which no package takes away.
const LEFT_BY_DEBIAN: [&str; 6] = [
    "/etc/",
    "/run/adduser",
    "/var/cache/",
    "/var/lib/apt/",
    "/var/lib/dpkg/",
    "/var/log/",
];

/// Of those that are left by Debian, what would be ours.
const OURS: &str = "tidings";

/// Fails if the package cannot be installed, does not work, or leaves something behind.
pub(super) fn check(package: &Path) -> Result<()> {
    ensure!(
        output_quietly(Command::new("id").arg("-u"))?.trim() == "0",
        "a clean Debian can be set up by root only: run this as root"
    );
    let root = fresh_root()?;
    let before = files(&root)?;
    let inside = root.join("tmp/tidings.deb");
    fs::copy(package, &inside).with_context(|| format!("copying {}", package.display()))?;
    run(in_root(&root, "dpkg").args(["--install", "/tmp/tidings.deb"]))?;
    use_it(&root)?;
    run(in_root(&root, "dpkg").args(["--purge", "tidings"]))?;
    fs::remove_file(&inside).with_context(|| format!("removing {}", inside.display()))?;
    let left: Vec<String> = files(&root)?
        .difference(&before)
        .filter(|path| !is_debians(path))
        .cloned()
        .collect();
    if !left.is_empty() {
        bail!("the package leaves behind: {}", left.join(", "));
    }
    let users = fs::read_to_string(root.join("etc/passwd")).context("reading the users")?;
    ensure!(!users.contains(OURS), "the package leaves its user behind");
    fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    println!("package: installed, used and purged in a clean {RELEASE}; nothing is left");
    Ok(())
}

/// Starts the server as its own user, sends a notification through it to an APNs on this machine, and ends both.
fn use_it(root: &Path) -> Result<()> {
    let story = root.join("tmp/story.sh");
    fs::copy(crate::program::root().join("deploy/debian/story.sh"), &story).context("copying the story")?;
    let told = run(in_root(root, "sh").arg("/tmp/story.sh"));
    fs::remove_file(&story).context("removing the story")?;
    told
}

/// A copy of a Debian that was set up once.
fn fresh_root() -> Result<PathBuf> {
    let base = folder().join(RELEASE);
    if !base.join("usr").exists() {
        let unfinished = folder().join(format!("{RELEASE}.unfinished"));
        remove(&unfinished)?;
        let mut bootstrap = Command::new("debootstrap");
        bootstrap.args([
            "--variant=minbase",
            "--include=adduser,ca-certificates,curl",
            RELEASE,
        ]);
        run(bootstrap.arg(&unfinished))?;
        fs::rename(&unfinished, &base).context("keeping the clean Debian")?;
    }
    let fresh = folder().join("root");
    remove(&fresh)?;
    run(Command::new("cp").arg("--archive").arg(&base).arg(&fresh))?;
    Ok(fresh)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

fn in_root(root: &Path, program: &str) -> Command {
    let mut command = Command::new("chroot");
    command.arg(root).arg(program).current_dir(self::root());
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Everything under a folder, by its path from there.
fn files(root: &Path) -> Result<BTreeSet<String>> {
    let listed = output_quietly(Command::new("find").current_dir(root).args([".", "-xdev"]))?;
    Ok(listed
        .lines()
        .map(|line| line.trim_start_matches('.').to_owned())
        .collect())
}

fn is_debians(path: &str) -> bool {
    LEFT_BY_DEBIAN.iter().any(|folder| path.starts_with(folder)) && !path.contains(OURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_excused_as_debians() {
        assert!(is_debians("/var/log/dpkg.log"));
        assert!(!is_debians("/var/lib/tidings/tidings.db"));
        assert!(!is_debians("/etc/tidings"));
        assert!(!is_debians("/usr/bin/other"));
    }
}
