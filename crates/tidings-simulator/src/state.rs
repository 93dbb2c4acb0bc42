//! Everything that changes, behind one lock that is held briefly and never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::authority::Authority;
use crate::behaviour::Behaviour;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::stats::Stats;
use crate::world::World;

/// The simulator's state.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) stats: Stats,
}

/// The state, and what never changes, as all tasks share it.
pub(crate) struct Shared {
    pub(crate) authority: Authority,
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(seed: u64, behaviour: Behaviour, authority: Authority) -> Self {
        let state = State {
            world: World::new(seed, behaviour),
            clock: Clock::default(),
            faults: Faults::default(),
            stats: Stats::default(),
        };
        Self {
            authority,
            state: Mutex::new(state),
        }
    }

    /// The state. A task that panicked while it held the lock does not take the others with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
