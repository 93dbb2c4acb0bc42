//! The times that delivery needs: the one that people and APNs mean, and one that no correction moves.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tidings_apns::Timestamp;

/// A source of time. [`SystemClock`] is the real one; tests and simulations turn a [`ManualClock`](crate::ManualClock).
pub trait Clock: Debug + Send + Sync {
    /// The date and time as the machine believes it; may jump in either direction.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary origin; never goes back, whatever happens to the date.
    fn monotonic(&self) -> Duration;

    /// Waits so long, by monotonic time.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
