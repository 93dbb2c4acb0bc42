//! What is handed to people: a Debian package, and the program linked statically for containers.

mod clean_root;
mod deb;
mod linters;
mod publishing;
mod sbom;
mod statically;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};

use crate::program::root;

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
    /// The program without shared libraries, built twice in two folders: the bytes must be the same
    Reproducible,
    /// The bill of materials, as `CycloneDX` JSON
    Sbom,
    /// The Helm chart and the compose file, held against the tools that will read them
    Lint,
    /// Whether the libraries could be published; packs and compiles them, and uploads nothing
    PublishCheck,
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
        What::Static => {
            let program = statically::make(options.profile)?;
            statically::check(&program)?;
            program
        }
        What::Reproducible => {
            let program = statically::reproduce(options.profile)?;
            statically::check(&program)?;
            program
        }
        What::Sbom => sbom::make()?,
        What::Lint => return linters::check(),
        What::PublishCheck => return publishing::dry_run(),
    };
    println!("package: {}", made.display());
    Ok(())
}

/// The check of every change: what others' tools read, and the package as it is, with the program as the tests have built it.
pub(crate) fn check_unoptimised() -> Result<()> {
    publishing::check_manifests()?;
    linters::check()?;
    sbom::make()?;
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
