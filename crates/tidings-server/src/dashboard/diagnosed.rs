//! What the doctor says, as it stands on the pages of devices and incidents.

use super::sign::Sign;
use super::wording::Foreign;
use crate::diagnosis::{CauseBody, DiagnosisBody, FindingBody};
use crate::help;

/// What the doctor says.
pub(crate) struct Diagnosed {
    pub(crate) verdict: Foreign,
    pub(crate) causes: Vec<CauseLine>,
    pub(crate) findings: Vec<FindingLine>,
    pub(crate) cohorts: Vec<Foreign>,
}

/// Something that would explain it.
pub(crate) struct CauseLine {
    pub(crate) confidence: &'static str,
    pub(crate) text: Foreign,
    pub(crate) question: Option<Foreign>,
    pub(crate) address: String,
}

/// Something that was found.
pub(crate) struct FindingLine {
    pub(crate) sign: Sign,
    pub(crate) text: Foreign,
    pub(crate) evidence: Vec<Foreign>,
    pub(crate) advice: Foreign,
    pub(crate) address: String,
}

impl Diagnosed {
    /// Whether there is more to tell than that nothing is wrong.
    pub(crate) fn is_worth_a_word(&self) -> bool {
        !self.causes.is_empty() || !self.findings.is_empty() || !self.cohorts.is_empty()
    }
}

impl From<DiagnosisBody> for Diagnosed {
    fn from(body: DiagnosisBody) -> Self {
        let cohorts = body.cohorts.iter();
        Self {
            verdict: Foreign::new(body.verdict.explanation),
            causes: body.causes.into_iter().map(CauseLine::from).collect(),
            findings: body.findings.into_iter().map(FindingLine::from).collect(),
            cohorts: cohorts.map(|cohort| Foreign::new(&cohort.sentence)).collect(),
        }
    }
}

impl From<CauseBody> for CauseLine {
    fn from(cause: CauseBody) -> Self {
        Self {
            confidence: match cause.confidence {
                "certain" => "Certain",
                "likely" => "Likely",
                _ => "Possible",
            },
            text: Foreign::new(cause.explanation),
            question: cause.question.map(Foreign::new),
            address: help::page(cause.code),
        }
    }
}

impl From<FindingBody> for FindingLine {
    fn from(finding: FindingBody) -> Self {
        let evidence = finding.evidence.iter();
        Self {
            sign: match finding.severity {
                "error" => Sign::Bad,
                "warning" => Sign::Watch,
                _ => Sign::Quiet,
            },
            evidence: evidence.map(Foreign::new).collect(),
            address: help::page(finding.code),
            text: Foreign::new(finding.title),
            advice: Foreign::new(finding.fix),
        }
    }
}
