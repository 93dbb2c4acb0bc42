//! How often somebody may try to sign in: a secret of 256 bits is not guessed, but passwords can be, and nobody should be able
//! to keep the server busy with trying, nor fill its log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failed attempts of one address in a window.
const MOST: u32 = 10;

/// Failed attempts of all addresses together in a window.
const MOST_OF_ALL: u32 = 300;

/// How long attempts count.
const WINDOW: Duration = Duration::from_mins(1);

/// Addresses that are remembered in a window. Beyond, only the sum counts.
const ADDRESSES: usize = 4_096;

/// Counts failed attempts, in windows.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began_at: Duration,
    all: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl Throttle {
    /// Whether another attempt may be made from there. `now` is monotonic.
    pub(crate) fn may_try(&self, from: Option<IpAddr>, now: Duration) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        window.has_room(from)
    }

    /// Begins an attempt that takes a while, and counts it as if it had failed: many at once must not all pass. Whether it
    /// may be made.
    pub(crate) fn begin(&self, from: Option<IpAddr>, now: Duration) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        let may_try = window.has_room(from);
        if may_try {
            window.count(from);
        }
        may_try
    }

    /// What was begun did not fail.
    pub(crate) fn forgive(&self, from: Option<IpAddr>, now: Duration) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        window.all = window.all.saturating_sub(1);
        let counted = from.and_then(|address| window.by_address.get_mut(&address));
        if let Some(count) = counted {
            *count = count.saturating_sub(1);
        }
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, from: Option<IpAddr>, now: Duration) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        window.count(from);
    }
}

impl Window {
    fn has_room(&self, from: Option<IpAddr>) -> bool {
        let tried = from.and_then(|address| self.by_address.get(&address));
        self.all < MOST_OF_ALL && tried.is_none_or(|count| *count < MOST)
    }

    fn count(&mut self, from: Option<IpAddr>) {
        self.all = self.all.saturating_add(1);
        let has_room = self.by_address.len() < ADDRESSES;
        let Some(address) = from else { return };
        if has_room || self.by_address.contains_key(&address) {
            *self.by_address.entry(address).or_default() += 1;
        }
    }

    fn turn(&mut self, now: Duration) {
        if now.saturating_sub(self.began_at) >= WINDOW {
            *self = Self {
                began_at: now,
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const THERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ten_failures_close_the_door_to_one_address_for_a_minute() {
        let throttle = Throttle::default();
        for _ in 0..MOST {
            assert!(throttle.may_try(HERE, at(0)));
            throttle.failed(HERE, at(0));
        }
        assert!(!throttle.may_try(HERE, at(59)));
        assert!(throttle.may_try(THERE, at(59)));
        assert!(throttle.may_try(HERE, at(60)));
    }

    #[test]
    fn what_is_begun_counts_until_it_is_forgiven() {
        let throttle = Throttle::default();
        assert!((0..MOST).all(|_| throttle.begin(HERE, at(0))));
        assert!(!throttle.begin(HERE, at(0)), "many at once do not all pass");
        throttle.forgive(HERE, at(1));
        assert!(throttle.begin(HERE, at(1)));
    }

    #[test]
    fn many_addresses_together_are_stopped_too() {
        let throttle = Throttle::default();
        for _ in 0..MOST_OF_ALL {
            throttle.failed(None, at(0));
        }
        assert!(!throttle.may_try(THERE, at(1)));
        assert!(throttle.may_try(THERE, at(61)));
    }
}
