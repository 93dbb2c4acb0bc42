//! What the rules found, in words: findings, and the one verdict that they add up to.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It will hurt, or may be what hurts.
    Warning,
    /// It is wrong.
    Error,
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One fact from the person who asks would decide.
    Ask,
    /// The pattern fits, and there is another explanation.
    Likely,
    /// The evidence contradicts itself, or APNs said it in so many words.
    Certain,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its stable name, as in the catalogue.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence, with the values of this case.
    pub title: String,
    /// What it was seen by, a line each: where, and the value.
    pub evidence: Vec<String>,
    /// What to change: a command, or a place in Xcode or the developer portal.
    pub fix: String,
}

/// A cause that would explain the failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The code of the finding or entry of the catalogue.
    pub code: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why it is thought of, in one sentence.
    pub explanation: String,
    /// The one fact that would decide, as a question; nothing when it is certain.
    pub question: Option<String>,
}

/// What it all adds up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The code of the most likely cause; nothing when nothing is wrong.
    pub cause: Option<&'static str>,
    /// How sure that is.
    pub confidence: Confidence,
    /// In one sentence for people.
    pub explanation: String,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What could explain the failure, the most likely first.
    pub causes: Vec<Cause>,
    /// What it adds up to.
    pub verdict: Verdict,
}
