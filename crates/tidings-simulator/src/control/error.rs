//! Why an operation was refused.

use crate::authority::IssueError;
use crate::faults::RefuseFaultError;

/// An operation on the simulator was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// What the operation is about does not exist.
    #[error("looking for {what} {id:?}, which does not exist")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// The name is taken.
    #[error("adding {what} {id:?}, which exists already")]
    Taken {
        /// What was to be added.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// A field of the request makes no sense.
    #[error("reading {field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A key or certificate could not be made.
    #[error("making a credential")]
    Issue(#[from] IssueError),
}

impl From<RefuseFaultError> for ControlError {
    fn from(refused: RefuseFaultError) -> Self {
        Self::invalid(refused.field, refused.why)
    }
}

impl ControlError {
    pub(super) fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            why: why.into(),
        }
    }

    pub(super) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound {
            what,
            id: id.to_owned(),
        }
    }

    pub(super) fn taken(what: &'static str, id: &str) -> Self {
        Self::Taken {
            what,
            id: id.to_owned(),
        }
    }
}
