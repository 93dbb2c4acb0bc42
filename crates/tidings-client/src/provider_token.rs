//! The provider token: the signed statement "this request comes from team T, said at time I" that accompanies
//! every request made with a [signing key](crate::SigningKey).
//!
//! APNs accepts a provider token for one hour and punishes a sender that changes it more than once in twenty
//! minutes (Apple, *Establishing a token-based connection to APNs*). So one token is minted per key and shared by
//! everything that uses the key; [`renewal`] decides when the next one is due, [`mint`] makes it.

pub(crate) mod clock;
pub(crate) mod mint;
pub(crate) mod renewal;

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

/// One minted provider token, ready to be sent.
///
/// Cheap to share ([`SigningKey::provider_token`](crate::SigningKey::provider_token) hands out an `Arc`), wiped from
/// memory when the last holder lets go, and silent in `Debug`.
pub struct ProviderToken {
    authorization: Zeroizing<Vec<u8>>,
    issued_at: u64,
    serial: u64,
}

impl ProviderToken {
    pub(crate) fn new(authorization: Zeroizing<Vec<u8>>, issued_at: u64, serial: u64) -> Self {
        Self {
            authorization,
            issued_at,
            serial,
        }
    }

    /// The value of the `authorization` header: `bearer`, a space, the token.
    pub fn authorization(&self) -> &[u8] {
        &self.authorization
    }

    /// The moment the token claims to have been issued at (`iat`), to the second.
    pub fn issued_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.issued_at)
    }

    /// Counts the tokens minted by one signing key, from 0; two tokens of one key are the same exactly if their
    /// serials are.
    pub fn serial(&self) -> u64 {
        self.serial
    }
}

impl fmt::Debug for ProviderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderToken")
            .field("serial", &self.serial)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}
