//! Everything that a change must pass, in the order in which a failure is cheapest.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;

use crate::program::{cargo, require_subcommand, root, run as run_program, target_dir};
use crate::{clients, codegen, fuzz, package, tidy};

/// The workspaces beside the main one, by their manifests.
const SIDE_WORKSPACES: [&str; 2] = ["fuzz/Cargo.toml", "interop/Cargo.toml"];

#[derive(Args)]
pub(crate) struct Options {
    /// Only these steps; all when none is named
    #[arg(value_parser = STEPS.map(|(name, _)| name))]
    steps: Vec<String>,
}

/// A step by its name; it fails by an error.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 14] = [
    ("setup", setup),
    ("tidy", tidy::run),
    ("fmt", fmt),
    ("clippy", clippy),
    ("deny", deny),
    ("interop", interop),
    ("codegen", codegen::check),
    ("clients", clients::check),
    ("fuzz", fuzz::smoke_all),
    ("doc", doc),
    ("doctest", doctest),
    ("test", test),
    ("alerts", alerts),
    ("package", package::check_unoptimised),
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut done = Vec::new();
    for (name, step) in STEPS.iter().filter(|(name, _)| wanted(options, name)) {
        println!("\n── {name} ──");
        let started = Instant::now();
        step().with_context(|| format!("ci stopped at `{name}` (alone: cargo xtask ci {name})"))?;
        done.push(format!("{name} {} s", started.elapsed().as_secs()));
    }
    println!("\nci: passed ({})", done.join(", "));
    Ok(())
}

fn wanted(options: &Options, name: &str) -> bool {
    options.steps.is_empty() || options.steps.iter().any(|step| step == name)
}

/// What the other steps need and a machine may not have.
fn setup() -> Result<()> {
    run_program(Command::new(root().join(".ci/setup")).current_dir(root()))
}

fn fmt() -> Result<()> {
    run_program(&mut cargo(["fmt", "--all", "--check"]))?;
    SIDE_WORKSPACES.iter().try_for_each(|manifest| {
        run_program(&mut cargo([
            "fmt",
            "--all",
            "--check",
            "--manifest-path",
            manifest,
        ]))
    })
}

fn clippy() -> Result<()> {
    run_program(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    SIDE_WORKSPACES.iter().try_for_each(|manifest| {
        let arguments = ["clippy", "--locked", "--manifest-path", manifest, "--target-dir"];
        run_program(cargo(arguments).arg(target_dir()).args(["--", "-D", "warnings"]))
    })
}

/// Without the advisories: they need the advisory database from the network.
fn deny() -> Result<()> {
    require_subcommand("deny")?;
    println!("advisories are not checked here: they need the network (`cargo deny check advisories`)");
    run_program(&mut cargo([
        "deny",
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

/// The foreign clients and servers that are Rust; `.ci/setup` has fetched the others.
fn interop() -> Result<()> {
    let arguments = [
        "build",
        "--locked",
        "--manifest-path",
        "interop/Cargo.toml",
        "--target-dir",
    ];
    run_program(cargo(arguments).arg(target_dir()))
}

/// The alert rules, by Prometheus's own checker.
fn alerts() -> Result<()> {
    let rules = root().join("deploy/prometheus");
    let fetched = root().join("interop/bin/promtool");
    let promtool = if fetched.exists() {
        fetched
    } else {
        "promtool".into()
    };
    for arguments in [
        ["check", "rules", "tidings.rules.yaml"],
        ["test", "rules", "tidings.rules.test.yaml"],
    ] {
        run_program(Command::new(&promtool).args(arguments).current_dir(&rules))?;
    }
    Ok(())
}

fn doc() -> Result<()> {
    run_program(cargo(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn doctest() -> Result<()> {
    run_program(&mut cargo(["test", "--doc", "--workspace", "--locked"]))
}

fn test() -> Result<()> {
    require_subcommand("nextest")?;
    run_program(&mut cargo(["nextest", "run", "--workspace", "--locked"]))
}
