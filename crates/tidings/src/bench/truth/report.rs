//! The figures of a play: as JSON, and as a table for people.

pub(super) mod text;

use serde::Serialize;

use super::policy::Policy;
use super::simulation::Played;

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) world: String,
    pub(super) seed: u64,
    pub(super) devices: u32,
    pub(super) days: u32,
    pub(super) mistakes: usize,
    pub(super) policies: Vec<Figures>,
}

/// What came of one policy.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub(super) name: &'static str,
    pub(super) live_devices_lost: usize,
    pub(super) notifications_due: u64,
    pub(super) undelivered_to_live: u64,
    pub(super) undelivered_after_repair: u64,
    pub(super) delivered_late: u64,
    pub(super) mean_delay_seconds: f64,
    pub(super) pushes: u64,
    pub(super) pushes_to_dead: u64,
    pub(super) pushes_to_dead_after_first_410_max: u32,
    pub(super) hours_to_notice: Option<f64>,
    pub(super) registry_rows: usize,
}

impl Report {
    pub(super) fn of(played: &Played, world: String, devices: u32, seed: u64) -> Self {
        let nature = &played.nature;
        let figures = played
            .policies
            .iter()
            .map(|policy| Figures::of(policy.as_ref(), played));
        Self {
            world,
            seed,
            devices,
            days: nature.world.days,
            mistakes: nature.mistakes.len(),
            policies: figures.collect(),
        }
    }
}

impl Figures {
    fn of(policy: &dyn Policy, played: &Played) -> Self {
        let sender = policy.sender();
        let (tally, operator, nature) = (&sender.tally, sender.operator(), &played.nature);
        Self {
            name: policy.name(),
            live_devices_lost: tally.live_devices_lost(),
            notifications_due: tally.due,
            undelivered_to_live: tally.undelivered(),
            undelivered_after_repair: tally.undelivered_after_repair(nature, &operator.episodes),
            delivered_late: tally.delivered_late,
            mean_delay_seconds: tenths(tally.waited as f64 / tally.delivered.max(1) as f64),
            pushes: tally.pushes,
            pushes_to_dead: tally.pushes_to_dead,
            pushes_to_dead_after_first_410_max: tally.after_first_410_max,
            hours_to_notice: operator.hours_to_notice().map(tenths),
            registry_rows: policy.rows(nature, nature.ends_at()),
        }
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
