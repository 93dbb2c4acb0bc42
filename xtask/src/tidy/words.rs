//! One word, one meaning: identifiers that the glossary (CONTRIBUTING.md) replaces by others.

use super::Violation;
use crate::tree::Tree;

/// Where the words of others must be used as they are.
const FOREIGN: [&str; 2] = ["interop", "xtask"];

/// Identifiers not to use, and what to say instead.
const REPLACED: [(&str, &str); 8] = [
    ("auth_key", "signing_key"),
    ("auth_token", "provider_token"),
    ("AuthToken", "ProviderToken"),
    ("is_prod", "an `Environment`"),
    ("is_production", "an `Environment`"),
    ("PushToken", "DeviceToken"),
    ("push_token", "device_token"),
    ("registration_id", "device_token"),
];

/// Names that the standard library's collections have made familiar.
const STANDARD_GETTERS: [&str; 2] = ["fn get_mut(", "fn get_or_insert"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let ours = tree
        .ending(".rs")
        .filter(|(path, _)| !FOREIGN.iter().any(|folder| path.starts_with(folder)));
    ours.flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Violation> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .filter_map(|(number, line)| Some(Violation::at(path, number, complaint(line)?)))
        .collect()
}

fn complaint(line: &str) -> Option<String> {
    if line.contains("fn get_") && !STANDARD_GETTERS.iter().any(|name| line.contains(name)) {
        return Some("a getter is named after what it returns, without `get_`".to_owned());
    }
    let replaced = identifiers(line).find_map(|word| REPLACED.iter().find(|(never, _)| *never == word));
    replaced.map(|(never, instead)| format!("say {instead}, not `{never}`"))
}

fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of([(path, text)])).len()
    }

    #[test]
    fn each_replaced_word_is_found() {
        for (never, _) in REPLACED {
            assert_eq!(found("src/a.rs", &format!("let {never} = 1;\n")), 1, "{never}");
        }
    }

    #[test]
    fn a_getter_needs_no_prefix() {
        assert_eq!(found("src/a.rs", "pub fn get_topic() {}\n"), 1);
        assert_eq!(found("src/a.rs", "pub fn get_mut(&mut self) {}\n"), 0);
    }

    #[test]
    fn a_longer_identifier_is_another_word() {
        assert_eq!(found("src/a.rs", "let input_push_token = 1;\n"), 0);
    }

    #[test]
    fn programs_that_drive_foreign_libraries_use_their_words() {
        assert_eq!(found("interop/a2-client/src/main.rs", "let push_token = 1;\n"), 0);
    }
}
