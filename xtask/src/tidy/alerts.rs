//! Alerts and dashboards speak of metrics that exist, and every alert leads to a page that says what to do.

use std::collections::BTreeSet;

use super::Violation;
use crate::tree::Tree;

/// Where the metrics are listed; the list is generated from a running server.
const REFERENCE: &str = "docs/book/src/reference/metrics.md";

/// What a histogram is exposed as, beside its name.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Where the pages of the book are published.
const BOOK: &str = "https://tidings-push.github.io/tidings/";

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let metrics = metrics(tree);
    let files = tree
        .under("deploy/prometheus")
        .chain(tree.under("deploy/grafana"));
    files
        .flat_map(|(path, text)| {
            let mut found = unknown_metrics(path, text, &metrics);
            found.extend(missing_pages(path, text, tree));
            found
        })
        .collect()
}

/// The names in the reference, with those that histograms are exposed as.
fn metrics(tree: &Tree) -> BTreeSet<String> {
    let rows = tree.text(REFERENCE).unwrap_or_default().lines();
    let mut names = BTreeSet::new();
    for row in rows
        .filter_map(|line| line.strip_prefix("| `"))
        .filter(|row| is_ours(row))
    {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_end_matches('`'));
        let name = cells.next().unwrap_or_default().to_owned();
        if cells.next() == Some("histogram") {
            names.extend(OF_HISTOGRAMS.map(|suffix| format!("{name}{suffix}")));
        } else {
            names.insert(name);
        }
    }
    names
}

fn unknown_metrics(path: &str, text: &str, metrics: &BTreeSet<String>) -> Vec<Violation> {
    let lines = text.lines().enumerate();
    let names = lines.flat_map(|(index, line)| mentioned(line).map(move |name| (index + 1, name)));
    names
        .filter(|(_, name)| !metrics.contains(*name))
        .map(|(line, name)| {
            Violation::at(
                path,
                line,
                format!("there is no metric `{name}` (see {REFERENCE})"),
            )
        })
        .collect()
}

/// Every word of a line that begins like one of our metrics.
fn mentioned(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| is_ours(word))
}

/// Whether a text begins like a metric that a server of ours tells.
fn is_ours(text: &str) -> bool {
    text.starts_with("tidings_") || text.starts_with("process_")
}

fn missing_pages(path: &str, text: &str, tree: &Tree) -> Vec<Violation> {
    let pages = text.lines().enumerate().filter_map(|(index, line)| {
        let (_, page) = line.split_once(BOOK)?;
        let page = page.split(".html").next()?;
        Some((index + 1, format!("docs/book/src/{page}.md")))
    });
    pages
        .filter(|(_, page)| !tree.has(page))
        .map(|(line, page)| Violation::at(path, line, format!("there is no page {page}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: (&str, &str) = (
        REFERENCE,
        "| `tidings_attempts_total` | counter | x |\n| `tidings_wait_seconds` | histogram | y |\n",
    );
    const PAGE: (&str, &str) = ("docs/book/src/runbooks/down.md", "# Down\n");

    fn found(rules: &str) -> Vec<String> {
        let tree = Tree::of([LIST, PAGE, ("deploy/prometheus/rules.yaml", rules)]);
        check(&tree).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn metrics_and_pages_that_exist_are_fine() {
        let rules = format!(
            "expr: rate(tidings_attempts_total[5m]) + tidings_wait_seconds_count\nurl: {BOOK}runbooks/down.html\n"
        );
        assert_eq!(found(&rules), [""; 0]);
    }

    #[test]
    fn a_metric_that_nobody_tells_is_found() {
        assert!(found("expr: tidings_attempts")[0].contains("`tidings_attempts`"));
        assert!(found("expr: tidings_wait_seconds")[0].contains("`tidings_wait_seconds`"));
    }

    #[test]
    fn a_page_that_is_not_there_is_found() {
        assert!(found(&format!("url: {BOOK}runbooks/up.html"))[0].contains("runbooks/up.md"));
    }
}
