//! One recipient on its way: a letter, a device token, and what has happened so far.

use std::sync::Arc;
use std::time::Duration;

use tidings_apns::{Environment, Request, Timestamp};
use tidings_client::{BatchOutcome, Via};
use tidings_store::{Addressee, Attempt, Decision, RecipientException, RecipientState};

use crate::apns_id::apns_id;
use crate::letter::Letter;

/// One recipient on its way.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) letter: Arc<Letter>,
    /// Its place in the books of whoever sends it.
    pub(crate) slot: usize,
    pub(crate) addressee: Addressee,
    /// Requests so far.
    pub(crate) attempts: u16,
    /// Where, when and how the last of them was answered.
    pub(crate) last: Last,
    /// Those of this round after which something was decided.
    pub(crate) trail: Vec<Attempt>,
    /// It waited for the end of an incident, so whatever comes of it is part of a longer story.
    pub(crate) is_canary: bool,
    /// It was sent again because of an expired provider token.
    pub(crate) is_renewed: bool,
    /// How often it was sent on to another environment in this round.
    pub(crate) reroutes: u8,
    /// Who sees to it that nothing else goes to a device token in doubt meanwhile.
    pub(crate) hold: Hold,
}

/// What goes to a device token in doubt goes alone: the answer is learned before anything else is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nobody.
    None,
    /// This recipient: it lets go when it comes to its fate.
    Own,
    /// The books of what had waited.
    Books,
}

/// The last attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Last {
    pub(crate) environment: Option<Environment>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) status: Option<u16>,
    pub(crate) reason: Option<Box<str>>,
    /// Why there was no answer.
    pub(crate) error: Option<Box<str>>,
    pub(crate) took: Duration,
    pub(crate) via: Option<Via>,
    /// It was made in this round, and nothing has been decided after it.
    pub(crate) is_open: bool,
}

impl Parcel {
    /// A recipient to which nothing has been sent.
    pub(crate) fn new(letter: Arc<Letter>, slot: usize, addressee: Addressee) -> Self {
        Self {
            letter,
            slot,
            addressee,
            attempts: 0,
            last: Last::default(),
            trail: Vec::new(),
            is_canary: false,
            is_renewed: false,
            reroutes: 0,
            hold: Hold::None,
        }
    }

    /// The request to APNs; whenever it is repeated, it is the same.
    pub(crate) fn request(&self) -> Request {
        Request {
            notification: Arc::clone(&self.letter.notification),
            device_token: self.addressee.token.clone(),
            apns_id: apns_id(self.letter.id.0, self.addressee.device_id.0),
        }
    }

    /// Whether APNs has accepted something for its device token there.
    pub(crate) const fn is_proven_in(&self, environment: Environment) -> bool {
        self.addressee.proven.contains(environment)
    }

    /// Whether an acceptance there need not be written down.
    pub(crate) fn is_settled_in(&self, environment: Environment) -> bool {
        self.addressee.settled
            && self.letter.environment.is_none_or(|forced| forced == environment)
            && self.reroutes == 0
    }

    /// A request for it has ended.
    pub(crate) fn attempted(&mut self, environment: Environment, sent_at: Timestamp, outcome: &BatchOutcome) {
        self.attempts = self.attempts.saturating_add(1);
        self.last = Last {
            environment: Some(environment),
            sent_at: Some(sent_at),
            took: outcome.elapsed,
            via: outcome.via,
            is_open: true,
            ..Last::default()
        };
    }

    /// Whether the way it went is told one by one: not if the first attempt ended it well.
    pub(crate) const fn has_a_story(&self) -> bool {
        self.attempts > 1 || self.is_canary
    }

    /// Whether a request for it has ended in this round.
    pub(crate) const fn was_tried(&self) -> bool {
        self.last.is_open || !self.trail.is_empty()
    }

    /// Keeps the last attempt, with what was decided after it.
    pub(crate) fn decided(&mut self, decision: Decision) {
        let last = &mut self.last;
        if let (true, Some(environment), Some(at)) = (last.is_open, last.environment, last.sent_at) {
            last.is_open = false;
            self.trail.push(Attempt {
                at,
                environment,
                connection: last.via.map(|via| via.connection.value()),
                stream: last.via.map(|via| via.stream),
                took: last.took,
                status: last.status,
                reason: last.reason.clone(),
                error: last.error.take(),
                decision,
            });
        }
    }

    /// Its row.
    pub(crate) fn row(mut self, state: RecipientState) -> RecipientException {
        if self.has_a_story() || !matches!(state, RecipientState::Done(_)) {
            self.decided(state.into());
        }
        RecipientException {
            device_id: self.addressee.device_id,
            state,
            status: self.last.status,
            reason: self.last.reason,
            attempts: self.attempts,
            environment: self.last.environment,
            sent_at: self.last.sent_at,
            trail: self.trail,
        }
    }
}
