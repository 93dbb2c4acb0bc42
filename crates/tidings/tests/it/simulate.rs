//! `tidings simulate`: the ready line, the world, and a graceful end.

use crate::support::{Simulation, tidings};

#[test]
fn the_ready_line_says_where_everything_is_and_sigterm_ends_it_in_order() {
    let simulation = Simulation::start();
    assert_eq!(simulation.ready["event"], "ready");
    for (name, scheme) in [
        ("production", "https://127.0.0.1:"),
        ("sandbox", "https://127.0.0.1:"),
        ("channels_production", "https://127.0.0.1:"),
        ("channels_sandbox", "https://127.0.0.1:"),
        ("control", "http://127.0.0.1:"),
    ] {
        assert!(simulation.url(name).starts_with(scheme), "{name}");
    }
    let ca = std::fs::read_to_string(simulation.url("ca")).unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(simulation.control("GET", "/openapi.json")["openapi"].is_string());
    assert_eq!(simulation.terminate(), Some(0));
}

#[test]
fn a_world_that_makes_no_sense_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.toml");
    std::fs::write(&world, "sead = 1\n").unwrap();
    let path = world.to_str().unwrap();
    tidings(&["simulate", "--world", path]).assert_failed_with_hint(1, &["world.toml", "sead"]);
    tidings(&["simulate", "--world", "/no/such/world.toml"])
        .assert_failed_with_hint(1, &["/no/such/world.toml"]);
}

#[test]
fn an_address_that_is_taken_is_an_error_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    tidings(&["simulate", "--listen", &address]).assert_failed_with_hint(1, &[&address, "--listen"]);
}
