//! A folder that somebody else can open: a directory on a disk, or what an archive holds.

use std::io::{self, Read};

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its name, without the folder.
    pub name: String,
    /// Whether it is a folder itself.
    pub is_folder: bool,
    /// Its size in bytes, if it is a file and the size is known.
    pub size: u64,
}

/// A folder with files and folders in it, which a reader walks where it wants to.
///
/// Paths are relative to the folder and use `/`. Whoever implements it follows no link out of the folder; links are best
/// left out. The reader asks only for paths made of names that were listed.
pub trait Tree {
    /// What lies in a folder; the empty path is the whole.
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>>;

    /// A file, to be read from its beginning.
    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// A path in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// A file that may be no longer than the limit; nothing if it is.
pub(super) fn read_whole(tree: &mut dyn Tree, file: &str, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    tree.open(file)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large"));
    }
    Ok(bytes)
}
