//! What the writer does for somebody, and how they hear of it: not before it is committed.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::writing::{Fate, Writing};
use crate::store_error::StoreError;

/// Whether an operation brings something new, or ends what was accepted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urge {
    /// It brings something new, and can be refused.
    TakeIn,
    /// It says what became of something.
    Finish,
}

/// An operation that waits for the writer. It can be run again when its group was lost.
pub(crate) trait Operation: Send {
    fn urge(&self) -> Urge;

    /// Runs it. An error is one that ends the whole group; its own error, it keeps for itself.
    fn run(&mut self, writing: &mut Writing) -> Result<(), StoreError>;

    /// Says what came of it: its own result, or why the group was lost.
    fn reply(self: Box<Self>, committed: Result<(), StoreError>);
}

/// An operation with a result of some type.
pub(crate) struct Errand<T, F> {
    urge: Urge,
    operation: F,
    result: Option<Result<T, StoreError>>,
    asker: oneshot::Sender<Result<T, StoreError>>,
    /// Its place in the queue, free when it has been answered.
    _place: OwnedSemaphorePermit,
}

impl<T, F> Errand<T, F> {
    pub(crate) const fn new(
        urge: Urge,
        operation: F,
        asker: oneshot::Sender<Result<T, StoreError>>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            urge,
            operation,
            result: None,
            asker,
            _place: place,
        }
    }
}

impl<T, F> Operation for Errand<T, F>
where
    T: Send,
    F: Fn(&mut Writing) -> Result<T, StoreError> + Send,
{
    fn urge(&self) -> Urge {
        self.urge
    }

    fn run(&mut self, writing: &mut Writing) -> Result<(), StoreError> {
        match writing.attempt(&self.operation) {
            Fate::Done(result) => {
                self.result = Some(result);
                Ok(())
            }
            Fate::GroupLost(error) => Err(error),
        }
    }

    fn reply(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match committed {
            Ok(()) => self.result.unwrap_or(Err(StoreError::Closed)),
            Err(error) => Err(error),
        };
        // Whoever asked may have gone; what was written stays written.
        drop(self.asker.send(result));
    }
}
