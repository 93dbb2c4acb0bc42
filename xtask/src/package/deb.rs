//! The Debian package. What is in it stands in `crates/tidings/Cargo.toml`; what the program can print of itself (manual
//! pages, completions, the example of a configuration) is made here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Profile, folder, sbom};
use crate::program::{cargo, output_quietly, require_subcommand, target_dir};

/// The shells, and the names under which they look for completions.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "tidings.bash"),
    ("zsh", "_tidings"),
    ("fish", "tidings.fish"),
];

/// Makes the package; where it is.
pub(super) fn make(profile: Profile) -> Result<PathBuf> {
    require_subcommand("deb")?;
    crate::program::run(&mut cargo([
        "build",
        "--locked",
        "--package",
        "tidings",
        "--profile",
        profile.name(),
    ]))?;
    let program = target_dir().join(profile.folder()).join("tidings");
    print_itself(&program, &folder())?;
    sbom::write()?;
    fs::copy(&program, folder().join("tidings")).context("copying the program")?;
    let package = folder().join("tidings.deb");
    let mut deb = cargo(["deb", "--quiet", "--no-build", "--package", "tidings"]);
    if profile == Profile::Dev {
        // Ten times as quick, for a package that nobody downloads.
        deb.arg("--fast");
    }
    deb.arg("--output").arg(&package);
    crate::program::run(&mut deb)?;
    Ok(package)
}

fn print_itself(program: &Path, folder: &Path) -> Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    for folder in [&man, &completions] {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    output_quietly(Command::new(program).args(["man", "--directory"]).arg(&man))?;
    for (shell, name) in SHELLS {
        let text = output_quietly(Command::new(program).args(["completions", shell]))?;
        write(&completions.join(name), &text)?;
    }
    let example = output_quietly(Command::new(program).args(["config", "example"]))?;
    write(&folder.join("tidings.example.toml"), &example)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
