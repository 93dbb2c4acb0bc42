//! Everything that the doctor can find, from its catalogue: a page for each family, a list of all, and the situations.

use std::fmt::Write as _;

use tidings_doctor::{Decided, Entry, Family, Severity, Situation, catalogue, situations as all_situations};

/// The page of a family.
pub(super) fn page(family: Family) -> String {
    let title = family.title();
    let entries: String = family.entries().iter().map(|entry| section(entry)).collect();
    format!(
        "# {title}\n\n*Generated from the catalogue of `tidings-doctor`; `tidings explain CODE` prints the same.*\n\n{}\n",
        entries.trim_end()
    )
}

fn section(entry: &Entry) -> String {
    let causes: String = entry.causes.iter().fold(String::new(), |mut text, cause| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {cause}");
        text
    });
    format!(
        "## {}\n\n**{}** ({}{})\n\n{}\n\n*Likely because:*\n\n{causes}\n*How to tell:* {}\n\n*What to do:* {}\n\n\
         *What Tidings does by itself:* {}\n\n",
        entry.code,
        entry.title,
        severity(entry.severity),
        answers(entry),
        entry.meaning,
        entry.tell,
        entry.fix,
        entry.tidings
    )
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The reasons that it explains, linked.
fn answers(entry: &Entry) -> String {
    if entry.answers.is_empty() {
        return String::new();
    }
    let links: Vec<String> = entry
        .answers
        .iter()
        .map(|reason| {
            format!(
                "[{0}](../reasons.md#{1})",
                reason.as_str(),
                reason.as_str().to_lowercase()
            )
        })
        .collect();
    format!("; explains {}", links.join(", "))
}

/// A line for each entry, by families.
pub(super) fn list() -> String {
    let rows: Vec<String> = catalogue().map(listed).collect();
    format!(
        "| finding | severity | says |\n| --- | --- | --- |\n{}",
        rows.concat()
    )
}

fn listed(entry: &Entry) -> String {
    let (link, severity) = (link(entry), severity(entry.severity));
    format!("| {link} | {severity} | {} |\n", cell(entry.title))
}

/// A link to an entry, from a page of the reference.
pub(super) fn link(entry: &Entry) -> String {
    format!("[`{0}`](findings/{1}.md#{0})", entry.code, entry.family.as_str())
}

/// A line for each situation.
pub(super) fn situations() -> String {
    let rows: String = all_situations().iter().map(row).collect();
    format!("| | situation | said by |\n| --- | --- | --- |\n{rows}")
}

fn row(situation: &Situation) -> String {
    let said = match situation.decided {
        Decided::By(entries) => entries
            .iter()
            .map(|entry| link(entry))
            .collect::<Vec<_>>()
            .join(", "),
        Decided::NotHere(why) => format!("*not decidable here:* {why}"),
    };
    format!(
        "| {} | {} | {} |\n",
        situation.number,
        cell(situation.text),
        cell(&said)
    )
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
