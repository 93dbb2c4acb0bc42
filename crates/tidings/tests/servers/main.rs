//! Our client against HTTP/2 servers that nobody here wrote: node's, Python's `h2`, the `h2` crate's and nghttpd.
//!
//! `tidings bench send` sends thousands of unique notifications; the server misbehaves as told, and says at the end
//! what it processed. Every notification must have its answer, and none may have been processed twice, since
//! all that these servers leave unprocessed they announce as HTTP/2 demands.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and its helpers too"
)]

mod foreign;

use self::foreign::{Foreign, Load, server};

/// Each server meets at least this many notifications in each test.
const MANY: u64 = 10_000;

fn nothing_is_lost_or_doubled(program: Foreign, modes: &[&str], connections: u32) {
    let server = server(program, modes);
    let sent = server.send(&Load {
        count: MANY,
        connections,
        timeout: "60s",
    });
    assert_eq!(sent["notifications"], MANY, "{sent}");
    assert_eq!(sent["statuses"]["200"], MANY, "{sent}");
    let served = server.stop();
    assert_eq!(served["processed"], MANY, "{served}");
    assert_eq!(served["duplicates"], 0, "{served}");
    for (mode, proof) in [("--goaway-after", "goaways"), ("--refuse-every", "refused")] {
        if modes.contains(&mode) {
            assert!(
                served[proof].as_u64() > Some(0),
                "the server did nothing to prove: {served}"
            );
        }
    }
}

#[test]
fn node_answers_everything() {
    nothing_is_lost_or_doubled(Foreign::Node, &[], 4);
}

#[test]
fn node_says_goaway_again_and_again() {
    nothing_is_lost_or_doubled(Foreign::Node, &["--goaway-after", "700"], 2);
}

#[test]
fn node_changes_its_stream_limit() {
    nothing_is_lost_or_doubled(Foreign::Node, &["--max-streams", "1000,1,50,1000"], 2);
}

#[test]
fn node_has_windows_of_a_few_bytes() {
    nothing_is_lost_or_doubled(Foreign::Node, &["--window", "7"], 2);
}

#[test]
fn the_h2_crate_answers_everything() {
    nothing_is_lost_or_doubled(Foreign::H2Crate, &[], 4);
}

#[test]
fn the_h2_crate_says_goaway_again_and_again() {
    nothing_is_lost_or_doubled(Foreign::H2Crate, &["--goaway-after", "700"], 2);
}

#[test]
fn the_h2_crate_has_another_stream_limit_on_each_connection() {
    let modes = ["--max-streams", "1,50,1000", "--goaway-after", "900"];
    nothing_is_lost_or_doubled(Foreign::H2Crate, &modes, 2);
}

#[test]
fn the_h2_crate_has_windows_of_a_few_bytes() {
    nothing_is_lost_or_doubled(Foreign::H2Crate, &["--window", "7"], 2);
}

#[test]
fn the_h2_crate_refuses_streams() {
    nothing_is_lost_or_doubled(Foreign::H2Crate, &["--refuse-every", "50"], 2);
}

#[test]
fn python_answers_everything() {
    nothing_is_lost_or_doubled(Foreign::Python, &[], 4);
}

#[test]
fn python_says_goaway_again_and_again() {
    nothing_is_lost_or_doubled(Foreign::Python, &["--goaway-after", "700"], 2);
}

#[test]
fn python_changes_its_stream_limit() {
    nothing_is_lost_or_doubled(Foreign::Python, &["--max-streams", "1000,1,50,1000"], 2);
}

#[test]
fn python_gives_the_connections_window_back_in_crumbs() {
    nothing_is_lost_or_doubled(Foreign::Python, &["--window", "64", "--credit", "100"], 2);
}

#[test]
fn python_refuses_streams() {
    nothing_is_lost_or_doubled(Foreign::Python, &["--refuse-every", "50"], 2);
}

/// nghttpd serves files: it has none of these, and says so to each.
#[test]
fn nghttpd_answers_everything() {
    let server = server(Foreign::Nghttpd, &[]);
    let sent = server.send(&Load {
        count: MANY,
        connections: 4,
        timeout: "60s",
    });
    assert_eq!(sent["notifications"], MANY, "{sent}");
    assert_eq!(sent["statuses"]["404"], MANY, "{sent}");
}
