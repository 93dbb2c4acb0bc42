//! A bad deploy is noticed after a handful of tokens, and bad tokens alone are no alarm.

use std::time::Duration;

use tidings_truth::{Detector, DetectorRules, Vote};

use super::story::minute;

/// How many bad votes it takes when nothing is accepted any more.
fn votes_until_alarm(detector: &mut Detector, at: u64) -> u64 {
    (1..100)
        .find(|&token| detector.vote(minute(at), Vote::Bad(token)).is_some())
        .expect("so many different tokens are an alarm")
}

#[test]
fn a_mistake_is_noticed_after_a_handful_of_proven_tokens() {
    let mut fresh = Detector::new(DetectorRules::default());
    assert!((2..=7).contains(&votes_until_alarm(&mut fresh, 1)));
    let mut seasoned = Detector::new(DetectorRules::default());
    seasoned.good(minute(1), 1_000_000);
    assert!((2..=7).contains(&votes_until_alarm(&mut seasoned, 2)));
}

#[test]
fn one_token_is_no_alarm_however_often_it_is_refused() {
    let mut detector = Detector::new(DetectorRules::default());
    for at in 0..1000 {
        assert_eq!(detector.vote(minute(at), Vote::Bad(7)), None);
    }
}

#[test]
fn the_doubt_reaches_back_to_when_the_lane_last_did_well() {
    let mut detector = Detector::new(DetectorRules::default());
    detector.good(minute(10), 1000);
    let alarm = (1..100).find_map(|token| detector.vote(minute(20 + token), Vote::Bad(token)));
    assert_eq!(alarm.unwrap().since, minute(10));
}

#[test]
fn a_lane_is_credible_while_it_does_well_and_not_for_long_after() {
    let hour = Duration::from_hours(1);
    let mut detector = Detector::new(DetectorRules::default());
    assert!(!detector.is_credible(minute(0), hour));
    detector.good(minute(0), 1);
    assert!(detector.is_credible(minute(30), hour));
    assert!(!detector.is_credible(minute(90), hour));
    detector.vote(minute(30), Vote::Bad(1));
    assert!(!detector.is_credible(minute(30), hour));
}

/// Numbers that look random, the same in every run.
struct Chance(u64);

impl Chance {
    /// Happens once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33).is_multiple_of(times)
    }
}

#[test]
fn the_usual_share_of_bad_tokens_is_no_alarm_in_a_million_answers() {
    let mut detector = Detector::new(DetectorRules::default());
    let mut chance = Chance(1);
    for token in 0..1_000_000 {
        let vote = if chance.once_in(2000) {
            Vote::Bad(token)
        } else {
            Vote::Good
        };
        assert_eq!(detector.vote(minute(token / 1000), vote), None, "answer {token}");
    }
}

#[test]
fn a_mistake_that_strikes_every_third_token_is_noticed_within_a_hundred_answers() {
    for seed in 1..200 {
        let mut detector = Detector::new(DetectorRules::default());
        detector.good(minute(0), 100_000);
        let mut chance = Chance(seed);
        let noticed = (0..100).any(|token| {
            let vote = if chance.once_in(3) {
                Vote::Bad(token)
            } else {
                Vote::Good
            };
            detector.vote(minute(1), vote).is_some()
        });
        assert!(noticed, "seed {seed}");
    }
}
