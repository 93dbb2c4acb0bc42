//! The app in one environment: what its proven device tokens say of it, and the incident that it may be under.

use std::collections::HashMap;

use tidings_apns::{Environment, Timestamp};
use tidings_truth::{Detector, DetectorRules, Incident, Rules};

use crate::bench::truth::nature::{Second, TokenId};

pub(super) struct Lane {
    pub(super) environment: Environment,
    pub(super) detector: Detector,
    pub(super) incident: Option<Incident>,
    /// Refusals that speak against a token or against the lane, by when they were sent.
    pub(super) refusals: Vec<(Timestamp, TokenId)>,
    /// Tokens whose evidence the incident casts doubt on.
    pub(super) doubted: Vec<TokenId>,
    /// Tokens for which something waits that only the lane holds up.
    pub(super) waiting: Vec<TokenId>,
    /// How often each token was a canary of this incident.
    pub(super) canaries: HashMap<TokenId, u32>,
    /// When the next may be sent.
    pub(super) canaries_at: Option<Second>,
}

impl Lane {
    pub(super) fn new(environment: Environment, started_at: Timestamp) -> Self {
        Self {
            environment,
            detector: Detector::new(DetectorRules::default()).starting_at(started_at),
            incident: None,
            refusals: Vec::new(),
            doubted: Vec::new(),
            waiting: Vec::new(),
            canaries: HashMap::new(),
            canaries_at: None,
        }
    }

    pub(super) fn is_credible(&self, now: Timestamp, rules: &Rules) -> bool {
        self.incident.is_none() && self.detector.is_credible(now, rules.second_bad_after)
    }

    pub(super) fn take_waiting(&mut self) -> Vec<TokenId> {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_unstable();
        waiting.dedup();
        waiting
    }

    /// Tokens that were refused by requests sent since then.
    pub(super) fn refused_since(&self, since: Timestamp) -> Vec<TokenId> {
        let refused = self.refusals.iter().filter(|(sent_at, _)| *sent_at >= since);
        let mut tokens: Vec<TokenId> = refused.map(|(_, token)| *token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }
}
