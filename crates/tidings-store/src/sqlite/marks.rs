//! All that decides about a device token of which nothing unusual is known, in one number: so that a broadcast reads little.

use std::array;

use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_truth::{Acceptance, EnvironmentSet, Generation, History, Rules, Sending, TokenState};

const PROVEN_IN: u32 = 0;
const CLAIMED: u32 = 2;
const PROVEN_PRODUCTION: u32 = 4;
const PROVEN_SANDBOX: u32 = 5;
const EXCEPTIONAL: u32 = 6;
const EVIDENCE: u32 = 7;
const GENERATION: u32 = 8;

/// What a device's row says in one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Marks(pub(crate) i64);

impl Marks {
    /// Those of a history. It is exceptional if its standing does not follow from the marks alone.
    pub(crate) fn of(history: &History, is_exceptional: IsExceptional) -> Self {
        let proven = history.proven();
        let bit = |is_set: bool, place: u32| i64::from(is_set) << place;
        Self(
            code(proven_in(history)) << PROVEN_IN
                | code(history.claimed) << CLAIMED
                | bit(proven.contains(Environment::Production), PROVEN_PRODUCTION)
                | bit(proven.contains(Environment::Sandbox), PROVEN_SANDBOX)
                | bit(is_exceptional == IsExceptional::Yes, EXCEPTIONAL)
                | bit(!history.exceptions().is_empty(), EVIDENCE)
                | i64::from(history.generation.0) << GENERATION,
        )
    }

    pub(crate) fn generation(self) -> Generation {
        Generation(u32::try_from(self.0 >> GENERATION).unwrap_or(u32::MAX))
    }

    pub(crate) fn claimed(self) -> Option<Environment> {
        environment(self.0 >> CLAIMED)
    }

    pub(crate) fn proven(self) -> EnvironmentSet {
        let mut proven = EnvironmentSet::NONE;
        if self.has(PROVEN_PRODUCTION) {
            proven = proven.with(Environment::Production);
        }
        if self.has(PROVEN_SANDBOX) {
            proven = proven.with(Environment::Sandbox);
        }
        proven
    }

    /// Where it belongs, as far as that is proven or claimed.
    pub(crate) fn place(self) -> Option<Environment> {
        environment(self.0 >> PROVEN_IN).or_else(|| self.claimed())
    }

    /// The same after acceptances that this history tells of: it need not know of unusual evidence.
    pub(crate) fn accepted(self, history: &History) -> Self {
        Self(Self::of(history, IsExceptional::No).0 | self.0 & 1 << EVIDENCE)
    }

    /// The state of a token of which nothing unusual is known.
    pub(crate) const fn usual_state(self) -> TokenState {
        match environment(self.0 >> PROVEN_IN) {
            Some(_) => TokenState::Active,
            None => TokenState::Unproven,
        }
    }

    pub(crate) const fn is_exceptional(self) -> bool {
        self.has(EXCEPTIONAL)
    }

    pub(crate) const fn has_evidence(self) -> bool {
        self.has(EVIDENCE)
    }

    const fn has(self, place: u32) -> bool {
        self.0 >> place & 1 != 0
    }
}

/// Whether a standing says more than the marks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsExceptional {
    Yes,
    No,
}

/// Where tokens may be sent to of which nothing unusual is known, for one reach: the law, asked once for each case.
pub(crate) struct UsualSending([Sending; 16]);

impl UsualSending {
    pub(crate) fn new(reach: EnvironmentSet, rules: &Rules) -> Self {
        Self(array::from_fn(|case| {
            let case = i64::try_from(case).unwrap_or_default();
            let history = usual_history(environment(case >> PROVEN_IN), environment(case >> CLAIMED));
            history
                .standing(TokenKind::Alert, reach, rules, Timestamp::from_unix_millis(0))
                .sending
        }))
    }

    pub(crate) fn of(&self, marks: Marks) -> Sending {
        let case = usize::try_from(marks.0 & 0b1111).unwrap_or_default();
        self.0[case]
    }
}

/// Where a token was accepted last.
fn proven_in(history: &History) -> Option<Environment> {
    history.proven().iter().max_by_key(|environment| {
        let accepted = history.accepted(*environment);
        accepted.map(|accepted| (accepted.last_generation, accepted.last_at))
    })
}

fn usual_history(proven_in: Option<Environment>, claimed: Option<Environment>) -> History {
    let at = Timestamp::from_unix_millis(0);
    let mut history = History::new(at, claimed);
    let accepted = Some(Acceptance {
        first_at: at,
        last_generation: Generation(1),
        last_at: at,
    });
    match proven_in {
        Some(Environment::Production) => history.accepted_production = accepted,
        Some(Environment::Sandbox) => history.accepted_sandbox = accepted,
        None => {}
    }
    history
}

const fn code(environment: Option<Environment>) -> i64 {
    match environment {
        None => 0,
        Some(Environment::Production) => 1,
        Some(Environment::Sandbox) => 2,
    }
}

const fn environment(code: i64) -> Option<Environment> {
    match code & 0b11 {
        1 => Some(Environment::Production),
        2 => Some(Environment::Sandbox),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Option<Environment>; 3] =
        [None, Some(Environment::Production), Some(Environment::Sandbox)];

    #[test]
    fn marks_say_what_the_history_says() {
        for proven_in in PLACES {
            for claimed in PLACES {
                let mut history = usual_history(proven_in, claimed);
                history.generation = Generation(u32::MAX);
                let marks = Marks::of(&history, IsExceptional::No);
                assert_eq!(marks.generation(), Generation(u32::MAX));
                assert_eq!(marks.claimed(), claimed);
                assert_eq!(marks.proven(), history.proven());
                assert_eq!(marks.place(), proven_in.or(claimed));
                assert!(!marks.is_exceptional() && !marks.has_evidence());
                assert!(Marks::of(&history, IsExceptional::Yes).is_exceptional());
            }
        }
    }

    #[test]
    fn the_usual_sending_is_what_the_law_says() {
        let rules = Rules::default();
        let reaches = [
            EnvironmentSet::NONE,
            EnvironmentSet::BOTH,
            EnvironmentSet::NONE.with(Environment::Production),
            EnvironmentSet::NONE.with(Environment::Sandbox),
        ];
        for reach in reaches {
            let usual = UsualSending::new(reach, &rules);
            for proven_in in PLACES {
                for claimed in PLACES {
                    let history = usual_history(proven_in, claimed);
                    let standing =
                        history.standing(TokenKind::Voip, reach, &rules, Timestamp::from_unix_millis(0));
                    let marks = Marks::of(&history, IsExceptional::No);
                    assert_eq!(usual.of(marks), standing.sending);
                    assert_eq!(marks.usual_state(), standing.state);
                }
            }
        }
    }
}
