//! Relative links in the Markdown files lead somewhere.

use super::Violation;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    tree.ending(".md")
        .flat_map(|(path, text)| check_file(path, text, tree))
        .collect()
}

fn check_file(path: &str, text: &str, tree: &Tree) -> Vec<Violation> {
    let broken = links(text).filter(|(_, link)| !leads_somewhere(path, link, tree));
    broken
        .map(|(number, link)| Violation::at(path, number, format!("the link `{link}` leads nowhere")))
        .collect()
}

/// The targets of `[text](target)`, with their lines; code blocks hold no links.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    let lines = text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    });
    lines.flat_map(|(index, line)| {
        line.split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .map(move |link| (index + 1, link))
    })
}

fn leads_somewhere(path: &str, link: &str, tree: &Tree) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    if file.contains("://") || file.starts_with("mailto:") {
        return true;
    }
    let target = if file.is_empty() {
        Some(path.to_owned())
    } else {
        resolve(path, file)
    };
    target.is_some_and(|target| {
        tree.has(&target) && (heading.is_empty() || has_heading(&target, heading, tree))
    })
}

/// The path from the root of what `link` means in the file at `path`; `None` when it leaves the repository.
fn resolve(path: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn has_heading(path: &str, heading: &str, tree: &Tree) -> bool {
    let text = tree.text(path).unwrap_or_default();
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#')) == heading)
}

/// As the usual renderers make it: lower case, spaces to dashes, other signs dropped.
fn anchor(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|sign| if sign == ' ' { '-' } else { sign })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let tree = Tree::of([
            ("docs/a.md", text),
            ("docs/b.md", "# The `first` part\n"),
            ("README.md", ""),
        ]);
        check(&tree).len()
    }

    #[test]
    fn a_link_to_what_is_there_passes() {
        for link in [
            "b.md",
            "./b.md",
            "../README.md",
            "b.md#the-first-part",
            "..",
            "https://a.example/x",
            "#here",
        ] {
            assert_eq!(found(&format!("# Here\n[text]({link})\n")), 0, "{link}");
        }
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        for link in ["c.md", "../b.md", "../../b.md", "b.md#the-second-part", "#there"] {
            assert_eq!(found(&format!("# Here\n[text]({link})\n")), 1, "{link}");
        }
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(found("```\nlet x = [f](nothing);\n```\n"), 0);
        assert_eq!(found("```\n```\n[text](nothing)\n"), 1);
    }
}
