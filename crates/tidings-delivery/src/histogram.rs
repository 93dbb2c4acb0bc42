//! How long things took, in fixed classes that a metrics system can add up.

use std::time::Duration;

/// The upper bounds of the classes, in milliseconds; the last class has none.
const BOUNDS: [u64; 14] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
];

/// A distribution of durations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BOUNDS.len() + 1],
    sum: Duration,
}

impl Histogram {
    /// The classes, shortest first: the upper bound (`None`: there is none), and how many were in it and in no shorter.
    pub fn classes(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let bounds = BOUNDS
            .iter()
            .map(|millis| Some(Duration::from_millis(*millis)))
            .chain([None]);
        bounds.zip(self.counts)
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long all took together.
    pub const fn sum(&self) -> Duration {
        self.sum
    }

    /// The bound below which this share (from 0 to 1) of all is.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let wanted = share * self.count() as f64;
        let mut seen = 0;
        self.classes()
            .find(|(_, count)| {
                seen += count;
                seen as f64 >= wanted
            })
            .and_then(|(bound, _)| bound)
    }

    pub(crate) fn add(&mut self, took: Duration) {
        let class = BOUNDS.partition_point(|bound| Duration::from_millis(*bound) < took);
        self.counts[class] += 1;
        self.sum = self.sum.saturating_add(took);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.sum = self.sum.saturating_add(other.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_class_whose_bound_it_does_not_exceed() {
        let mut histogram = Histogram::default();
        for micros in [0, 1_000, 1_001, 30_000_000, 30_000_001] {
            histogram.add(Duration::from_micros(micros));
        }
        let filled: Vec<(Option<u128>, u64)> = histogram
            .classes()
            .filter(|(_, count)| *count > 0)
            .map(|(bound, count)| (bound.map(|bound| bound.as_millis()), count))
            .collect();
        assert_eq!(filled, [(Some(1), 2), (Some(2), 1), (Some(30_000), 1), (None, 1)]);
    }

    #[test]
    fn a_quantile_is_a_bound() {
        let mut histogram = Histogram::default();
        (0..100).for_each(|n| histogram.add(Duration::from_millis(n)));
        assert_eq!(histogram.quantile(0.5), Some(Duration::from_millis(50)));
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_millis(100)));
    }
}
