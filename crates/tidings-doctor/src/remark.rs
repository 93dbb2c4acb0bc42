//! What a rule says: an entry of the catalogue, filled with the values of a case.

use crate::catalogue::Entry;
use crate::finding::{Cause, Confidence, Finding};

/// What a rule says about a case.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) entry: &'static Entry,
    pub(crate) confidence: Confidence,
    title: String,
    evidence: Vec<String>,
    fix: String,
    question: Option<String>,
}

impl Remark {
    /// Something that is so.
    pub(crate) fn certain(entry: &'static Entry, title: impl Into<String>) -> Self {
        Self {
            entry,
            confidence: Confidence::Certain,
            title: title.into(),
            evidence: Vec::new(),
            fix: entry.fix.to_owned(),
            question: None,
        }
    }

    /// Something that is probably so.
    pub(crate) fn likely(entry: &'static Entry, title: impl Into<String>) -> Self {
        Self {
            confidence: Confidence::Likely,
            ..Self::certain(entry, title)
        }
    }

    /// Something that may be so; the answer to the question decides.
    pub(crate) fn ask(entry: &'static Entry, title: impl Into<String>, question: impl Into<String>) -> Self {
        Self {
            confidence: Confidence::Ask,
            question: Some(question.into()),
            ..Self::certain(entry, title)
        }
    }

    /// As sure as that.
    pub(crate) fn with(entry: &'static Entry, confidence: Confidence, title: impl Into<String>) -> Self {
        Self {
            confidence,
            ..Self::certain(entry, title)
        }
    }

    /// What would decide, where it is not certain.
    pub(crate) fn question(mut self, question: impl Into<String>) -> Self {
        self.question = Some(question.into());
        self
    }

    /// A line of evidence.
    pub(crate) fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Lines of evidence.
    pub(crate) fn evidences(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }

    /// What to change, in the words of this case.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Whether it says the same as another.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.entry.code == other.entry.code && self.title == other.title
    }

    /// As a finding. What is only asked is none.
    pub(crate) fn finding(&self) -> Option<Finding> {
        (self.confidence > Confidence::Ask).then(|| Finding {
            code: self.entry.code,
            severity: self.entry.severity,
            title: self.title.clone(),
            evidence: self.evidence.clone(),
            fix: self.fix.clone(),
        })
    }

    /// As a cause.
    pub(crate) fn cause(&self) -> Cause {
        let question = self.question.clone();
        Cause {
            code: self.entry.code,
            confidence: self.confidence,
            explanation: self.title.clone(),
            question: question.filter(|_| self.confidence != Confidence::Certain),
        }
    }
}
