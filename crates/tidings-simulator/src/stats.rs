//! What has been answered, and over what connections.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::Environment;

/// Rows of answers that are kept apart; whatever comes beyond them is counted under the topic `other`.
const ROWS: usize = 10_000;

/// Counts since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stats {
    answers: BTreeMap<Row, u64>,
    connections: BTreeMap<Environment, ConnectionCounts>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    environment: Environment,
    topic: String,
    status: u16,
    reason: Option<String>,
}

/// Connections and streams of one environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionCounts {
    /// Connections whose TLS handshake succeeded.
    pub accepted: u64,
    /// Of these, those that are open now.
    pub open: u64,
    /// TLS handshakes that failed.
    pub failed_handshakes: u64,
    /// Streams that carried a request.
    pub streams: u64,
    /// Streams that were answered.
    pub answered: u64,
    /// Streams that were refused or reset, by either side.
    pub reset: u64,
}

/// How often one answer was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnswerCount {
    /// The environment.
    pub environment: Environment,
    /// The topic, or the bundle id in the path; empty if the request named none.
    pub topic: String,
    /// The status.
    pub status: u16,
    /// The reason of a refusal.
    pub reason: Option<String>,
    /// How often.
    pub count: u64,
}

/// `GET /v1/stats`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatsReport {
    /// All requests that were answered.
    pub requests: u64,
    /// The answers by environment, topic, status and reason.
    pub answers: Vec<AnswerCount>,
    /// The answers by status.
    pub statuses: BTreeMap<String, u64>,
    /// The refusals by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Connections and streams by environment.
    pub connections: BTreeMap<Environment, ConnectionCounts>,
}

impl Stats {
    pub(crate) fn count_answer(
        &mut self,
        environment: Environment,
        topic: &str,
        status: u16,
        reason: Option<&str>,
    ) {
        let topic = if self.answers.len() < ROWS { topic } else { "other" };
        let row = Row {
            environment,
            topic: topic.to_owned(),
            status,
            reason: reason.map(str::to_owned),
        };
        *self.answers.entry(row).or_default() += 1;
    }

    pub(crate) fn connections(&mut self, environment: Environment) -> &mut ConnectionCounts {
        self.connections.entry(environment).or_default()
    }

    pub(crate) fn report(&self) -> StatsReport {
        let mut report = StatsReport {
            requests: self.answers.values().sum(),
            answers: Vec::new(),
            statuses: BTreeMap::new(),
            reasons: BTreeMap::new(),
            connections: self.connections.clone(),
        };
        for (row, count) in &self.answers {
            *report.statuses.entry(row.status.to_string()).or_default() += count;
            if let Some(reason) = &row.reason {
                *report.reasons.entry(reason.clone()).or_default() += count;
            }
            report.answers.push(AnswerCount {
                environment: row.environment,
                topic: row.topic.clone(),
                status: row.status,
                reason: row.reason.clone(),
                count: *count,
            });
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_each_of_their_parts() {
        let mut stats = Stats::default();
        stats.count_answer(Environment::Sandbox, "a", 200, None);
        stats.count_answer(Environment::Sandbox, "a", 200, None);
        stats.count_answer(Environment::Production, "b", 400, Some("BadTopic"));
        let report = stats.report();
        assert_eq!(report.requests, 3);
        assert_eq!(report.statuses["200"], 2);
        assert_eq!(report.reasons["BadTopic"], 1);
        assert_eq!(report.answers.len(), 2);
    }

    #[test]
    fn topics_that_nobody_knows_do_not_grow_without_end() {
        let mut stats = Stats::default();
        for topic in 0..2 * ROWS {
            stats.count_answer(
                Environment::Sandbox,
                &topic.to_string(),
                400,
                Some("TopicDisallowed"),
            );
        }
        assert!(stats.report().answers.len() <= ROWS + 1);
        assert_eq!(stats.report().requests, 2 * ROWS as u64);
    }
}
