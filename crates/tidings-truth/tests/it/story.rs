//! Histories told in a few words: registered, accepted, called bad, so many hours after the start.

use std::time::Duration;

use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, Evidence, Generation, History, RestoreCause, Rules, Standing};
use uuid::Uuid;

pub(crate) const PRODUCTION: Environment = Environment::Production;
pub(crate) const SANDBOX: Environment = Environment::Sandbox;

/// The incident of every story.
pub(crate) const INCIDENT: Uuid = Uuid::from_u128(7);

/// So many minutes after the start of every story.
pub(crate) fn minute(minutes: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_800_000_000_000).saturating_add(Duration::from_mins(minutes))
}

/// A history in the making. Answers come a second after their requests.
pub(crate) struct Story {
    pub(crate) history: History,
    pub(crate) kind: TokenKind,
    pub(crate) reach: EnvironmentSet,
}

impl Story {
    /// Registered at the start, with a claim or without.
    pub(crate) fn of(claimed: Option<Environment>) -> Self {
        Self {
            history: History::new(minute(0), claimed),
            kind: TokenKind::Alert,
            reach: EnvironmentSet::BOTH,
        }
    }

    pub(crate) fn kind(mut self, kind: TokenKind) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn reaching(mut self, environment: Environment) -> Self {
        self.reach = EnvironmentSet::NONE.with(environment);
        self
    }

    pub(crate) fn registered(self, at: u64, claimed: Option<Environment>) -> Self {
        let generation = self.history.generation.next();
        self.and(Evidence::Registered {
            generation,
            at: minute(at),
            claimed,
        })
    }

    pub(crate) fn restored(self, at: u64) -> Self {
        let generation = self.history.generation.next();
        self.and(Evidence::Restored {
            generation,
            at: minute(at),
            why: RestoreCause::Operator,
        })
    }

    pub(crate) fn accepted(self, at: u64, environment: Environment) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::Accepted {
            generation,
            sent_at: minute(at),
            environment,
        })
    }

    /// 410 with a date.
    pub(crate) fn dead(self, at: u64, dead_at: Option<u64>) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::Unregistered {
            generation,
            sent_at: minute(at),
            answered_at: minute(at).saturating_add(Duration::from_secs(1)),
            environment: PRODUCTION,
            dead_at: dead_at.map(minute),
        })
    }

    pub(crate) fn bad(self, at: u64, environment: Environment, credible: bool) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::BadToken {
            generation,
            sent_at: minute(at),
            answered_at: minute(at).saturating_add(Duration::from_secs(1)),
            environment,
            credible,
        })
    }

    pub(crate) fn wrong_topic(self, at: u64) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::WrongTopic {
            generation,
            sent_at: minute(at),
            answered_at: minute(at).saturating_add(Duration::from_secs(1)),
            environment: PRODUCTION,
        })
    }

    pub(crate) fn superseded(self, at: u64) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::Superseded {
            generation,
            at: minute(at),
            by: "0badcafe".into(),
        })
    }

    /// An incident in production that doubts what was sent since then.
    pub(crate) fn doubted(self, at: u64, since: u64) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::Doubted {
            generation,
            at: minute(at),
            environment: PRODUCTION,
            since: minute(since),
            incident: INCIDENT,
        })
    }

    pub(crate) fn confirmed(self, at: u64) -> Self {
        let generation = self.history.generation;
        self.and(Evidence::Confirmed {
            generation,
            at: minute(at),
            incident: INCIDENT,
        })
    }

    /// An answer to a request of before the newest registration.
    pub(crate) fn late(mut self, generation: u32, evidence: impl FnOnce(Self) -> Self) -> Self {
        let now = self.history.generation;
        self.history.generation = Generation(generation);
        let mut later = evidence(self);
        later.history.generation = now;
        later
    }

    pub(crate) fn and(mut self, evidence: Evidence) -> Self {
        self.history.record(evidence);
        self
    }

    pub(crate) fn standing(&self, at: u64) -> Standing {
        self.history
            .standing(self.kind, self.reach, &Rules::default(), minute(at))
    }
}
