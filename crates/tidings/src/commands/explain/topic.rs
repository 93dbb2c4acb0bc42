//! Everything that can be explained, and how it is found.

use serde::Serialize;
use tidings_apns::{LintCode, Reason};

use crate::output::{STRONG, field, styled};

/// A thing that can be explained.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Entry {
    /// A reason of APNs.
    Reason(ReasonEntry),
    /// A finding of the lint rules.
    Lint(LintEntry),
}

#[derive(Serialize)]
pub(super) struct ReasonEntry {
    reason: &'static str,
    statuses: &'static [u16],
    meaning: &'static str,
    fault: &'static str,
    what_to_do: &'static str,
    send_again: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
pub(super) struct LintEntry {
    code: &'static str,
    severity: &'static str,
    advice: &'static str,
}

/// How unlike a word may be to be taken for a slip of the pen.
const LIKENESS: f64 = 0.8;

/// Everything, reasons first.
pub(super) fn all() -> impl Iterator<Item = Entry> {
    let reasons = Reason::ALL.iter().map(|reason| Entry::Reason(reason.into()));
    reasons.chain(LintCode::ALL.iter().map(|code| Entry::Lint((*code).into())))
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
            Self::Lint(entry) => entry.code,
        }
    }

    /// Where it comes from, in a few words.
    pub(super) fn origin(&self) -> String {
        match self {
            Self::Reason(entry) => {
                format!("answer {}, the fault of {}", numbers(entry.statuses), entry.fault)
            }
            Self::Lint(entry) => format!("finding, {}", entry.severity),
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
            ],
            Self::Lint(entry) => vec![
                ("severity", entry.severity.to_owned()),
                ("what to do", entry.advice.to_owned()),
            ],
        };
        for (name, value) in fields {
            out += &field(name, &value);
        }
        out
    }

    fn has(&self, status: u16) -> bool {
        match self {
            Self::Reason(entry) => entry.statuses.contains(&status),
            Self::Lint(_) => false,
        }
    }
}

impl From<&'static Reason> for ReasonEntry {
    fn from(reason: &'static Reason) -> Self {
        let guidance = reason.guidance();
        Self {
            reason: reason.as_str(),
            statuses: reason.documented_statuses(),
            meaning: guidance.meaning,
            fault: guidance.fault.as_str(),
            what_to_do: guidance.what_to_do,
            send_again: guidance.resend.as_str(),
            source: guidance.source.as_str(),
        }
    }
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
