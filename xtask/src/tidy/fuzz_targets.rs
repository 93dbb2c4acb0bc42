//! Every fuzz target is built and has seeds, and there are no seeds and no programs without a target.

use std::collections::BTreeSet;

use super::Violation;
use super::package::Package;
use crate::tree::Tree;

pub(super) fn check(packages: &[Package], tree: &Tree) -> Vec<Violation> {
    let targets: BTreeSet<&str> = tree
        .under("fuzz/fuzz_targets")
        .filter_map(|(path, _)| target_of_source(path))
        .collect();
    let built: BTreeSet<&str> = packages
        .iter()
        .flat_map(|package| &package.targets)
        .map(|bin| bin.name.as_str())
        .collect();
    let seeded: BTreeSet<&str> = tree
        .under("fuzz/seeds")
        .filter_map(|(path, _)| target_of_seed(path))
        .collect();

    let complaints = [
        complain(targets.difference(&built), "has no [[bin]] in fuzz/Cargo.toml"),
        complain(targets.difference(&seeded), "has no seeds in fuzz/seeds"),
        complain(
            built.difference(&targets),
            "is built but has no file in fuzz/fuzz_targets",
        ),
        complain(
            seeded.difference(&targets),
            "has seeds but no file in fuzz/fuzz_targets",
        ),
    ];
    complaints.into_iter().flatten().collect()
}

fn complain<'a>(targets: impl Iterator<Item = &'a &'a str>, what: &str) -> Vec<Violation> {
    targets
        .map(|target| Violation::in_file("fuzz/Cargo.toml", format!("the target {target} {what}")))
        .collect()
}

fn target_of_source(path: &str) -> Option<&str> {
    path.strip_prefix("fuzz/fuzz_targets/")?
        .strip_suffix(".rs")
        .filter(|name| !name.contains('/'))
}

fn target_of_seed(path: &str) -> Option<&str> {
    path.strip_prefix("fuzz/seeds/")?
        .split_once('/')
        .map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use super::super::package::Target;
    use super::*;

    const SOURCE: (&str, &str) = ("fuzz/fuzz_targets/frame.rs", "");
    const SEED: (&str, &str) = ("fuzz/seeds/frame/settings", "");

    fn built(names: &[&str]) -> [Package; 1] {
        let targets = names.iter().map(|name| Target {
            name: (*name).to_owned(),
        });
        [Package {
            targets: targets.collect(),
            ..Package::example("fuzz", &[])
        }]
    }

    #[test]
    fn a_target_with_a_program_and_seeds_passes() {
        assert_eq!(check(&built(&["frame"]), &Tree::of([SOURCE, SEED])), []);
    }

    #[test]
    fn each_missing_part_is_found() {
        assert_eq!(
            check(&built(&[]), &Tree::of([SOURCE, SEED])).len(),
            1,
            "no program"
        );
        assert_eq!(
            check(&built(&["frame"]), &Tree::of([SOURCE])).len(),
            1,
            "no seeds"
        );
        assert_eq!(check(&built(&["frame"]), &Tree::of([SEED])).len(), 2, "no source");
    }
}
