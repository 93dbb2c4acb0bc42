//! How a lane finds out that what was wrong with it no longer is.

use tidings_truth::{CanaryStep, Incident, IncidentCause, IncidentEnd, IncidentRules};

use super::story::{INCIDENT, minute};

fn open(cause: IncidentCause) -> Incident {
    Incident::open(INCIDENT, cause, minute(0), minute(10), &IncidentRules::default())
}

fn of_tokens() -> Incident {
    open(IncidentCause::ProvenTokensRefused {
        reason: "BadDeviceToken".into(),
        against: 5,
    })
}

#[test]
fn three_canaries_in_a_row_end_it() {
    let rules = IncidentRules::default();
    let mut incident = of_tokens();
    assert!(matches!(incident.canary(minute(10)), CanaryStep::Wait(_)));
    assert_eq!(incident.canary(minute(11)), CanaryStep::Send);
    assert_eq!(incident.canary_accepted(minute(11), &rules), None);
    assert_eq!(incident.canary(minute(11)), CanaryStep::Send);
    incident.canary_refused(minute(11), &rules);
    assert_eq!(incident.canary_accepted(minute(20), &rules), None);
    assert_eq!(incident.canary_accepted(minute(20), &rules), None);
    assert_eq!(
        incident.canary_accepted(minute(20), &rules),
        Some(IncidentEnd::Recovered)
    );
}

#[test]
fn a_credential_that_is_accepted_once_is_accepted() {
    let mut incident = open(IncidentCause::CredentialRefused {
        status: 403,
        reason: "InvalidProviderToken".into(),
    });
    let end = incident.canary_accepted(minute(11), &IncidentRules::default());
    assert_eq!(end, Some(IncidentEnd::Recovered));
}

#[test]
fn refused_canaries_come_ever_more_seldom_up_to_a_limit() {
    let rules = IncidentRules::default();
    let mut incident = of_tokens();
    let mut last = std::time::Duration::ZERO;
    for _ in 0..100 {
        incident.canary_refused(minute(100), &rules);
        let pause = incident.next_canary_at.saturating_since(minute(100));
        assert!(pause >= last && pause <= rules.longest_pause);
        last = pause;
    }
    assert_eq!(last, rules.longest_pause);
    incident.mended(minute(101));
    assert_eq!(incident.canary(minute(101)), CanaryStep::Send);
}

#[test]
fn a_canary_that_says_nothing_of_the_lane_neither_ends_it_nor_delays_the_next() {
    let mut incident = of_tokens();
    incident.canary_said_nothing(minute(12));
    assert_eq!(incident.canary(minute(12)), CanaryStep::Send);
    assert_eq!(incident.accepted_in_a_row, 0);
    incident.canary_unanswered(minute(12), &IncidentRules::default());
    assert!(matches!(incident.canary(minute(12)), CanaryStep::Wait(_)));
}
