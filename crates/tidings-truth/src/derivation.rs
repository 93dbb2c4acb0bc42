//! From evidence to state: the one function that decides what a device token is.
//!
//! It looks only at evidence of the newest generation (at deaths, of all since the newest registration), and of that only at
//! what [`History`] keeps for certain: the first and the last two of each sort. So neither the order in which answers came nor what was compacted away changes the outcome.

use tidings_apns::{Environment, Timestamp, TokenKind};
use uuid::Uuid;

use crate::environment_set::EnvironmentSet;
use crate::evidence::{Evidence, Generation};
use crate::history::History;
use crate::rules::Rules;
use crate::standing::{Cause, Sending, Standing, TokenState};

pub(crate) fn derive(
    history: &History,
    kind: TokenKind,
    reach: EnvironmentSet,
    rules: &Rules,
    now: Timestamp,
) -> Standing {
    let case = Case {
        history,
        kind,
        reach,
        rules,
        proven_in: proven_environment(history),
    };
    let mut standing = case
        .superseded()
        .or_else(|| case.aged(now))
        .or_else(|| case.dead())
        .or_else(|| case.wrong_topic())
        .or_else(|| case.bad())
        .or_else(|| case.contradicted())
        .unwrap_or_else(|| case.sound());
    let claim = history.claimed;
    standing.claim_is_wrong = case.proven_in.is_some() && claim.is_some() && case.proven_in != claim;
    standing
}

/// Where the token was accepted last.
fn proven_environment(history: &History) -> Option<Environment> {
    history.proven().iter().max_by_key(|environment| {
        history
            .accepted(*environment)
            .map(|accepted| (accepted.last_generation, accepted.last_at))
    })
}

/// What the derivation looks at.
struct Case<'a> {
    history: &'a History,
    kind: TokenKind,
    reach: EnvironmentSet,
    rules: &'a Rules,
    proven_in: Option<Environment>,
}

/// A 410: when it was sent, when it was answered, and of when it speaks.
struct Death {
    generation: Generation,
    sent_at: Timestamp,
    answered_at: Timestamp,
    environment: Environment,
    dead_at: Timestamp,
}

/// All `BadDeviceToken` of one environment that no later acceptance refutes.
struct Bad<'a> {
    environment: Environment,
    first: &'a Evidence,
    last: &'a Evidence,
    last_credible: Option<&'a Evidence>,
}

/// Whether an incident stands between an answer and its consequence.
enum Doubt {
    Open(Uuid, Timestamp),
    Confirmed(Uuid, Timestamp),
}

impl Case<'_> {
    fn superseded(&self) -> Option<Standing> {
        let (at, by) = self.history.current().find_map(|evidence| match evidence {
            Evidence::Superseded { at, by, .. } => Some((*at, by.clone())),
            _ => None,
        })?;
        let cause = Cause::SupersededBy { fingerprint: by };
        Some(self.standing(TokenState::Superseded, cause, at, Sending::Never))
    }

    fn aged(&self, now: Timestamp) -> Option<Standing> {
        if self.kind != TokenKind::LiveActivityUpdate {
            return None;
        }
        let end = self
            .history
            .registered_at
            .saturating_add(self.rules.live_activity_life);
        (now >= end).then(|| self.standing(TokenState::Unregistered, Cause::TooOld, end, Sending::Never))
    }

    /// A death that is not dated before the newest registration; or one that just so is, and was told again.
    fn dead(&self) -> Option<Standing> {
        let deaths = self.deaths();
        let registered_at = self.history.registered_at;
        let latest = deaths.iter().max_by_key(|death| death.dead_at)?;
        let death = if latest.dead_at >= registered_at {
            deaths.iter().find(|death| death.dead_at >= registered_at)?
        } else {
            let before = registered_at.saturating_since(latest.dead_at);
            told_again(&deaths).filter(|_| before <= self.rules.clock_tolerance)?
        };
        let sending = match self.kind {
            TokenKind::Location => {
                let last = deaths.last().unwrap_or(death);
                let again = last.answered_at.saturating_add(self.rules.location_retry);
                self.not_before(again, death.environment)
            }
            _ => Sending::Never,
        };
        let cause = Cause::Dead {
            dead_at: latest.dead_at,
        };
        Some(self.standing(TokenState::Unregistered, cause, death.answered_at, sending))
    }

    /// Deaths that APNs dates before the newest registration. The app has come back since, so the token stays, and is
    /// tried again after a pause, and once more after a long one: not every server of APNs learns at once that a token
    /// has come back. If it is still dead then, one of the two stories is wrong, and nobody can say which.
    fn contradicted(&self) -> Option<Standing> {
        let mut deaths = self.deaths();
        deaths.retain(|death| {
            !self
                .history
                .was_accepted_after(death.environment, death.generation, death.sent_at)
        });
        let (first, last) = (deaths.first()?, deaths.last()?);
        let lasted = last.sent_at.saturating_since(first.answered_at);
        if lasted >= self.rules.contradicted_for {
            return Some(self.standing(
                TokenState::Quarantined,
                Cause::DeadTwiceBeforeRegistration,
                last.answered_at,
                Sending::Held,
            ));
        }
        let pause = if told_again(&deaths).is_some() {
            self.rules.contradicted_for
        } else {
            self.rules.contradicted_again_after
        };
        let mut sound = self.sound();
        sound.cause = Cause::DiedBeforeRegistration;
        sound.sending = match sound.sending {
            Sending::To(there) | Sending::OnProbation(there) => {
                self.not_before(first.answered_at.saturating_add(pause), there)
            }
            other => other,
        };
        Some(sound)
    }

    fn wrong_topic(&self) -> Option<Standing> {
        let all = || {
            self.against()
                .filter(|evidence| matches!(evidence, Evidence::WrongTopic { .. }))
        };
        let (first, last) = (all().next()?, all().next_back()?);
        let environment = last.environment()?;
        Some(match self.doubt(last) {
            Some(doubt) => self.in_doubt(&doubt),
            None => self.standing(
                TokenState::Quarantined,
                Cause::WrongTopic { environment },
                first.known_at(),
                self.try_foreign_again(first, last, environment),
            ),
        })
    }

    fn bad(&self) -> Option<Standing> {
        match self.proven_in {
            Some(environment) => self.proven_and_bad(environment),
            None => self.unproven_and_bad(),
        }
    }

    /// Bad where it was accepted before. Two tellings are believed, when others did well at the second; then it is tried
    /// in the other environment before it is given up.
    fn proven_and_bad(&self, environment: Environment) -> Option<Standing> {
        let bad = self.bad_in(environment)?;
        let other = environment.other();
        if !self.is_condemned(&bad) {
            return Some(self.doubted(&bad).unwrap_or_else(|| {
                self.standing(
                    TokenState::Quarantined,
                    Cause::ProvenAndBad { environment },
                    bad.first.known_at(),
                    self.try_proven_again(&bad),
                )
            }));
        }
        Some(match self.bad_in(other) {
            None if self.reach.contains(other) => self.standing(
                TokenState::Quarantined,
                Cause::ProvenAndBad { environment },
                bad.first.known_at(),
                Sending::NotBefore(bad.last.known_at(), other),
            ),
            there => there
                .and_then(|there| self.doubted(&there))
                .unwrap_or_else(|| self.rejected(bad.last)),
        })
    }

    /// Bad, and never accepted anywhere.
    fn unproven_and_bad(&self) -> Option<Standing> {
        let mut bad: Vec<Bad<'_>> = Environment::ALL
            .into_iter()
            .filter_map(|environment| self.bad_in(environment))
            .collect();
        bad.sort_by_key(|bad| bad.last.known_at());
        match bad.as_slice() {
            [] => None,
            [bad] => Some(self.bad_in_one(bad)),
            [earlier, later, ..] => Some(self.bad_in_both(earlier, later)),
        }
    }

    /// The other environment is tried at once, where a credential reaches it.
    fn bad_in_one(&self, bad: &Bad<'_>) -> Standing {
        let other = bad.environment.other();
        if let Some(standing) = self.doubted(bad) {
            return standing;
        }
        if self.reach.contains(other) {
            return self.standing(
                TokenState::Unproven,
                Cause::TryingOther {
                    bad_in: bad.environment,
                },
                self.history.registered_at,
                Sending::OnProbation(other),
            );
        }
        let sending = if self.is_condemned(bad) {
            Sending::Held
        } else {
            self.try_again(bad.first, bad.last, bad.environment)
        };
        let cause = Cause::OtherUnreachable { other };
        self.standing(TokenState::Quarantined, cause, bad.first.known_at(), sending)
    }

    /// Given up when it was told twice by a lane that did well by others: the one where the app believes to be, or any if it
    /// has no belief.
    fn bad_in_both(&self, earlier: &Bad<'_>, later: &Bad<'_>) -> Standing {
        let claimed = self
            .history
            .claimed
            .filter(|claimed| self.reach.contains(*claimed));
        let both = [earlier, later];
        if let Some(standing) = both.into_iter().find_map(|bad| self.doubted(bad)) {
            return standing;
        }
        let is_witness = |bad: &&Bad<'_>| claimed.is_none_or(|claimed| claimed == bad.environment);
        if both
            .into_iter()
            .filter(is_witness)
            .any(|bad| self.is_condemned(bad))
        {
            return self.rejected(later.last);
        }
        // The one that was asked longer ago is asked next.
        let next = if self.reach.contains(earlier.environment) {
            earlier.environment
        } else {
            later.environment
        };
        let first = if earlier.first.known_at() <= later.first.known_at() {
            earlier.first
        } else {
            later.first
        };
        self.standing(
            TokenState::Quarantined,
            Cause::LaneUnproven,
            first.known_at(),
            self.try_again(first, later.last, next),
        )
    }

    /// Nothing speaks against it.
    fn sound(&self) -> Standing {
        let Some(environment) = self.proven_in else {
            let claimed = self
                .history
                .claimed
                .filter(|claimed| self.reach.contains(*claimed));
            let place = claimed.or_else(|| self.reach.iter().next());
            return self.standing(
                TokenState::Unproven,
                Cause::Registered,
                self.history.first_registered_at,
                place.map_or(Sending::Held, Sending::OnProbation),
            );
        };
        let since = self
            .history
            .accepted(environment)
            .map_or(self.history.registered_at, |accepted| accepted.first_at);
        let sending = if self.reach.contains(environment) {
            Sending::To(environment)
        } else {
            Sending::Held
        };
        self.standing(TokenState::Active, Cause::Accepted, since, sending)
    }

    fn rejected(&self, last: &Evidence) -> Standing {
        self.standing(
            TokenState::Rejected,
            Cause::BadEverywhere,
            last.known_at(),
            Sending::Never,
        )
    }

    fn bad_in(&self, environment: Environment) -> Option<Bad<'_>> {
        let all = || {
            self.against().filter(move |evidence| {
                matches!(evidence, Evidence::BadToken { .. }) && evidence.environment() == Some(environment)
            })
        };
        Some(Bad {
            environment,
            first: all().next()?,
            last: all().next_back()?,
            last_credible: all().rev().find(|evidence| is_credible(evidence)),
        })
    }

    /// Told again, long enough after the first time, by a lane that did well by others. At the first telling a mistake of
    /// ours may just have begun, and the lane look well.
    fn is_condemned(&self, bad: &Bad<'_>) -> bool {
        bad.last_credible.is_some_and(|told| {
            let apart = told.at().saturating_since(bad.first.known_at());
            apart >= self.rules.second_bad_after && self.doubt(told).is_none()
        })
    }

    /// The standing that an incident imposes on an answer that would otherwise count.
    fn doubted(&self, bad: &Bad<'_>) -> Option<Standing> {
        let doubt = self.doubt(bad.last)?;
        (!self.is_condemned(bad)).then(|| self.in_doubt(&doubt))
    }

    fn in_doubt(&self, doubt: &Doubt) -> Standing {
        match *doubt {
            Doubt::Open(incident, at) => self.standing(
                TokenState::Quarantined,
                Cause::Incident { incident },
                at,
                Sending::Held,
            ),
            Doubt::Confirmed(incident, at) => self.standing(
                TokenState::Rejected,
                Cause::Confirmed { incident },
                at,
                Sending::Never,
            ),
        }
    }

    /// The newest incident that an answer falls into.
    fn doubt(&self, answer: &Evidence) -> Option<Doubt> {
        let (incident, at) = self.history.current().rev().find_map(|doubt| match doubt {
            Evidence::Doubted {
                at,
                environment,
                since,
                incident,
                ..
            } if answer.environment() == Some(*environment) && answer.at() >= *since => {
                Some((*incident, *at))
            }
            _ => None,
        })?;
        let confirmed_at = self.history.current().find_map(|evidence| match evidence {
            Evidence::Confirmed {
                at, incident: which, ..
            } if *which == incident => Some(*at),
            _ => None,
        });
        Some(confirmed_at.map_or(Doubt::Open(incident, at), |at| Doubt::Confirmed(incident, at)))
    }

    /// What speaks against the token and has not been refuted by a later acceptance, oldest first.
    fn against(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        let current = self.history.current();
        current.filter(|evidence| evidence.is_damning() && !self.history.is_refuted(evidence))
    }

    /// What APNs said of a death, oldest first. For most kinds an acceptance afterwards proves nothing, since APNs accepts
    /// for the dead as well; a location token has come back.
    fn deaths(&self) -> Vec<Death> {
        let of = |evidence: &Evidence| match evidence {
            Evidence::Unregistered {
                generation,
                sent_at,
                answered_at,
                environment,
                dead_at,
            }
            | Evidence::Expired {
                generation,
                sent_at,
                answered_at,
                environment,
                dead_at,
            } => Some(Death {
                generation: *generation,
                sent_at: *sent_at,
                answered_at: *answered_at,
                environment: *environment,
                dead_at: dead_at.unwrap_or(*sent_at),
            }),
            _ => None,
        };
        let mut deaths: Vec<Death> = self.history.deaths().filter_map(of).collect();
        if self.kind == TokenKind::Location {
            deaths.retain(|death| {
                !self
                    .history
                    .was_accepted_after(death.environment, death.generation, death.sent_at)
            });
        }
        deaths
    }

    /// Soon, where the lane does well by nobody: then it is more likely us than the token.
    fn try_proven_again(&self, bad: &Bad<'_>) -> Sending {
        if is_credible(bad.last) {
            self.try_again(bad.first, bad.last, bad.environment)
        } else {
            self.try_quietly_again(bad.last, bad.environment)
        }
    }

    /// A token that was accepted there is of this app: that it is called another's is a mistake of ours, and may be mended soon.
    fn try_foreign_again(&self, first: &Evidence, last: &Evidence, environment: Environment) -> Sending {
        if self.proven_in == Some(environment) {
            self.try_quietly_again(last, environment)
        } else {
            self.try_again(first, last, environment)
        }
    }

    fn try_quietly_again(&self, last: &Evidence, environment: Environment) -> Sending {
        let at = last.known_at().saturating_add(self.rules.quiet_again_after);
        self.not_before(at, environment)
    }

    /// After a pause that doubles: as long again as from the first time to the last.
    fn try_again(&self, first: &Evidence, last: &Evidence, environment: Environment) -> Sending {
        let lasted = last.known_at().saturating_since(first.known_at());
        let pause = lasted.clamp(
            self.rules.second_bad_after,
            self.rules.longest_pause.max(self.rules.second_bad_after),
        );
        self.not_before(last.known_at().saturating_add(pause), environment)
    }

    fn not_before(&self, at: Timestamp, environment: Environment) -> Sending {
        if self.reach.contains(environment) {
            Sending::NotBefore(at, environment)
        } else {
            Sending::Held
        }
    }

    fn standing(&self, state: TokenState, cause: Cause, since: Timestamp, sending: Sending) -> Standing {
        let environment = self.proven_in.or(match sending {
            Sending::To(environment)
            | Sending::OnProbation(environment)
            | Sending::NotBefore(_, environment) => Some(environment),
            Sending::Held | Sending::Never => None,
        });
        Standing {
            state,
            cause,
            since,
            environment: environment.or(self.history.claimed),
            sending,
            claim_is_wrong: false,
        }
    }
}

/// The second of two deaths of which the later was asked for when the earlier was known.
fn told_again(deaths: &[Death]) -> Option<&Death> {
    let first = deaths.first()?;
    deaths.iter().find(|death| death.sent_at > first.answered_at)
}

fn is_credible(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::BadToken { credible: true, .. })
}
