//! Whether the libraries could be published: what their manifests say, what would be uploaded, and whether that compiles by
//! itself. Nothing is uploaded.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::program::{cargo, output, run};

/// What everybody who gets a crate should find in it.
const NEEDED: [&str; 5] = [
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "src/lib.rs",
];

/// What crates.io takes of keywords and of categories.
const MOST_WORDS: usize = 5;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate of this workspace, as `cargo metadata` tells it.
#[derive(Debug, Default, Deserialize)]
struct Package {
    name: String,
    description: Option<String>,
    license: Option<String>,
    repository: Option<String>,
    homepage: Option<String>,
    readme: Option<String>,
    rust_version: Option<String>,
    keywords: Vec<String>,
    categories: Vec<String>,
    /// The registries that it may be published to: all where nothing is said.
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<String>,
}

/// What can be said without compiling anything.
pub(super) fn check_manifests() -> Result<()> {
    let published = published()?;
    for package in &published {
        let wrong = package.wrong(&published);
        ensure!(wrong.is_empty(), "{}: {}", package.name, wrong.join(", "));
        let listed = output(cargo(["package", "--list", "--allow-dirty", "--package"]).arg(&package.name))?;
        for needed in NEEDED {
            ensure!(
                listed.lines().any(|line| line == needed),
                "{}: {needed} would not be uploaded",
                package.name
            );
        }
    }
    println!("package: {} libraries could be published", published.len());
    Ok(())
}

/// Packs and compiles all of them as crates.io would, in their order.
pub(super) fn dry_run() -> Result<()> {
    check_manifests()?;
    let mut publish: Command = cargo(["publish", "--dry-run", "--locked", "--allow-dirty"]);
    for package in published()? {
        publish.args(["--package", &package.name]);
    }
    run(&mut publish)
}

fn published() -> Result<Vec<Package>> {
    let json = output(&mut cargo([
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--locked",
    ]))?;
    let metadata: Metadata = serde_json::from_str(&json).context("reading the output of cargo metadata")?;
    let may = |package: &Package| {
        package
            .publish
            .as_ref()
            .is_none_or(|where_to| !where_to.is_empty())
    };
    Ok(metadata.packages.into_iter().filter(may).collect())
}

impl Package {
    /// What would be refused, or would leave readers without an answer.
    fn wrong(&self, published: &[Self]) -> Vec<String> {
        let told = [
            ("description", &self.description),
            ("license", &self.license),
            ("repository", &self.repository),
            ("homepage", &self.homepage),
            ("readme", &self.readme),
            ("rust-version", &self.rust_version),
        ];
        let missing = told.iter().filter(|(_, value)| value.is_none());
        let mut wrong: Vec<String> = missing.map(|(name, _)| format!("`{name}` is missing")).collect();
        for (name, words) in [("keywords", &self.keywords), ("categories", &self.categories)] {
            if words.is_empty() || words.len() > MOST_WORDS {
                wrong.push(format!("there are {} `{name}`", words.len()));
            }
        }
        let needed = self
            .dependencies
            .iter()
            .filter(|needed| needed.kind.as_deref() != Some("dev"));
        for ours in needed.filter(|needed| needed.path.is_some()) {
            if ours.req == "*" {
                wrong.push(format!("{} has no version", ours.name));
            }
            if !published.iter().any(|other| other.name == ours.name) {
                wrong.push(format!("{} is not published", ours.name));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let of = |req: &str, kind: Option<&str>| Dependency {
            name: "tidings-secret".to_owned(),
            req: req.to_owned(),
            kind: kind.map(str::to_owned),
            path: Some("crates/tidings-secret".to_owned()),
        };
        let package = Package {
            license: Some("MIT".to_owned()),
            keywords: vec!["push".to_owned(); 6],
            categories: vec!["simulation".to_owned()],
            dependencies: vec![of("*", None), of("*", Some("dev"))],
            ..Package::default()
        };
        let wrong = package.wrong(&[]).join("; ");
        for expected in [
            "`description` is missing",
            "there are 6 `keywords`",
            "tidings-secret has no version",
            "tidings-secret is not published",
        ] {
            assert_eq!(wrong.matches(expected).count(), 1, "{wrong}");
        }
        assert!(
            !wrong.contains("license") && !wrong.contains("categories"),
            "{wrong}"
        );
    }
}
