//! Lists the files of the book, so that they become part of the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the book is, seen from this crate.
const BOOK: &str = "../../docs/book/src";

fn main() -> io::Result<()> {
    let book = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join(BOOK);
    let book = book.canonicalize()?;
    println!("cargo::rerun-if-changed={}", book.display());
    let mut paths = Vec::new();
    collect(&book, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&book).map_err(io::Error::other)?;
        files.push(name.display().to_string());
    }
    // As texts: paths are compared part by part, and would come in another order.
    files.sort();
    let (pictures, texts): (Vec<_>, Vec<_>) = files.into_iter().partition(|name| is_picture(name));
    write("files.rs", "include_str", &texts)?;
    write("pictures.rs", "include_bytes", &pictures)
}

fn is_picture(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "webp")
}

/// Writes a list of files, each included by a macro.
fn write(list: &str, macro_name: &str, files: &[String]) -> io::Result<()> {
    let mut text = String::from("[\n");
    for name in files {
        // From here on, and not from the root of this machine: the same book is the same text wherever it is built.
        let path = format!("/{BOOK}/{name}");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "({name:?}, {macro_name}!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),"
        );
    }
    text.push(']');
    fs::write(Path::new(&variable("OUT_DIR")?).join(list), text)
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
