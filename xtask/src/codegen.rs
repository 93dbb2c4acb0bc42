//! Documents, and parts of documents, that are generated from code, so that the two cannot disagree.

mod commands;
mod configuration;
mod edges;
mod lints;
mod openapi;
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

/// What is generated, and where it goes.
struct Generated {
    document: &'static str,
    /// What stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; the whole document without.
    part: Option<&'static str>,
    text: fn() -> Result<String>,
}

const ALL: [Generated; 10] = [
    Generated {
        document: "ARCHITECTURE.md",
        part: Some("edges"),
        text: || Ok(edges::table()),
    },
    Generated {
        document: "docs/book/src/reference/reasons.md",
        part: Some("summary"),
        text: || Ok(reasons::summary()),
    },
    Generated {
        document: "docs/book/src/reference/reasons.md",
        part: Some("reasons"),
        text: || Ok(reasons::explained()),
    },
    Generated {
        document: "docs/book/src/reference/lints.md",
        part: Some("lints"),
        text: || Ok(lints::table()),
    },
    Generated {
        document: "docs/book/src/reference/commands.md",
        part: Some("commands"),
        text: commands::helps,
    },
    Generated {
        document: "docs/book/src/reference/configuration.md",
        part: Some("configuration"),
        text: configuration::keys,
    },
    Generated {
        document: "docs/book/src/reference/simulator-openapi.json",
        part: None,
        text: openapi::simulator,
    },
    Generated {
        document: "docs/book/src/reference/openapi.json",
        part: None,
        text: openapi::server,
    },
    Generated {
        document: "docs/book/src/reference/api.md",
        part: Some("operations"),
        text: openapi::operations,
    },
    Generated {
        document: "docs/book/src/reference/api.md",
        part: Some("problems"),
        text: openapi::problems,
    },
];

/// Fails when something is not up to date.
pub(crate) fn check() -> Result<()> {
    run(Options { check: true })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let mut stale = Vec::new();
    for generated in &ALL {
        if update(generated, options).with_context(|| format!("generating {}", generated.document))? {
            stale.push(generated.document);
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
fn update(generated: &Generated, options: Options) -> Result<bool> {
    let path = root().join(generated.document);
    let text = (generated.text)()?;
    let before = fs::read_to_string(&path).unwrap_or_default();
    let after = match generated.part {
        Some(name) => {
            replace(&before, name, &text).with_context(|| format!("there is no place for {name}"))?
        }
        None => text,
    };
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
