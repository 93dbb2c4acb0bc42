//! Everything that can be explained, and how it is found.

use serde::Serialize;
use tidings_apns::{LintCode, Reason};
use tidings_doctor::{Severity, catalogue, reason_entry};

use crate::output::{STRONG, field, styled};

/// A thing that can be explained.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Entry {
    /// A reason of APNs.
    Reason(ReasonEntry),
    /// A finding of the doctor.
    Finding(FindingEntry),
    /// A finding of the lint rules.
    Lint(LintEntry),
}

/// Where the book is, from which the addresses of its pages go on.
const BOOK: &str = "https://github.com/tidings-push/tidings/blob/main/docs/book/src/";

#[derive(Serialize)]
pub(super) struct ReasonEntry {
    reason: &'static str,
    statuses: &'static [u16],
    meaning: &'static str,
    fault: &'static str,
    what_to_do: &'static str,
    send_again: &'static str,
    source: &'static str,
    /// What can have led to it, the most likely first.
    causes: Vec<Led>,
    /// What Tidings does by itself.
    tidings: &'static str,
    book: String,
}

/// What can have led to an answer: a finding of the doctor.
#[derive(Serialize)]
struct Led {
    code: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
pub(super) struct FindingEntry {
    code: &'static str,
    severity: &'static str,
    title: &'static str,
    meaning: &'static str,
    causes: &'static [&'static str],
    tell: &'static str,
    what_to_do: &'static str,
    tidings: &'static str,
    book: String,
}

#[derive(Serialize)]
pub(super) struct LintEntry {
    code: &'static str,
    severity: &'static str,
    advice: &'static str,
}

/// How unlike a word may be to be taken for a slip of the pen.
const LIKENESS: f64 = 0.8;

/// Everything, reasons first, then what the doctor finds.
pub(super) fn all() -> impl Iterator<Item = Entry> {
    let reasons = Reason::ALL.iter().map(|reason| Entry::Reason(reason.into()));
    let findings = catalogue().map(|entry| Entry::Finding(entry.into()));
    reasons
        .chain(findings)
        .chain(LintCode::ALL.iter().map(|code| Entry::Lint((*code).into())))
}

/// What is called so, in any case; all reasons of a status.
pub(super) fn find(word: &str) -> Vec<Entry> {
    let status: Option<u16> = word.parse().ok();
    all()
        .filter(|entry| {
            entry.name().eq_ignore_ascii_case(word) || status.is_some_and(|status| entry.has(status))
        })
        .collect()
}

/// What was probably meant.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    all()
        .map(|entry| entry.name())
        .map(|name| (strsim::jaro_winkler(&word, &name.to_ascii_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

impl Entry {
    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Reason(entry) => entry.reason,
            Self::Finding(entry) => entry.code,
            Self::Lint(entry) => entry.code,
        }
    }

    /// Where it comes from, in a few words.
    pub(super) fn origin(&self) -> String {
        match self {
            Self::Reason(entry) => {
                format!("answer {}, the fault of {}", numbers(entry.statuses), entry.fault)
            }
            Self::Finding(entry) => format!("{} of the doctor", entry.severity),
            Self::Lint(entry) => format!("{} of `tidings send`", entry.severity),
        }
    }

    /// For people.
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{}\n", styled(STRONG, self.name()));
        let fields = match self {
            Self::Reason(entry) => vec![
                ("status", numbers(entry.statuses)),
                ("means", entry.meaning.to_owned()),
                ("fault", entry.fault.to_owned()),
                ("what to do", entry.what_to_do.to_owned()),
                ("send again", format!("{} ({})", entry.send_again, entry.source)),
                ("by itself", entry.tidings.to_owned()),
                ("book", entry.book.clone()),
            ],
            Self::Finding(entry) => vec![
                ("severity", entry.severity.to_owned()),
                ("is", entry.title.to_owned()),
                ("means", entry.meaning.to_owned()),
                ("how to tell", entry.tell.to_owned()),
                ("what to do", entry.what_to_do.to_owned()),
                ("by itself", entry.tidings.to_owned()),
                ("book", entry.book.clone()),
            ],
            Self::Lint(entry) => vec![
                ("severity", entry.severity.to_owned()),
                ("what to do", entry.advice.to_owned()),
            ],
        };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            out += &field(name, value);
        }
        for (number, cause) in self.causes().into_iter().enumerate() {
            out += &field(
                if number == 0 { "led to by" } else { "" },
                &format!("{}. {cause}", number + 1),
            );
        }
        out
    }

    /// What can have led to it, the most likely first.
    fn causes(&self) -> Vec<String> {
        match self {
            Self::Reason(entry) => {
                let causes = entry.causes.iter();
                causes
                    .map(|led| format!("{} ({})", led.title, led.code))
                    .collect()
            }
            Self::Finding(entry) => entry.causes.iter().map(|&cause| cause.to_owned()).collect(),
            Self::Lint(_) => Vec::new(),
        }
    }

    fn has(&self, status: u16) -> bool {
        match self {
            Self::Reason(entry) => entry.statuses.contains(&status),
            Self::Finding(_) | Self::Lint(_) => false,
        }
    }
}

impl From<&'static Reason> for ReasonEntry {
    fn from(reason: &'static Reason) -> Self {
        let explained = reason_entry(reason);
        let guidance = explained.guidance;
        Self {
            reason: reason.as_str(),
            statuses: reason.documented_statuses(),
            meaning: guidance.meaning,
            fault: guidance.fault.as_str(),
            what_to_do: guidance.what_to_do,
            send_again: guidance.resend.as_str(),
            source: guidance.source.as_str(),
            causes: explained
                .causes
                .iter()
                .map(|entry| Led {
                    code: entry.code,
                    title: entry.title,
                })
                .collect(),
            tidings: explained.tidings,
            book: in_the_book(&explained.path()),
        }
    }
}

impl From<&'static tidings_doctor::Entry> for FindingEntry {
    fn from(entry: &'static tidings_doctor::Entry) -> Self {
        Self {
            code: entry.code,
            severity: match entry.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            title: entry.title,
            meaning: entry.meaning,
            causes: entry.causes,
            tell: entry.tell,
            what_to_do: entry.fix,
            tidings: entry.tidings,
            book: in_the_book(&entry.path()),
        }
    }
}

/// A page of the book, as it lies in the repository.
fn in_the_book(path: &str) -> String {
    format!("{BOOK}{}", path.replace(".html", ".md"))
}

impl From<LintCode> for LintEntry {
    fn from(code: LintCode) -> Self {
        Self {
            code: code.as_str(),
            severity: code.severity().as_str(),
            advice: code.advice(),
        }
    }
}

fn numbers(statuses: &[u16]) -> String {
    let statuses: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    statuses.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<&'static str> {
        find(word).iter().map(Entry::name).collect()
    }

    #[test]
    fn a_word_is_found_in_any_case_and_a_status_by_all_its_reasons() {
        assert_eq!(names("baddevicetoken"), ["BadDeviceToken"]);
        assert_eq!(names("410"), ["ExpiredToken", "Unregistered"]);
        assert_eq!(names("background-priority"), ["background-priority"]);
        assert!(names("42").is_empty());
    }

    #[test]
    fn a_slip_of_the_pen_finds_what_was_meant() {
        assert_eq!(nearest("BadDeviceTokn"), Some("BadDeviceToken"));
        assert_eq!(nearest("unregisterd"), Some("Unregistered"));
        assert_eq!(nearest("zzz"), None);
    }
}
