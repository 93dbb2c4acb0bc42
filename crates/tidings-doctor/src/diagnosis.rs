//! From a case to a diagnosis: what the rules say, which of it explains the failure, and what it all adds up to.

use crate::case::{Case, ConfiguredCredential};
use crate::catalogue::{Entry, Family, catalogue, delivery, gone, signing_key, topic};
use crate::credential::CredentialFile;
use crate::facts::Facts;
use crate::finding::{Cause, Confidence, Diagnosis, Finding, Severity, Verdict};
use crate::remark::Remark;
use crate::rule::remarks;
use crate::{agreement, artefact};

use tidings_apns::{Reason, Timestamp};

/// Says what is wrong in a case, how that is seen, and what to change.
pub fn diagnose(case: &Case) -> Diagnosis {
    let facts = Facts::of(case);
    let mut remarks = remarks(&facts);
    let named = named_by_the_answer(&facts, &remarks);
    remarks.extend(named);
    remarks.extend(contradicted_by_the_answer(&facts, &remarks));
    let causes = causes(&facts, &remarks);
    Diagnosis {
        findings: findings(&remarks),
        verdict: verdict(&facts, &causes, &remarks),
        causes: causes.iter().map(|remark| remark.cause()).collect(),
    }
}

/// What there is to say about one credential of an app: as it is configured or stored, with its file where that is at hand.
pub fn diagnose_credential(
    credential: &ConfiguredCredential,
    file: Option<&CredentialFile>,
    now: Timestamp,
) -> Vec<Finding> {
    let path = credential.path.clone().unwrap_or_else(|| "the file".to_owned());
    let artefacts = file.map(|file| artefact::Artefact {
        path: path.clone(),
        content: artefact::Content::Credential(file.clone()),
    });
    let case = Case {
        artefacts: artefacts.into_iter().collect(),
        bundle_id: credential.bundle_id.clone(),
        credentials: vec![ConfiguredCredential {
            path: Some(path),
            ..credential.clone()
        }],
        ..Case::new(now)
    };
    diagnose(&case).findings
}

/// The answer by its own name, when nothing says more.
fn named_by_the_answer(facts: &Facts<'_>, remarks: &[Remark]) -> Option<Remark> {
    let reason = facts.reason.as_ref()?;
    let explains = |remark: &Remark| remark.confidence > Confidence::Ask && remark.entry.explains(reason);
    if remarks.iter().any(explains) {
        return None;
    }
    let guidance = reason.guidance();
    let (entry, confidence): (&'static Entry, _) = match reason {
        Reason::TopicDisallowed | Reason::BadTopic => (&topic::TOPIC_NOT_PERMITTED, Confidence::Likely),
        Reason::DeviceTokenNotForTopic => (&topic::TOPIC_UNEXPLAINED, Confidence::Likely),
        _ => (&delivery::ANSWER_NOT_EXPLAINED, Confidence::Likely),
    };
    let title = if entry.explains(reason) {
        entry.title.to_owned()
    } else {
        format!(
            "{}, and what was given does not say why.",
            facts.answer_in_words()
        )
    };
    Some(
        Remark::with(entry, confidence, title)
            .evidence(facts.answer_in_words())
            .question(question(reason))
            .fix(guidance.what_to_do),
    )
}

/// What would say more.
const fn question(reason: &Reason) -> &'static str {
    match reason {
        Reason::DeviceTokenNotForTopic => {
            "For which bundle id and which kind did the app register this device token?"
        }
        _ => {
            "Which build is on the device, and to which topic and environment was it sent, with which credential?"
        }
    }
}

/// An answer about the device token says that the credential was accepted: then its faults are another matter.
fn contradicted_by_the_answer(facts: &Facts<'_>, remarks: &[Remark]) -> Option<Remark> {
    let about_the_token = [
        Reason::BadDeviceToken,
        Reason::DeviceTokenNotForTopic,
        Reason::Unregistered,
        Reason::ExpiredToken,
    ];
    let faulty = |remark: &Remark| {
        let family = remark.entry.family;
        remark.entry.severity == Severity::Error
            && remark.confidence > Confidence::Ask
            && matches!(
                family,
                Family::SigningKey | Family::Certificate | Family::ProviderToken
            )
            && facts
                .reason
                .as_ref()
                .is_some_and(|reason| !remark.entry.explains(reason))
    };
    let fault = remarks.iter().find(|remark| faulty(remark))?;
    facts.is_any(&about_the_token).then(|| {
        Remark::certain(
            &signing_key::CREDENTIAL_WAS_ACCEPTED,
            signing_key::CREDENTIAL_WAS_ACCEPTED.title,
        )
        .evidence(facts.answer_in_words())
        .evidence(format!("found all the same: {}", fault.entry.code))
    })
}

/// Worst first, otherwise in the order of the rules.
fn findings(remarks: &[Remark]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = remarks.iter().filter_map(Remark::finding).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// What could explain the failure, the most likely first. Without a failure, what will lead to one.
fn causes<'a>(facts: &Facts<'_>, remarks: &'a [Remark]) -> Vec<&'a Remark> {
    let explains = |remark: &&Remark| {
        let answer = facts
            .reason
            .as_ref()
            .is_some_and(|reason| remark.entry.explains(reason));
        answer || remark.entry.signs.iter().any(|sign| facts.signs.contains(sign)) || is_nameless(remark)
    };
    let matters =
        |remark: &&Remark| remark.entry.severity >= Severity::Warning && remark.confidence > Confidence::Ask;
    let mut causes: Vec<&Remark> = if facts.is_failing() {
        remarks.iter().filter(explains).collect()
    } else {
        remarks.iter().filter(matters).collect()
    };
    // A question about a known cause is worth more than the bare answer.
    if causes.iter().any(|remark| !is_nameless(remark)) {
        causes.retain(|remark| !is_nameless(remark));
    }
    // What is certain is ordered as APNs checks; what is asked, by how likely it is.
    causes.sort_by_key(|remark| {
        let severity = if facts.is_failing() {
            Severity::Info
        } else {
            remark.entry.severity
        };
        let rank = match remark.confidence {
            Confidence::Ask => likelihood(remark.entry),
            Confidence::Likely | Confidence::Certain => remark.entry.family as usize,
        };
        (
            std::cmp::Reverse(severity),
            std::cmp::Reverse(remark.confidence),
            rank,
        )
    });
    causes
}

/// Whether it only repeats what APNs said.
fn is_nameless(remark: &Remark) -> bool {
    remark.entry.code == delivery::ANSWER_NOT_EXPLAINED.code
}

/// The place in the catalogue; the time of a 410 is asked for last.
fn likelihood(entry: &Entry) -> usize {
    let late = if entry.code == gone::TIMES_UNKNOWN.code {
        1000
    } else {
        0
    };
    late + catalogue()
        .position(|other| other.code == entry.code)
        .unwrap_or(0)
}

fn verdict(facts: &Facts<'_>, causes: &[&Remark], remarks: &[Remark]) -> Verdict {
    match causes.first() {
        Some(remark) => of_cause(&remark.cause()),
        None => agreement::verdict(facts, remarks),
    }
}

fn of_cause(cause: &Cause) -> Verdict {
    let question = cause
        .question
        .as_ref()
        .map_or(String::new(), |question| format!(" {question}"));
    Verdict {
        cause: Some(cause.code),
        confidence: cause.confidence,
        explanation: format!("{}{question}", cause.explanation),
    }
}
