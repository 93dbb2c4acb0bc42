//! A folder in memory, as a tree.

use std::collections::BTreeMap;
use std::io::{self, Read};

use tidings_doctor::{Artefact, Tree, TreeEntry, read_tree};
use tidings_testkit::artefacts::ZipEntry;

/// Files by their paths.
pub(crate) struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    pub(crate) fn of(files: Vec<ZipEntry>) -> Self {
        Self(files.into_iter().map(|file| (file.path, file.content)).collect())
    }

    pub(crate) fn read(mut self, path: &str) -> Artefact {
        read_tree(path, &mut self)
    }
}

impl Tree for Folder {
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut entries: Vec<TreeEntry> = Vec::new();
        for (path, content) in &self.0 {
            let Some(rest) = path.strip_prefix(&prefix) else {
                continue;
            };
            let (name, is_folder) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            if entries.iter().all(|entry| entry.name != name) {
                entries.push(TreeEntry {
                    name: name.to_owned(),
                    is_folder,
                    size: content.len() as u64,
                });
            }
        }
        Ok(entries)
    }

    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let content = self.0.get(file).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(content.as_slice()))
    }
}
