//! `tidings bench truth --detector`: how often the detector of `tidings-truth` is wrong, by simulation, with its own rules.

pub(super) mod text;

use serde::Serialize;
use tidings_apns::{Reason, Timestamp};
use tidings_truth::{Circumstances, Detector, DetectorRules, Generation, Vote, judge};

use super::apns::refused;
use super::chance::Chance;
use super::world::value::Share;

/// Shares of proven tokens that go bad by themselves.
const BACKGROUNDS: [f64; 5] = [0.001, 0.005, 0.01, 0.02, 0.05];
/// Shares of bad answers in a burst that is no mistake.
const BURSTS: [f64; 3] = [0.02, 0.05, 0.10];
/// Answers in such a burst.
const BURST: u32 = 1000;
/// Shares of proven tokens that a mistake strikes.
const FAULTS: [f64; 4] = [0.10, 0.30, 0.60, 1.0];
/// A mistake that is not noticed after so many answers is missed.
const WITHIN: u32 = 1000;
/// What the lane answered before a burst or a mistake.
const LEARNED: u32 = 1_000_000;
const USUAL: f64 = 0.001;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) seed: u64,
    pub(super) answers: u32,
    pub(super) trials: u32,
    pub(super) background: Vec<Background>,
    pub(super) bursts: Vec<Burst>,
    pub(super) faults: Vec<Fault>,
    /// Different tokens that it takes when nothing is accepted any more: in a new lane, and in a seasoned one.
    pub(super) tokens_to_alarm: [u32; 2],
}

/// A lane in which nothing is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Background {
    pub(super) share: f64,
    pub(super) false_alarms: u32,
    pub(super) per_million: f64,
}

/// A lane in which nothing is wrong but that for a while more tokens go bad, or APNs says 410 to many.
#[derive(Debug, Serialize)]
pub(super) struct Burst {
    pub(super) what: &'static str,
    pub(super) share: f64,
    /// Of the bursts, which raised an alarm.
    pub(super) false_alarm_share: f64,
}

/// A mistake that strikes a share of the tokens.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    pub(super) share: f64,
    pub(super) missed_share: f64,
    /// Answers until the alarm, of the mistakes that were noticed; none if none was.
    pub(super) median: Option<u32>,
    pub(super) p99: Option<u32>,
}

/// Measures.
pub(super) fn measure(seed: u64, answers: u32) -> Report {
    let mut lane = Lane::new(seed);
    let trials = (answers / 1000).max(1);
    let background = BACKGROUNDS.map(|share| background(&mut lane, share, answers));
    let learned = lane.learned();
    let waves = [0.5, 0.9].map(|share| wave(&mut lane, &learned, share, trials));
    let bursts = BURSTS.map(|share| burst(&mut lane, &learned, share, trials));
    let faults = FAULTS.map(|share| fault(&mut lane, &learned, share, trials));
    Report {
        seed,
        answers,
        trials,
        background: background.into(),
        bursts: waves.into_iter().chain(bursts).collect(),
        faults: faults.into(),
        tokens_to_alarm: [Detector::new(DetectorRules::default()), learned].map(tokens_to_alarm),
    }
}

/// Answers for proven tokens, each for another one.
struct Lane {
    chance: Chance,
    answered: u64,
}

impl Lane {
    fn new(seed: u64) -> Self {
        Self {
            chance: Chance::seeded(seed),
            answered: 0,
        }
    }

    /// The next answer: bad with this probability. Whether it raised an alarm.
    fn answer(&mut self, detector: &mut Detector, bad: f64) -> bool {
        self.answered += 1;
        let at = Timestamp::from_unix_millis(1_700_000_000_000 + self.answered);
        let vote = if self.chance.happens(Share(bad)) {
            Vote::Bad(self.answered)
        } else {
            Vote::Good
        };
        detector.vote(at, vote).is_some()
    }

    /// A detector that has seen a usual lane.
    fn learned(&mut self) -> Detector {
        let mut detector = Detector::new(DetectorRules::default());
        for _ in 0..LEARNED {
            if self.answer(&mut detector, USUAL) {
                detector.begin_anew();
            }
        }
        detector.begin_anew();
        detector
    }
}

fn background(lane: &mut Lane, share: f64, answers: u32) -> Background {
    let mut detector = Detector::new(DetectorRules::default());
    let mut false_alarms = 0;
    for _ in 0..answers {
        if lane.answer(&mut detector, share) {
            false_alarms += 1;
            // As after an incident that its canaries ended.
            detector.begin_anew();
        }
    }
    Background {
        share,
        false_alarms,
        per_million: hundredths(f64::from(false_alarms) * 1e6 / f64::from(answers)),
    }
}

fn burst(lane: &mut Lane, learned: &Detector, share: f64, trials: u32) -> Burst {
    let alarmed = (0..trials).filter(|_| {
        let mut detector = learned.clone();
        (0..BURST).any(|_| lane.answer(&mut detector, share))
    });
    let alarmed = alarmed.count() as f64;
    Burst {
        what: "BadDeviceToken",
        share,
        false_alarm_share: alarmed / f64::from(trials),
    }
}

/// A wave of 410s, judged as an engine judges answers.
fn wave(lane: &mut Lane, learned: &Detector, share: f64, trials: u32) -> Burst {
    let at = Timestamp::from_unix_millis(1_700_000_000_000);
    let circumstances = Circumstances {
        generation: Generation(1),
        sent_at: at,
        answered_at: at,
        environment: tidings_apns::Environment::Production,
        proven: true,
        lane_is_credible: true,
    };
    let gone = judge(&refused(410, Reason::Unregistered, Some(0)), &circumstances);
    let alarmed = (0..trials).filter(|_| {
        let mut detector = learned.clone();
        (0..BURST).any(|token| {
            if !lane.chance.happens(Share(share)) {
                return detector.vote(at, Vote::Good).is_some();
            }
            let against = gone.vote == Some(false);
            against && detector.vote(at, Vote::Bad(u64::from(token))).is_some()
        })
    });
    let alarmed = alarmed.count() as f64;
    Burst {
        what: "410",
        share,
        false_alarm_share: alarmed / f64::from(trials),
    }
}

fn fault(lane: &mut Lane, learned: &Detector, share: f64, trials: u32) -> Fault {
    let mut noticed: Vec<u32> = (0..trials)
        .filter_map(|_| {
            let mut detector = learned.clone();
            (1..=WITHIN).find(|_| lane.answer(&mut detector, share))
        })
        .collect();
    noticed.sort_unstable();
    Fault {
        share,
        missed_share: 1.0 - noticed.len() as f64 / f64::from(trials),
        median: noticed.get(noticed.len() / 2).copied(),
        p99: noticed.get(noticed.len() * 99 / 100).copied(),
    }
}

fn tokens_to_alarm(mut detector: Detector) -> u32 {
    let at = Timestamp::from_unix_millis(1_800_000_000_000);
    let alarm = (1..=WITHIN).find(|token| detector.vote(at, Vote::Bad(u64::from(*token))).is_some());
    alarm.unwrap_or(WITHIN)
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_figures_and_what_must_hold_holds() {
        let report = measure(1, 100_000);
        let again = measure(1, 100_000);
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            serde_json::to_string(&again).unwrap()
        );
        assert_eq!(report.background[0].false_alarms, 0);
        let mut waves = report.bursts.iter().filter(|burst| burst.what == "410");
        assert!(waves.all(|wave| wave.false_alarm_share <= 0.0));
        let total = report.faults.last().unwrap();
        assert!(total.missed_share <= 0.0 && total.p99.unwrap() <= 5, "{total:?}");
        assert!(text::render(&report).contains("410"));
    }
}
