//! Finding the app in an archive or a folder, and reading it with everything inside it.

use std::io::{Read, Seek};

use super::archive::{Archive, NoArchive};
use super::bundle::{self, has_ending, is_bundle_name};
use super::tree::{Tree, join, read_whole};
use super::{Build, Bundle, Container};
use crate::artefact::{Artefact, Content, Unreadable};
use crate::property_list::{self, Value};
use crate::text::{non_empty, shortened};

/// Where apps lie in an archive of Xcode's.
const PRODUCTS: &str = "Products/Applications";

/// Folders before `Payload` that somebody packed with it.
const MAX_LEADING: usize = 3;

/// More folders than are looked through for an app.
const MAX_FOLDERS: usize = 64;

/// Reads an `.ipa`, or a zip archive in which an `.app` or an `.xcarchive` was packed.
///
/// Of the archive only its directory, property lists and executables are read, and executables pass by without being held.
pub fn read_ipa<R: Read + Seek>(path: &str, archive: R) -> Artefact {
    let content = match Archive::open(archive) {
        Ok(mut archive) => {
            let mut content = read_content(&mut archive, &InZip);
            if let Content::Build(build) = &mut content {
                build.notes.append(&mut archive.notes);
            }
            content
        }
        Err(NoArchive(why)) => Content::Unreadable(Unreadable {
            looks_like: Some("a zip archive".to_owned()),
            why,
            advice: "export or download the build once more".to_owned(),
        }),
    };
    Artefact::new(path, content)
}

/// Reads a folder: an `.app`, an `.xcarchive`, or an `.ipa` that somebody unpacked.
pub fn read_tree(path: &str, tree: &mut dyn Tree) -> Artefact {
    let content = read_content(tree, &InFolder { path });
    Artefact::new(path, content)
}

/// What differs between an archive and a folder.
trait Origin {
    /// What is said where no app is in it.
    fn without_app(&self) -> Unreadable;

    /// The container of an app that lies in it by itself.
    fn of_bare_app(&self) -> (Container, Option<String>);
}

struct InZip;

impl Origin for InZip {
    fn without_app(&self) -> Unreadable {
        Unreadable {
            looks_like: Some("a zip archive".to_owned()),
            why: "there is no app in it (no folder `Payload` with an `.app` inside)".to_owned(),
            advice: "give the .ipa as Xcode exported it".to_owned(),
        }
    }

    fn of_bare_app(&self) -> (Container, Option<String>) {
        let note = "it is an app packed as a zip archive, without the folder `Payload` of an .ipa";
        (Container::App, Some(note.to_owned()))
    }
}

struct InFolder<'a> {
    path: &'a str,
}

impl Origin for InFolder<'_> {
    fn without_app(&self) -> Unreadable {
        Unreadable {
            looks_like: Some("a folder".to_owned()),
            why: "there is no app in it".to_owned(),
            advice: "give an .app or .xcarchive folder, or the files one by one".to_owned(),
        }
    }

    /// An app that lies in an archive of Xcode's is signed for archiving, also if it is given alone.
    fn of_bare_app(&self) -> (Container, Option<String>) {
        if self.path.contains(".xcarchive/") || self.path.contains(".xcarchive\\") {
            let note = "it lies in an .xcarchive: it is signed again when it is exported";
            let container = Container::Xcarchive {
                signing_identity: None,
                team_id: None,
            };
            return (container, Some(note.to_owned()));
        }
        (Container::App, None)
    }
}

fn read_content(tree: &mut dyn Tree, origin: &dyn Origin) -> Content {
    let Some(found) = find(tree) else {
        return Content::Unreadable(origin.without_app());
    };
    let mut notes = found.notes;
    let container = match found.place {
        Place::Payload => Container::Ipa,
        Place::Products(archive) => of_archive(tree, &archive),
        Place::Bare => {
            let (container, note) = origin.of_bare_app();
            notes.extend(note);
            container
        }
    };
    let read = bundle::read_with_nested(tree, &found.app);
    if read.left_out {
        notes.push("some bundles inside it were left out, because there are too many".to_owned());
    }
    let mut bundles = read.bundles.into_iter();
    let Some(app) = bundles.next() else {
        return Content::Unreadable(origin.without_app());
    };
    if is_nothing(&app) {
        return Content::Unreadable(origin.without_app());
    }
    Content::Build(Box::new(Build {
        container,
        app,
        nested: bundles.collect(),
        notes,
    }))
}

/// Whether a folder that is named like an app has nothing of one.
fn is_nothing(app: &Bundle) -> bool {
    let lacks_info = match &app.info {
        Some(info) => info.bundle_id.is_none(),
        None => app.problems.iter().any(|problem| problem == bundle::NO_INFO),
    };
    lacks_info && app.executable.is_none() && app.profile.is_none()
}

/// Where the app was found.
enum Place {
    Payload,
    /// In an archive of Xcode's, at this path.
    Products(String),
    Bare,
}

struct Location {
    app: String,
    place: Place,
    notes: Vec<String>,
}

/// The folder itself if it is a bundle; else the first app in `Payload`, in an `.xcarchive`, or lying about.
fn find(tree: &mut dyn Tree) -> Option<Location> {
    if is_bundle(tree, "") {
        return Some(Location {
            app: String::new(),
            place: Place::Bare,
            notes: Vec::new(),
        });
    }
    let folders = folders(tree);
    let found = |place: fn(&str) -> Place, inside: &str, tree: &mut dyn Tree| {
        folders.iter().find_map(|folder| {
            let apps = apps_in(tree, &join_path(folder, inside));
            let app = apps.first()?.clone();
            let mut notes = Vec::new();
            if apps.len() > 1 {
                notes.push(format!("there are {} apps in it; the first was read", apps.len()));
            }
            if !folder.is_empty() && inside == "Payload" {
                notes.push("there is a folder before `Payload`, which no device accepts".to_owned());
            }
            Some(Location {
                app,
                place: place(folder),
                notes,
            })
        })
    };
    found(|_| Place::Payload, "Payload", tree)
        .or_else(|| found(|folder| Place::Products(folder.to_owned()), PRODUCTS, tree))
        .or_else(|| found(|_| Place::Bare, "", tree))
}

/// The folders nearest to the top, the top first, without those of bundles.
fn folders(tree: &mut dyn Tree) -> Vec<String> {
    let mut folders = vec![String::new()];
    let mut level = folders.clone();
    for _ in 0..MAX_LEADING {
        let mut next = Vec::new();
        for folder in &level {
            next.extend(
                folders_in(tree, folder)
                    .into_iter()
                    .filter(|path| !is_bundle_name(path)),
            );
        }
        next.sort_unstable();
        next.truncate(MAX_FOLDERS);
        folders.extend(next.iter().cloned());
        level = next;
    }
    folders
}

fn folders_in(tree: &mut dyn Tree, folder: &str) -> Vec<String> {
    let entries = tree.list(folder).unwrap_or_default();
    let folders = entries.into_iter().filter(|entry| entry.is_folder);
    folders.map(|entry| join(folder, &entry.name)).collect()
}

fn apps_in(tree: &mut dyn Tree, folder: &str) -> Vec<String> {
    let mut apps: Vec<_> = folders_in(tree, folder)
        .into_iter()
        .filter(|path| has_ending(path, "app"))
        .collect();
    apps.sort_unstable();
    apps
}

/// Whether a folder has what a bundle has: an `Info.plist`, and an executable or the folders of macOS beside it.
fn is_bundle(tree: &mut dyn Tree, folder: &str) -> bool {
    let has = |tree: &mut dyn Tree, folder: &str, name: &str| {
        let entries = tree.list(folder).unwrap_or_default();
        entries.iter().any(|entry| entry.name == name && !entry.is_folder)
    };
    if has(tree, &join(folder, "Contents"), "Info.plist") {
        return true;
    }
    has(tree, folder, "Info.plist") && apps_in(tree, &join_path(folder, PRODUCTS)).is_empty()
}

fn join_path(folder: &str, inside: &str) -> String {
    if inside.is_empty() {
        folder.to_owned()
    } else {
        join(folder, inside)
    }
}

/// What the `Info.plist` of an archive says of its signature.
fn of_archive(tree: &mut dyn Tree, folder: &str) -> Container {
    let bytes = read_whole(tree, &join(folder, "Info.plist"), property_list::MAX_BYTES);
    let list = bytes.ok().and_then(|bytes| Some(property_list::read(&bytes)?.1));
    let properties = list.as_ref().and_then(|list| list.at("ApplicationProperties"));
    let text = |key| non_empty(properties.and_then(|properties: &Value| properties.text_at(key)));
    Container::Xcarchive {
        signing_identity: text("SigningIdentity").map(|identity| without_person(&identity)),
        team_id: text("Team"),
    }
}

/// An identity without the person or company that follows the colon.
fn without_person(identity: &str) -> String {
    shortened(identity.split(':').next().unwrap_or_default().trim())
}
