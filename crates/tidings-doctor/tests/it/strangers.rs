//! Files of others, which are not ours to keep: `TIDINGS_ARTEFACTS=FOLDER cargo nextest run -p tidings-doctor strangers
//! --run-ignored only --no-capture` reads all files and bundles in a folder and prints what they are.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tidings_doctor::{Artefact, Content, Tree, TreeEntry, read, read_tree};

/// A folder on the disk. It follows no links.
struct OnDisk(PathBuf);

impl Tree for OnDisk {
    fn list(&mut self, folder: &str) -> io::Result<Vec<TreeEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.0.join(folder))? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(TreeEntry {
                    name,
                    is_folder: metadata.is_dir(),
                    size: metadata.len(),
                });
            }
        }
        Ok(entries)
    }

    fn open(&mut self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(fs::File::open(self.0.join(file))?))
    }
}

#[test]
#[ignore = "needs files of others: TIDINGS_ARTEFACTS=FOLDER"]
fn files_of_others_are_read() {
    let folder = std::env::var("TIDINGS_ARTEFACTS").expect("TIDINGS_ARTEFACTS names a folder");
    let mut artefacts = Vec::new();
    visit(Path::new(&folder), &mut artefacts);
    for artefact in &artefacts {
        println!("{}", line(artefact));
    }
    let unreadable = artefacts
        .iter()
        .filter(|artefact| matches!(artefact.content, Content::Unreadable(_)))
        .count();
    println!("{} read, {unreadable} not", artefacts.len() - unreadable);
    assert!(unreadable < artefacts.len());
}

fn visit(folder: &Path, artefacts: &mut Vec<Artefact>) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            if matches!(name.rsplit('.').next(), Some("app" | "xcarchive")) {
                artefacts.push(read_tree(&name, &mut OnDisk(path.clone())));
            }
            visit(&path, artefacts);
        } else if let Ok(bytes) = fs::read(&path) {
            artefacts.push(read(&name, &bytes, &[]));
        }
    }
}

fn line(artefact: &Artefact) -> String {
    let more = match &artefact.content {
        Content::Profile(profile) => {
            format!("{:?} {:?} {:?}", profile.kind, profile.encoding, profile.doubts)
        }
        Content::Build(build) => format!(
            "{:?} {:?} {:?}",
            build.shipped_environment().decided_by,
            build.notes,
            build
                .bundles()
                .flat_map(|bundle| &bundle.problems)
                .collect::<Vec<_>>()
        ),
        Content::Executable(executable) => format!(
            "{:?}",
            executable
                .slices
                .iter()
                .map(|slice| (
                    &slice.architecture,
                    &slice.platform,
                    &slice.signature,
                    &slice.problems
                ))
                .collect::<Vec<_>>()
        ),
        Content::Entitlements(entitlements) => format!("{:?}", entitlements.aps_environment),
        Content::Unreadable(why) => format!("{:?} {}", why.looks_like, why.why),
        _ => String::new(),
    };
    format!(
        "{} | {} | {:?} | {:?} | {:?} | {:?} | {more}",
        artefact.path,
        artefact.kind(),
        artefact.bundle_id(),
        artefact.team_id(),
        artefact.environments(),
        artefact.distribution(),
    )
}
