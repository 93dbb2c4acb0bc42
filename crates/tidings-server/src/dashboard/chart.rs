//! The two curves that everybody understands: what APNs accepted, and what it refused, in each part of the last hour. Drawn as
//! SVG with nothing but attributes, which the content security policy has nothing against.

use std::fmt::Write as _;

use super::pulse::Beat;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// Two curves over time.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Chart {
    /// Points of the area under what was accepted.
    pub(crate) accepted: String,
    /// Points of the line of what was refused.
    pub(crate) refused: String,
    /// The highest rate, as the label of the scale.
    pub(crate) highest: String,
    /// How long it reaches back.
    pub(crate) reach: String,
    /// What it shows, for those who do not see it.
    pub(crate) in_words: String,
}

/// Requests a second between two measures.
struct Rates {
    accepted: f64,
    refused: f64,
}

impl Chart {
    /// The curves of some measures; nothing where there are too few.
    pub(crate) fn of(beats: &[Beat]) -> Option<Self> {
        let rates: Vec<Rates> = beats.windows(2).filter_map(rates).collect();
        if rates.len() < 2 {
            return None;
        }
        let top = rates.iter().map(|rate| rate.accepted.max(rate.refused));
        let highest = top.fold(0.0_f64, f64::max);
        let scale = if highest > 0.0 { highest } else { 1.0 };
        let line = |value: fn(&Rates) -> f64| points(&rates, |rate| value(rate) / scale);
        let (first, last) = (beats.first()?, beats.last()?);
        let reach = super::wording::length(last.at.saturating_sub(first.at));
        let accepted = last.accepted.saturating_sub(first.accepted);
        let refused = last.refused.saturating_sub(first.refused);
        Some(Self {
            accepted: format!("0,{HEIGHT} {} {WIDTH},{HEIGHT}", line(|rate| rate.accepted)),
            refused: line(|rate| rate.refused),
            highest: rate(highest),
            in_words: format!(
                "In the last {reach}, APNs accepted {} and refused {}; at most {} a second.",
                super::wording::grouped(accepted),
                super::wording::grouped(refused),
                rate(highest)
            ),
            reach,
        })
    }
}

/// The rate between the last two measures, of what was accepted.
pub(crate) fn newest_rate(beats: &[Beat]) -> Option<String> {
    let last = beats.windows(2).next_back().and_then(rates)?;
    Some(rate(last.accepted + last.refused))
}

fn rates(pair: &[Beat]) -> Option<Rates> {
    let [before, after] = pair else { return None };
    let seconds = after.at.saturating_sub(before.at).as_secs_f64();
    let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / seconds;
    (seconds > 0.0).then(|| Rates {
        accepted: each(before.accepted, after.accepted),
        refused: each(before.refused, after.refused),
    })
}

fn points(rates: &[Rates], height: impl Fn(&Rates) -> f64) -> String {
    let step = WIDTH / (rates.len() - 1) as f64;
    let mut out = String::new();
    for (place, rate) in rates.iter().enumerate() {
        let (x, y) = (step * place as f64, HEIGHT - height(rate) * (HEIGHT - 4.0));
        // Writing to a string does not fail.
        let _ = write!(out, "{x:.1},{y:.1} ");
    }
    out.truncate(out.trim_end().len());
    out
}

fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn beat(seconds: u64, accepted: u64, refused: u64) -> Beat {
        Beat {
            at: Duration::from_secs(seconds),
            accepted,
            refused,
            ..Beat::default()
        }
    }

    #[test]
    fn the_highest_rate_reaches_the_top() {
        let beats = [beat(0, 0, 0), beat(10, 100, 0), beat(20, 300, 10)];
        let chart = Chart::of(&beats).unwrap();
        assert_eq!(chart.highest, "20");
        assert_eq!(chart.accepted, "0,120 0.0,62.0 720.0,4.0 720,120");
        assert_eq!(chart.refused, "0.0,120.0 720.0,114.2");
        assert_eq!(newest_rate(&beats).unwrap(), "21");
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert_eq!(Chart::of(&[]), None);
        assert_eq!(Chart::of(&[beat(0, 0, 0), beat(10, 0, 0)]), None);
        assert!(Chart::of(&[beat(0, 0, 0), beat(10, 0, 0), beat(20, 0, 0)]).is_some());
    }
}
