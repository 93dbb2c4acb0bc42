//! The rules of the code base that no compiler knows. Each rule is a function from what is there to what
//! is wrong, so that a test can show that it finds something.

mod alerts;
mod edges;
mod fuzz_targets;
mod links;
mod manifests;
mod package;
mod purity;
mod sources;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::program::root;
use crate::tree::Tree;
pub(crate) use edges::ALLOWED as ALLOWED_EDGES;
pub(crate) use package::Package;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Violation {
    fn in_file(path: &str, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            what: what.into(),
        }
    }

    /// `line` counts from one.
    fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.path, self.what),
            None => write!(out, "{}: {}", self.path, self.what),
        }
    }
}

pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(root())?;
    let packages = Package::of_workspace("Cargo.toml")?;
    let fuzz_packages = Package::of_workspace("fuzz/Cargo.toml")?;
    let rules = [
        edges::check(&packages),
        manifests::check(&packages, &tree),
        purity::check(&tree),
        sources::check(&tree),
        words::check(&tree),
        links::check(&tree),
        alerts::check(&tree),
        fuzz_targets::check(&fuzz_packages, &tree),
    ];
    report(&rules.into_iter().flatten().collect::<Vec<_>>())
}

fn report(found: &[Violation]) -> Result<()> {
    for violation in found {
        println!("{violation}");
    }
    if !found.is_empty() {
        bail!("tidy found {} things to mend", found.len());
    }
    println!("tidy: nothing to mend");
    Ok(())
}
