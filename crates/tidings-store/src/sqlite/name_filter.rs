//! Which names are surely not in their tables: so that a device that was never heard of costs no look into tables that are far
//! larger than the memory for them.
//!
//! A Bloom filter, of which each name has its bits in one word: two names in a hundred are looked for in vain. What is taken
//! out of a table leaves its bits behind; they are gone with the process. It takes some two to four bytes for each name.

/// Bits of a word that a name sets.
const BITS: u32 = 3;

/// Names to a word.
const NAMES_TO_A_WORD: usize = 4;

/// Odd, and without a pattern in its bits: what it multiplies, has first bits that depend on all bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Names in the first layer.
const FIRST: usize = 1 << 18;

/// The names that went into a table, as far as they were told.
#[derive(Default)]
pub(crate) struct NameFilter {
    /// Each holds twice as many as the one before.
    layers: Vec<Layer>,
}

struct Layer {
    words: Box<[u64]>,
    /// How many names it may still take.
    room: usize,
}

impl NameFilter {
    /// A name has gone into the table. Names are hashes: all their bits are as good as random.
    pub(crate) fn insert(&mut self, key: i64) {
        let has_room = self.layers.last().is_some_and(|layer| layer.room > 0);
        if !has_room {
            self.layers.push(Layer::of(FIRST << self.layers.len()));
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.insert(key);
        }
    }

    /// Whether the name may have been inserted. Never wrong about one that was.
    pub(crate) fn holds(&self, key: i64) -> bool {
        self.layers.iter().rev().any(|layer| layer.holds(key))
    }
}

impl Layer {
    fn of(names: usize) -> Self {
        Self {
            words: vec![0; names / NAMES_TO_A_WORD].into_boxed_slice(),
            room: names,
        }
    }

    fn insert(&mut self, key: i64) {
        let (place, bits) = self.place(key);
        self.words[place] |= bits;
        self.room -= 1;
    }

    fn holds(&self, key: i64) -> bool {
        let (place, bits) = self.place(key);
        self.words[place] & bits == bits
    }

    /// The bits by the last bits of the key. The word by all of them, since a table tells its keys in their order: those of a
    /// layer may all begin alike.
    fn place(&self, key: i64) -> (usize, u64) {
        let key = key.cast_unsigned();
        let scaled = u128::from(key.wrapping_mul(SPREAD)) * self.words.len() as u128;
        let bits = (0..BITS).fold(0, |bits, bit| bits | 1 << (key >> (6 * bit) & 63));
        (usize::try_from(scaled >> 64).unwrap_or_default(), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys are hashes.
    fn keys(from: i64) -> impl Iterator<Item = i64> {
        (from..).map(|number| {
            let mixed = number.wrapping_mul(0x1e37_79b9_7f4a_7c15);
            (mixed ^ (mixed.cast_unsigned() >> 29).cast_signed()).wrapping_mul(0x3f58_476d_1ce4_e5b9)
        })
    }

    #[test]
    fn what_went_in_is_always_held() {
        let mut filter = NameFilter::default();
        let many = 3 * FIRST;
        keys(0).take(many).for_each(|key| filter.insert(key));
        assert!(keys(0).take(many).all(|key| filter.holds(key)));
        assert!(filter.layers.len() > 1, "it has grown");
    }

    #[test]
    fn few_others_seem_to_be_held_in_whatever_order_names_came() {
        let mut inserted: Vec<i64> = keys(0).take(10 * FIRST).collect();
        for is_sorted in [false, true] {
            if is_sorted {
                inserted.sort_unstable();
            }
            let mut filter = NameFilter::default();
            assert!(!filter.holds(7), "nothing is held at first");
            for key in &inserted {
                filter.insert(*key);
            }
            let others = keys(1 << 40).take(100_000);
            let wrong = others.filter(|key| filter.holds(*key)).count();
            assert!(wrong < 3_000, "{wrong} of 100,000 (sorted: {is_sorted})");
        }
    }
}
