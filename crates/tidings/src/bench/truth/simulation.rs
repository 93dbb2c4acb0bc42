//! One world, played once; all policies live in it side by side, each with an APNs and an operator of its own.

use super::life::{Happening, Life};
use super::nature::{DAY, Nature, Second, TokenId};
use super::notification::Message;
use super::ours::Ours;
use super::peer::{Peer, Rule};
use super::policy::Policy;
use super::world::World;

/// So long after the last notification everything has arrived or expired.
const EPILOGUE: Second = 10 * DAY;

/// What was played, at its end.
pub(super) struct Played {
    pub(super) nature: Nature,
    pub(super) policies: Vec<Box<dyn Policy>>,
    /// Living devices, each evening.
    pub(super) living: Vec<usize>,
}

/// Plays a world to its end.
pub(super) fn play(world: World, devices: u32, seed: u64) -> Played {
    let (mut nature, mut life) = Life::found(world, devices, seed);
    let mut policies = policies(&nature);
    let mut living = Vec::new();
    let ends_at = nature.ends_at();
    while let Some(now) = life.next_at().filter(|at| *at < ends_at) {
        for policy in &mut policies {
            policy.wake(&nature, now);
        }
        match life.go_on(&mut nature) {
            Happening::Launched(person) => {
                each(&mut policies, |policy| policy.register(&nature, now, person));
            }
            Happening::Imported(token) => each(&mut policies, |policy| policy.import(&nature, now, token)),
            Happening::Campaign(message) => {
                let everyone = (0..).take(nature.tokens.len());
                submitted(&mut policies, &nature, message, everyone);
                each(&mut policies, |policy| policy.send_to_all(&nature, now, message));
            }
            Happening::Individual(person, message) => {
                submitted(&mut policies, &nature, message, nature.tokens_of(person));
                each(&mut policies, |policy| {
                    policy.send_to(&nature, now, person, message);
                });
            }
            Happening::Evening => living.push(take_stock(&mut policies, &nature)),
            Happening::Unseen => {}
        }
    }
    for policy in &mut policies {
        policy.wake(&nature, ends_at + EPILOGUE);
    }
    Played {
        nature,
        policies,
        living,
    }
}

fn policies(nature: &Nature) -> Vec<Box<dyn Policy>> {
    vec![
        Box::new(Peer::new(Rule::On400And410)),
        Box::new(Peer::new(Rule::On410)),
        Box::new(Peer::new(Rule::TimestampedOn410And400)),
        Box::new(Peer::new(Rule::Never)),
        Box::new(Ours::new(nature)),
    ]
}

fn each(policies: &mut [Box<dyn Policy>], mut what: impl FnMut(&mut dyn Policy)) {
    for policy in policies {
        what(policy.as_mut());
    }
}

/// How many devices ought to get it is the same for every policy.
fn submitted(
    policies: &mut [Box<dyn Policy>],
    nature: &Nature,
    message: Message,
    tokens: impl Iterator<Item = TokenId>,
) {
    let due = tokens.filter(|token| nature.is_due(*token, message)).count();
    let due = u32::try_from(due).unwrap_or(u32::MAX);
    each(policies, |policy| policy.sender_mut().submitted(message, due));
}

/// Writes down for each policy how much of what lives it can reach, and how much it sends to; returns how much lives.
fn take_stock(policies: &mut [Box<dyn Policy>], nature: &Nature) -> usize {
    let living: Vec<bool> = (0..)
        .take(nature.tokens.len())
        .map(|token| nature.is_alive(token))
        .collect();
    let alive = living.iter().filter(|is_alive| **is_alive).count();
    each(policies, |policy| {
        let (mut reached, mut rows) = (0_usize, 0);
        for (token, is_alive) in (0..).zip(&living) {
            let has = policy.has(token);
            rows += usize::from(has);
            reached += usize::from(has && *is_alive);
        }
        let tally = &mut policy.sender_mut().tally;
        tally.reachable.push(reached as f64 / alive.max(1) as f64);
        tally.rows.push(rows);
    });
    alive
}
