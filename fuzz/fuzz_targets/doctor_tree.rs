//! A folder whose files have any content, and whose names were chosen from those that mean something: every classification
//! of builds.
#![no_main]

use std::collections::BTreeMap;
use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use tidings_doctor::{Content, Tree, TreeEntry, read_tree};

/// Names that readers look for. A byte of the input is one of them.
const NAMES: [&str; 16] = [
    "Info.plist",
    "A.app",
    "A",
    "Contents",
    "MacOS",
    "embedded.mobileprovision",
    "embedded.provisionprofile",
    "archived-expanded-entitlements.xcent",
    "PlugIns",
    "E.appex",
    "Watch",
    "Products",
    "Applications",
    "Payload",
    "AppClips",
    "..",
];

struct Folder<'a>(BTreeMap<String, &'a [u8]>);

impl Tree for Folder<'_> {
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let inside = self
            .0
            .iter()
            .filter_map(|(path, content)| Some((path.strip_prefix(&prefix)?, content)));
        let entries = inside.map(|(rest, content)| TreeEntry {
            name: rest.split('/').next().unwrap_or_default().to_owned(),
            is_folder: rest.contains('/'),
            size: content.len() as u64,
        });
        Ok(entries.collect())
    }

    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self.0.get(file).ok_or(io::ErrorKind::NotFound)?))
    }
}

/// Files, each a path of names ended by a byte beyond them, and so many bytes of content.
fn files(mut data: &[u8]) -> BTreeMap<String, &[u8]> {
    let mut files = BTreeMap::new();
    while files.len() < 64 && !data.is_empty() {
        let names = data
            .iter()
            .take(8)
            .take_while(|byte| usize::from(**byte) < NAMES.len())
            .count();
        let path: Vec<_> = data[..names]
            .iter()
            .map(|byte| NAMES[usize::from(*byte)])
            .collect();
        let rest = data.get(names + 1..).unwrap_or_default();
        let length = rest
            .get(..2)
            .map_or(0, |length| usize::from(length[0]) << 8 | usize::from(length[1]));
        let rest = rest.get(2..).unwrap_or_default();
        let (content, rest) = rest.split_at(length.min(rest.len()));
        files.insert(path.join("/"), content);
        data = rest;
    }
    files
}

fuzz_target!(|data: &[u8]| {
    let artefact = read_tree("A.app", &mut Folder(files(data)));
    if let Content::Build(build) = &artefact.content {
        assert!(build.nested.len() <= 64);
        assert!(!(build.is_archived() && build.shipped_environment().environment().is_some()));
    }
});
