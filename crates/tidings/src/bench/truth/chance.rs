//! Seeded chance: the same seed gives the same world, whoever plays in it.

use super::world::value::{Range, Share};

/// A small deterministic generator (`SplitMix64`). Not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A draw that belongs to one thing: whoever asks, and however often, it comes out the same.
    pub(super) fn of(seed: u64, thing: u32, question: Question) -> Self {
        let mut chance = Self::seeded(seed ^ (u64::from(thing) << 8) ^ ((question as u64) << 48));
        // The first numbers of neighbouring seeds are alike.
        chance.next();
        chance
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero (included) to one (excluded).
    pub(super) fn fraction(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(high) / 4_294_967_296.0
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, Share(probability): Share) -> bool {
        self.fraction() < probability
    }

    /// Evenly between the ends.
    pub(super) fn between(&mut self, Range(low, high): Range) -> f64 {
        low + (high - low) * self.fraction()
    }

    /// Between the ends, as many in each order of magnitude.
    pub(super) fn spread(&mut self, Range(low, high): Range) -> f64 {
        low * (high / low).powf(self.fraction())
    }

    /// The time until something happens that happens once in so long, on average.
    pub(super) fn until(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.fraction()).ln()
    }
}

/// What is asked of a thing's own chance.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    /// How long until a device that was told of a deleted app can report it.
    Offline = 1,
    /// How long until APNs says 410, or whether ever.
    Report,
    /// How long an APNs that said 410 keeps saying so after the device token has come back.
    Forget,
    /// Whether a wave of 410s strikes.
    Wave,
    /// What our clock shows.
    Clock,
    /// How long people take.
    People,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two) = (Chance::seeded(7), Chance::seeded(7));
        assert!((0..100).all(|_| one.next() == two.next()));
        assert_ne!(Chance::seeded(7).next(), Chance::seeded(8).next());
    }

    #[test]
    fn a_thing_draws_the_same_however_often_it_is_asked() {
        let draw = |thing, question| Chance::of(1, thing, question).next();
        assert_eq!(draw(5, Question::Wave), draw(5, Question::Wave));
        assert_ne!(draw(5, Question::Wave), draw(6, Question::Wave));
        assert_ne!(draw(5, Question::Wave), draw(5, Question::Report));
    }

    #[test]
    fn draws_stay_between_the_ends_and_have_the_mean_that_was_asked_for() {
        let mut chance = Chance::seeded(3);
        let mut sum = 0.0;
        for _ in 0..20_000 {
            assert!((2.0..=3.0).contains(&chance.between(Range(2.0, 3.0))));
            assert!((0.5..=50.0).contains(&chance.spread(Range(0.5, 50.0))));
            sum += chance.until(10.0);
        }
        assert!((9.5..10.5).contains(&(sum / 20_000.0)), "{sum}");
    }
}
