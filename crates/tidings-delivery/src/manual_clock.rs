//! A clock that stands still until somebody turns it: hours of delivery in a moment of a test.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tidings_apns::Timestamp;

use crate::clock::Clock;

/// A clock that is turned by hand. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock {
    dial: Arc<Mutex<Dial>>,
}

#[derive(Debug)]
struct Dial {
    wall: Timestamp,
    monotonic: Duration,
    next_sleeper: u64,
    sleepers: BTreeMap<(Duration, u64), Waker>,
}

impl ManualClock {
    /// A clock that stands at that instant.
    pub fn at(wall: Timestamp) -> Self {
        let dial = Dial {
            wall,
            monotonic: Duration::ZERO,
            next_sleeper: 0,
            sleepers: BTreeMap::new(),
        };
        Self {
            dial: Arc::new(Mutex::new(dial)),
        }
    }

    /// Lets time go by, and wakes whoever slept until then.
    pub fn advance(&self, by: Duration) {
        let mut dial = self.lock();
        dial.wall = dial.wall.saturating_add(by);
        dial.monotonic += by;
        let now = dial.monotonic;
        let later = dial.sleepers.split_off(&(now, u64::MAX));
        let woken = std::mem::replace(&mut dial.sleepers, later);
        drop(dial);
        woken.into_values().for_each(Waker::wake);
    }

    /// Corrects the date, forwards or backwards, without letting time go by.
    pub fn jump_to(&self, wall: Timestamp) {
        self.lock().wall = wall;
    }

    /// How long until the first sleeper wakes; `None` when nobody sleeps.
    pub fn until_next(&self) -> Option<Duration> {
        let dial = self.lock();
        let ((at, _), _) = dial.sleepers.first_key_value()?;
        Some(at.saturating_sub(dial.monotonic))
    }

    fn lock(&self) -> MutexGuard<'_, Dial> {
        self.dial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().wall
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut dial = self.lock();
        let key = (dial.monotonic.saturating_add(duration), dial.next_sleeper);
        dial.next_sleeper += 1;
        let clock = self.clone();
        Sleep { clock, key }.boxed()
    }
}

/// One that sleeps, by when it wakes and its number.
struct Sleep {
    clock: ManualClock,
    key: (Duration, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut dial = self.clock.lock();
        if dial.monotonic >= self.key.0 {
            return Poll::Ready(());
        }
        dial.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = ManualClock::at(Timestamp::from_unix_millis(1_000));
        let mut sleep = clock.sleep(Duration::from_secs(2));
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(clock.until_next(), Some(Duration::from_secs(2)));
        clock.advance(Duration::from_millis(1_999));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!((&mut sleep).now_or_never().is_some());
        assert_eq!(clock.until_next(), None);
        assert_eq!(clock.now(), Timestamp::from_unix_millis(3_000));
    }

    #[tokio::test]
    async fn a_jump_of_the_date_wakes_nobody() {
        let clock = ManualClock::at(Timestamp::from_unix_millis(1_000));
        let mut sleep = clock.sleep(Duration::from_secs(2));
        clock.jump_to(Timestamp::from_unix_millis(100_000_000));
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(clock.monotonic(), Duration::ZERO);
    }

    #[tokio::test]
    async fn whoever_stops_waiting_is_forgotten() {
        let clock = ManualClock::at(Timestamp::from_unix_millis(0));
        let mut sleep = clock.sleep(Duration::from_secs(2));
        assert!((&mut sleep).now_or_never().is_none());
        drop(sleep);
        assert_eq!(clock.until_next(), None);
    }
}
