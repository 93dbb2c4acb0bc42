//! What APNs would certainly refuse, found before it is sent.

/// Why APNs would certainly refuse a notification or a broadcast, whoever the recipient is.
///
/// Values that cannot exist (a collapse id of 65 bytes, a priority of 7) are refused where they are parsed;
/// what is merely unwise is found by the [lint rules](crate::Lint).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// APNs would answer 413 `PayloadTooLarge`.
    #[error("checking a payload of {size} bytes: APNs takes at most {limit}")]
    PayloadTooLarge {
        /// The size of the payload, in bytes.
        size: usize,
        /// What APNs takes for this push type, in bytes.
        limit: usize,
    },
    /// APNs would answer 400 `BadExpirationDate`.
    #[error("checking a broadcast to expire at {expiration}: its channel stores nothing, so only 0 is taken")]
    StoredOnChannelWithoutStorage {
        /// The expiration, in seconds since 1970.
        expiration: u64,
    },
}
