//! Who may use whom. The table is the architecture; ARCHITECTURE.md shows it, generated from here.

use super::Violation;
use super::package::{Dependency, DependencyKind, Package};

/// What each of our crates may use of our crates. A crate that is not here may use none.
pub(crate) const ALLOWED: [(&str, &[&str]); 14] = [
    ("tidings-apns", &[]),
    ("tidings-http2", &[]),
    ("tidings-book", &[]),
    ("tidings-truth", &["tidings-apns"]),
    ("tidings-credential", &["tidings-apns"]),
    (
        "tidings-client",
        &["tidings-http2", "tidings-credential", "tidings-apns"],
    ),
    ("tidings-doctor", &["tidings-credential", "tidings-apns"]),
    (
        "tidings-simulator",
        &["tidings-http2", "tidings-credential", "tidings-apns"],
    ),
    ("tidings-store", &["tidings-truth", "tidings-apns"]),
    (
        "tidings-delivery",
        &["tidings-client", "tidings-store", "tidings-truth", "tidings-apns"],
    ),
    (
        "tidings-server",
        &[
            "tidings-delivery",
            "tidings-store",
            "tidings-book",
            "tidings-doctor",
            "tidings-client",
            "tidings-credential",
            "tidings-truth",
            "tidings-http2",
            "tidings-apns",
        ],
    ),
    (
        "tidings",
        &[
            "tidings-server",
            "tidings-delivery",
            "tidings-store",
            "tidings-doctor",
            "tidings-truth",
            "tidings-simulator",
            "tidings-client",
            "tidings-http2",
            "tidings-apns",
        ],
    ),
    ("tidings-testkit", &["tidings-simulator"]),
    ("xtask", &["tidings-apns", "tidings-doctor"]),
];

/// Only tests may use it, and any crate's tests may.
const TEST_SUPPORT: &str = "tidings-testkit";

/// What all crates without I/O, clock and randomness may use of foreign crates.
const ALLOWED_IN_PURE: [&str; 9] = [
    "base64",
    "memchr",
    "quick-xml",
    "serde",
    "serde_json",
    "thiserror",
    "uuid",
    "x509-parser",
    "zip",
];

/// What one of them may use besides: to open a keystore takes cryptography, of which nothing here draws random numbers.
const ALLOWED_IN_ONE_PURE: [(&str, &[&str]); 1] = [(
    "tidings-credential",
    &["aws-lc-rs", "cbc", "des", "p12-keystore", "rc2", "zeroize"],
)];

/// The crates without I/O, clock and randomness.
pub(super) const PURE: [&str; 5] = [
    "tidings-apns",
    "tidings-credential",
    "tidings-doctor",
    "tidings-http2",
    "tidings-truth",
];

pub(super) fn check(packages: &[Package]) -> Vec<Violation> {
    let edges = packages
        .iter()
        .flat_map(|package| package.dependencies.iter().map(move |used| (package, used)));
    edges
        .filter_map(|(package, used)| refusal(package, used))
        .collect()
}

fn refusal(package: &Package, used: &Dependency) -> Option<Violation> {
    let refused = if used.path.is_some() {
        refuses_ours(package, used)
    } else {
        refuses_foreign(package, used)
    };
    refused.then(|| {
        let what = format!(
            "{} may not use {} (see xtask/src/tidy/edges.rs)",
            package.name, used.name
        );
        Violation::in_file(package.manifest(), what)
    })
}

fn refuses_ours(package: &Package, used: &Dependency) -> bool {
    if used.name == TEST_SUPPORT {
        return used.kind != Some(DependencyKind::Dev);
    }
    let allowed = ALLOWED
        .iter()
        .find(|(name, _)| *name == package.name)
        .map_or(&[][..], |(_, uses)| uses);
    !allowed.contains(&used.name.as_str())
}

fn refuses_foreign(package: &Package, used: &Dependency) -> bool {
    PURE.contains(&package.name.as_str())
        && used.kind != Some(DependencyKind::Dev)
        && !ALLOWED_IN_PURE.contains(&used.name.as_str())
        && !is_allowed_in_one(&package.name, &used.name)
}

fn is_allowed_in_one(package: &str, used: &str) -> bool {
    ALLOWED_IN_ONE_PURE
        .iter()
        .any(|(name, uses)| *name == package && uses.contains(&used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, used: Dependency) -> Vec<Violation> {
        let mut package = Package::example(name, &[]);
        package.dependencies.push(used);
        check(&[package])
    }

    #[test]
    fn the_edges_of_the_table_are_allowed() {
        for (name, uses) in ALLOWED {
            assert_eq!(check(&[Package::example(name, uses)]), []);
        }
    }

    #[test]
    fn every_other_edge_is_refused() {
        for (name, used) in [
            ("tidings-simulator", "tidings-client"),
            ("tidings-client", "tidings-simulator"),
            ("tidings-apns", "tidings-http2"),
            ("tidings-http2", "tidings-apns"),
            ("a-new-crate", "tidings-apns"),
        ] {
            assert_eq!(
                check(&[Package::example(name, &[used])]).len(),
                1,
                "{name} → {used}"
            );
        }
    }

    #[test]
    fn the_simulator_may_not_use_the_client_in_its_tests_either() {
        let used = Dependency::ours("tidings-client", Some(DependencyKind::Dev));
        assert_eq!(with("tidings-simulator", used).len(), 1);
    }

    #[test]
    fn the_test_kit_is_for_tests_only() {
        let in_tests = Dependency::ours("tidings-testkit", Some(DependencyKind::Dev));
        assert_eq!(with("tidings-client", in_tests), []);
        assert_eq!(
            with("tidings-client", Dependency::ours("tidings-testkit", None)).len(),
            1
        );
    }

    #[test]
    fn a_pure_crate_takes_no_foreign_crate_that_could_do_more() {
        assert_eq!(with("tidings-http2", Dependency::foreign("tokio", None)).len(), 1);
        assert_eq!(with("tidings-http2", Dependency::foreign("thiserror", None)), []);
        assert_eq!(
            with(
                "tidings-http2",
                Dependency::foreign("proptest", Some(DependencyKind::Dev))
            ),
            []
        );
        assert_eq!(with("tidings-client", Dependency::foreign("tokio", None)), []);
    }

    #[test]
    fn what_one_pure_crate_may_use_the_others_may_not() {
        let cryptography = || Dependency::foreign("aws-lc-rs", None);
        assert_eq!(with("tidings-credential", cryptography()), []);
        assert_eq!(with("tidings-doctor", cryptography()).len(), 1);
    }
}
