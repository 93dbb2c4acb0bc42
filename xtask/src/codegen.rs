//! Files, and parts of files, that are generated from code, so that code and documents cannot disagree.

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::program::root;
use crate::tidy::ALLOWED_EDGES;

#[derive(Args, Clone, Copy)]
pub(crate) struct Options {
    /// Write nothing; fail when something would change
    #[arg(long)]
    check: bool,
}

/// A part of a file between `<!-- generated: NAME -->` and `<!-- end of NAME -->`.
struct Part {
    path: &'static str,
    name: &'static str,
    text: fn() -> Result<String>,
}

const PARTS: [Part; 1] = [Part {
    path: "ARCHITECTURE.md",
    name: "edges",
    text: edges,
}];

/// Fails when something is not up to date.
pub(crate) fn check() -> Result<()> {
    run(Options { check: true })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let mut stale = Vec::new();
    for part in &PARTS {
        let path = root().join(part.path);
        let before = fs::read_to_string(&path).with_context(|| format!("reading {}", part.path))?;
        let after = replace_part(&before, part.name, &(part.text)()?)
            .with_context(|| format!("{} has no place for the generated part {}", part.path, part.name))?;
        if before == after {
            continue;
        }
        stale.push(part.path);
        if !options.check {
            fs::write(&path, after).with_context(|| format!("writing {}", part.path))?;
        }
    }
    report(&stale, options)
}

fn report(stale: &[&str], options: Options) -> Result<()> {
    match (stale, options.check) {
        ([], _) => println!("codegen: everything is up to date"),
        (_, true) => bail!("not up to date: {} (run `cargo xtask codegen`)", stale.join(", ")),
        (_, false) => println!("codegen: wrote {}", stale.join(", ")),
    }
    Ok(())
}

/// `None` when the marks are not there.
fn replace_part(document: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- generated: {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{text}{end}{after}"))
}

fn edges() -> Result<String> {
    let rows = ALLOWED_EDGES.iter().map(|(name, uses)| {
        let uses: Vec<String> = uses.iter().map(|used| format!("`{used}`")).collect();
        let uses = if uses.is_empty() {
            "nothing of ours".to_owned()
        } else {
            uses.join(", ")
        };
        format!("| `{name}` | {uses} |\n")
    });
    Ok(format!(
        "| crate | may use |\n| --- | --- |\n{}",
        rows.collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# A\n<!-- generated: x -->\nold\n<!-- end of x -->\nb\n";

    #[test]
    fn only_the_marked_part_is_replaced() {
        let after = replace_part(DOCUMENT, "x", "new\n").unwrap();
        assert_eq!(after, "# A\n<!-- generated: x -->\nnew\n<!-- end of x -->\nb\n");
        assert_eq!(replace_part(&after, "x", "new\n").unwrap(), after);
    }

    #[test]
    fn a_document_without_the_marks_is_refused() {
        assert_eq!(replace_part(DOCUMENT, "y", "new\n"), None);
    }
}
