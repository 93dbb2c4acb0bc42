//! The requests for a recipient that did not end with its first, one by one: where each went, what came of it, and what was
//! decided then.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};

use crate::recipient::{RecipientOutcome, RecipientState};

/// One request for a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was sent.
    pub at: Timestamp,
    /// Where it went.
    pub environment: Environment,
    /// The number of the connection on which it was answered.
    pub connection: Option<u64>,
    /// The HTTP/2 stream there.
    pub stream: Option<u32>,
    /// From being written to being answered.
    pub took: Duration,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The name of the reason; without an answer, `not_sent` or `unknown`.
    pub reason: Option<Box<str>>,
    /// Why there was no answer.
    pub error: Option<Box<str>>,
    /// What was decided.
    pub decision: Decision,
}

/// What was decided after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing more is to be done.
    Ended(RecipientOutcome),
    /// To try again at that instant.
    Waits(Timestamp),
    /// To wait until something changes about the device token or the credentials.
    Held,
    /// To wait for the end of the incident.
    Parked,
    /// To send it to the other environment at once.
    Rerouted,
    /// To send it again at once, with a new provider token.
    Renewed,
}

impl From<RecipientState> for Decision {
    fn from(state: RecipientState) -> Self {
        match state {
            RecipientState::Waiting { next_at } => Self::Waits(next_at),
            RecipientState::Held => Self::Held,
            RecipientState::Parked { .. } => Self::Parked,
            RecipientState::Done(outcome) => Self::Ended(outcome),
        }
    }
}

/// The last attempts for a recipient, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLog {
    /// Those that are kept.
    pub attempts: Vec<Attempt>,
    /// How many older ones were dropped.
    pub dropped: u32,
}

impl AttemptLog {
    /// So many attempts are kept.
    pub const MOST: usize = 8;

    /// Adds attempts; the oldest give way.
    pub fn add(&mut self, attempts: impl IntoIterator<Item = Attempt>) {
        self.attempts.extend(attempts);
        let surplus = self.attempts.len().saturating_sub(Self::MOST);
        self.attempts.drain(..surplus);
        self.dropped = self
            .dropped
            .saturating_add(u32::try_from(surplus).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_attempts_give_way_and_are_counted() {
        let attempt = |n: u64| Attempt {
            at: Timestamp::from_unix_millis(n),
            environment: Environment::Production,
            connection: Some(1),
            stream: Some(3),
            took: Duration::from_millis(7),
            status: Some(503),
            reason: Some("ServiceUnavailable".into()),
            error: None,
            decision: Decision::Waits(Timestamp::from_unix_millis(n + 1)),
        };
        let mut log = AttemptLog::default();
        log.add((0..5).map(attempt));
        assert_eq!((log.attempts.len(), log.dropped), (5, 0));
        log.add((5..11).map(attempt));
        assert_eq!((log.attempts.len(), log.dropped), (AttemptLog::MOST, 3));
        assert_eq!(log.attempts[0].at, Timestamp::from_unix_millis(3));
        let text = serde_json::to_string(&log).unwrap();
        assert_eq!(serde_json::from_str::<AttemptLog>(&text).unwrap(), log);
    }
}
