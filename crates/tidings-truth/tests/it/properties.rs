//! What holds for every history: however answers are delayed, reordered or told twice, and however wrong clocks are.

use proptest::prelude::*;
use tidings_apns::{Environment, TokenKind};
use tidings_truth::{
    EnvironmentSet, Evidence, Generation, History, RestoreCause, Rules, Standing, TokenState, explain,
};

use super::story::{INCIDENT, PRODUCTION, SANDBOX, minute};

fn environment() -> impl Strategy<Value = Environment> {
    prop_oneof![Just(PRODUCTION), Just(SANDBOX)]
}

fn reach() -> impl Strategy<Value = EnvironmentSet> {
    prop_oneof![
        Just(EnvironmentSet::BOTH),
        environment().prop_map(|one| EnvironmentSet::NONE.with(one)),
    ]
}

fn kind() -> impl Strategy<Value = TokenKind> {
    prop_oneof![
        4 => Just(TokenKind::Alert),
        1 => Just(TokenKind::Location),
        1 => Just(TokenKind::Voip),
    ]
}

/// One answer to a request of one of the first generations. Minutes are two days, so that clocks are wrong by as much.
fn answer() -> impl Strategy<Value = Evidence> {
    let when = (1..5_u32, 0..3000_u64, 0..100_u64, environment());
    (when, 0..5_u8, proptest::option::of(0..3000_u64), any::<bool>()).prop_map(
        |((generation, sent, took, environment), what, dead_at, credible)| {
            let generation = Generation(generation);
            let (sent_at, answered_at) = (minute(sent), minute(sent + took));
            let dead_at = dead_at.map(minute);
            match what {
                0 => Evidence::Accepted {
                    generation,
                    sent_at,
                    environment,
                },
                1 => Evidence::Unregistered {
                    generation,
                    sent_at,
                    answered_at,
                    environment,
                    dead_at,
                },
                2 => Evidence::Expired {
                    generation,
                    sent_at,
                    answered_at,
                    environment,
                    dead_at,
                },
                3 => Evidence::WrongTopic {
                    generation,
                    sent_at,
                    answered_at,
                    environment,
                },
                _ => Evidence::BadToken {
                    generation,
                    sent_at,
                    answered_at,
                    environment,
                    credible,
                },
            }
        },
    )
}

/// What happens to a token apart from answers.
fn event() -> impl Strategy<Value = Evidence> {
    let when = (1..5_u32, 0..3000_u64, environment());
    (when, 0..7_u8, 0..3000_u64).prop_map(|((generation, at, environment), what, since)| {
        let (generation, at) = (Generation(generation), minute(at));
        match what {
            0 | 1 => Evidence::Registered {
                generation,
                at,
                claimed: Some(environment),
            },
            2 => Evidence::Restored {
                generation,
                at,
                why: RestoreCause::Operator,
            },
            3 => Evidence::Restored {
                generation,
                at,
                why: RestoreCause::IncidentReleased { incident: INCIDENT },
            },
            4 => Evidence::Restored {
                generation,
                at,
                why: RestoreCause::CredentialChanged,
            },
            5 => Evidence::Superseded {
                generation,
                at,
                by: "0badcafe".into(),
            },
            _ => Evidence::Doubted {
                generation,
                at,
                environment,
                since: minute(since),
                incident: INCIDENT,
            },
        }
    })
}

fn evidence() -> impl Strategy<Value = Vec<Evidence>> {
    prop::collection::vec(prop_oneof![3 => answer(), 1 => event()], 0..40)
}

fn history(evidence: &[Evidence]) -> History {
    let mut history = History::new(minute(0), None);
    for evidence in evidence {
        history.record(evidence.clone());
    }
    history
}

fn standing(history: &History, kind: TokenKind, reach: EnvironmentSet) -> Standing {
    history.standing(kind, reach, &Rules::default(), minute(4000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_order_in_which_evidence_came_does_not_matter(
        (told, shuffled) in evidence().prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        kind in kind(),
        reach in reach(),
    ) {
        let (one, other) = (history(&told), history(&shuffled));
        prop_assert_eq!(standing(&one, kind, reach), standing(&other, kind, reach));
    }

    #[test]
    fn evidence_that_is_told_twice_changes_nothing(told in evidence(), kind in kind(), reach in reach()) {
        let twice: Vec<Evidence> = told.iter().chain(&told).cloned().collect();
        prop_assert_eq!(
            standing(&history(&told), kind, reach),
            standing(&history(&twice), kind, reach)
        );
    }

    #[test]
    fn an_answer_of_before_a_registration_never_speaks_against_it(
        told in evidence(),
        late in prop::collection::vec(answer(), 1..20),
        kind in kind(),
        reach in reach(),
    ) {
        let mut registered = history(&told);
        registered.record(Evidence::Registered {
            generation: Generation(9),
            at: minute(3500),
            claimed: None,
        });
        let before = standing(&registered, kind, reach);
        for late in late.into_iter().filter(|late| !matches!(late, Evidence::Accepted { .. })) {
            registered.record(late);
        }
        prop_assert_eq!(standing(&registered, kind, reach), before);
    }

    #[test]
    fn a_registration_and_a_restore_bring_every_token_back(
        told in evidence(),
        kind in kind(),
        reach in reach(),
        by_hand: bool,
    ) {
        let mut history = history(&told);
        let (generation, at) = (Generation(9), minute(3500));
        history.record(if by_hand {
            Evidence::Restored { generation, at, why: RestoreCause::Operator }
        } else {
            Evidence::Registered { generation, at, claimed: None }
        });
        let state = standing(&history, kind, reach).state;
        prop_assert!(matches!(state, TokenState::Unproven | TokenState::Active), "{}", state);
    }

    #[test]
    fn what_apns_called_dead_is_brought_back_by_no_incident_and_no_credential(
        told in prop::collection::vec(answer(), 0..60),
        by_incident: bool,
    ) {
        let mut history = history(&told);
        let before = standing(&history, TokenKind::Alert, EnvironmentSet::BOTH);
        let why = if by_incident {
            RestoreCause::IncidentReleased { incident: INCIDENT }
        } else {
            RestoreCause::CredentialChanged
        };
        history.record(Evidence::Restored { generation: Generation(2), at: minute(3500), why });
        let after = standing(&history, TokenKind::Alert, EnvironmentSet::BOTH);
        prop_assert!(before.state != TokenState::Unregistered || after.state == TokenState::Unregistered);
    }

    #[test]
    fn no_answers_but_410_end_a_token_while_the_lane_does_well_by_nobody(
        told in prop::collection::vec(answer(), 0..40),
        kind in kind(),
        reach in reach(),
    ) {
        let ours = told.into_iter().filter_map(|evidence| match evidence {
            Evidence::Unregistered { .. } | Evidence::Expired { .. } => None,
            Evidence::BadToken { generation, sent_at, answered_at, environment, .. } => {
                Some(Evidence::BadToken { generation, sent_at, answered_at, environment, credible: false })
            }
            other => Some(other),
        });
        let history = history(&ours.collect::<Vec<_>>());
        prop_assert!(!standing(&history, kind, reach).state.is_final());
    }

    #[test]
    fn one_credible_bad_answer_never_ends_a_token(told in answer(), proven in environment(), reach in reach()) {
        let mut history = History::new(minute(0), None);
        history.record(Evidence::Accepted { generation: Generation(1), sent_at: minute(1), environment: proven });
        if let Evidence::BadToken { .. } = told {
            history.record(told);
            prop_assert!(!standing(&history, TokenKind::Alert, reach).state.is_final());
        }
    }

    #[test]
    fn what_is_kept_stays_bounded_and_every_standing_is_explained(told in prop::collection::vec(answer(), 0..300)) {
        let history = history(&told);
        prop_assert!(history.exceptions().len() <= 3 * History::MOST_EXCEPTIONS);
        let explanation = explain(
            &history,
            TokenKind::Alert,
            &standing(&history, TokenKind::Alert, EnvironmentSet::BOTH),
        );
        prop_assert!(!explanation.summary.is_empty() && !explanation.advice.is_empty());
    }

    #[test]
    fn a_history_survives_being_written_down(told in evidence()) {
        let history = history(&told);
        let text = serde_json::to_string(&history).unwrap();
        prop_assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    }
}
