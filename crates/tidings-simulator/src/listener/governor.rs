//! How many streams a connection may have open, and when it has made too many errors.
//!
//! ```text
//! untrusted (1) ── first valid provider token ──> full (N) ── rejection, if so configured ──> throttled (1)
//!                                                   ^                                             │
//!                                                   └──────────── accepted notification ──────────┘
//! ```

use crate::answer::Answer;
use crate::behaviour::{Behaviour, RejectionBehaviour, StreamBehaviour, Throttle};

/// The stream limit of one connection.
#[derive(Debug)]
pub(crate) struct Governor {
    streams: StreamBehaviour,
    rejections: RejectionBehaviour,
    trusted: bool,
    throttled: bool,
    errors: u32,
    /// A fault's limit, which overrules everything.
    forced: Option<u32>,
    announced: u32,
}

impl Governor {
    /// A connection that is trusted from the start has a client certificate.
    pub(crate) fn new(behaviour: &Behaviour, has_certificate: bool) -> Self {
        let streams = behaviour.streams.clone();
        let announced = if has_certificate {
            streams.limit
        } else {
            streams.before_first_token
        };
        Self {
            streams,
            rejections: behaviour.rejections.clone(),
            trusted: has_certificate,
            throttled: false,
            errors: 0,
            forced: None,
            announced,
        }
    }

    /// The limit that the peer was told last.
    pub(crate) fn announced(&self) -> u32 {
        self.announced
    }

    /// Takes note of an answer.
    pub(crate) fn answered(&mut self, answer: &Answer, authenticated: bool) {
        self.trusted |= authenticated;
        match answer.status {
            200..=299 => {
                self.errors = 0;
                self.throttled = false;
            }
            400..=499 if answer.status != 410 => self.rejected(answer.reason.as_deref()),
            _ => {}
        }
    }

    /// Takes a limit that a fault imposes.
    pub(crate) fn force(&mut self, limit: u32) {
        self.forced = Some(limit);
    }

    /// The new limit, if it is not the one that the peer was told.
    pub(crate) fn change(&mut self) -> Option<u32> {
        let limit = self.limit();
        let is_new = limit != self.announced;
        self.announced = limit;
        is_new.then_some(limit)
    }

    /// Whether the connection has made so many errors in a row that it is to be ended.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.rejections
            .disconnect_after
            .is_some_and(|limit| self.errors >= limit)
    }

    fn rejected(&mut self, reason: Option<&str>) {
        let weight = match reason {
            Some("BadDeviceToken") => self.rejections.bad_device_token_weight,
            _ => 1,
        };
        self.errors = self.errors.saturating_add(weight);
        self.throttled |= match self.rejections.throttle {
            Throttle::Off => false,
            Throttle::Every => true,
            Throttle::AfterErrors => self.errors >= self.rejections.errors,
        };
    }

    fn limit(&self) -> u32 {
        if let Some(forced) = self.forced {
            return forced;
        }
        match (self.trusted, self.throttled) {
            (false, _) => self.streams.before_first_token,
            (true, true) => self.streams.limit.min(1),
            (true, false) => self.streams.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::vocabulary::Rejection;

    fn governor(throttle: Throttle, disconnect_after: Option<u32>, has_certificate: bool) -> Governor {
        let rejections = RejectionBehaviour {
            throttle,
            errors: 3,
            disconnect_after,
            bad_device_token_weight: 2,
        };
        Governor::new(
            &Behaviour {
                rejections,
                ..Behaviour::default()
            },
            has_certificate,
        )
    }

    fn ok() -> Answer {
        Answer::success(200)
    }

    fn rejected() -> Answer {
        Rejection::BAD_TOPIC.into()
    }

    #[test]
    fn the_limit_is_one_until_the_first_valid_provider_token() {
        let mut governor = governor(Throttle::Off, None, false);
        assert_eq!(governor.announced(), 1);
        governor.answered(&Rejection::INVALID_PROVIDER_TOKEN.into(), false);
        assert_eq!(governor.change(), None);
        governor.answered(&Rejection::BAD_DEVICE_TOKEN.into(), true);
        assert_eq!(governor.change(), Some(1000));
        assert_eq!(governor.change(), None);
    }

    #[test]
    fn a_connection_with_a_certificate_starts_with_the_full_limit() {
        assert_eq!(governor(Throttle::Off, None, true).announced(), 1000);
    }

    #[test]
    fn every_rejection_throttles_until_the_next_success_if_so_configured() {
        let mut governor = governor(Throttle::Every, None, true);
        governor.answered(&rejected(), true);
        assert_eq!(governor.change(), Some(1));
        governor.answered(&Rejection::unregistered(Timestamp::from_seconds(0)).into(), true);
        assert_eq!(governor.change(), None);
        governor.answered(&ok(), true);
        assert_eq!(governor.change(), Some(1000));
    }

    #[test]
    fn a_410_throttles_nothing() {
        let mut governor = governor(Throttle::Every, Some(1), true);
        governor.answered(&Rejection::unregistered(Timestamp::from_seconds(0)).into(), true);
        assert_eq!(governor.change(), None);
        assert!(!governor.is_exhausted());
    }

    #[test]
    fn some_errors_in_a_row_throttle_if_so_configured() {
        let mut governor = governor(Throttle::AfterErrors, None, true);
        for answer in [rejected(), rejected(), ok(), rejected(), rejected()] {
            governor.answered(&answer, true);
            assert_eq!(governor.change(), None);
        }
        governor.answered(&rejected(), true);
        assert_eq!(governor.change(), Some(1));
    }

    #[test]
    fn bad_device_tokens_exhaust_a_connection_sooner() {
        let mut governor = governor(Throttle::Off, Some(4), true);
        governor.answered(&rejected(), true);
        governor.answered(&Rejection::BAD_DEVICE_TOKEN.into(), true);
        assert!(!governor.is_exhausted());
        governor.answered(&rejected(), true);
        assert!(governor.is_exhausted());
    }

    #[test]
    fn the_limit_of_a_fault_overrules_all_others() {
        let mut governor = governor(Throttle::Every, None, true);
        governor.force(7);
        assert_eq!(governor.change(), Some(7));
        governor.answered(&rejected(), true);
        assert_eq!(governor.change(), None);
    }
}
