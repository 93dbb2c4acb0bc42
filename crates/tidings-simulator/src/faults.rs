//! What goes wrong on purpose.

mod fault;
mod injected;
mod new_fault;

#[cfg(test)]
mod tests;

use crate::random::Random;
use crate::vocabulary::Environment;

use fault::Fault;

pub(crate) use fault::{GoAway, LastStream, StatusFault, TimestampForm};
pub(crate) use injected::{Ending, Injected};
pub use new_fault::{FaultKind, FaultMoment, LastStreamForm, NewFault, RefuseFaultError, RetryAfter};

/// Faults that can be in force at a time.
const LIMIT: usize = 1000;

/// The faults in force, in the order in which they were ordered.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Vec<Fault>,
}

impl Faults {
    /// Puts a fault in force; `false` if there are too many.
    pub(crate) fn add(&mut self, fault: Fault) -> bool {
        if self.active.len() >= LIMIT {
            return false;
        }
        self.active.push(fault);
        true
    }

    /// Lifts a fault; `false` if it is not in force.
    pub(crate) fn lift(&mut self, id: &str) -> bool {
        let before = self.active.len();
        self.active.retain(|fault| fault.id != id);
        self.active.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.active.iter().map(|fault| fault.id.as_str())
    }

    /// What goes wrong with one request or one new connection. Counts are used up by it.
    pub(crate) fn strike(
        &mut self,
        moment: FaultMoment,
        environment: Environment,
        bundle_id: Option<&str>,
        random: &mut Random,
    ) -> Injected {
        let mut injected = Injected::default();
        for fault in &mut self.active {
            if fault.concerns(moment, environment, bundle_id) && fault.strikes(random) {
                fault.inject(&mut injected, random);
            }
        }
        self.active.retain(|fault| fault.left != Some(0));
        injected
    }
}
