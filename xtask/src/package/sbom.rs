//! The bill of materials: every crate that is in the program, with its licence and checksum, as `CycloneDX` JSON. It is made
//! of what cargo itself resolves for the program, without build scripts' and macros' own dependencies, which are not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{STATIC_TARGET, folder};
use crate::program::{cargo, output, root, run};

/// Where files of others lie in the dashboard, each named `NAME-VERSION.min.js`.
const ASSETS: &str = "crates/tidings-server/assets";

/// A crate in the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    license: String,
}

/// Which crates there are, and what each uses. The first is the program itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tree {
    program: Option<Crate>,
    uses: BTreeMap<Crate, BTreeSet<Crate>>,
}

/// Writes the bill, holds it against the schema, and says where it is.
pub(super) fn make() -> Result<PathBuf> {
    let path = write()?;
    run(super::linters::python()?.arg("sbom").arg(&path))?;
    Ok(path)
}

/// Writes the bill.
pub(super) fn write() -> Result<PathBuf> {
    let listed = output(&mut cargo([
        "tree",
        "--locked",
        "--package=tidings",
        "--target",
        STATIC_TARGET,
        "--edges=normal,no-proc-macro",
        "--prefix=depth",
        "--charset=ascii",
        "--format=|{p}|{l}",
    ]))?;
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("reading Cargo.lock")?;
    let bill = bill(&Tree::read(&listed)?, &checksums(&lock), &assets()?)?;
    let path = folder().join("tidings.cdx.json");
    fs::create_dir_all(folder()).context("making the folder for packages")?;
    let text = serde_json::to_string_pretty(&bill).context("writing JSON")?;
    fs::write(&path, text + "\n").with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

impl Tree {
    /// Reads what `cargo tree` prints: a depth, and then the crate; what was shown before ends with `(*)`.
    fn read(listed: &str) -> Result<Self> {
        let mut tree = Self::default();
        let mut above: Vec<Crate> = Vec::new();
        for line in listed.lines().filter(|line| !line.is_empty()) {
            let (depth, found) = Crate::read(line).with_context(|| format!("reading `{line}`"))?;
            ensure!(
                depth <= above.len(),
                "`{line}` is deeper than what stands above it"
            );
            above.truncate(depth);
            match above.last() {
                Some(user) => {
                    tree.uses.entry(user.clone()).or_default().insert(found.clone());
                }
                None => tree.program = Some(found.clone()),
            }
            tree.uses.entry(found.clone()).or_default();
            above.push(found);
        }
        Ok(tree)
    }
}

impl Crate {
    /// Reads `1|name v1.2.3 (a path, or *)|licence`.
    fn read(line: &str) -> Option<(usize, Self)> {
        let mut parts = line.split('|');
        let depth = parts.next()?.parse().ok()?;
        let mut words = parts.next()?.split(' ');
        let name = words.next()?.to_owned();
        let version = words.next()?.strip_prefix('v')?.to_owned();
        let license = parts.next()?.trim_end_matches(" (*)").replace('/', " OR ");
        Some((
            depth,
            Self {
                name,
                version,
                license,
            },
        ))
    }

    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }

    fn component(&self, kind: &str, checksums: &BTreeMap<(String, String), String>) -> Value {
        let mut component = json!({
            "type": kind,
            "bom-ref": self.purl(),
            "name": self.name,
            "version": self.version,
            "purl": self.purl(),
            "licenses": [{"expression": self.license}],
        });
        // Ours have none: they are not from a registry.
        if let Some(checksum) = checksums.get(&(self.name.clone(), self.version.clone())) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        component
    }
}

/// Without a date and a serial number, so that the same program has the same bill.
fn bill(tree: &Tree, checksums: &BTreeMap<(String, String), String>, assets: &[Value]) -> Result<Value> {
    let program = tree.program.as_ref().context("cargo tree names no program")?;
    let libraries = tree.uses.keys().filter(|found| *found != program);
    let mut components: Vec<Value> = libraries
        .map(|found| found.component("library", checksums))
        .collect();
    components.extend_from_slice(assets);
    let dependencies: Vec<Value> = tree
        .uses
        .iter()
        .map(|(user, used)| {
            let used: Vec<String> = used.iter().map(Crate::purl).collect();
            json!({"ref": user.purl(), "dependsOn": used})
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": program.component("application", checksums)},
        "components": components,
        "dependencies": dependencies,
    }))
}

/// The checksums of crates from the registry, as the lock file has them.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        let line = block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        line.and_then(|value| value.strip_suffix('"')).map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            Some((
                (field(block, "name")?, field(block, "version")?),
                field(block, "checksum")?,
            ))
        })
        .collect()
}

/// The scripts of others that the dashboard carries.
fn assets() -> Result<Vec<Value>> {
    let folder = root().join(ASSETS);
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry.context("listing assets")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some((name, version)) = name.strip_suffix(".min.js").and_then(|name| name.split_once('-')) else {
            continue;
        };
        let summed = output(Command::new("sha256sum").arg(&path))?;
        let checksum = summed.split(' ').next().unwrap_or_default();
        found.push(json!({
            "type": "library",
            "bom-ref": format!("pkg:npm/{name}.org@{version}"),
            "name": format!("{name}.org"),
            "version": version,
            "purl": format!("pkg:npm/{name}.org@{version}"),
            "licenses": [{"license": {"id": "0BSD"}}],
            "hashes": [{"alg": "SHA-256", "content": checksum}],
        }));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "0|tidings v0.1.0 (/somewhere)|MIT OR Apache-2.0\n\
        1|zip v9.8.2|MIT\n2|crc32fast v1.5.0|MIT/Apache-2.0\n1|crc32fast v1.5.0|MIT/Apache-2.0 (*)\n";

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"tidings\"\nversion = \"0.1.0\"\n\n\
        [[package]]\nname = \"zip\"\nversion = \"9.8.2\"\nsource = \"registry\"\nchecksum = \"abc\"\n";

    #[test]
    fn who_uses_whom_is_read_from_the_depths() {
        let tree = Tree::read(LISTED).unwrap();
        let bill = bill(&tree, &checksums(LOCK), &[]).unwrap();
        assert_eq!(
            bill["metadata"]["component"]["bom-ref"],
            "pkg:cargo/tidings@0.1.0"
        );
        let names: Vec<&Value> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| &found["name"])
            .collect();
        assert_eq!(names, ["crc32fast", "zip"]);
        assert_eq!(
            bill["components"][0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(bill["components"][1]["hashes"][0]["content"], "abc");
        assert_eq!(
            bill["dependencies"][1]["dependsOn"],
            json!(["pkg:cargo/crc32fast@1.5.0", "pkg:cargo/zip@9.8.2"])
        );
    }

    #[test]
    fn what_is_not_a_tree_is_an_error() {
        assert!(Tree::read("0|tidings v0.1.0|MIT\n2|zip v9.8.2|MIT\n").is_err());
        assert!(Tree::read("tidings").is_err());
    }
}
