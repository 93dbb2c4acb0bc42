//! Every crate says what it is, is known to a reader of ARCHITECTURE.md, keeps the lints, and gives a reason for each
//! foreign crate that it uses.

use super::Violation;
use super::package::Package;
use crate::tree::Tree;

pub(super) fn check(packages: &[Package], tree: &Tree) -> Vec<Violation> {
    packages
        .iter()
        .flat_map(|package| [fields(package), lints(package, tree), documents(package, tree)].concat())
        .collect()
}

fn fields(package: &Package) -> Vec<Violation> {
    let fields = [
        ("description", &package.description),
        ("license", &package.license),
    ];
    let missing = fields
        .into_iter()
        .filter(|(_, value)| value.as_deref().is_none_or(str::is_empty));
    missing
        .map(|(name, _)| Violation::in_file(package.manifest(), format!("has no `{name}`")))
        .collect()
}

fn lints(package: &Package, tree: &Tree) -> Vec<Violation> {
    let inherits = tree
        .text(package.manifest())
        .is_some_and(|text| text.contains("[lints]\nworkspace = true"));
    if inherits {
        Vec::new()
    } else {
        vec![Violation::in_file(
            package.manifest(),
            "does not inherit the workspace's lints",
        )]
    }
}

fn documents(package: &Package, tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    if !names(tree, "ARCHITECTURE.md", &package.name) {
        found.push(Violation::in_file(
            "ARCHITECTURE.md",
            format!("does not say what `{}` is", package.name),
        ));
    }
    for used in package.dependencies.iter().filter(|used| used.path.is_none()) {
        if !names(tree, "docs/dependencies.md", &used.name) {
            let what = format!("does not say why {} uses `{}`", package.name, used.name);
            found.push(Violation::in_file("docs/dependencies.md", what));
        }
    }
    found
}

fn names(tree: &Tree, document: &str, name: &str) -> bool {
    tree.text(document)
        .is_some_and(|text| text.contains(&format!("`{name}`")))
}

#[cfg(test)]
mod tests {
    use super::super::package::Dependency;
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n");

    fn found(package: Package, files: [(&str, &str); 3]) -> usize {
        check(&[package], &Tree::of(files)).len()
    }

    fn documents() -> [(&'static str, &'static str); 3] {
        [
            MANIFEST,
            ("ARCHITECTURE.md", "`a` is first"),
            ("docs/dependencies.md", "`serde`: why"),
        ]
    }

    #[test]
    fn a_described_crate_passes() {
        let mut package = Package::example("a", &["b"]);
        package.dependencies.push(Dependency::foreign("serde", None));
        assert_eq!(found(package, documents()), 0);
    }

    #[test]
    fn a_description_and_a_licence_are_wanted() {
        let package = Package {
            description: None,
            license: Some(String::new()),
            ..Package::example("a", &[])
        };
        assert_eq!(found(package, documents()), 2);
    }

    #[test]
    fn the_lints_are_inherited() {
        let [_, architecture, dependencies] = documents();
        assert_eq!(
            found(
                Package::example("a", &[]),
                [("crates/a/Cargo.toml", ""), architecture, dependencies]
            ),
            1
        );
    }

    #[test]
    fn the_architecture_names_every_crate() {
        let [manifest, _, dependencies] = documents();
        assert_eq!(
            found(
                Package::example("a", &[]),
                [manifest, ("ARCHITECTURE.md", "`b`"), dependencies]
            ),
            1
        );
    }

    #[test]
    fn a_foreign_crate_needs_a_reason() {
        let mut package = Package::example("a", &[]);
        package.dependencies.push(Dependency::foreign("left-pad", None));
        assert_eq!(found(package, documents()), 1);
    }
}
