//! What is handed to people: a Debian package, and the program linked statically for containers.

mod clean_root;
mod deb;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};

use crate::program::{cargo, output_quietly, root, run as run_program, target_dir};

/// The platform of the static program. It is named so that its flags are not those of build scripts and macros.
const STATIC_TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
    /// How the program is built
    #[arg(long, value_enum, default_value_t, global = true)]
    profile: Profile,
}

#[derive(Subcommand)]
enum What {
    /// The Debian package
    Deb,
    /// The Debian package, installed in a clean Debian, used, and purged: nothing may stay behind
    Check,
    /// The program without shared libraries, for `deploy/container/Containerfile`
    Static,
}

/// How the program is built.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// As it is handed out.
    #[default]
    Release,
    /// Unoptimised, to look at the package and not at what is in it.
    Dev,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let made = match options.what {
        What::Deb => deb::make(options.profile)?,
        What::Check => {
            let package = deb::make(options.profile)?;
            clean_root::check(&package)?;
            package
        }
        What::Static => make_static(options.profile)?,
    };
    println!("package: {}", made.display());
    Ok(())
}

/// The check of every change: the package as it is, with the program as the tests have built it.
pub(crate) fn check_unoptimised() -> Result<()> {
    clean_root::check(&deb::make(Profile::Dev)?)
}

impl Profile {
    /// The name of its folder, where cargo puts what it builds.
    fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }

    /// What cargo calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// Where everything for packages is put; in the repository itself, since the manifest of the package names it.
fn folder() -> PathBuf {
    root().join("target/package")
}

/// The program, built so that it needs nothing of the system.
fn make_static(profile: Profile) -> Result<PathBuf> {
    let mut build = cargo([
        "build",
        "--locked",
        "--package",
        "tidings",
        "--target",
        STATIC_TARGET,
    ]);
    build.args(["--profile", profile.name()]);
    build.env("RUSTFLAGS", "-C target-feature=+crt-static");
    run_program(&mut build)?;
    let built = target_dir()
        .join(STATIC_TARGET)
        .join(profile.folder())
        .join("tidings");
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
    let folder = folder().join("static");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let made = folder.join("tidings");
    fs::copy(&built, &made).with_context(|| format!("copying {}", built.display()))?;
    Ok(made)
}
