//! Random numbers for pauses. They keep no secret; they only must not be the same for all.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// A number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 11;
    random as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_spread_from_0_to_1() {
        let numbers: Vec<f64> = (0..1_000).map(|_| jitter()).collect();
        assert!(numbers.iter().all(|number| (0.0..=1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 1_000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
