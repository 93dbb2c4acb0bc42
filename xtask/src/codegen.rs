//! Parts of documents that are generated from code, so that the two cannot disagree.

mod edges;
mod lints;
mod reasons;

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::program::root;

#[derive(Args, Clone, Copy)]
pub(crate) struct Options {
    /// Write nothing; fail when something would change
    #[arg(long)]
    check: bool,
}

/// What stands in a document between `<!-- generated: NAME -->` and `<!-- end of NAME -->`.
struct Part {
    document: &'static str,
    name: &'static str,
    text: fn() -> String,
}

const PARTS: [Part; 4] = [
    Part {
        document: "ARCHITECTURE.md",
        name: "edges",
        text: edges::table,
    },
    Part {
        document: "docs/book/src/reference/reasons.md",
        name: "summary",
        text: reasons::summary,
    },
    Part {
        document: "docs/book/src/reference/reasons.md",
        name: "reasons",
        text: reasons::explained,
    },
    Part {
        document: "docs/book/src/reference/lints.md",
        name: "lints",
        text: lints::table,
    },
];

/// Fails when something is not up to date.
pub(crate) fn check() -> Result<()> {
    run(Options { check: true })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let mut stale = Vec::new();
    for part in &PARTS {
        if update(part, options).with_context(|| format!("generating {} of {}", part.name, part.document))? {
            stale.push(part.document);
        }
    }
    match (stale.as_slice(), options.check) {
        ([], _) => println!("codegen: everything is up to date"),
        (stale, true) => bail!("not up to date: {} (run `cargo xtask codegen`)", stale.join(", ")),
        (stale, false) => println!("codegen: wrote {}", stale.join(", ")),
    }
    Ok(())
}

/// Whether the document was not up to date.
fn update(part: &Part, options: Options) -> Result<bool> {
    let path = root().join(part.document);
    let before = fs::read_to_string(&path)?;
    let after = replace(&before, part.name, &(part.text)()).context("the document has no place for it")?;
    let stale = before != after;
    if stale && !options.check {
        fs::write(&path, after)?;
    }
    Ok(stale)
}

/// `None` when the marks are not there.
fn replace(document: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- generated: {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# A\n<!-- generated: x -->\nold\n<!-- end of x -->\nb\n";

    #[test]
    fn only_the_marked_part_is_replaced() {
        let after = replace(DOCUMENT, "x", "new\n").unwrap();
        assert_eq!(
            after,
            "# A\n<!-- generated: x -->\n\nnew\n\n<!-- end of x -->\nb\n"
        );
        assert_eq!(replace(&after, "x", "new").unwrap(), after);
    }

    #[test]
    fn a_document_without_the_marks_is_refused() {
        assert_eq!(replace(DOCUMENT, "y", "new\n"), None);
    }
}
