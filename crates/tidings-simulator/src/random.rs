//! Seeded chance: the same seed and the same calls give the same world.

use uuid::Uuid;

use crate::clock::Timestamp;

/// A small deterministic generator (`SplitMix64`). Not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero to `limit`, both included.
    pub(crate) fn up_to(&mut self, limit: u64) -> u64 {
        let next = self.next();
        limit.checked_add(1).map_or(next, |count| next % count)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A number from zero (included) to one (excluded).
    pub(crate) fn fraction(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(high) / 4_294_967_296.0
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(len);
        bytes
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes(N));
        array
    }

    /// An id as APNs makes them: random, in upper case (observed in the field).
    pub(crate) fn apns_id(&mut self) -> String {
        let mut text = uuid::Builder::from_random_bytes(self.array())
            .into_uuid()
            .to_string();
        text.make_ascii_uppercase();
        text
    }

    /// An id of the control API.
    pub(crate) fn uuid_v7(&mut self, at: Timestamp) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(at.as_millis(), &self.array()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let (mut one, mut two, mut other) = (Random::seeded(7), Random::seeded(7), Random::seeded(8));
        let sequence = one.bytes(40);
        assert_eq!(two.bytes(40), sequence);
        assert_ne!(other.bytes(40), sequence);
    }

    #[test]
    fn limits_and_probabilities_are_kept() {
        let mut random = Random::seeded(1);
        let mut seen = [false; 4];
        for _ in 0..200 {
            seen[usize::try_from(random.up_to(3)).unwrap()] = true;
            assert!((0.0..1.0).contains(&random.fraction()));
            assert!(!random.chance(0.0));
            assert!(random.chance(1.0));
        }
        assert_eq!(seen, [true; 4]);
    }

    #[test]
    fn generated_ids_are_upper_case_uuids() {
        let id = Random::seeded(1).apns_id();
        assert_eq!(id, id.to_ascii_uppercase());
        assert!(Uuid::parse_str(&id).is_ok());
    }
}
