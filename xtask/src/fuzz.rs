//! Fuzzing on the stable toolchain: the targets of `fuzz/` with libFuzzer and the compiler's own coverage
//! instrumentation. The layout is cargo-fuzz's, so `cargo fuzz run -s none TARGET` does the same.
//!
//! There is no address sanitizer (it needs a nightly toolchain), and little for it to find: our code has no `unsafe`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::program::{cargo, output, output_quietly, root, run as run_program, target_dir};
use crate::tidy::Package;

/// What cargo-fuzz passes to the compiler, besides the sanitizer.
const INSTRUMENTATION: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// A single input may take this long; a parser that needs more has a defect.
const SECONDS_PER_INPUT: u32 = 10;

/// A target may use this much memory; our parsers are bounded.
const MEBIBYTES: u32 = 1024;

#[derive(Args)]
pub(crate) struct Options {
    /// Which targets; all when none is named
    targets: Vec<String>,
    /// How long to run each
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only run each target over its seeds and known inputs, without instrumentation
    #[arg(long, conflicts_with = "seconds")]
    smoke: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = chosen(&options.targets, known()?)?;
    if options.smoke {
        smoke(&targets)
    } else {
        explore(&targets, options.seconds)
    }
}

/// Builds the targets as tests are built and runs each over its seeds.
pub(crate) fn smoke_all() -> Result<()> {
    smoke(&known()?)
}

fn smoke(targets: &[String]) -> Result<()> {
    let folder = target_dir();
    run_program(&mut build(&folder))?;
    for target in targets {
        let seeds = files(&seeds(target))?;
        output_quietly(Command::new(folder.join("debug").join(target)).args(&seeds))?;
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn explore(targets: &[String], seconds: u32) -> Result<()> {
    let folder = target_dir().join("fuzz");
    let host = host()?;
    // With a target named, build scripts and macros are not instrumented.
    run_program(
        build(&folder)
            .args(["--release", "--target", &host])
            .env("RUSTFLAGS", INSTRUMENTATION),
    )?;
    let programs = folder.join(host).join("release");
    let mut failed = Vec::new();
    for target in targets {
        if let Err(error) = explore_one(&programs.join(target), target, seconds) {
            println!("{target}: {error:#}");
            failed.push(target.as_str());
        }
    }
    if !failed.is_empty() {
        bail!(
            "found something: {} (the inputs are in fuzz/artifacts; make each a test)",
            failed.join(", ")
        );
    }
    println!(
        "fuzz: {} targets ran for {seconds} s each and found nothing",
        targets.len()
    );
    Ok(())
}

fn explore_one(program: &Path, target: &str, seconds: u32) -> Result<()> {
    let corpus = root().join("fuzz/corpus").join(target);
    let artifacts = root().join("fuzz/artifacts").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let mut command = Command::new(program);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={SECONDS_PER_INPUT}"))
        .arg(format!("-rss_limit_mb={MEBIBYTES}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        .args([corpus, seeds(target)]);
    run_program(&mut command)
}

fn build(folder: &Path) -> Command {
    let mut command = cargo([
        "build",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--bins",
        "--target-dir",
    ]);
    command.arg(folder);
    command
}

/// The machine that we build on, as the compiler names it.
fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

fn known() -> Result<Vec<String>> {
    let packages = Package::of_workspace("fuzz/Cargo.toml")?;
    Ok(packages
        .into_iter()
        .flat_map(|package| package.targets)
        .map(|target| target.name)
        .collect())
}

fn chosen(wanted: &[String], known: Vec<String>) -> Result<Vec<String>> {
    if wanted.is_empty() {
        return Ok(known);
    }
    match wanted.iter().find(|target| !known.contains(target)) {
        Some(target) => bail!(
            "there is no fuzz target {target}; there are: {}",
            known.join(", ")
        ),
        None => Ok(wanted.to_vec()),
    }
}

fn seeds(target: &str) -> PathBuf {
    root().join("fuzz/seeds").join(target)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("reading the seeds in {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_targets_run_when_none_is_named() {
        assert_eq!(chosen(&[], names(&["a", "b"])).unwrap(), ["a", "b"]);
        assert_eq!(chosen(&names(&["b"]), names(&["a", "b"])).unwrap(), ["b"]);
    }

    #[test]
    fn an_unknown_target_is_an_error_that_names_the_known_ones() {
        let error = chosen(&names(&["c"]), names(&["a", "b"]))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "there is no fuzz target c; there are: a, b");
    }
}
