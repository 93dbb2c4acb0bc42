//! The client libraries by themselves: their types, their own tests, and the packages that would be published.
//!
//! What they say to a real server is tested with the binary; that their generated half is up to date, by `codegen`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::program::{output, root, run, target_dir};

/// What a package must have.
const NPM_FILES: [&str; 6] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/index.js",
    "dist/index.d.ts",
    "package.json",
];
const PYTHON_FILES: [&str; 5] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "tidings/__init__.py",
    "tidings/types.py",
    "tidings/py.typed",
];

/// What no package may have.
const FOREIGN: [&str; 5] = ["node_modules", ".venv", "__pycache__", ".env", "story"];

/// Fails when a library is not as it must be.
pub(crate) fn check() -> Result<()> {
    typescript()?;
    python()
}

fn typescript() -> Result<()> {
    let folder = root().join("clients/typescript");
    let compiler = existing(folder.join("node_modules/.bin/tsc"))?;
    // What an older version left there would be published, too.
    remove(&folder.join("dist"))?;
    run(Command::new(&compiler).current_dir(&folder))?;
    run(Command::new(&compiler)
        .args(["--project", "test"])
        .current_dir(&folder))?;
    run(Command::new("node")
        .args(["--test", "--test-reporter=dot", "test/unit/"])
        .current_dir(&folder))?;
    let packed = output(
        Command::new("npm")
            .args(["pack", "--json", "--ignore-scripts", "--pack-destination"])
            .arg(packages("npm")?)
            .current_dir(&folder),
    )?;
    let packed: Value = serde_json::from_str(&packed).context("reading what npm packed")?;
    let files = packed[0]["files"].as_array().context("npm packed no files")?;
    let files: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
    holds("the npm package", &files, &NPM_FILES)?;
    same_version(packed[0]["version"].as_str().unwrap_or_default())
}

/// `package.json` says the version by itself; that of the Python package is generated.
fn same_version(version: &str) -> Result<()> {
    let generated = fs::read_to_string(root().join("clients/typescript/src/operations.ts"))?;
    ensure!(
        generated.contains(&format!("VERSION = '{version}'")),
        "clients/typescript/package.json says {version}, and the API another version"
    );
    Ok(())
}

fn python() -> Result<()> {
    let folder = root().join("clients/python");
    let python = existing(folder.join(".venv/bin/python"))?;
    let of_python = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command
            .args(arguments)
            .current_dir(&folder)
            .env("PYTHONPATH", folder.join("src"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    run(&mut of_python(&["-m", "mypy"]))?;
    run(&mut of_python(&[
        "-W",
        "error",
        "-m",
        "unittest",
        "discover",
        "-s",
        "tests/unit",
        "-t",
        "tests",
    ]))?;
    let packages = packages("python")?;
    // The wheel is made from the source package, as others will make it.
    run(of_python(&["-m", "build", "--no-isolation", "--outdir"]).arg(&packages))?;
    for (lister, ending) in [("zipfile", "whl"), ("tarfile", "gz")] {
        let package = package_ending(&packages, ending)?;
        let listed = output(of_python(&["-m", lister, "-l"]).arg(&package))?;
        let files: Vec<&str> = listed
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        holds(&format!("the package .{ending}"), &files, &PYTHON_FILES)?;
    }
    Ok(())
}

fn package_ending(folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut paths = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let package = paths.find(|path| path.extension().is_some_and(|known| known == ending));
    package.with_context(|| format!("no package .{ending} was made"))
}

/// The package has all that it must, under whatever folder, and nothing of ours alone.
fn holds(package: &str, files: &[&str], wanted: &[&str]) -> Result<()> {
    for name in wanted {
        ensure!(
            files.iter().any(|file| file.ends_with(name)),
            "{package} has no {name}: {files:?}"
        );
    }
    for name in FOREIGN {
        let found = files.iter().find(|file| file.contains(name));
        ensure!(found.is_none(), "{package} has {found:?}");
    }
    println!("{package}: {} files", files.len());
    Ok(())
}

/// An empty folder for what is packed.
fn packages(language: &str) -> Result<PathBuf> {
    let folder = target_dir().join("clients").join(language);
    remove(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn existing(program: PathBuf) -> Result<PathBuf> {
    ensure!(
        program.exists(),
        "{} is missing: run .ci/setup",
        program.display()
    );
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_its_licence_is_refused() {
        let refused = holds("it", &["it/README.md"], &["LICENSE-MIT"]).unwrap_err();
        assert!(refused.to_string().contains("no LICENSE-MIT"), "{refused}");
    }

    #[test]
    fn a_package_with_what_is_only_here_is_refused() {
        assert!(holds("it", &["it/.venv/bin/python"], &[]).is_err());
        assert!(holds("it", &["it/dist/index.js"], &["dist/index.js"]).is_ok());
    }
}
