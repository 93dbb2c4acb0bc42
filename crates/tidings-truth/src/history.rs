//! What is known of one device token, bounded, whatever the order in which it was learned.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp, TokenKind};

use crate::derivation;
use crate::environment_set::EnvironmentSet;
use crate::evidence::{Evidence, Generation, RestoreCause};
use crate::rules::Rules;
use crate::standing::Standing;

/// What is known of one device token.
///
/// It is a summary of all evidence, and what it says does not depend on the order in which evidence was recorded, nor on how
/// often. What is usual (registered, accepted) takes no room. Of what is unusual, in each generation the first and the last
/// two of each sort in each environment are kept, and the death that is dated last: a [`Standing`] looks at nothing else, but
/// at deaths since the newest registration, whatever was restored since. Of older generations, only what finds room among
/// the newest [`History::MOST_EXCEPTIONS`], and the first of each sort ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When the app first told us the token.
    pub first_registered_at: Timestamp,
    /// When it last did: written at every registration, changed or not, since a death is compared with it.
    pub registered_at: Timestamp,
    /// The generation of the newest registration.
    pub registered_generation: Generation,
    /// The newest generation.
    pub generation: Generation,
    /// The environment that the app last claimed.
    pub claimed: Option<Environment>,
    /// What was accepted in production.
    pub accepted_production: Option<Acceptance>,
    /// What was accepted in the sandbox.
    pub accepted_sandbox: Option<Acceptance>,
    exceptions: Vec<Evidence>,
}

/// Notifications that APNs accepted for a device token in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When the first was sent.
    pub first_at: Timestamp,
    /// The generation of the last that was written down.
    pub last_generation: Generation,
    /// When that was sent.
    pub last_at: Timestamp,
}

impl History {
    /// How much unusual evidence is kept, beside the first of each sort and what the newest generation needs.
    pub const MOST_EXCEPTIONS: usize = 32;

    /// Through so many generations without a registration a death is remembered.
    const DEATH_REMEMBERED: u32 = 8;

    /// The history of a token that was just registered for the first time.
    pub fn new(at: Timestamp, claimed: Option<Environment>) -> Self {
        Self {
            first_registered_at: at,
            registered_at: at,
            registered_generation: Generation(1),
            generation: Generation(1),
            claimed,
            accepted_production: None,
            accepted_sandbox: None,
            exceptions: Vec::new(),
        }
    }

    /// The same with the unusual evidence, as it was kept.
    #[must_use]
    pub fn with_exceptions(mut self, exceptions: Vec<Evidence>) -> Self {
        self.exceptions = exceptions;
        self.tidy_exceptions();
        self
    }

    /// The unusual evidence, oldest first.
    pub fn exceptions(&self) -> &[Evidence] {
        &self.exceptions
    }

    /// Adds evidence.
    pub fn record(&mut self, evidence: Evidence) {
        self.generation = self.generation.max(match evidence {
            Evidence::Registered { generation, .. } | Evidence::Restored { generation, .. } => generation,
            _ => Generation::default(),
        });
        match evidence {
            Evidence::Registered {
                generation,
                at,
                claimed,
            } => self.register(generation, at, claimed),
            Evidence::Accepted {
                generation,
                sent_at,
                environment,
            } => self.accept(generation, sent_at, environment),
            unusual => {
                self.exceptions.push(unusual);
                self.tidy_exceptions();
            }
        }
    }

    /// The environments in which APNs has accepted something for the token.
    pub fn proven(&self) -> EnvironmentSet {
        let accepted = |environment: &Environment| self.accepted(*environment).is_some();
        Environment::ALL.into_iter().filter(accepted).collect()
    }

    /// What was accepted in an environment.
    pub const fn accepted(&self, environment: Environment) -> Option<Acceptance> {
        match environment {
            Environment::Production => self.accepted_production,
            Environment::Sandbox => self.accepted_sandbox,
        }
    }

    /// What all of it means: for a token of this kind, with credentials that reach these environments, now.
    pub fn standing(
        &self,
        kind: TokenKind,
        reach: EnvironmentSet,
        rules: &Rules,
        now: Timestamp,
    ) -> Standing {
        derivation::derive(self, kind, reach, rules, now)
    }

    /// Whether a mistake of ours that began then may be all that speaks against the token, being in doubt as it is: the end of
    /// the mistake is reason enough to try it again at once. What was answered before is not of that mistake.
    pub fn is_excused_by_mistake(&self, standing: &Standing, since: Timestamp) -> bool {
        let is_doubtful =
            |it: &Evidence| matches!(it, Evidence::BadToken { .. } | Evidence::WrongTopic { .. });
        let speaks_against = |it: &&Evidence| is_doubtful(it) && !self.is_refuted(it);
        standing.is_doubt_of_ours() && self.current().filter(speaks_against).all(|it| it.at() >= since)
    }

    /// Whether something was accepted in the same place that was sent later.
    pub(crate) fn is_refuted(&self, answer: &Evidence) -> bool {
        let there = answer.environment();
        there.is_some_and(|there| self.was_accepted_after(there, answer.generation(), answer.at()))
    }

    /// Whether something was accepted there that was sent later.
    pub(crate) fn was_accepted_after(
        &self,
        environment: Environment,
        generation: Generation,
        sent_at: Timestamp,
    ) -> bool {
        self.accepted(environment)
            .is_some_and(|accepted| (accepted.last_generation, accepted.last_at) > (generation, sent_at))
    }

    /// What is held in the newest generation, oldest first.
    pub(crate) fn current(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        self.exceptions
            .iter()
            .filter(|evidence| evidence.generation() == self.generation)
    }

    /// What APNs said of a death since the app last registered the token, oldest first. That somebody restored it by hand
    /// voids it; that an incident ended or the credential changed does not: neither had cast doubt on it.
    pub(crate) fn deaths(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        let counted = self.deaths_counted();
        self.exceptions
            .iter()
            .filter(move |evidence| is_death_in(evidence, &counted))
    }

    /// The generations whose deaths count. Both ends only ever grow, so that it does not matter what was dropped before.
    fn deaths_counted(&self) -> RangeInclusive<Generation> {
        let oldest = self.generation.0.saturating_sub(Self::DEATH_REMEMBERED - 1);
        let restores = self.exceptions.iter().filter(|evidence| is_by_hand(evidence));
        let restored = restores.map(Evidence::generation).max().unwrap_or_default();
        let from = self.registered_generation.max(restored).max(Generation(oldest));
        from..=self.generation
    }

    fn register(&mut self, generation: Generation, at: Timestamp, claimed: Option<Environment>) {
        self.first_registered_at = self.first_registered_at.min(at);
        // The claim decides between two that are otherwise the same, so that their order does not.
        let newest = (self.registered_generation, self.registered_at, self.claimed);
        if (generation, at, claimed) > newest {
            self.registered_generation = generation;
            self.registered_at = at;
            self.claimed = claimed;
        }
    }

    fn accept(&mut self, generation: Generation, sent_at: Timestamp, environment: Environment) {
        let slot = match environment {
            Environment::Production => &mut self.accepted_production,
            Environment::Sandbox => &mut self.accepted_sandbox,
        };
        let known = slot.get_or_insert(Acceptance {
            first_at: sent_at,
            last_generation: generation,
            last_at: sent_at,
        });
        known.first_at = known.first_at.min(sent_at);
        let last = (known.last_generation, known.last_at).max((generation, sent_at));
        (known.last_generation, known.last_at) = last;
    }

    /// Sorts, and drops what no standing looks at.
    fn tidy_exceptions(&mut self) {
        let mut all = std::mem::take(&mut self.exceptions);
        all.sort_by_cached_key(order);
        all.dedup();
        let mut at = 0..all.len();
        all.retain({
            let telling: Vec<bool> = at.clone().map(|i| is_telling(&all, i)).collect();
            move |_| at.next().is_some_and(|i| telling[i])
        });
        let excess = all.len().saturating_sub(Self::MOST_EXCEPTIONS);
        self.exceptions = all;
        let counted = self.deaths_counted();
        let mut all = std::mem::take(&mut self.exceptions);
        let newest_by_hand = all.iter().rposition(is_by_hand);
        let kept: Vec<bool> = (0..all.len())
            .map(|i| {
                i >= excess
                    || all[i].generation() == self.generation
                    || is_death_in(&all[i], &counted)
                    || newest_by_hand == Some(i)
                    || is_first_of_its_sort(&all, i)
            })
            .collect();
        let mut kept = kept.into_iter();
        all.retain(|_| kept.next().unwrap_or(true));
        self.exceptions = all;
    }
}

/// Of evidence that says the same thing several times, the first and the last two tell; of deaths, the one dated last too.
fn is_telling(all: &[Evidence], i: usize) -> bool {
    let slot_of_it = slot(&all[i]);
    let same = |other: &&Evidence| slot(other) == slot_of_it;
    let earlier = all[..i].iter().filter(same).count();
    let later = all[i + 1..].iter().filter(same).count();
    let dated_last = || {
        let dated = |evidence: &Evidence| evidence.dead_at();
        let it = dated(&all[i]);
        it.is_some()
            && all[..i].iter().filter(same).all(|other| dated(other) < it)
            && all[i + 1..].iter().filter(same).all(|other| dated(other) <= it)
    };
    earlier == 0 || later < 2 || dated_last()
}

fn is_death_in(evidence: &Evidence, counted: &RangeInclusive<Generation>) -> bool {
    evidence.dead_at().is_some() && counted.contains(&evidence.generation())
}

/// A restore that voids everything, also what APNs said of a death.
fn is_by_hand(evidence: &Evidence) -> bool {
    matches!(
        evidence,
        Evidence::Restored {
            why: RestoreCause::Operator,
            ..
        }
    )
}

fn is_first_of_its_sort(all: &[Evidence], i: usize) -> bool {
    !all[..i].iter().any(|other| other.sort() == all[i].sort())
}

/// Evidence of the same slot says the same thing several times.
fn slot(evidence: &Evidence) -> (Generation, u8, Option<Environment>) {
    (evidence.generation(), evidence.sort(), evidence.environment())
}

/// A total order of all evidence, so that what is kept does not depend on the order in which it came.
fn order(evidence: &Evidence) -> (Generation, Timestamp, Timestamp, u8, Option<&'static str>, String) {
    (
        evidence.generation(),
        evidence.at(),
        evidence.known_at(),
        evidence.sort(),
        evidence.environment().map(Environment::as_str),
        detail(evidence),
    )
}

/// What is left to tell two pieces of evidence apart.
fn detail(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Unregistered { dead_at, .. } | Evidence::Expired { dead_at, .. } => {
            dead_at.map_or(String::new(), |at| at.to_string())
        }
        Evidence::Superseded { by, .. } => by.to_string(),
        Evidence::Doubted { since, incident, .. } => format!("{since} {incident}"),
        Evidence::Confirmed { incident, .. } => incident.to_string(),
        Evidence::Restored { why, .. } => format!("{why:?}"),
        Evidence::Registered { .. }
        | Evidence::Accepted { .. }
        | Evidence::BadToken { .. }
        | Evidence::WrongTopic { .. } => String::new(),
    }
}
