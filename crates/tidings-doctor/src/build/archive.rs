//! A zip archive as a tree: only what could matter is kept of its directory, and nothing of its contents.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::{ZipArchive, ZipReadOptions};

use super::bundle::is_bundle_name;
use super::tree::{Tree, TreeEntry};

/// So much of an archive may be read to find out what is in it: the directory of a hundred thousand entries. What that takes
/// in memory is in proportion.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Entries that could matter: a few for each bundle.
const MAX_KEPT: usize = 20_000;

/// Longer than paths in apps are.
const MAX_PATH: usize = 1024;

/// What is never asked for, and lies in bundles by the thousand.
const RESOURCES: [&str; 18] = [
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".json", ".html", ".js", ".css", ".ttf", ".otf", ".mp3",
    ".mp4", ".wav", ".caf", ".nib", ".strings",
];

/// All that is inflated of one archive.
const MAX_INFLATED: u64 = 2 << 30;

/// So much may come of little; more only at a ratio that programs can have.
const FREE_INFLATED: u64 = 32 << 20;

/// Code compresses to a third; this is for odd code.
const MAX_RATIO: u64 = 60;

/// A zip archive, of which some entries are known.
pub(super) struct Archive<R> {
    zip: ZipArchive<Metered<R>>,
    entries: BTreeMap<String, usize>,
    folders: BTreeMap<String, Vec<TreeEntry>>,
    inflated: Cell<u64>,
    /// What was odd about it.
    pub(super) notes: Vec<String>,
}

/// Why an archive could not be opened, in a clause.
pub(super) struct NoArchive(pub(super) String);

impl<R: Read + Seek> Archive<R> {
    pub(super) fn open(source: R) -> Result<Self, NoArchive> {
        let left = Rc::new(Cell::new(MAX_DIRECTORY));
        let metered = Metered {
            source,
            left: Rc::clone(&left),
        };
        let zip = ZipArchive::new(metered).map_err(|error| NoArchive(clause(&error)))?;
        left.set(u64::MAX);
        let mut archive = Self {
            zip,
            entries: BTreeMap::new(),
            folders: BTreeMap::new(),
            inflated: Cell::new(0),
            notes: Vec::new(),
        };
        archive.read_directory();
        archive.index();
        Ok(archive)
    }

    fn read_directory(&mut self) {
        let mut escapes = 0_usize;
        for (index, name) in self.zip.file_names_raw().enumerate() {
            match path(name) {
                None => escapes += 1,
                Some(path) if self.entries.len() < MAX_KEPT && matters(&path) => {
                    self.entries.insert(path, index);
                }
                Some(_) => {}
            }
        }
        if self.entries.len() == MAX_KEPT {
            self.notes
                .push("it has too many bundles; some were left out".to_owned());
        }
        if escapes > 0 {
            self.notes.push(format!(
                "{escapes} of its entries were left out: their paths lead out of it, are too long, or are no text"
            ));
        }
    }

    /// Which entries lie in which folder.
    fn index(&mut self) {
        for (path, index) in &self.entries {
            let size = self.zip.by_index_data(*index).map_or(0, |entry| entry.size());
            add(&mut self.folders, path, Some(size));
        }
    }
}

/// Adds a path to the folder that it lies in, and that folder to its own, up to the top.
fn add(folders: &mut BTreeMap<String, Vec<TreeEntry>>, path: &str, file: Option<u64>) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_new = !folders.contains_key(folder);
    let siblings = folders.entry(folder.to_owned()).or_default();
    siblings.push(TreeEntry {
        name: name.to_owned(),
        is_folder: file.is_none(),
        size: file.unwrap_or_default(),
    });
    if is_new && !folder.is_empty() {
        add(folders, folder, None);
    }
}

/// A path of names, or nothing if it is absolute, leads upwards, or is no text.
fn path(raw: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(raw)
        .ok()
        .filter(|path| path.len() <= MAX_PATH)?;
    let mut names = path.trim_end_matches('/').split('/');
    let is_plain = names.all(|name| !matches!(name, "" | "." | "..") && !name.contains(['\\', '\0']));
    is_plain.then(|| path.to_owned())
}

/// Whether an entry could be one of those that readers ask for: a file of a bundle, or of an archive of Xcode's.
fn matters(path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else {
        return false;
    };
    if file.is_empty() {
        return false;
    }
    let parent = folder.rsplit('/').next().unwrap_or(folder);
    let above = folder.strip_suffix("/MacOS").unwrap_or(folder);
    let in_contents = above
        .strip_suffix("/Contents")
        .and_then(|bundle| bundle.rsplit('/').next())
        .is_some_and(is_bundle_name);
    let in_bundle = is_bundle_name(parent) || in_contents || parent.ends_with(".xcarchive");
    in_bundle && !RESOURCES.iter().any(|end| file.ends_with(end))
}

impl<R: Read + Seek> Tree for Archive<R> {
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>> {
        self.folders
            .get(folder)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let index = *self.entries.get(file).ok_or(io::ErrorKind::NotFound)?;
        let entry = self
            .zip
            .by_index_data(index)
            .map_err(|error| invalid(&clause(&error)))?;
        if entry.encrypted() {
            return Err(invalid("it is encrypted"));
        }
        let compressed = entry.compressed_size();
        // What is read is judged by its own structure; summing it up once more would cost more than reading it.
        let options = ZipReadOptions::new().ignore_crc32(true);
        let source = self
            .zip
            .by_index_with_options(index, options)
            .map_err(|error| invalid(&clause(&error)))?;
        Ok(Box::new(Inflating {
            source,
            compressed,
            inflated: 0,
            total: &self.inflated,
        }))
    }
}

/// The archive's file, of which only so much more may be read.
struct Metered<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(invalid("its directory is larger than that of any app")),
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.source.seek(place)
    }
}

/// An entry being inflated, watched for coming to more than it should.
struct Inflating<'a, R> {
    source: R,
    compressed: u64,
    inflated: u64,
    total: &'a Cell<u64>,
}

impl<R: Read> Read for Inflating<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.inflated += read as u64;
        self.total.set(self.total.get() + read as u64);
        let allowed = self.compressed.saturating_mul(MAX_RATIO).max(FREE_INFLATED);
        if self.inflated > allowed || self.total.get() > MAX_INFLATED {
            return Err(invalid("it inflates to more than any program"));
        }
        Ok(read)
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// What is wrong with an archive, in a clause of ours: the library's words may quote names.
fn clause(error: &zip::result::ZipError) -> String {
    use zip::result::ZipError;
    match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            "it is written in a way that is not supported".to_owned()
        }
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.to_string(),
        _ => "the archive is damaged or was cut off".to_owned(),
    }
}
