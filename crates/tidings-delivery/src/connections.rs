//! The connections of lanes, as they are now and as they ended: of the line in use, and of those before it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidings_apns::Environment;
use tidings_client::{ConnectionCounts, ConnectionRecord, ConnectionSnapshot, ConnectionWatch, Purpose};
use tidings_store::{AppId, CredentialId};

use crate::wire::Road;

/// Lines of one lane that are remembered. A line ends when the credential changes.
const MOST_LINES: usize = 4;

/// What an engine knows of its connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionReport {
    /// The connections that there are now.
    pub connections: Vec<LaneConnection>,
    /// What last happened to connections, the newest last. Only so much is kept for each lane.
    pub records: Vec<LaneRecord>,
}

/// A connection with the lane that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneConnection {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub environment: Environment,
    /// The credential under which it was opened.
    pub credential_id: CredentialId,
    /// What is sent over it; `None` for what concerns broadcast channels.
    pub road: Option<Road>,
    /// How it does.
    pub connection: ConnectionSnapshot,
}

/// What happened to a connection of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRecord {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub environment: Environment,
    /// The credential under which it was, or was to be, opened.
    pub credential_id: CredentialId,
    /// What was sent over it; `None` for what concerns broadcast channels.
    pub road: Option<Road>,
    /// What happened.
    pub record: ConnectionRecord,
}

/// How often what has happened to the connections of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneCounts {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub environment: Environment,
    /// How often.
    pub counts: ConnectionCounts,
}

/// The lines of a lane, looked at.
#[derive(Debug, Default)]
pub(crate) struct LaneWatch {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    lines: VecDeque<SeenLine>,
    /// What was counted on lines that are no longer remembered.
    past: ConnectionCounts,
}

#[derive(Debug)]
struct SeenLine {
    credential: CredentialId,
    watches: Vec<(Road, ConnectionWatch)>,
}

impl LaneWatch {
    /// A line was opened.
    pub(crate) fn begin(&self, credential: CredentialId, watches: Vec<(Road, ConnectionWatch)>) {
        let mut seen = self.lock();
        if seen.lines.len() >= MOST_LINES
            && let Some(oldest) = seen.lines.pop_front()
        {
            seen.past.add(&oldest.counts());
        }
        seen.lines.push_back(SeenLine { credential, watches });
    }

    /// Adds what is known to a report.
    pub(crate) fn report(&self, app_id: AppId, environment: Environment, report: &mut ConnectionReport) {
        let seen = self.lock();
        for line in &seen.lines {
            let credential_id = line.credential;
            for (road, watch) in &line.watches {
                report
                    .connections
                    .extend(watch.connections().into_iter().map(|connection| LaneConnection {
                        app_id,
                        environment,
                        credential_id,
                        road: road.for_purpose(connection.purpose),
                        connection,
                    }));
                report
                    .records
                    .extend(watch.records().into_iter().map(|record| LaneRecord {
                        app_id,
                        environment,
                        credential_id,
                        road: road.for_purpose(record.purpose),
                        record,
                    }));
            }
        }
    }

    /// How often what has happened.
    pub(crate) fn counts(&self) -> ConnectionCounts {
        let seen = self.lock();
        let mut counts = seen.past.clone();
        seen.lines.iter().for_each(|line| counts.add(&line.counts()));
        counts
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SeenLine {
    fn counts(&self) -> ConnectionCounts {
        let mut sum = ConnectionCounts::default();
        self.watches
            .iter()
            .for_each(|(_, watch)| sum.add(&watch.counts()));
        sum
    }
}

impl Road {
    /// The road of a connection among those of a client that is named by its main road.
    const fn for_purpose(self, purpose: Purpose) -> Option<Self> {
        match (purpose, self) {
            (Purpose::Management, _) => None,
            (Purpose::Main, road) => Some(road),
            (Purpose::Probation, Self::Express | Self::ExpressProbation) => Some(Self::ExpressProbation),
            (Purpose::Probation, Self::Main | Self::Probation) => Some(Self::Probation),
        }
    }
}
