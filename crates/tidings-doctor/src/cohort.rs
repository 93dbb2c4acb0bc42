//! What failing device tokens share and healthy ones do not: an inference over counts, for which a registry needs one
//! `GROUP BY`.
//!
//! It names something only where it separates the two for certain: with Wilson's bounds at three standard deviations, the share
//! among the failing must exceed that among the healthy by a half. Two attributes are named together only if the second leaves
//! out most of the healthy ones that the first would blame. Where nothing separates, nothing is named.

mod attribute;
mod sentence;
#[cfg(test)]
mod tests;

use tidings_apns::{Environment, TokenKind};

pub use attribute::Attribute;
use attribute::Trait;

use crate::catalogue::{Entry, environment, topic};

/// Device tokens that have all these attributes: how many of them fail, and how many do well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The version of the app, as registered.
    pub app_version: Option<String>,
    /// The version of the system, as registered.
    pub os_version: Option<String>,
    /// The device's model, as registered.
    pub device_model: Option<String>,
    /// The locale, as registered.
    pub locale: Option<String>,
    /// The kind of the device tokens.
    pub kind: TokenKind,
    /// The environment that the app claimed.
    pub claimed: Option<Environment>,
    /// The day of the registration, in days since 1970.
    pub registered_day: Option<u32>,
    /// Whether APNs ever accepted them.
    pub proven: bool,
    /// How many fail.
    pub failing: u64,
    /// How many do well.
    pub healthy: u64,
}

/// What failing device tokens share, and healthy ones do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// One or two attributes, with their values for people.
    pub attributes: Vec<(Attribute, String)>,
    /// Other attributes that would separate them as well, by themselves.
    pub also: Vec<(Attribute, String)>,
    /// How many of the failing have the attributes.
    pub failing_with: u64,
    /// How many fail.
    pub failing: u64,
    /// How many of the healthy have the attributes.
    pub healthy_with: u64,
    /// How many do well.
    pub healthy: u64,
    /// All of it in a sentence.
    pub sentence: String,
    claimed: Option<Environment>,
}

/// Fewer are no cohort, and nothing to compare with.
const FEWEST: u64 = 10;

/// So much of the failing an attribute must cover.
const COVERAGE: f64 = 0.8;

/// By so much the share among the failing must exceed that among the healthy.
const SEPARATION: f64 = 0.5;

/// Of so many standard deviations are the bounds.
const DEVIATIONS: f64 = 3.0;

/// Finds what the failing device tokens share and the healthy ones do not; nothing where nothing separates them.
pub fn infer(groups: &[Group]) -> Option<Shared> {
    let all = Count::of(groups, |_| true);
    if all.failing < FEWEST || all.healthy < FEWEST {
        return None;
    }
    let covering = covering(groups, all);
    let mut single: Vec<(&Trait, Count)> = covering
        .iter()
        .map(|it| (it, Count::of(groups, |group| it.holds(group))))
        .filter(|(_, count)| count.separates(all))
        .collect();
    single.sort_by(|(one, a), (other, b)| {
        b.separation(all)
            .total_cmp(&a.separation(all))
            .then_with(|| one.attribute().cmp(&other.attribute()))
    });
    let best = single.first().map(|(it, count)| (vec![*it], *count));
    let pair = best_pair(groups, &covering, all);
    let (traits, count) = chosen(best, pair, all)?;
    Some(shared(&traits, &single, count, all))
}

/// The traits that cover nearly all of the failing.
fn covering(groups: &[Group], all: Count) -> Vec<Trait> {
    let mut traits: Vec<Trait> = Vec::new();
    for attribute in Attribute::ALL {
        let candidates = attribute.traits(groups.iter().filter(|group| group.failing > 0));
        traits.extend(candidates.into_iter().filter(|it| {
            let with = Count::of(groups, |group| it.holds(group));
            ratio(with.failing, all.failing) >= COVERAGE
        }));
    }
    traits
}

/// The pair of traits that separates with the fewest of the healthy.
fn best_pair<'a>(groups: &[Group], traits: &'a [Trait], all: Count) -> Option<(Vec<&'a Trait>, Count)> {
    let pairs = traits
        .iter()
        .enumerate()
        .flat_map(|(index, one)| traits.iter().skip(index + 1).map(move |other| (one, other)));
    let counted = pairs.map(|(one, other)| {
        (
            vec![one, other],
            Count::of(groups, |group| one.holds(group) && other.holds(group)),
        )
    });
    counted
        .filter(|(_, count)| count.separates(all) && ratio(count.failing, all.failing) >= COVERAGE)
        .min_by_key(|(_, count)| (count.healthy, std::cmp::Reverse(count.failing)))
}

/// The pair, if it blames less than half as many of the healthy for certain, and loses hardly any of the failing.
fn chosen<'a>(
    single: Option<(Vec<&'a Trait>, Count)>,
    pair: Option<(Vec<&'a Trait>, Count)>,
    all: Count,
) -> Option<(Vec<&'a Trait>, Count)> {
    let (Some(one), Some(two)) = (&single, &pair) else {
        return single.or(pair);
    };
    let fewer = upper(two.1.healthy, all.healthy) < lower(one.1.healthy, all.healthy) / 2.0;
    let keeps = ratio(two.1.failing, all.failing) >= ratio(one.1.failing, all.failing) - 0.02;
    if fewer && keeps { pair } else { single }
}

fn shared(traits: &[&Trait], single: &[(&Trait, Count)], count: Count, all: Count) -> Shared {
    let named = |it: &Trait| (it.attribute(), it.value());
    let is_new = |it: &&Trait| {
        !traits
            .iter()
            .any(|named| named.attribute().root() == it.attribute().root())
    };
    let also: Vec<&Trait> = single.iter().map(|(it, _)| *it).filter(is_new).collect();
    Shared {
        attributes: traits.iter().map(|it| named(it)).collect(),
        also: also.iter().map(|it| named(it)).collect(),
        failing_with: count.failing,
        failing: all.failing,
        healthy_with: count.healthy,
        healthy: all.healthy,
        sentence: sentence::of(traits, &also, count, all),
        claimed: traits.iter().chain(&also).find_map(|it| it.claimed()),
    }
}

impl Shared {
    /// The finding of the catalogue that it points to, where notifications go to that environment. A hint, no more.
    pub fn suggests(&self, sent: Environment) -> Option<&'static Entry> {
        let has = |attribute| self.attributes.iter().any(|(it, _)| *it == attribute);
        match self.claimed {
            Some(Environment::Sandbox) if sent == Environment::Production => {
                Some(&environment::SANDBOX_TOKEN_TO_PRODUCTION)
            }
            Some(Environment::Production) if sent == Environment::Sandbox => {
                Some(&environment::PRODUCTION_TOKEN_TO_SANDBOX)
            }
            _ if has(Attribute::Kind) => Some(&topic::KIND_DOES_NOT_MATCH),
            _ if has(Attribute::RegisteredUntil) => Some(&environment::LEFT_FROM_TESTING),
            _ => None,
        }
    }
}

/// How many fail, and how many do well.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    failing: u64,
    healthy: u64,
}

impl Count {
    fn of(groups: &[Group], holds: impl Fn(&Group) -> bool) -> Self {
        groups
            .iter()
            .filter(|group| holds(group))
            .fold(Self::default(), |sum, group| Self {
                failing: sum.failing.saturating_add(group.failing),
                healthy: sum.healthy.saturating_add(group.healthy),
            })
    }

    /// By how much the share among the failing exceeds that among the healthy, at the least.
    fn separation(self, all: Self) -> f64 {
        lower(self.failing, all.failing) - upper(self.healthy, all.healthy)
    }

    fn separates(self, all: Self) -> bool {
        self.separation(all) >= SEPARATION
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// Wilson's lower bound for a share.
fn lower(part: u64, whole: u64) -> f64 {
    let (middle, width) = wilson(part, whole);
    middle - width
}

/// Wilson's upper bound for a share.
fn upper(part: u64, whole: u64) -> f64 {
    let (middle, width) = wilson(part, whole);
    middle + width
}

fn wilson(part: u64, whole: u64) -> (f64, f64) {
    let (share, count, squared) = (ratio(part, whole), whole as f64, DEVIATIONS * DEVIATIONS);
    let denominator = 1.0 + squared / count;
    let middle = (share + squared / (2.0 * count)) / denominator;
    let variance = share * (1.0 - share) / count + squared / (4.0 * count * count);
    (middle, DEVIATIONS * variance.sqrt() / denominator)
}
