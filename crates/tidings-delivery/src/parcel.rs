//! One recipient on its way: a letter, a device token, and what has happened so far.

use std::sync::Arc;

use tidings_apns::{Environment, Request, Timestamp};
use tidings_store::{Addressee, RecipientException, RecipientState};

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

    /// Its row.
    pub(crate) fn row(self, state: RecipientState) -> RecipientException {
        RecipientException {
            device_id: self.addressee.device_id,
            state,
            status: self.last.status,
            reason: self.last.reason,
            attempts: self.attempts,
            environment: self.last.environment,
            sent_at: self.last.sent_at,
        }
    }
}
