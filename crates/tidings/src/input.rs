//! Texts that come from an argument, from a file, or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// More than any payload, key, certificate or list of device tokens that is meant for this program takes.
const LARGEST: u64 = 1 << 30;

/// More than any credential takes.
const LARGEST_SECRET: u64 = 4 << 20;

/// The bytes that an argument stands for: itself, `@FILE`, or `-` for standard input.
pub(crate) fn argument(what: &str, argument: &str) -> anyhow::Result<Vec<u8>> {
    match argument.strip_prefix('@') {
        Some(path) => file(what, Path::new(path)),
        None if argument == "-" => stdin(what),
        None => Ok(argument.as_bytes().to_vec()),
    }
}

/// A file, or standard input for `-`.
pub(crate) fn file(what: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        return stdin(what);
    }
    let read = File::open(path).and_then(|file| read_at_most(file, LARGEST));
    read.with_context(|| format!("cannot read {what} from {}", path.display()))
}

/// A file that holds a secret.
pub(crate) fn secret_file(what: &str, path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let read = read_secret(path);
    read.with_context(|| format!("cannot read {what} from {}", path.display()))
}

/// Reads into a buffer of the right size, because one that grows leaves copies behind.
pub(crate) fn read_secret(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len().min(LARGEST_SECRET);
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(LARGEST_SECRET + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_SECRET {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

fn stdin(what: &str) -> anyhow::Result<Vec<u8>> {
    let read = read_at_most(io::stdin().lock(), LARGEST);
    read.with_context(|| format!("cannot read {what} from standard input"))
}

fn read_at_most(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Refuses a command line that wants two things from standard input.
pub(crate) fn check_stdin_once<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    let readers = arguments.into_iter().filter(|argument| *argument == "-").count();
    if readers > 1 {
        let hint = "give the others as files; standard input can only be read once";
        return Err(Failure::usage("more than one option reads standard input", hint));
    }
    Ok(())
}
