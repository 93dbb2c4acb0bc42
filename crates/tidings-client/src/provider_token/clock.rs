//! The two times a signing key needs: one that only moves forward, to know how old a token is, and one that
//! agrees with Apple's, to write into it.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime};

/// A source of time. [`SystemClock`] is the real one; a test or a simulation brings its own.
pub trait Clock: Debug + Send + Sync {
    /// Time since an arbitrary origin; never goes back, whatever happens to the wall clock.
    fn monotonic(&self) -> Duration;

    /// The date and time as the machine believes it; may jump in either direction.
    fn wall(&self) -> SystemTime;
}

/// The machine's own clocks.
#[derive(Debug)]
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
    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}
