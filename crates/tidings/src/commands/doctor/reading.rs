//! What the doctor found, as programs read it. A server answers in the same form.

use serde::{Deserialize, Serialize};
use tidings_apns::Environment;
use tidings_doctor::{Artefact, Case, Confidence, Content, Diagnosis, Severity, Unreadable};

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reading {
    /// What was looked at.
    #[serde(default)]
    pub(super) artefacts: Vec<Looked>,
    pub(super) findings: Vec<Found>,
    pub(super) causes: Vec<Cause>,
    pub(super) verdict: Verdict,
    /// What device tokens that fail have in common; only a server knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) cohorts: Vec<Cohort>,
    /// Whether the case is about something that failed.
    #[serde(skip)]
    is_complaint: bool,
}

/// A file or folder in a few words.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Looked {
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) bundle_id: Option<String>,
    pub(super) team_id: Option<String>,
    /// `production`, `sandbox`, `both`, or nothing.
    pub(super) environment: Option<String>,
    pub(super) distribution: Option<String>,
    pub(super) expires_at: Option<String>,
    pub(super) topics: Vec<String>,
    /// Of a signing key: the id that its name holds.
    pub(super) key_id: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unreadable: Option<String>,
}

/// A finding.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) code: String,
    pub(super) severity: Grade,
    pub(super) title: String,
    pub(super) evidence: Vec<String>,
    pub(super) fix: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Grade {
    Info,
    Warning,
    Error,
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Certainty {
    Ask,
    Likely,
    Certain,
}

/// A cause that would explain the failure.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cause {
    pub(super) code: String,
    pub(super) confidence: Certainty,
    pub(super) explanation: String,
    pub(super) question: Option<String>,
}

/// What it adds up to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Verdict {
    pub(super) cause: Option<String>,
    pub(super) confidence: Certainty,
    pub(super) explanation: String,
}

/// What device tokens that fail in one way have in common.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cohort {
    pub(super) what: String,
    pub(super) sentence: String,
}

impl Reading {
    /// Of a case on this machine.
    pub(super) fn new(case: &Case, diagnosis: Diagnosis) -> Self {
        let findings = diagnosis.findings.into_iter().map(|finding| Found {
            code: finding.code.to_owned(),
            severity: finding.severity.into(),
            title: finding.title,
            evidence: finding.evidence,
            fix: finding.fix,
        });
        let causes = diagnosis.causes.into_iter().map(|cause| Cause {
            code: cause.code.to_owned(),
            confidence: cause.confidence.into(),
            explanation: cause.explanation,
            question: cause.question,
        });
        Self {
            artefacts: case.artefacts.iter().map(Looked::from).collect(),
            findings: findings.collect(),
            causes: causes.collect(),
            verdict: Verdict {
                cause: diagnosis.verdict.cause.map(str::to_owned),
                confidence: diagnosis.verdict.confidence.into(),
                explanation: diagnosis.verdict.explanation,
            },
            cohorts: Vec::new(),
            is_complaint: case.answer.is_some() || case.message.is_some(),
        }
    }

    /// Whether nothing is wrong. What is only worth a warning may be so on purpose, unless somebody complains.
    pub(super) fn is_healthy(&self) -> bool {
        let mut grades = self.findings.iter().map(|found| found.severity);
        let Some(cause) = &self.verdict.cause else {
            return !grades.any(|grade| grade == Grade::Error);
        };
        let is_found = self.findings.iter().any(|found| found.code == *cause);
        is_found && !self.is_complaint && !grades.any(|grade| grade == Grade::Error)
    }
}

impl From<&Artefact> for Looked {
    fn from(artefact: &Artefact) -> Self {
        let (key_id, unreadable) = match &artefact.content {
            Content::Credential(file) => (file.key_id_in_name.clone(), None),
            Content::Unreadable(Unreadable { why, .. }) => (None, Some(why.clone())),
            _ => (None, None),
        };
        Self {
            path: artefact.path.clone(),
            kind: artefact.kind().to_owned(),
            bundle_id: artefact.bundle_id().map(str::to_owned),
            team_id: artefact.team_id().map(str::to_owned),
            environment: in_one_word(&artefact.environments()).map(str::to_owned),
            distribution: artefact.distribution().map(|found| found.as_str().to_owned()),
            expires_at: artefact.expires_at().map(|at| at.to_string()),
            topics: artefact.topics(),
            key_id,
            unreadable,
        }
    }
}

fn in_one_word(environments: &[Environment]) -> Option<&'static str> {
    match environments {
        [] => None,
        [one] => Some(one.as_str()),
        _ => Some("both"),
    }
}

impl From<Severity> for Grade {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

impl From<Confidence> for Certainty {
    fn from(confidence: Confidence) -> Self {
        match confidence {
            Confidence::Ask => Self::Ask,
            Confidence::Likely => Self::Likely,
            Confidence::Certain => Self::Certain,
        }
    }
}
