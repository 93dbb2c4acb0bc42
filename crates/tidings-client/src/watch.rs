//! A client's connections, looked at from outside: how they do now, and how earlier ones ended.
//!
//! Nothing here touches the way of a request. A connection publishes its numbers at the end of each of its turns, by
//! relaxed stores; locks are taken when a connection begins or ends, and by whoever looks.

pub(crate) mod ledger;
mod record;
mod snapshot;

use std::sync::Arc;

pub use self::record::{ConnectionEvent, ConnectionRecord};
pub use self::snapshot::{ConnectionId, ConnectionSnapshot, ConnectionState};

use self::ledger::Ledger;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Notifications.
    Main,
    /// Notifications to device tokens that may be bad.
    Probation,
    /// Broadcast channels.
    Management,
}

/// How often what has happened to the connections of a client, since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Connections that were opened.
    pub opened: u64,
    /// Connections that could not be opened.
    pub not_opened: u64,
    /// GOAWAYs that came, by the name of their code; those with a code that has no name are `other`.
    pub go_aways: Vec<(&'static str, u64)>,
}

impl ConnectionCounts {
    /// Adds others to these.
    pub fn add(&mut self, others: &Self) {
        self.opened += others.opened;
        self.not_opened += others.not_opened;
        for (code, count) in &others.go_aways {
            self.add_go_aways(code, *count);
        }
    }

    fn add_go_aways(&mut self, code: &'static str, count: u64) {
        match self.go_aways.iter_mut().find(|(known, _)| *known == code) {
            Some((_, sum)) => *sum += count,
            None => self.go_aways.push((code, count)),
        }
    }
}

/// A look at the connections of a client. It keeps neither the client nor a connection open, and can be asked after both are
/// gone.
#[derive(Clone, Debug)]
pub struct ConnectionWatch {
    ledgers: [Arc<Ledger>; 3],
}

impl ConnectionWatch {
    pub(crate) const fn new(ledgers: [Arc<Ledger>; 3]) -> Self {
        Self { ledgers }
    }

    /// The connections that there are now, those of one purpose in the order in which they were opened.
    pub fn connections(&self) -> Vec<ConnectionSnapshot> {
        self.ledgers
            .iter()
            .flat_map(|ledger| ledger.snapshots())
            .collect()
    }

    /// What last happened to connections, the newest last. Only so much is kept for each purpose.
    pub fn records(&self) -> Vec<ConnectionRecord> {
        let mut records: Vec<_> = self.ledgers.iter().flat_map(|ledger| ledger.records()).collect();
        records.sort_by_key(|record| record.at);
        records
    }

    /// How often what has happened.
    pub fn counts(&self) -> ConnectionCounts {
        let mut sum = ConnectionCounts::default();
        for ledger in &self.ledgers {
            sum.add(&ledger.counts());
        }
        sum
    }
}
