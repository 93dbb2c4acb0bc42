//! The books of whoever sends: told once for each recipient what became of it, in whatever order that happens.

use tidings_apns::Environment;
use tidings_store::RecipientState;

use crate::parcel::Parcel;

/// What became of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is simply delivered.
    Delivered,
    /// It has ended otherwise, or waits.
    Is(RecipientState),
    /// The lane took nothing more: it is as before, and due.
    PutOff(Environment),
}

/// The books of whoever sends. Called for moments, from within the sending.
pub(crate) trait Ledger: Send + Sync {
    /// A recipient has ended, or waits.
    fn settle(&self, parcel: Parcel, fate: Fate);
}
