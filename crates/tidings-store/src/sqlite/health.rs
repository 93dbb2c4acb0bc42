//! How the store does, for everybody to see.

use std::sync::atomic::{AtomicU8, Ordering};

use super::operation::Urge;
use crate::store::Health;
use crate::store_error::StoreError;

/// How the store does. What is broken stays broken, and what is closed stays closed.
#[derive(Default)]
pub(crate) struct HealthCell(AtomicU8);

const ALL: [Health; 4] = [Health::Healthy, Health::Full, Health::Closed, Health::Broken];

impl HealthCell {
    pub(crate) fn current(&self) -> Health {
        let place = usize::from(self.0.load(Ordering::Acquire));
        ALL.get(place).copied().unwrap_or(Health::Broken)
    }

    pub(crate) fn set(&self, health: Health) {
        let place = ALL.iter().position(|known| *known == health).unwrap_or_default();
        let place = u8::try_from(place).unwrap_or_default();
        if matches!(health, Health::Closed | Health::Broken) {
            self.0.fetch_max(place, Ordering::AcqRel);
        } else {
            // Only what is healthy or full may become the other.
            let becomes = |before| (before <= 1).then_some(place);
            let _known = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, becomes);
        }
    }

    /// Whether an operation may be tried at all.
    pub(crate) fn may(&self, urge: Urge) -> Result<(), StoreError> {
        match (self.current(), urge) {
            (Health::Healthy, _) | (Health::Full, Urge::Finish) => Ok(()),
            (Health::Full, Urge::TakeIn) => Err(StoreError::Full),
            (Health::Broken, _) => Err(StoreError::Broken(None)),
            (Health::Closed, _) => Err(StoreError::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_full_recovers_and_what_is_broken_does_not() {
        let cell = HealthCell::default();
        cell.set(Health::Full);
        assert_eq!(cell.current(), Health::Full);
        cell.set(Health::Healthy);
        assert_eq!(cell.current(), Health::Healthy);
        cell.set(Health::Broken);
        for health in ALL {
            cell.set(health);
            assert_eq!(cell.current(), Health::Broken);
        }
    }

    #[test]
    fn results_are_written_while_the_disk_is_full_and_nothing_new_is() {
        let cell = HealthCell::default();
        cell.set(Health::Full);
        assert!(cell.may(Urge::Finish).is_ok());
        assert!(matches!(cell.may(Urge::TakeIn), Err(StoreError::Full)));
    }
}
