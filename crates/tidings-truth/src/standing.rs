//! From evidence to state: the one function that decides what a device token is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp, TokenKind};
use uuid::Uuid;

use crate::environment_set::EnvironmentSet;
use crate::evidence::Evidence;
use crate::history::History;
use crate::rules::Rules;

/// What a device token is at some instant, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: TokenState,
    /// What decided it.
    pub cause: Cause,
    /// Since when: when the deciding evidence was known.
    pub since: Timestamp,
    /// Where the token belongs, as far as that is known or claimed.
    pub environment: Option<Environment>,
    /// Whether notifications may be sent to it.
    pub sending: Sending,
    /// The app claims another environment than the one in which the token is proven.
    pub claim_is_wrong: bool,
}

/// The state of a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Registered or imported, and not yet accepted by APNs.
    Unproven,
    /// APNs accepted a notification to it, and nothing speaks against it.
    Active,
    /// Something speaks against it that cannot be trusted yet. Nothing is sent, and notifications to it are kept until
    /// they expire.
    Quarantined,
    /// APNs said that it was dead, later than the newest registration.
    Unregistered,
    /// It is bad in every environment that the app's credentials reach.
    Rejected,
    /// The same installation registered another token.
    Superseded,
}

impl TokenState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Unproven,
        Self::Active,
        Self::Quarantined,
        Self::Unregistered,
        Self::Rejected,
        Self::Superseded,
    ];

    /// The name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Active => "active",
            Self::Quarantined => "quarantined",
            Self::Unregistered => "unregistered",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
        }
    }

    /// Whether it is one of the three from which only a new registration, a restore or another credential leads back.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Unregistered | Self::Rejected | Self::Superseded)
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TokenState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(UnknownState)
    }
}

/// A text names no state of a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the state is none of unproven, active, quarantined, unregistered, rejected and superseded",
        )
    }
}

impl std::error::Error for UnknownState {}

/// What decided the state of a device token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It was registered, and nothing else is known.
    Registered,
    /// APNs accepted a notification.
    Accepted,
    /// APNs called it bad in one environment; the other has not been tried.
    TryingOther {
        /// Where it was bad.
        bad_in: Environment,
    },
    /// APNs dated its death before the newest registration: the app has come back since.
    DiedBeforeRegistration,
    /// The same, twice: one of the two clocks, or of the two stories, is wrong.
    DeadTwiceBeforeRegistration,
    /// APNs said that it was dead.
    Dead {
        /// When APNs confirmed it.
        dead_at: Timestamp,
    },
    /// It is of a kind that lives for hours, and they are over.
    TooOld,
    /// Bad wherever it can be tried.
    BadEverywhere,
    /// Bad in one environment, and no credential reaches the other.
    OtherUnreachable {
        /// Where it could not be tried.
        other: Environment,
    },
    /// Proven there once, and called bad now.
    ProvenAndBad {
        /// Where.
        environment: Environment,
    },
    /// Bad, but in a lane that has done well by nobody yet: it may be us.
    LaneUnproven,
    /// It belongs to another app, or to another kind.
    WrongTopic {
        /// Where.
        environment: Environment,
    },
    /// What speaks against it was answered during an incident.
    Incident {
        /// Which.
        incident: Uuid,
    },
    /// Somebody confirmed what was answered during an incident.
    Confirmed {
        /// Which.
        incident: Uuid,
    },
    /// The same installation registered another token.
    SupersededBy {
        /// The fingerprint of the other.
        fingerprint: Box<str>,
    },
}

/// Whether notifications may be sent to a device token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Yes, on the main connections: it is proven there.
    To(Environment),
    /// Yes, on the connections for what may be refused.
    OnProbation(Environment),
    /// Not before that instant, and then on probation there.
    NotBefore(Timestamp, Environment),
    /// Not until something changes; what is meant for it waits.
    Held,
    /// No.
    Never,
}

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
    };
    let proven = case.proven_environment();
    let mut standing = case
        .superseded()
        .or_else(|| case.aged(now))
        .or_else(|| case.dead())
        .or_else(|| case.wrong_topic())
        .or_else(|| case.bad())
        .or_else(|| case.stale_death())
        .unwrap_or_else(|| case.sound());
    standing.claim_is_wrong = proven.is_some() && history.claimed.is_some() && proven != history.claimed;
    standing
}

/// What the derivation looks at.
struct Case<'a> {
    history: &'a History,
    kind: TokenKind,
    reach: EnvironmentSet,
    rules: &'a Rules,
}

/// A 410: when it was sent, when it was answered, and of when it speaks.
struct Death {
    sent_at: Timestamp,
    answered_at: Timestamp,
    environment: Environment,
    dead_at: Timestamp,
}

impl Case<'_> {
    fn superseded(&self) -> Option<Standing> {
        let found = self.history.current().find_map(|evidence| match evidence {
            Evidence::Superseded { at, by, .. } => Some((*at, by.clone())),
            _ => None,
        })?;
        let cause = Cause::SupersededBy { fingerprint: found.1 };
        Some(self.standing(TokenState::Superseded, cause, found.0, Sending::Never))
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

    /// A death that is newer than the registration; or one that may be, and was said twice.
    fn dead(&self) -> Option<Standing> {
        let registered_at = self.history.registered_at;
        let deaths = self.deaths();
        let told_twice = |death: &Death| deaths.iter().any(|first| first.answered_at < death.sent_at);
        let clear = deaths.iter().find(|death| death.dead_at >= registered_at);
        let within_tolerance = |death: &&Death| {
            registered_at.saturating_since(death.dead_at) <= self.rules.clock_tolerance && told_twice(death)
        };
        let death = clear.or_else(|| deaths.iter().find(within_tolerance))?;
        let cause = Cause::Dead {
            dead_at: death.dead_at,
        };
        let sending = match self.kind {
            TokenKind::Location => {
                let last = deaths.last().unwrap_or(death);
                let again = last.answered_at.saturating_add(self.rules.location_retry);
                Sending::NotBefore(again, death.environment)
            }
            _ => Sending::Never,
        };
        Some(self.standing(TokenState::Unregistered, cause, death.answered_at, sending))
    }

    /// Deaths that APNs dates before the newest registration.
    fn stale_death(&self) -> Option<Standing> {
        let deaths: Vec<Death> = self
            .deaths()
            .into_iter()
            .filter(|death| !self.is_refuted(death.environment, death.sent_at))
            .collect();
        let first = deaths.first()?;
        let again = deaths.iter().find(|death| death.sent_at > first.answered_at);
        Some(match again {
            Some(again) => self.standing(
                TokenState::Quarantined,
                Cause::DeadTwiceBeforeRegistration,
                again.answered_at,
                Sending::Held,
            ),
            None => {
                let mut sound = self.sound();
                sound.cause = Cause::DiedBeforeRegistration;
                sound.sending = on_probation(sound.sending);
                sound
            }
        })
    }

    fn wrong_topic(&self) -> Option<Standing> {
        let (evidence, environment) = self.against().rev().find_map(|evidence| match evidence {
            Evidence::WrongTopic { environment, .. } => Some((evidence, *environment)),
            _ => None,
        })?;
        if let Some(standing) = self.doubted(evidence) {
            return Some(standing);
        }
        let first = self
            .against()
            .find(|other| matches!(other, Evidence::WrongTopic { .. }))
            .unwrap_or(evidence);
        Some(self.standing(
            TokenState::Quarantined,
            Cause::WrongTopic { environment },
            first.known_at(),
            self.try_again(first, evidence, environment),
        ))
    }

    fn bad(&self) -> Option<Standing> {
        let bad = |environment| {
            self.against().filter(move |evidence| {
                matches!(evidence, Evidence::BadToken { .. }) && evidence.environment() == Some(environment)
            })
        };
        if let Some(environment) = self.proven_environment() {
            let (first, last) = (bad(environment).next()?, bad(environment).next_back()?);
            if let Some(standing) = self.doubted(last) {
                return Some(standing);
            }
            let apart = last.at().saturating_since(first.at());
            let credible = bad(environment).any(is_credible);
            return Some(if apart >= self.rules.second_bad_after && credible {
                self.standing(
                    TokenState::Rejected,
                    Cause::BadEverywhere,
                    last.known_at(),
                    Sending::Never,
                )
            } else {
                self.standing(
                    TokenState::Quarantined,
                    Cause::ProvenAndBad { environment },
                    first.known_at(),
                    self.try_again(first, last, environment),
                )
            });
        }
        let tried: EnvironmentSet = Environment::ALL
            .into_iter()
            .filter(|environment| bad(*environment).next().is_some())
            .collect();
        let newest = tried
            .iter()
            .filter_map(|environment| bad(environment).next_back())
            .max_by_key(|e| e.known_at())?;
        if let Some(standing) = self.doubted(newest) {
            return Some(standing);
        }
        let bad_in = newest.environment()?;
        let other = bad_in.other();
        if !tried.contains(other) {
            return Some(if self.reach.contains(other) {
                self.standing(
                    TokenState::Unproven,
                    Cause::TryingOther { bad_in },
                    self.history.registered_at,
                    Sending::OnProbation(other),
                )
            } else {
                self.standing(
                    TokenState::Quarantined,
                    Cause::OtherUnreachable { other },
                    newest.known_at(),
                    Sending::Held,
                )
            });
        }
        let credible = tried.iter().any(|environment| bad(environment).any(is_credible));
        Some(if credible {
            self.standing(
                TokenState::Rejected,
                Cause::BadEverywhere,
                newest.known_at(),
                Sending::Never,
            )
        } else {
            let first = bad(other).next().unwrap_or(newest);
            // The one that was asked longer ago is asked next.
            let next = if self.reach.contains(other) { other } else { bad_in };
            self.standing(
                TokenState::Quarantined,
                Cause::LaneUnproven,
                newest.known_at(),
                self.try_again(first, newest, next),
            )
        })
    }

    /// Nothing speaks against it.
    fn sound(&self) -> Standing {
        match self.proven_environment() {
            Some(environment) => {
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
            None => {
                let claimed = self
                    .history
                    .claimed
                    .filter(|claimed| self.reach.contains(*claimed));
                let sending = claimed
                    .or_else(|| self.reach.iter().next())
                    .map_or(Sending::Held, Sending::OnProbation);
                self.standing(
                    TokenState::Unproven,
                    Cause::Registered,
                    self.history.first_registered_at,
                    sending,
                )
            }
        }
    }

    /// What an incident makes of evidence, if it falls into one.
    fn doubted(&self, evidence: &Evidence) -> Option<Standing> {
        let (at, incident) = self.history.current().find_map(|doubt| match doubt {
            Evidence::Doubted {
                at,
                environment,
                since,
                incident,
                ..
            } if evidence.environment() == Some(*environment) && evidence.at() >= *since => {
                Some((*at, *incident))
            }
            _ => None,
        })?;
        let confirmed_at = self.history.current().find_map(|evidence| match evidence {
            Evidence::Confirmed {
                at, incident: which, ..
            } if *which == incident => Some(*at),
            _ => None,
        });
        Some(match confirmed_at {
            Some(at) => self.standing(
                TokenState::Rejected,
                Cause::Confirmed { incident },
                at,
                Sending::Never,
            ),
            None => self.standing(
                TokenState::Quarantined,
                Cause::Incident { incident },
                at,
                Sending::Held,
            ),
        })
    }

    /// What speaks against the token and has not been refuted by a later acceptance, oldest first.
    fn against(&self) -> impl DoubleEndedIterator<Item = &Evidence> {
        self.history.exceptions().iter().filter(|evidence| {
            evidence.generation() == self.history.generation
                && evidence.is_damning()
                && !evidence
                    .environment()
                    .is_some_and(|environment| self.is_refuted(environment, evidence.at()))
        })
    }

    /// Whether something was accepted there that was sent later.
    fn is_refuted(&self, environment: Environment, sent_at: Timestamp) -> bool {
        self.history.accepted(environment).is_some_and(|accepted| {
            (accepted.last_generation, accepted.last_at) > (self.history.generation, sent_at)
        })
    }

    fn deaths(&self) -> Vec<Death> {
        let of = |evidence: &Evidence| match evidence {
            Evidence::Unregistered {
                sent_at,
                answered_at,
                environment,
                dead_at,
                ..
            }
            | Evidence::Expired {
                sent_at,
                answered_at,
                environment,
                dead_at,
                ..
            } => Some(Death {
                sent_at: *sent_at,
                answered_at: *answered_at,
                environment: *environment,
                dead_at: dead_at.unwrap_or(*sent_at),
            }),
            _ => None,
        };
        self.history.current().filter_map(of).collect()
    }

    /// Where the token was accepted last.
    fn proven_environment(&self) -> Option<Environment> {
        self.history.proven().iter().max_by_key(|environment| {
            self.history
                .accepted(*environment)
                .map(|accepted| (accepted.last_generation, accepted.last_at))
        })
    }

    /// After a pause that doubles: as long again as from the first time to the last.
    fn try_again(&self, first: &Evidence, last: &Evidence, environment: Environment) -> Sending {
        let lasted = last.known_at().saturating_since(first.known_at());
        let pause = lasted.clamp(self.rules.second_bad_after, self.rules.longest_pause);
        Sending::NotBefore(last.known_at().saturating_add(pause), environment)
    }

    fn standing(&self, state: TokenState, cause: Cause, since: Timestamp, sending: Sending) -> Standing {
        let environment = self.proven_environment().or(match sending {
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

fn on_probation(sending: Sending) -> Sending {
    match sending {
        Sending::To(environment) => Sending::OnProbation(environment),
        other => other,
    }
}

fn is_credible(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::BadToken { credible: true, .. })
}

impl Standing {
    /// Whether a notification may be sent at that instant, and where: the environment, and whether on probation.
    pub fn send_at(&self, now: Timestamp) -> Option<(Environment, bool)> {
        match self.sending {
            Sending::To(environment) => Some((environment, false)),
            Sending::OnProbation(environment) => Some((environment, true)),
            Sending::NotBefore(at, environment) if at <= now => Some((environment, true)),
            Sending::NotBefore(..) | Sending::Held | Sending::Never => None,
        }
    }

    /// How long until it may be tried again, where time alone decides.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        match self.sending {
            Sending::NotBefore(at, _) => Some(at.saturating_since(now)),
            Sending::To(_) | Sending::OnProbation(_) | Sending::Held | Sending::Never => None,
        }
    }
}
