//! Documents, and parts of documents, that are generated from code, so that the two cannot disagree.

mod commands;
mod configuration;
mod edges;
mod events;
mod findings;
mod lints;
mod metrics;
mod openapi;
mod reasons;
mod running;
mod sdk;

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;
use tidings_doctor::Family;

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

/// The page of a family of findings.
macro_rules! family {
    ($family:ident, $name:literal) => {
        Generated {
            document: concat!("docs/book/src/reference/findings/", $name, ".md"),
            part: None,
            text: || Ok(findings::page(Family::$family)),
        }
    };
}

/// A package is published without the rest of the repository, so that it needs a licence of its own.
macro_rules! licence {
    ($document:literal, $original:literal) => {
        Generated {
            document: $document,
            part: None,
            text: || Ok(fs::read_to_string(root().join($original))?),
        }
    };
}

const ALL: [Generated; 34] = [
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
        document: "docs/book/src/reference/findings.md",
        part: Some("findings"),
        text: || Ok(findings::list()),
    },
    Generated {
        document: "docs/book/src/reference/situations.md",
        part: Some("situations"),
        text: || Ok(findings::situations()),
    },
    family!(File, "file"),
    family!(Connection, "connection"),
    family!(SigningKey, "signing-key"),
    family!(Certificate, "certificate"),
    family!(ProviderToken, "provider-token"),
    family!(Topic, "topic"),
    family!(Environment, "environment"),
    family!(DeviceToken, "device-token"),
    family!(Gone, "gone"),
    family!(Build, "build"),
    family!(Delivery, "delivery"),
    family!(Elsewhere, "elsewhere"),
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
        document: "docs/book/src/reference/events.md",
        part: Some("events"),
        text: events::kinds,
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
    Generated {
        document: "docs/book/src/reference/metrics.md",
        part: Some("metrics"),
        text: metrics::table,
    },
    Generated {
        document: "clients/typescript/src/types.ts",
        part: None,
        text: sdk::typescript_types,
    },
    Generated {
        document: "clients/typescript/src/operations.ts",
        part: None,
        text: sdk::typescript_operations,
    },
    Generated {
        document: "clients/python/src/tidings/types.py",
        part: None,
        text: sdk::python_types,
    },
    Generated {
        document: "clients/python/src/tidings/_operations.py",
        part: None,
        text: sdk::python_operations,
    },
    licence!("clients/typescript/LICENSE-MIT", "LICENSE-MIT"),
    licence!("clients/typescript/LICENSE-APACHE", "LICENSE-APACHE"),
    licence!("clients/python/LICENSE-MIT", "LICENSE-MIT"),
    licence!("clients/python/LICENSE-APACHE", "LICENSE-APACHE"),
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
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
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
    fn every_family_of_findings_has_its_page() {
        for family in Family::ALL {
            let name = format!("/findings/{}.md", family.as_str());
            let page = ALL.iter().find(|generated| generated.document.ends_with(&name));
            let text = (page.unwrap().text)().unwrap();
            assert!(text.contains(family.title()), "{name}");
        }
    }

    #[test]
    fn a_document_without_the_marks_is_refused() {
        assert_eq!(replace(DOCUMENT, "y", "new\n"), None);
    }
}
