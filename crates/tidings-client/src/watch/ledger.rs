//! What a pool notes of its connections for others to see.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use super::{ConnectionCounts, ConnectionEvent, ConnectionRecord, ConnectionSnapshot, Purpose};
use crate::connection::{Phase, Shared};

/// How much is remembered of what happened.
const KEPT: usize = 20;

/// The ledger of a pool.
#[derive(Debug)]
pub(crate) struct Ledger {
    purpose: Purpose,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    connections: Vec<Arc<Shared>>,
    records: VecDeque<ConnectionRecord>,
    counts: ConnectionCounts,
}

impl Ledger {
    pub(crate) fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            pages: Mutex::default(),
        }
    }

    /// A connection begins. Those that are over are forgotten.
    pub(crate) fn begins(&self, connection: &Arc<Shared>) {
        let mut pages = self.lock();
        pages.connections.retain(|known| known.phase() < Phase::Ended);
        pages.connections.push(Arc::clone(connection));
    }

    /// A connection is there.
    pub(crate) fn opened(&self) {
        self.lock().counts.opened += 1;
    }

    /// Something has happened to a connection.
    pub(crate) fn note(&self, connection: &Shared, event: ConnectionEvent) {
        let record = ConnectionRecord {
            at: SystemTime::now(),
            connection: connection.id,
            purpose: self.purpose,
            remote: connection.remote(),
            answers: connection.answers(),
            event,
        };
        let mut pages = self.lock();
        match &record.event {
            ConnectionEvent::NotOpened { .. } => pages.counts.not_opened += 1,
            ConnectionEvent::GoAway { code, .. } => {
                pages.counts.add_go_aways(code.name().unwrap_or("other"), 1);
            }
            ConnectionEvent::Closed { .. } => {}
        }
        if pages.records.len() >= KEPT {
            pages.records.pop_front();
        }
        pages.records.push_back(record);
    }

    pub(crate) fn snapshots(&self) -> Vec<ConnectionSnapshot> {
        let now = Instant::now();
        let pages = self.lock();
        let alive = pages
            .connections
            .iter()
            .filter(|connection| connection.phase() < Phase::Ended);
        alive
            .map(|connection| connection.snapshot(self.purpose, now))
            .collect()
    }

    pub(crate) fn records(&self) -> Vec<ConnectionRecord> {
        self.lock().records.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> ConnectionCounts {
        self.lock().counts.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
