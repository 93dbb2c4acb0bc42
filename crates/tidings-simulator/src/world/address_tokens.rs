//! How many different provider tokens came from one address lately: the 20-minute rule seems not to be only the
//! connection's (observed in the field), and invalid tokens count too.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Timestamp;

use super::accounts::Fingerprint;

/// Addresses that are watched at a time; beyond it the record starts anew.
const ADDRESSES: usize = 1024;

/// The provider tokens that each address has sent lately.
#[derive(Debug, Default)]
pub(crate) struct AddressTokens {
    seen: HashMap<IpAddr, VecDeque<(Fingerprint, Timestamp)>>,
}

impl AddressTokens {
    /// Notes a token, and tells whether it is one too many: more than `limit` different ones in `interval`.
    pub(crate) fn is_one_too_many(
        &mut self,
        address: IpAddr,
        token: Fingerprint,
        now: Timestamp,
        limit: u32,
        interval: Duration,
    ) -> bool {
        if self.seen.len() >= ADDRESSES && !self.seen.contains_key(&address) {
            self.seen.clear();
        }
        let tokens = self.seen.entry(address).or_default();
        tokens.retain(|(_, at)| now.since(*at) < interval);
        if tokens.iter().any(|(known, _)| *known == token) {
            return false;
        }
        if tokens.len() >= limit as usize {
            return true;
        }
        tokens.push_back((token, now));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_token_within_the_interval_is_one_too_many_until_it_has_passed() {
        let mut tokens = AddressTokens::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        let other = IpAddr::from([127, 0, 0, 2]);
        let interval = Duration::from_mins(20);
        let mut note = |address, token: u8, seconds| {
            tokens.is_one_too_many(
                address,
                [token; 32],
                Timestamp::from_seconds(seconds),
                2,
                interval,
            )
        };
        assert!(!note(address, 1, 0));
        assert!(!note(address, 2, 10));
        assert!(!note(address, 1, 20), "a token that is known is no new one");
        assert!(note(address, 3, 30));
        assert!(!note(other, 3, 30), "another address has its own count");
        assert!(!note(address, 3, 1200));
    }
}
