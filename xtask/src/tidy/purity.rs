//! The pure crates do no I/O, read no clock and draw no random number: time and ids are arguments.

use super::Violation;
use super::edges::PURE;
use super::sources::production_lines;
use crate::tree::Tree;

/// What would make the code depend on more than its arguments.
const IMPURE: [&str; 16] = [
    "std::env",
    "std::fs",
    "io::stderr",
    "io::stdin",
    "io::stdout",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime::now",
    "Instant::now",
    "new_v4",
    "now_v7",
    "rand::",
    "getrandom",
    "tokio",
];

/// What a crate may name all the same: the doctor reads what others open, by the traits `Read` and `Seek`.
const EXCEPTIONS: [(&str, &str); 1] = [("tidings-doctor", "std::io")];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    PURE.iter().flat_map(|name| check_crate(name, tree)).collect()
}

fn check_crate(name: &str, tree: &Tree) -> Vec<Violation> {
    let sources = format!("crates/{name}/src");
    let lines = tree.under(&sources).flat_map(|(path, text)| {
        production_lines(path, text).map(move |(number, line)| (path, number, line))
    });
    lines
        .filter_map(|(path, number, line)| {
            let mut words = IMPURE.iter().filter(|word| !EXCEPTIONS.contains(&(name, word)));
            let word = words.find(|word| without_comment(line).contains(*word))?;
            Some(Violation::at(
                path,
                number,
                format!("`{word}` in {name}, which is pure"),
            ))
        })
        .collect()
}

/// A `//` inside a string ends the line too early here, which can only overlook something after it.
fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of([(path, text)])).len()
    }

    #[test]
    fn each_way_to_the_outside_is_found() {
        for word in IMPURE {
            let text = format!("//! A file.\nfn f() {{ {word} }}\n");
            assert_eq!(found("crates/tidings-http2/src/frame.rs", &text), 1, "{word}");
        }
    }

    #[test]
    fn the_doctor_reads_what_others_open_and_opens_nothing() {
        let path = "crates/tidings-doctor/src/executable.rs";
        assert_eq!(found(path, "//! A file.\nuse std::io::{self, Read};\n"), 0);
        assert_eq!(found(path, "//! A file.\nlet standard_input = io::stdin();\n"), 1);
        assert_eq!(found(path, "//! A file.\nuse std::fs;\n"), 1);
    }

    #[test]
    fn a_comment_may_speak_of_the_outside() {
        assert_eq!(
            found(
                "crates/tidings-apns/src/lib.rs",
                "//! No tokio.\n// nor std::net\n"
            ),
            0
        );
    }

    #[test]
    fn tests_need_an_instant_to_start_from() {
        let text = "//! A file.\n#[cfg(test)]\nmod tests {\n    let now = Instant::now();\n}\n";
        assert_eq!(found("crates/tidings-http2/src/frame.rs", text), 0);
        assert_eq!(
            found(
                "crates/tidings-http2/src/frame/tests.rs",
                "//! Tests.\nInstant::now()\n"
            ),
            0
        );
    }

    #[test]
    fn other_crates_may() {
        assert_eq!(
            found(
                "crates/tidings-client/src/lib.rs",
                "//! A file.\nuse tokio::net;\n"
            ),
            0
        );
    }
}
