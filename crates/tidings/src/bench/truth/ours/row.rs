//! A device token as the registry of ours keeps it.

use tidings_apns::Timestamp;
use tidings_truth::{Evidence, History, Rules};

use super::RETENTION;
use crate::bench::truth::nature::Second;
use crate::bench::truth::notification::Message;

/// From so many on, what waits is looked through for what has expired.
const MANY: usize = 8;

pub(super) struct Row {
    pub(super) history: History,
    /// What cannot be sent yet.
    pub(super) waiting: Vec<Message>,
    /// When it is tried again for what waits.
    pub(super) wakes_at: Option<Second>,
    /// Nothing is sent to it, and only a registration would change that.
    pub(super) is_lost: bool,
    /// Since when it is in a final state.
    pub(super) ended_at: Option<Second>,
}

impl Row {
    pub(super) fn new(history: History) -> Self {
        Self {
            history,
            waiting: Vec::new(),
            wakes_at: None,
            is_lost: false,
            ended_at: None,
        }
    }

    pub(super) fn keep(&mut self, message: Message, now: Second) {
        if self.waiting.len() >= MANY {
            self.waiting.retain(|waiting| !waiting.is_expired(now));
        }
        self.waiting.push(message);
    }

    pub(super) fn next_waiting(&self, now: Second) -> Option<Message> {
        self.waiting
            .iter()
            .copied()
            .find(|message| !message.is_expired(now))
    }

    pub(super) fn is_purged(&self, now: Second) -> bool {
        self.ended_at.is_some_and(|ended| now - ended > RETENTION)
    }

    /// Whether an acceptance must be written down: the first, the first after a registration or after anything unusual,
    /// and otherwise once in a while.
    pub(super) fn is_news(&self, accepted: &Evidence, rules: &Rules) -> bool {
        let Some(known) = accepted
            .environment()
            .and_then(|there| self.history.accepted(there))
        else {
            return true;
        };
        let again_at: Timestamp = known.last_at.saturating_add(rules.accepted_again_after);
        accepted.at() >= again_at
            || accepted.generation() > known.last_generation
            || !self.history.exceptions().is_empty()
    }
}
