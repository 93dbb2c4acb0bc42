//! Why the store did not do what it was asked to.

use std::sync::Arc;

/// The store did not do what it was asked to. Nothing of it was written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room on the disk. Reads go on, and results of what was accepted are still written while a reserve lasts.
    #[error("there is no room left on the disk of the data directory")]
    Full,
    /// The disk failed while something was written. Whether it is there is not known, and nothing more is written.
    #[error("the disk failed while the store was being written")]
    Broken(#[source] Option<Arc<rusqlite::Error>>),
    /// The database is damaged.
    #[error("the database is damaged")]
    Corrupt(#[source] Option<Arc<rusqlite::Error>>),
    /// Something else holds the name already, or refers to something that is not there.
    #[error("{what} is in conflict with what is stored")]
    Conflict {
        /// What.
        what: &'static str,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The first request under the idempotency key is still being answered.
    #[error("the first request under this idempotency key is still being answered")]
    IdempotencyInFlight,
    /// Another process, or a later start of this one, has taken over the work.
    #[error("the work was taken over under a newer epoch")]
    Fenced,
    /// The secret cannot be unsealed: it was sealed under another key, or changed.
    #[error("the secret cannot be unsealed")]
    Unsealable,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// SQLite refused.
    #[error("the database refused")]
    Refused(#[source] Arc<rusqlite::Error>),
}

impl StoreError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Full => {
                "make room on the disk of the data directory; writing resumes by itself within seconds"
            }
            Self::Broken(_) => {
                "look at the system's log for errors of the disk, then start again: what was acknowledged is safe"
            }
            Self::Corrupt(_) => "restore the last backup with `tidings restore`",
            Self::Conflict { .. } => "look at what is stored under that name, or take another",
            Self::IdempotencyMismatch => "use a new idempotency key for a new request",
            Self::IdempotencyInFlight => "ask again in a moment",
            Self::Fenced => "let only one process work on a data directory",
            Self::Unsealable => {
                "start with the sealing key under which the credential was stored, or upload it again"
            }
            Self::Closed => "open the store again",
            Self::Refused(_) => "this should not happen; please report it with the log",
        }
    }

    /// Whether the same call can do well later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Full | Self::IdempotencyInFlight)
    }
}
