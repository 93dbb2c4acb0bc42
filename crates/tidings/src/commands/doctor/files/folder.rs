//! A folder of the disk as the doctor sees one. No link in it is followed: what it links to may lie anywhere.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tidings_doctor::{Tree, TreeEntry};

/// How many entries of a folder are seen.
const ENTRIES: usize = 10_000;

/// The ends of the names of files that are worth a look.
const ENDS: [&str; 18] = [
    ".ipa",
    ".app",
    ".xcarchive",
    ".appex",
    ".mobileprovision",
    ".provisionprofile",
    ".entitlements",
    ".xcent",
    ".p8",
    ".p12",
    ".pfx",
    ".pem",
    ".cer",
    ".crt",
    ".der",
    "info.plist",
    "distributionsummary.plist",
    "exportoptions.plist",
];

/// A folder, and everything below it that is no link.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Where a path leads that no link is on.
    fn resolve(&self, path: &str) -> io::Result<PathBuf> {
        let mut place = self.root.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if matches!(part, "." | "..") || part.contains(['\\', '\0']) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            place.push(part);
            if fs::symlink_metadata(&place)?.is_symlink() {
                return Err(io::Error::other("links are not followed"));
            }
        }
        Ok(place)
    }
}

impl Tree for Folder {
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.resolve(folder)?)?.take(ENTRIES) {
            let entry = entry?;
            // Of a link, this is the link's own.
            let found = entry.metadata()?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if found.is_dir() || found.is_file() {
                entries.push(TreeEntry {
                    name,
                    is_folder: found.is_dir(),
                    size: found.len(),
                });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Only files: a pipe would be waited for.
    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let place = self.resolve(file)?;
        if !fs::symlink_metadata(&place)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        Ok(Box::new(File::open(place)?))
    }
}

/// Whether a folder is an app or an archive, by its name or by what is in it.
pub(super) fn is_bundle(path: &Path) -> bool {
    let name = bundle_name(path).to_lowercase();
    let is_named_so = [".app", ".xcarchive", ".appex"]
        .iter()
        .any(|end| name.ends_with(end));
    let has_inside = [
        "Contents/Info.plist",
        "Products/Applications",
        "_CodeSignature",
        "embedded.mobileprovision",
    ];
    is_named_so || has_inside.iter().any(|inside| path.join(inside).exists())
}

/// The name of a bundle without the slash that shells put behind folders.
pub(super) fn bundle_name(path: &Path) -> String {
    let name = path.display().to_string();
    let trimmed = name.trim_end_matches('/');
    if trimmed.is_empty() {
        name
    } else {
        trimmed.to_owned()
    }
}

/// The names in a folder that are worth a look, in order.
pub(super) fn names_within(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)?.take(ENTRIES) {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let lower = name.to_lowercase();
        if ENDS.iter().any(|end| lower.ends_with(end)) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
