//! Reading one bundle, and the bundles inside it.

use std::io;

use super::tree::{Tree, TreeEntry, join, read_whole};
use super::{Bundle, BundleRole};
use crate::entitlements::Entitlements;
use crate::executable;
use crate::info_plist::{self, InfoPlist};
use crate::profile;
use crate::property_list;

/// More bundles inside an app than anybody ships.
const MAX_NESTED: usize = 64;

/// An extension of a watch app in an app is three deep.
const MAX_DEPTH: usize = 3;

/// More entries than a folder of bundles has.
const MAX_ENTRIES: usize = 4096;

/// Folders in which bundles lie that are signed on their own and may have tokens.
const NESTS: [&str; 4] = ["PlugIns", "Extensions", "Watch", "AppClips"];

/// The problem of a bundle that may be none.
pub(super) const NO_INFO: &str = "it has no Info.plist";

/// A bundle and everything inside it: the outer one first, and whether some were left out.
pub(super) struct Found {
    pub(super) bundles: Vec<Bundle>,
    pub(super) left_out: bool,
}

/// Reads the bundle in a folder, and the bundles inside it.
pub(super) fn read_with_nested(tree: &mut dyn Tree, folder: &str) -> Found {
    let mut found = Found {
        bundles: Vec::new(),
        left_out: false,
    };
    found.read(tree, folder, MAX_DEPTH);
    found
}

impl Found {
    fn read(&mut self, tree: &mut dyn Tree, folder: &str, depth: usize) {
        if self.bundles.len() > MAX_NESTED || depth == 0 {
            self.left_out = true;
            return;
        }
        let shape = Shape::of(tree, folder);
        self.bundles.push(shape.read(tree));
        for nested in shape.nested(tree) {
            self.read(tree, &nested, depth - 1);
        }
    }
}

/// Where things lie in a bundle: for macOS all is under `Contents`.
struct Shape {
    path: String,
    inner: String,
    entries: Vec<TreeEntry>,
    is_deep: bool,
    problem: Option<String>,
}

impl Shape {
    fn of(tree: &mut dyn Tree, folder: &str) -> Self {
        let mut shape = Self {
            path: folder.to_owned(),
            inner: folder.to_owned(),
            entries: Vec::new(),
            is_deep: false,
            problem: None,
        };
        match tree.list(folder) {
            Ok(entries) => shape.entries = entries,
            Err(error) => shape.problem = Some(problem("its folder", &error)),
        }
        if !shape.has_file("Info.plist") && shape.has_folder("Contents") {
            shape.inner = join(folder, "Contents");
            shape.entries = tree.list(&shape.inner).unwrap_or_default();
            shape.is_deep = true;
        }
        shape
    }

    fn has_file(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| !entry.is_folder && entry.name == name)
    }

    fn has_folder(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.is_folder && entry.name == name)
    }

    fn read(&self, tree: &mut dyn Tree) -> Bundle {
        let mut bundle = Bundle {
            path: self.path.clone(),
            role: BundleRole::App,
            info: None,
            executable: None,
            profile: None,
            expanded_entitlements: None,
            problems: self.problem.clone().into_iter().collect(),
        };
        bundle.add_info(tree, self);
        bundle.add_profile(tree, self);
        bundle.add_expanded_entitlements(tree, self);
        bundle.add_executable(tree, self);
        bundle.role = role(&bundle);
        bundle
    }

    /// The folders of the bundles inside it.
    fn nested(&self, tree: &mut dyn Tree) -> Vec<String> {
        let nests = NESTS.iter().filter(|nest| self.has_folder(nest));
        let nests: Vec<_> = nests.map(|nest| join(&self.inner, nest)).collect();
        let mut nested = Vec::new();
        for nest in nests {
            let mut names: Vec<String> = tree
                .list(&nest)
                .unwrap_or_default()
                .into_iter()
                .filter(|entry| entry.is_folder && is_bundle_name(&entry.name))
                .take(MAX_ENTRIES)
                .map(|entry| join(&nest, &entry.name))
                .collect();
            names.sort_unstable();
            nested.append(&mut names);
        }
        nested
    }

    /// The executable: by its name, or for want of one by the name of the bundle.
    fn executable(&self, info: Option<&InfoPlist>) -> Option<String> {
        let folder = if self.is_deep {
            join(&self.inner, "MacOS")
        } else {
            self.inner.clone()
        };
        let last = self.path.rsplit('/').next()?;
        let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
        let name = info.and_then(|info| info.executable.as_deref()).unwrap_or(stem);
        is_plain_name(name).then(|| join(&folder, name))
    }
}

/// Whether a folder's name is that of a bundle that may be signed on its own.
pub(super) fn is_bundle_name(name: &str) -> bool {
    has_ending(name, "app") || has_ending(name, "appex")
}

/// Whether a name ends in a full stop and this, and has something before it.
pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(stem, end)| !stem.is_empty() && end == ending)
}

/// Whether it names something in its folder, and not in another.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0'])
}

impl Bundle {
    fn add_info(&mut self, tree: &mut dyn Tree, shape: &Shape) {
        if !shape.has_file("Info.plist") {
            self.problems.push(NO_INFO.to_owned());
            return;
        }
        match read_whole(tree, &join(&shape.inner, "Info.plist"), property_list::MAX_BYTES) {
            Ok(bytes) => match property_list::read(&bytes) {
                Some((_, list)) => self.info = Some(info_plist::read(&list)),
                None => self.problems.push("its Info.plist is damaged".to_owned()),
            },
            Err(error) => self.problems.push(problem("its Info.plist", &error)),
        }
    }

    fn add_profile(&mut self, tree: &mut dyn Tree, shape: &Shape) {
        let names = ["embedded.mobileprovision", "embedded.provisionprofile"];
        let Some(name) = names.into_iter().find(|name| shape.has_file(name)) else {
            return;
        };
        match read_whole(tree, &join(&shape.inner, name), property_list::MAX_BYTES) {
            Ok(bytes) => match profile::of_bytes(&bytes) {
                Some(profile) => self.profile = Some(profile),
                None => self
                    .problems
                    .push(format!("its {name} is no provisioning profile")),
            },
            Err(error) => self.problems.push(problem(&format!("its {name}"), &error)),
        }
    }

    fn add_expanded_entitlements(&mut self, tree: &mut dyn Tree, shape: &Shape) {
        const NAME: &str = "archived-expanded-entitlements.xcent";
        if !shape.has_file(NAME) {
            return;
        }
        let bytes = read_whole(tree, &join(&shape.inner, NAME), property_list::MAX_BYTES);
        let list = bytes.ok().and_then(|bytes| Some(property_list::read(&bytes)?.1));
        match list {
            Some(list) => self.expanded_entitlements = Some(Entitlements::from_list(&list)),
            None => self.problems.push(format!("its {NAME} is damaged")),
        }
    }

    fn add_executable(&mut self, tree: &mut dyn Tree, shape: &Shape) {
        let Some(path) = shape.executable(self.info.as_ref()) else {
            self.problems
                .push("the name of its executable is no name of a file".to_owned());
            return;
        };
        match tree.open(&path).and_then(executable::read) {
            Ok(executable) => self.executable = Some(executable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.problems.push("its executable is missing".to_owned());
            }
            Err(error) => self.problems.push(problem("its executable", &error)),
        }
    }
}

fn role(bundle: &Bundle) -> BundleRole {
    let info = bundle.info.as_ref();
    let point = info.and_then(|info| info.extension_point.clone());
    if point.is_some() || has_ending(&bundle.path, "appex") {
        return BundleRole::Extension(point);
    }
    match info {
        Some(info) if info.is_watch_app || info.companion_bundle_id.is_some() => BundleRole::WatchApp,
        Some(info) if info.is_app_clip => BundleRole::AppClip,
        _ if bundle.path.contains("/Watch/") => BundleRole::WatchApp,
        _ if bundle.path.contains("/AppClips/") => BundleRole::AppClip,
        _ => BundleRole::App,
    }
}

fn problem(what: &str, error: &io::Error) -> String {
    format!("{what} cannot be read: {}", executable::clause(error))
}
