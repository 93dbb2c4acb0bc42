//! The verdict when nothing is wrong: what agrees with what.

use tidings_apns::Environment;

use crate::facts::{CredentialFacts, Facts};
use crate::finding::{Confidence, Verdict};
use crate::remark::Remark;
use crate::rule::home::built;

/// What the verdict is when no rule explains anything.
pub(crate) fn verdict(facts: &Facts<'_>, remarks: &[Remark]) -> Verdict {
    let parts: Vec<String> = [app(facts), credential(facts), sent(facts)]
        .into_iter()
        .flatten()
        .collect();
    let (confidence, explanation) = if facts.is_failing() {
        (Confidence::Ask, "What was given does not explain the failure. Which build is on the device, and what does APNs answer?".to_owned())
    } else if parts.len() > 1 {
        (
            Confidence::Certain,
            format!("Everything agrees: {}.", parts.join(", ")),
        )
    } else if let Some(part) = parts.first() {
        (
            Confidence::Certain,
            format!("Nothing is wrong in what was given: {part}."),
        )
    } else if facts.case.artefacts.is_empty() && remarks.is_empty() {
        (
            Confidence::Ask,
            "There is nothing to go by. Which build, credential, device token or answer of APNs is it about?"
                .to_owned(),
        )
    } else {
        (
            Confidence::Likely,
            "Nothing was found to be wrong in what was given.".to_owned(),
        )
    };
    Verdict {
        cause: None,
        confidence,
        explanation,
    }
}

fn app(facts: &Facts<'_>) -> Option<String> {
    let home = built(facts)?;
    let app = facts.bundle_id().unwrap_or_else(|| "the app".to_owned());
    let team = facts
        .teams()
        .first()
        .map_or(String::new(), |(_, team)| format!(" of team {team}"));
    Some(format!("{app}{team} has device tokens of {}", home.environment))
}

fn credential(facts: &Facts<'_>) -> Option<String> {
    let credential = facts.own_credentials().next()?;
    let teams = facts.teams();
    let is_theirs = teams.iter().any(|(_, team)| credential.team_id() == Some(team));
    let reach = match credential.environments()[..] {
        // Nothing in the file of a key says what it is restricted to.
        [] if is_theirs => "is of the same team".to_owned(),
        [] => "can be read".to_owned(),
        [one] => format!("reaches {one}"),
        _ => "reaches both environments".to_owned(),
    };
    Some(format!("{} {reach}", name(credential)))
}

fn name(credential: &CredentialFacts<'_>) -> String {
    match credential.key_id().or_else(|| credential.key_id_in_name()) {
        Some(key_id) => format!("signing key {key_id}"),
        None if credential.is_signing_key() => "the signing key".to_owned(),
        None => "the certificate".to_owned(),
    }
}

fn sent(facts: &Facts<'_>) -> Option<String> {
    facts
        .case
        .environment
        .map(|environment: Environment| format!("it is sent to {environment}"))
}
