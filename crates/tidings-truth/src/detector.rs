//! Who is wrong, the device tokens or we? A sequential test over what proven tokens answer.

use std::collections::VecDeque;

use tidings_apns::Timestamp;

use crate::rules::DetectorRules;

/// Tokens of which it is remembered that they voted against the lane; a mistake is found after a handful.
const MOST_VOTERS: usize = 256;

/// Before everything.
const LONG_AGO: Timestamp = Timestamp::from_unix_millis(0);

/// The weight of the past in the learned background rate: about so many answers.
const MEMORY: f64 = 100_000.0;

/// Watches one lane: the answers for device tokens that APNs had accepted before.
///
/// Such tokens go bad one by one, rarely. A mistake (another environment, topic or credential) makes many of them bad at
/// once. Each answer moves the logarithm of the likelihood ratio of the two (Wald's sequential test); when it says
/// "normal" the test begins anew, when it says "mistake" there is an [`Alarm`]. A token votes against the lane once in a
/// run.
#[derive(Clone, Debug)]
pub struct Detector {
    rules: DetectorRules,
    ratio: f64,
    background: f64,
    voters: VecDeque<u64>,
    first_bad_at: Option<Timestamp>,
    last_good_at: Option<Timestamp>,
    good_before_bad_at: Option<Timestamp>,
    started_at: Timestamp,
}

/// What a proven token's answer says of the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Accepted.
    Good,
    /// `BadDeviceToken` or `DeviceTokenNotForTopic`, by the token with this fingerprint.
    Bad(u64),
}

/// The lane does badly by tokens for which it did well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The last request that was sent while the lane did well, or when the watch began; what was sent since then is doubted.
    pub since: Timestamp,
    /// How many tokens voted against it.
    pub against: usize,
}

impl Detector {
    /// A detector that knows nothing yet.
    pub fn new(rules: DetectorRules) -> Self {
        Self {
            background: rules.background_most,
            rules,
            ratio: 0.0,
            voters: VecDeque::new(),
            first_bad_at: None,
            last_good_at: None,
            good_before_bad_at: None,
            started_at: LONG_AGO,
        }
    }

    /// The same, for a lane that starts now: an alarm without any acceptance before it doubts nothing older.
    #[must_use]
    pub const fn starting_at(mut self, now: Timestamp) -> Self {
        self.started_at = now;
        self
    }

    /// Counts the answer to a request that was sent then.
    pub fn vote(&mut self, sent_at: Timestamp, vote: Vote) -> Option<Alarm> {
        match vote {
            Vote::Good => {
                self.good(sent_at, 1);
                None
            }
            Vote::Bad(token) => self.bad(sent_at, token),
        }
    }

    /// Counts many acceptances at once; `sent_at` is of the last of them.
    pub fn good(&mut self, sent_at: Timestamp, count: u32) {
        self.last_good_at = self.last_good_at.max(Some(sent_at));
        let count = f64::from(count);
        self.background *= (-count / MEMORY).exp();
        let normal = (1.0 - self.rules.bad_share) / (1.0 - self.background());
        self.ratio += count * normal.ln();
        if self.ratio <= self.lower() {
            self.begin_anew();
        }
    }

    /// Whether the lane is known to do well: something was accepted, at most so long ago, and nothing bad since.
    ///
    /// `within` must not be longer than [`Rules::second_bad_after`](crate::Rules::second_bad_after): else a device token that
    /// is alone in its lane would vouch for the lane against itself.
    pub fn is_credible(&self, now: Timestamp, within: std::time::Duration) -> bool {
        self.voters.is_empty()
            && self
                .last_good_at
                .is_some_and(|good| now.saturating_since(good) <= within)
    }

    /// The share of proven tokens that is thought to go bad by itself.
    pub fn background(&self) -> f64 {
        self.background
            .clamp(self.rules.background_least, self.rules.background_most)
    }

    /// Forgets the run, after an incident has ended.
    pub fn begin_anew(&mut self) {
        self.ratio = 0.0;
        self.voters.clear();
        self.first_bad_at = None;
        self.good_before_bad_at = None;
    }

    fn bad(&mut self, sent_at: Timestamp, token: u64) -> Option<Alarm> {
        if self.voters.contains(&token) {
            return None;
        }
        if self.voters.is_empty() {
            self.good_before_bad_at = self.last_good_at;
        }
        if self.voters.len() == MOST_VOTERS {
            self.voters.pop_front();
        }
        self.voters.push_back(token);
        self.first_bad_at = Some(self.first_bad_at.map_or(sent_at, |first| first.min(sent_at)));
        self.ratio += (self.rules.bad_share / self.background()).ln();
        self.background += (1.0 - self.background) / MEMORY;
        (self.ratio >= self.upper()).then(|| Alarm {
            since: self
                .good_before_bad_at
                .unwrap_or(self.started_at)
                .min(self.first_bad_at.unwrap_or(sent_at)),
            against: self.voters.len(),
        })
    }

    fn upper(&self) -> f64 {
        ((1.0 - self.rules.beta) / self.rules.alpha).ln()
    }

    fn lower(&self) -> f64 {
        (self.rules.beta / (1.0 - self.rules.alpha)).ln()
    }
}
