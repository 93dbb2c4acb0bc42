//! What each answer of APNs means: the table over all reasons.

use tidings_apns::{AnswerHeaders, Reason, Response};
use tidings_truth::{Circumstances, Evidence, Generation, NextStep, Verdict, judge};

use super::story::{PRODUCTION, minute};

const CIRCUMSTANCES: fn(bool) -> Circumstances = |proven| Circumstances {
    generation: Generation(3),
    sent_at: minute(1),
    answered_at: minute(2),
    environment: PRODUCTION,
    proven,
    lane_is_credible: true,
};

fn verdict(status: u16, reason: &str, proven: bool) -> Verdict {
    let body = format!(r#"{{"reason":"{reason}"}}"#);
    let answer = Response::new(status, AnswerHeaders::default(), body.as_bytes());
    judge(&answer, &CIRCUMSTANCES(proven))
}

/// The four reasons that speak of a device token, with their statuses.
const OF_TOKENS: [(u16, &str); 4] = [
    (400, "BadDeviceToken"),
    (400, "DeviceTokenNotForTopic"),
    (410, "Unregistered"),
    (410, "ExpiredToken"),
];

#[test]
fn an_acceptance_is_done_and_speaks_for_the_lane() {
    let answer = Response::new(200, AnswerHeaders::default(), b"");
    let verdict = judge(&answer, &CIRCUMSTANCES(false));
    assert_eq!(verdict.next, NextStep::Done);
    assert_eq!(verdict.vote, Some(true));
    assert!(matches!(verdict.evidence, Some(Evidence::Accepted { .. })));
}

#[test]
fn four_reasons_speak_of_a_token_and_no_other_does() {
    for reason in Reason::ALL {
        for &status in reason.documented_statuses() {
            let of_token = OF_TOKENS.contains(&(status, reason.as_str()));
            let verdict = verdict(status, reason.as_str(), true);
            assert_eq!(verdict.evidence.is_some(), of_token, "{status} {reason}");
            assert_eq!(
                verdict.next == NextStep::AsTheTokenStands,
                of_token,
                "{status} {reason}"
            );
        }
    }
}

#[test]
fn only_proven_tokens_bear_witness_against_the_lane_and_never_by_their_death() {
    for (status, reason) in OF_TOKENS {
        let witness = (status == 400).then_some(false);
        assert_eq!(verdict(status, reason, true).vote, witness, "{reason}");
        assert_eq!(verdict(status, reason, false).vote, None, "{reason}");
    }
}

#[test]
fn a_reason_with_a_status_that_is_not_its_own_is_no_evidence() {
    for (_, reason) in OF_TOKENS {
        for status in [403, 404, 429, 500, 503] {
            let verdict = verdict(status, reason, true);
            assert_eq!(verdict.evidence, None, "{status} {reason}");
            assert_ne!(verdict.next, NextStep::AsTheTokenStands, "{status} {reason}");
        }
    }
}

#[test]
fn whatever_a_credential_is_refused_for_pauses_the_lane_and_touches_no_token() {
    for reason in [
        "BadCertificate",
        "BadCertificateEnvironment",
        "Forbidden",
        "InvalidProviderToken",
        "MissingProviderToken",
        "UnrelatedKeyIdInToken",
        "BadEnvironmentKeyIdInToken",
        "BadEnvironmentKeyInToken",
        "ANewReasonOf2030",
    ] {
        assert_eq!(verdict(403, reason, true).next, NextStep::LanePauses, "{reason}");
    }
    assert_eq!(verdict(400, "TopicDisallowed", true).next, NextStep::LanePauses);
    assert_eq!(
        verdict(403, "ExpiredProviderToken", true).next,
        NextStep::RenewProviderToken
    );
    assert_eq!(
        verdict(429, "TooManyProviderTokenUpdates", true).next,
        NextStep::KeepProviderToken
    );
}

#[test]
fn what_is_not_known_is_treated_by_its_class() {
    assert_eq!(verdict(400, "ANewReasonOf2030", true).next, NextStep::Failed);
    assert_eq!(verdict(410, "ANewReasonOf2030", true).next, NextStep::Failed);
    assert_eq!(verdict(429, "ANewReasonOf2030", true).next, NextStep::Later);
    assert_eq!(
        verdict(500, "ANewReasonOf2030", true).next,
        NextStep::LaterForTheLane
    );
    assert_eq!(verdict(503, "", true).next, NextStep::LaterForTheLane);
}
