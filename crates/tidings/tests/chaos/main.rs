//! The server, killed again and again under load: what was answered with 202 arrives, little is sent twice, the database
//! opens, and the sums agree.
//!
//! `cargo xtask chaos` plays more kills than the twenty of an ordinary run; `TIDINGS_CHAOS_KILLS` and `TIDINGS_CHAOS_SEED`
//! say how many, and which.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and its helpers too"
)]

mod dice;
mod http;
mod ledger;
mod load;
mod service;
mod simulation;

use std::time::Duration;

use self::dice::Dice;
use self::ledger::Ledger;
use self::load::Load;
use self::service::Service;
use self::simulation::Simulation;

/// Devices that everything is sent to.
const DEVICES: usize = 40;

#[test]
fn what_was_accepted_arrives_however_often_the_server_is_killed() {
    let kills = setting("TIDINGS_CHAOS_KILLS", 20);
    let seed = setting("TIDINGS_CHAOS_SEED", 1);
    let mut dice = Dice::new(seed);
    let simulation = Simulation::start(DEVICES);
    let mut service = Service::start(&simulation);
    let tokens = simulation.tokens();
    service.introduce(&simulation, &tokens);

    let ledger = Ledger::default();
    let load = Load::start(&service, &ledger, &tokens);
    for _ in 0..kills {
        load.goes_on_for(Duration::from_millis(dice.between(20, 500)));
        ledger.killed(|| service.kill());
        service.restart();
    }
    load.stop();
    service.wait_until_idle();

    let report = ledger.compare(&simulation);
    println!("{kills} kills with seed {seed}: {report}");
    report.assert_nothing_lost();
    report.assert_little_doubled();
    service.assert_sums_agree();
    service.terminate();
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|error| panic!("{name}={value}: {error}"))
    })
}
