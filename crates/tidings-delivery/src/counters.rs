//! What was attempted and how it was answered, counted for metrics. Everything is added up for a group before it gets here,
//! so that the one lock is taken once for many.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidings_apns::{Environment, PushType};
use tidings_store::AppId;

use crate::histogram::Histogram;

/// Reasons that are counted apart for one app; whatever comes beyond them is counted as `other`.
const MOST_REASONS: usize = 64;

/// How an attempt was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswerClass {
    /// The status; 0 where there was no answer.
    pub status: u16,
    /// The name of the reason; empty when accepted; `not_sent` and `unknown` where there was no answer.
    pub reason: Box<str>,
}

/// How often something was answered so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptCount {
    /// The app.
    pub app_id: AppId,
    /// Where it was sent.
    pub environment: Environment,
    /// As what.
    pub push_type: PushType,
    /// How it was answered.
    pub answer: AnswerClass,
    /// How often.
    pub count: u64,
}

/// All counts since the start.
#[derive(Clone, Debug, Default)]
pub struct CountersSnapshot {
    /// Attempts by how they were answered.
    pub attempts: Vec<AttemptCount>,
    /// From a request being written to its answer.
    pub answer_latency: Histogram,
    /// From a notification to few being accepted, or due, to the answer of APNs.
    pub delivery_latency: Histogram,
    /// Attempts of which it is not known whether APNs took them.
    pub unknown: u64,
    /// Of those, how many are sent again: notifications that may be shown twice.
    pub possible_duplicates: u64,
    /// Attempts that were a second one in the other environment.
    pub rerouted: u64,
    /// Requests that are on their way.
    pub in_flight: u64,
}

type Key = (AppId, Environment, PushType, AnswerClass);

/// All counters of an engine.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    attempts: BTreeMap<Key, u64>,
    reasons: BTreeMap<AppId, usize>,
    answer_latency: Histogram,
    delivery_latency: Histogram,
    unknown: u64,
    possible_duplicates: u64,
    rerouted: u64,
}

/// What one group of requests adds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    accepted: Vec<(Environment, PushType, u64)>,
    others: Vec<(Environment, PushType, AnswerClass)>,
    pub(crate) answer_latency: Histogram,
    pub(crate) delivery_latency: Histogram,
    pub(crate) unknown: u64,
    pub(crate) possible_duplicates: u64,
    pub(crate) rerouted: u64,
}

impl Tally {
    pub(crate) fn accepted(&mut self, environment: Environment, push_type: PushType) {
        let same = |entry: &&mut (Environment, PushType, u64)| (entry.0, entry.1) == (environment, push_type);
        match self.accepted.iter_mut().find(same) {
            Some((_, _, count)) => *count += 1,
            None => self.accepted.push((environment, push_type, 1)),
        }
    }

    pub(crate) fn other(&mut self, environment: Environment, push_type: PushType, status: u16, reason: &str) {
        let reason = reason.into();
        self.others
            .push((environment, push_type, AnswerClass { status, reason }));
    }
}

impl Counters {
    pub(crate) fn add(&self, app: AppId, tally: Tally) {
        let mut sums = self.lock();
        for (environment, push_type, count) in tally.accepted {
            let answer = AnswerClass {
                status: 200,
                reason: Box::default(),
            };
            sums.count((app, environment, push_type, answer), count);
        }
        for (environment, push_type, answer) in tally.others {
            sums.count((app, environment, push_type, answer), 1);
        }
        sums.answer_latency.merge(&tally.answer_latency);
        sums.delivery_latency.merge(&tally.delivery_latency);
        sums.unknown += tally.unknown;
        sums.possible_duplicates += tally.possible_duplicates;
        sums.rerouted += tally.rerouted;
    }

    pub(crate) fn snapshot(&self, in_flight: u64) -> CountersSnapshot {
        let sums = self.lock();
        let attempts = sums
            .attempts
            .iter()
            .map(|((app, environment, push_type, answer), count)| AttemptCount {
                app_id: *app,
                environment: *environment,
                push_type: *push_type,
                answer: answer.clone(),
                count: *count,
            });
        CountersSnapshot {
            attempts: attempts.collect(),
            answer_latency: sums.answer_latency.clone(),
            delivery_latency: sums.delivery_latency.clone(),
            unknown: sums.unknown,
            possible_duplicates: sums.possible_duplicates,
            rerouted: sums.rerouted,
            in_flight,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sums {
    /// What APNs calls its reasons is foreign text: only so many are kept apart.
    fn count(&mut self, mut key: Key, count: u64) {
        if !self.attempts.contains_key(&key) {
            let reasons = self.reasons.entry(key.0).or_default();
            *reasons += 1;
            if *reasons > MOST_REASONS {
                key.3.reason = "other".into();
            }
        }
        *self.attempts.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_one_count() {
        let counters = Counters::default();
        for _ in 0..2 {
            let mut tally = Tally::default();
            tally.accepted(Environment::Production, PushType::Alert);
            tally.accepted(Environment::Production, PushType::Alert);
            tally.other(Environment::Sandbox, PushType::Alert, 400, "BadDeviceToken");
            counters.add(AppId(1), tally);
        }
        let counts: Vec<u64> = counters
            .snapshot(0)
            .attempts
            .iter()
            .map(|row| row.count)
            .collect();
        assert_eq!(counts, [4, 2]);
    }

    #[test]
    fn foreign_reasons_do_not_make_endless_rows() {
        let counters = Counters::default();
        for n in 0..10_000 {
            let mut tally = Tally::default();
            tally.other(Environment::Production, PushType::Alert, 400, &format!("R{n}"));
            counters.add(AppId(1), tally);
        }
        let snapshot = counters.snapshot(0);
        assert_eq!(snapshot.attempts.len(), MOST_REASONS + 1);
        assert_eq!(snapshot.attempts.iter().map(|row| row.count).sum::<u64>(), 10_000);
    }
}
