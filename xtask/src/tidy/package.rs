//! The packages of a workspace, as `cargo metadata` tells them.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::program::{cargo, output, root};

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<DependencyKind>,
    /// The folder of a dependency that is not from a registry.
    pub(crate) path: Option<String>,
}

/// `None` in [`Dependency`] is the ordinary kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DependencyKind {
    Build,
    Dev,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl Package {
    /// The members of the workspace with this manifest (a path from the root).
    pub(crate) fn of_workspace(manifest: &str) -> Result<Vec<Self>> {
        let arguments = [
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--locked",
            "--manifest-path",
            manifest,
        ];
        let json = output(&mut cargo(arguments))?;
        let metadata: Metadata =
            serde_json::from_str(&json).context("reading the output of cargo metadata")?;
        Ok(metadata.packages)
    }

    /// The path of its manifest from the root.
    pub(crate) fn manifest(&self) -> &str {
        let path = Path::new(&self.manifest_path);
        path.strip_prefix(root())
            .ok()
            .and_then(Path::to_str)
            .unwrap_or(&self.manifest_path)
    }
}

#[cfg(test)]
impl Package {
    /// A package in which nothing is wrong, with these dependencies of the ordinary kind from this workspace.
    pub(crate) fn example(name: &str, dependencies: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            description: Some("An example.".to_owned()),
            license: Some("MIT OR Apache-2.0".to_owned()),
            manifest_path: format!("crates/{name}/Cargo.toml"),
            dependencies: dependencies
                .iter()
                .map(|name| Dependency::ours(name, None))
                .collect(),
            targets: Vec::new(),
        }
    }
}

#[cfg(test)]
impl Dependency {
    pub(crate) fn ours(name: &str, kind: Option<DependencyKind>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            path: Some(format!("crates/{name}")),
        }
    }

    pub(crate) fn foreign(name: &str, kind: Option<DependencyKind>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            path: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_this_workspace_are_read() {
        let packages = Package::of_workspace("Cargo.toml").unwrap();
        let ours = packages.iter().find(|package| package.name == "xtask").unwrap();
        assert_eq!(ours.manifest(), "xtask/Cargo.toml");
        assert!(
            ours.dependencies
                .iter()
                .any(|dependency| dependency.name == "clap" && dependency.kind.is_none())
        );
    }
}
