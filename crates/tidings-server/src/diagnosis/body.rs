//! The doctor's reading as JSON.

use serde::Serialize;
use tidings_doctor::{Cause, Confidence, Diagnosis, Finding, Severity, Verdict};
use utoipa::ToSchema;

/// What the doctor says.
#[derive(Serialize, ToSchema)]
#[schema(as = Diagnosis)]
pub(crate) struct DiagnosisBody {
    /// What was found, the worst first.
    pub(crate) findings: Vec<FindingBody>,
    /// What could explain it, the most likely first.
    pub(crate) causes: Vec<CauseBody>,
    pub(crate) verdict: VerdictBody,
    /// What device tokens that fail have in common, and those that do well have not.
    pub(crate) cohorts: Vec<CohortBody>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingBody {
    /// A stable name.
    pub(crate) code: &'static str,
    /// `error`, `warning` or `info`.
    pub(crate) severity: &'static str,
    /// What was found, in a sentence.
    pub(crate) title: String,
    /// By what, a line each.
    pub(crate) evidence: Vec<String>,
    /// What to do about it.
    pub(crate) fix: String,
    /// Where it is explained: a path of this server.
    #[schema(format = "uri-reference", example = "/help/certificate-expired")]
    help: String,
}

/// Something that would explain a failure.
#[derive(Serialize, ToSchema)]
#[schema(as = Cause)]
pub(crate) struct CauseBody {
    /// A stable name.
    pub(crate) code: &'static str,
    /// `certain`, `likely` or `ask`: then the question decides.
    pub(crate) confidence: &'static str,
    /// Why it is thought of.
    pub(crate) explanation: String,
    /// The one fact that would decide.
    pub(crate) question: Option<String>,
    /// Where it is explained: a path of this server.
    #[schema(format = "uri-reference", example = "/help/certificate-expired")]
    help: String,
}

/// What it all adds up to.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(crate) struct VerdictBody {
    /// The code of the most likely cause; `null` when nothing is wrong.
    cause: Option<&'static str>,
    /// `certain`, `likely` or `ask`.
    confidence: &'static str,
    /// In one sentence.
    pub(crate) explanation: String,
}

/// What device tokens have in common that fail in one way.
#[derive(Serialize, ToSchema)]
#[schema(as = CohortFinding)]
pub(crate) struct CohortBody {
    /// How they fail: `refused` (APNs refuses them) or `misplaced` (they belong to the other environment than the app claims).
    pub(super) what: &'static str,
    /// What they have in common, in a sentence.
    pub(crate) sentence: String,
    /// How many fail so, of those that were looked at.
    pub(super) failing: u64,
    /// How many do well, of those that were looked at.
    pub(super) healthy: u64,
    /// Whether all device tokens of the app were looked at, and not a sample.
    pub(super) is_whole: bool,
}

impl DiagnosisBody {
    pub(super) fn new(diagnosis: Diagnosis) -> Self {
        Self {
            findings: diagnosis.findings.into_iter().map(FindingBody::from).collect(),
            causes: diagnosis.causes.into_iter().map(CauseBody::from).collect(),
            verdict: VerdictBody::from(diagnosis.verdict),
            cohorts: Vec::new(),
        }
    }

    pub(super) fn with_cohorts(self, cohorts: Vec<CohortBody>) -> Self {
        Self { cohorts, ..self }
    }
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            code: finding.code,
            severity: match finding.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            title: finding.title,
            evidence: finding.evidence,
            fix: finding.fix,
            help: crate::help::path(finding.code),
        }
    }
}

impl From<Cause> for CauseBody {
    fn from(cause: Cause) -> Self {
        Self {
            code: cause.code,
            confidence: confidence(cause.confidence),
            explanation: cause.explanation,
            question: cause.question,
            help: crate::help::path(cause.code),
        }
    }
}

impl From<Verdict> for VerdictBody {
    fn from(verdict: Verdict) -> Self {
        Self {
            cause: verdict.cause,
            confidence: confidence(verdict.confidence),
            explanation: verdict.explanation,
        }
    }
}

const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Ask => "ask",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}
