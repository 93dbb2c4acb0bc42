//! Lists the files of the book, so that they become part of the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let book = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../docs/book/src");
    let book = book.canonicalize()?;
    println!("cargo::rerun-if-changed={}", book.display());
    let mut paths = Vec::new();
    collect(&book, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&book).map_err(io::Error::other)?;
        files.push((name.display().to_string(), path.display().to_string()));
    }
    // As texts: paths are compared part by part, and would come in another order.
    files.sort();
    let mut list = String::from("[\n");
    for (name, path) in files {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "({name:?}, include_str!({path:?})),");
    }
    list.push(']');
    fs::write(Path::new(&variable("OUT_DIR")?).join("files.rs"), list)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
