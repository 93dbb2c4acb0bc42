//! Reads what the command line names: files, folders, standard input. What cannot be read is an artefact as well, whose
//! content says why.

mod folder;

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek as _};
use std::path::{Path, PathBuf};

use tidings_doctor::{Artefact, Content, Unreadable, read, read_executable, read_ipa, read_tree};
use zeroize::Zeroizing;

use self::folder::{Folder, bundle_name, is_bundle, names_within};

/// More than any file takes that is read as a whole. Zip archives and executables are read in passing, whatever their size.
const LARGEST: u64 = 64 << 20;

/// What an archive from a pipe may hold: it is kept in memory.
const LARGEST_FROM_A_PIPE: u64 = 192 << 20;

/// How many files of a folder are looked at.
const FILES_OF_A_FOLDER: usize = 200;

/// Everything that is found at a path. `-` is standard input.
pub(super) fn at(path: &Path, passwords: &[&str]) -> Vec<Artefact> {
    if path == Path::new("-") {
        return vec![from_a_pipe("standard input", io::stdin().lock(), passwords)];
    }
    match fs::metadata(path) {
        Err(error) => vec![unreadable(path, &error)],
        Ok(found) if found.is_dir() && is_bundle(path) => vec![bundle(path)],
        Ok(found) if found.is_dir() => within(path, passwords),
        Ok(found) => vec![file(path, found.is_file(), passwords)],
    }
}

/// An app or an archive, which is a folder.
fn bundle(path: &Path) -> Artefact {
    let mut folder = Folder::new(path);
    read_tree(&bundle_name(path), &mut folder)
}

/// What a folder holds, such as Xcode's export: its files and bundles, and not what lies deeper.
fn within(path: &Path, passwords: &[&str]) -> Vec<Artefact> {
    let names = match names_within(path) {
        Ok(names) => names,
        Err(error) => return vec![unreadable(path, &error)],
    };
    let mut artefacts: Vec<Artefact> = Vec::new();
    for name in names.iter().take(FILES_OF_A_FOLDER) {
        let inside: PathBuf = path.join(name);
        match fs::symlink_metadata(&inside) {
            Ok(found) if found.is_dir() && is_bundle(&inside) => artefacts.push(bundle(&inside)),
            Ok(found) if found.is_file() => artefacts.push(file(&inside, true, passwords)),
            _ => {}
        }
    }
    if artefacts.is_empty() {
        let why = "there is nothing in this folder that says anything about push";
        artefacts.push(nothing(
            path,
            why,
            "give the build, the profile, the key or the certificate itself",
        ));
    }
    artefacts
}

fn file(path: &Path, is_regular: bool, passwords: &[&str]) -> Artefact {
    let opened = File::open(path).and_then(|mut file| {
        if is_regular {
            let beginning = beginning(&mut file)?;
            file.rewind()?;
            return Ok((file, beginning));
        }
        Ok((file, Beginning::Other))
    });
    let name = path.display().to_string();
    match opened {
        Err(error) => unreadable(path, &error),
        Ok((file, _)) if !is_regular => from_a_pipe(&name, file, passwords),
        Ok((file, Beginning::Zip)) => read_ipa(&name, BufReader::new(file)),
        Ok((file, Beginning::Executable)) => read_executable(&name, BufReader::new(file)),
        Ok((file, Beginning::Other)) => match at_most(file, LARGEST) {
            Ok(bytes) => read(&name, &bytes, passwords),
            Err(error) => unreadable(path, &error),
        },
    }
}

/// What cannot be rewound is kept in memory.
fn from_a_pipe(name: &str, pipe: impl Read, passwords: &[&str]) -> Artefact {
    match at_most(pipe, LARGEST_FROM_A_PIPE) {
        Ok(bytes) if Beginning::of(&bytes) == Beginning::Zip => read_ipa(name, Cursor::new(&bytes[..])),
        Ok(bytes) if Beginning::of(&bytes) == Beginning::Executable => read_executable(name, &bytes[..]),
        Ok(bytes) => read(name, &bytes, passwords),
        Err(error) => unreadable(Path::new(name), &error),
    }
}

/// How a file begins, as far as that decides how it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Zip,
    Executable,
    Other,
}

impl Beginning {
    fn of(bytes: &[u8]) -> Self {
        match bytes.first_chunk() {
            Some(b"PK\x03\x04" | b"PK\x05\x06") => Self::Zip,
            Some(b"\xce\xfa\xed\xfe" | b"\xcf\xfa\xed\xfe" | b"\xca\xfe\xba\xbe" | b"\xca\xfe\xba\xbf") => {
                Self::Executable
            }
            _ => Self::Other,
        }
    }
}

fn beginning(file: &mut File) -> io::Result<Beginning> {
    let mut bytes = Vec::with_capacity(4);
    file.take(4).read_to_end(&mut bytes)?;
    Ok(Beginning::of(&bytes))
}

/// It may be a key, so it is wiped afterwards.
fn at_most(reader: impl Read, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Artefact {
    let (why, advice) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such file", "check the path"),
        io::ErrorKind::PermissionDenied => (
            "this user may not read it",
            "check who may read it, or run as its owner",
        ),
        io::ErrorKind::FileTooLarge => (
            "it is larger than any file of a kind that is known here",
            "give the build, the profile, the key or the certificate itself",
        ),
        _ => ("the system could not read it", "check the disk and the path"),
    };
    nothing(path, why, advice)
}

fn nothing(path: &Path, why: &str, advice: &str) -> Artefact {
    Artefact {
        path: path.display().to_string(),
        content: Content::Unreadable(Unreadable {
            looks_like: None,
            why: why.to_owned(),
            advice: advice.to_owned(),
        }),
    }
}
