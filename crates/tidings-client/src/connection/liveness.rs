//! When to ping, and when a silent peer is taken for dead. Pure: time is an argument.
//!
//! APNs has been seen to accept streams and never answer them, and middleboxes forget idle connections without a word
//! (field reports; Apple suggests a ping after an hour of inactivity).

use std::time::{Duration, Instant};

/// How long silence is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// With requests in flight, ping after this long without a byte from the server. Default 15 s.
    pub silent_under_load: Duration,
    /// Without requests in flight, ping after this long without a byte. Default 5 minutes.
    pub silent_when_idle: Duration,
    /// The connection is dead when a ping is not answered within this. Default 10 s.
    pub answer_within: Duration,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            silent_under_load: Duration::from_secs(15),
            silent_when_idle: Duration::from_mins(5),
            answer_within: Duration::from_secs(10),
        }
    }
}

/// What is to be done about the silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing before this instant.
    WaitUntil(Instant),
    /// Send a ping now.
    Ping,
    /// Give the connection up; it has been silent for this long.
    GiveUp(Duration),
}

/// What is known of the peer's life.
#[derive(Debug)]
pub(crate) struct Liveness {
    policy: KeepAlive,
    heard_at: Instant,
    pinged_at: Option<Instant>,
}

impl Liveness {
    pub(crate) fn new(policy: KeepAlive, now: Instant) -> Self {
        Self {
            policy,
            heard_at: now,
            pinged_at: None,
        }
    }

    /// Bytes came from the peer. Any byte is a sign of life, and answers a ping as well as its acknowledgement does.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.pinged_at = None;
    }

    /// A ping was sent.
    pub(crate) fn pinged(&mut self, now: Instant) {
        self.pinged_at = Some(now);
    }

    /// Requests are in flight again after there were none: the silence of idleness does not count against the peer.
    pub(crate) fn loaded(&mut self, now: Instant) {
        if self.pinged_at.is_none() {
            self.heard_at = now;
        }
    }

    pub(crate) fn action(&self, in_flight: bool, now: Instant) -> Action {
        if let Some(pinged_at) = self.pinged_at {
            let dead_at = pinged_at + self.policy.answer_within;
            return if now >= dead_at {
                Action::GiveUp(now - self.heard_at)
            } else {
                Action::WaitUntil(dead_at)
            };
        }
        let patience = if in_flight {
            self.policy.silent_under_load
        } else {
            self.policy.silent_when_idle
        };
        let ping_at = self.heard_at + patience;
        if now >= ping_at {
            Action::Ping
        } else {
            Action::WaitUntil(ping_at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_pinged_and_then_given_up() {
        let start = Instant::now();
        let mut liveness = Liveness::new(KeepAlive::default(), start);
        assert_eq!(
            liveness.action(true, start + 14 * SECOND),
            Action::WaitUntil(start + 15 * SECOND)
        );
        assert_eq!(liveness.action(true, start + 15 * SECOND), Action::Ping);
        liveness.pinged(start + 15 * SECOND);
        assert_eq!(
            liveness.action(true, start + 24 * SECOND),
            Action::WaitUntil(start + 25 * SECOND)
        );
        assert_eq!(
            liveness.action(true, start + 25 * SECOND),
            Action::GiveUp(25 * SECOND)
        );
    }

    #[test]
    fn any_byte_is_a_sign_of_life() {
        let start = Instant::now();
        let mut liveness = Liveness::new(KeepAlive::default(), start);
        liveness.pinged(start + 15 * SECOND);
        liveness.heard(start + 20 * SECOND);
        assert_eq!(
            liveness.action(true, start + 25 * SECOND),
            Action::WaitUntil(start + 35 * SECOND)
        );
    }

    #[test]
    fn an_idle_connection_is_pinged_rarely() {
        let start = Instant::now();
        let liveness = Liveness::new(KeepAlive::default(), start);
        assert_eq!(
            liveness.action(false, start + 200 * SECOND),
            Action::WaitUntil(start + 300 * SECOND)
        );
    }

    #[test]
    fn silence_while_idle_does_not_count_once_there_is_load() {
        let start = Instant::now();
        let mut liveness = Liveness::new(KeepAlive::default(), start);
        liveness.loaded(start + 200 * SECOND);
        assert_eq!(
            liveness.action(true, start + 201 * SECOND),
            Action::WaitUntil(start + 215 * SECOND)
        );
    }
}
