//! The shape of Rust files: an opening comment, a telling name, a length one can read, nothing left behind.

use super::Violation;
use crate::tree::Tree;

/// Lines of a file without its tests. Longer ones hold more than one noun.
const LONGEST: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "common.rs",
    "helper.rs",
    "helpers.rs",
    "misc.rs",
    "mod.rs",
    "types.rs",
    "util.rs",
    "utils.rs",
];

/// What marks unfinished work, in two halves so that this file does not find itself.
const LEFT_BEHIND: [(&str, &str); 6] = [
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X"),
    ("HA", "CK"),
    ("dbg", "!("),
    ("todo", "!("),
];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    tree.ending(".rs")
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

/// The lines of a file, counted from one, that are not its tests.
pub(super) fn production_lines<'a>(path: &str, text: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let production = !is_test_file(path);
    let end = first_line_of_tests(text);
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(move |(number, _)| production && *number < end)
}

fn check_file(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(Violation::in_file(
            path,
            "must start with `//!`: what is this file for, and why?",
        ));
    }
    if EMPTY_NAMES.iter().any(|name| file_name(path) == *name) {
        found.push(Violation::in_file(
            path,
            "a file is named after the one thing in it",
        ));
    }
    let length = production_lines(path, text).count();
    if length > LONGEST {
        let what = format!("{length} lines besides its tests; more than {LONGEST} are more than one thing");
        found.push(Violation::in_file(path, what));
    }
    found.extend(
        text.lines()
            .enumerate()
            .filter_map(|(index, line)| check_line(path, index + 1, line)),
    );
    found
}

fn check_line(path: &str, number: usize, line: &str) -> Option<Violation> {
    if line.trim() == "#[ignore]" {
        return Some(Violation::at(
            path,
            number,
            "an ignored test must say why: `#[ignore = \"…\"]`",
        ));
    }
    let left = LEFT_BEHIND
        .iter()
        .map(|(one, two)| format!("{one}{two}"))
        .find(|word| has_word(line, word))?;
    Some(Violation::at(
        path,
        number,
        format!("`{left}`: finish it or drop it"),
    ))
}

/// Whether the word stands there by itself, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let opened = word.ends_with('(');
        !before.is_some_and(is_word_character) && (opened || !after.is_some_and(is_word_character))
    })
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_test_file(path: &str) -> bool {
    file_name(path) == "tests.rs" || path.split('/').any(|folder| folder == "tests")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Counted from one; past the end when there are none.
fn first_line_of_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests"));
    start.unwrap_or(lines.len()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of([(path, text)]))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_good_file_passes() {
        assert_eq!(
            found("src/frame.rs", "//! Frames.\n\nfn parse() {}\n"),
            [] as [&str; 0]
        );
    }

    #[test]
    fn a_file_says_first_what_it_is_for() {
        assert_eq!(found("src/frame.rs", "use std::fmt;\n").len(), 1);
    }

    #[test]
    fn a_file_is_named_after_what_is_in_it() {
        for name in EMPTY_NAMES {
            assert_eq!(
                found(&format!("src/frame/{name}"), "//! Frames.\n").len(),
                1,
                "{name}"
            );
        }
    }

    #[test]
    fn a_file_has_a_readable_length_besides_its_tests() {
        let code = format!("//! Long.\n{}", "fn f() {}\n".repeat(LONGEST - 1));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    // more\n".repeat(100));
        assert_eq!(found("src/long.rs", &format!("{code}{tests}")), [] as [&str; 0]);
        assert_eq!(
            found("src/long.rs", &format!("{code}fn g() {{}}\n{tests}")).len(),
            1
        );
        assert_eq!(found("tests/it/long.rs", &code.repeat(2)), [] as [&str; 0]);
    }

    #[test]
    fn nothing_unfinished_is_left_behind() {
        for (one, two) in LEFT_BEHIND {
            let text = format!("//! A file.\n    // {one}{two} later\n");
            assert_eq!(found("src/frame.rs", &text).len(), 1, "{one}{two}");
        }
        assert_eq!(
            found("src/frame.rs", "//! A file.\nconst HACKNEY: u8 = 1;\n"),
            [] as [&str; 0]
        );
    }

    #[test]
    fn an_ignored_test_says_why() {
        assert_eq!(found("src/frame.rs", "//! A file.\n    #[ignore]\n").len(), 1);
        assert_eq!(
            found("src/frame.rs", "//! A file.\n    #[ignore = \"slow\"]\n"),
            [] as [&str; 0]
        );
    }

    #[test]
    fn what_is_found_names_its_line() {
        let text = format!("//! A file.\n\n// {}{}\n", "FIX", "ME");
        assert!(found("src/frame.rs", &text)[0].starts_with("src/frame.rs:3: "));
    }
}
