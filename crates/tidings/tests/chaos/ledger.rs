//! What was accepted, when the server was killed, and what the devices saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::simulation::Simulation;

/// What arrived so shortly before a kill counts as in flight: no more than that may be sent again.
const IN_FLIGHT: Duration = Duration::from_millis(100);

/// The longest that a result may wait for company before it is written: for the slowest answer of its page, or for a disk that
/// has much to do.
const WRITTEN_WITHIN: Duration = Duration::from_secs(3);

/// How long what a killed server had sent may lie in the buffers of APNs.
const BUFFERED: Duration = Duration::from_secs(1);

/// What was accepted, and when the server was killed. All clones are the same ledger.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    /// Each notification that was answered with 202, by its number, and to which devices it goes.
    accepted: BTreeMap<u64, Vec<usize>>,
    /// From when until when each kill took.
    kills: Vec<(Duration, Duration)>,
}

/// A notification as a device saw it.
pub(crate) struct Seen {
    pub(crate) number: u64,
    pub(crate) apns_id: String,
    pub(crate) accepted_at: Duration,
}

/// What came of it.
pub(crate) struct Report {
    accepted: usize,
    due: usize,
    lost: Vec<(u64, usize)>,
    in_flight: usize,
    doubled: usize,
    doubled_under_another_id: Vec<u64>,
    doubled_long_after: Vec<(u64, Duration)>,
}

impl Ledger {
    /// The server answered with 202.
    pub(crate) fn accepted(&self, number: u64, devices: Vec<usize>) {
        self.entries.lock().unwrap().accepted.insert(number, devices);
    }

    pub(crate) fn killed(&self, kill: impl FnOnce()) {
        let before = now();
        kill();
        self.entries.lock().unwrap().kills.push((before, now()));
    }

    /// Holds what was accepted against what each device saw.
    pub(crate) fn compare(&self, simulation: &Simulation) -> Report {
        let entries = self.entries.lock().unwrap();
        let mut report = Report {
            accepted: entries.accepted.len(),
            due: entries.accepted.values().map(Vec::len).sum(),
            lost: Vec::new(),
            in_flight: 0,
            doubled: 0,
            doubled_under_another_id: Vec::new(),
            doubled_long_after: Vec::new(),
        };
        for device in 0..simulation.devices() {
            let seen = simulation.seen(device);
            report.look_for_lost(&entries, device, &seen);
            report.look_for_doubled(&entries, &seen);
        }
        report
    }
}

impl Entries {
    /// How long before the next kill that was.
    fn until_kill(&self, at: Duration) -> Option<Duration> {
        let next = self.kills.iter().find(|(_, until)| at <= *until);
        next.map(|(from, _)| from.saturating_sub(at))
    }

    /// What stood in APNs's buffers when the server was killed for the last time is written down a little later, on a machine that
    /// has much to do. It was in flight at that kill.
    fn after_last_kill(&self, at: Duration) -> Option<Duration> {
        let (_, until) = self.kills.last()?;
        (at <= *until + BUFFERED).then_some(Duration::ZERO)
    }
}

impl Report {
    fn look_for_lost(&mut self, entries: &Entries, device: usize, seen: &[Seen]) {
        let seen: BTreeSet<u64> = seen.iter().map(|seen| seen.number).collect();
        let due = entries
            .accepted
            .iter()
            .filter(|(_, devices)| devices.contains(&device));
        let lost = due.filter(|(number, _)| !seen.contains(number));
        self.lost.extend(lost.map(|(number, _)| (*number, device)));
    }

    fn look_for_doubled(&mut self, entries: &Entries, seen: &[Seen]) {
        let mut first = BTreeMap::new();
        for seen in seen {
            let before_kill = entries.until_kill(seen.accepted_at);
            let age = before_kill.or(entries.after_last_kill(seen.accepted_at));
            let age = age.unwrap_or(Duration::MAX);
            let Some((earlier, before)) = first.insert(seen.number, (seen, age)) else {
                self.in_flight += usize::from(before_kill.is_some_and(|before| before <= IN_FLIGHT));
                continue;
            };
            self.doubled += 1;
            if earlier.apns_id != seen.apns_id {
                self.doubled_under_another_id.push(seen.number);
            }
            if before > WRITTEN_WITHIN {
                self.doubled_long_after.push((seen.number, before));
            }
        }
    }

    pub(crate) fn assert_nothing_lost(&self) {
        assert!(self.accepted > 0, "nothing was accepted: {self}");
        assert!(self.lost.is_empty(), "lost (number, device): {:?}", self.lost);
    }

    /// A repeat has the id of the first, and there are no more than were in flight when the server was killed.
    pub(crate) fn assert_little_doubled(&self) {
        assert!(
            self.doubled_under_another_id.is_empty(),
            "doubled under another id: {:?}",
            self.doubled_under_another_id
        );
        assert!(
            self.doubled_long_after.is_empty(),
            "doubled, and answered so long before the kill: {:?}",
            self.doubled_long_after
        );
        assert!(self.doubled <= self.in_flight, "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} notifications accepted for {} recipients, {} lost; {} in flight at a kill, {} sent twice",
            self.accepted,
            self.due,
            self.lost.len(),
            self.in_flight,
            self.doubled
        )
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}
