//! Clients that mean no good: each is shown the door or has no effect, and after all of them the simulator still serves.

use std::net::TcpStream;
use std::path::Path;

use serde::Deserialize;

use crate::client::{Client, python};
use crate::errand::Errand;
use crate::scene::{APP, Scene};

/// What the server said until it answered the client's last PING or hung up; see `interop/python/hostile_client.py`.
#[derive(Debug, Default, Deserialize, PartialEq)]
struct Said {
    deed: String,
    /// The error code of GOAWAY.
    goaway: Option<u32>,
    /// The error codes of resets.
    resets: Vec<u32>,
    statuses: Vec<u16>,
    pong: bool,
    closed: bool,
}

/// A reset that says that nothing went wrong.
pub(crate) const NO_ERROR: Option<u32> = Some(0);

const PROTOCOL_ERROR: u32 = 1;
const FRAME_SIZE_ERROR: u32 = 6;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The connection ends with this error code.
fn shown_the_door(goaway: u32) -> Said {
    Said {
        goaway: Some(goaway),
        closed: true,
        ..Said::default()
    }
}

/// The connection goes on.
fn unmoved() -> Said {
    Said {
        pong: true,
        ..Said::default()
    }
}

#[test]
fn no_client_gets_the_simulator_down() {
    let scene = Scene::new();
    let simulation = &scene.simulation;
    let (url, ca) = (simulation.ready("production"), Path::new(simulation.ready("ca")));
    try_everything(url, ca, None);
    assert_serves(&scene);
}

/// Does all that no client should do. `then` is how a body without end is ended, once it is answered.
pub(crate) fn try_everything(url: &str, ca: &Path, then: Option<u32>) {
    for (deed, expected) in [
        ("garbage", shown_the_door(PROTOCOL_ERROR)),
        ("garbage_after_the_preface", shown_the_door(FRAME_SIZE_ERROR)),
        (
            "half_a_frame",
            Said {
                closed: true,
                ..Said::default()
            },
        ),
        ("even_stream", shown_the_door(PROTOCOL_ERROR)),
        ("rapid_reset", shown_the_door(ENHANCE_YOUR_CALM)),
        ("endless_headers", shown_the_door(ENHANCE_YOUR_CALM)),
        ("ping_flood", shown_the_door(ENHANCE_YOUR_CALM)),
        ("settings_flood", shown_the_door(ENHANCE_YOUR_CALM)),
        (
            "hpack_bomb",
            Said {
                resets: vec![ENHANCE_YOUR_CALM],
                ..unmoved()
            },
        ),
        (
            "endless_body",
            Said {
                statuses: vec![403],
                resets: then.into_iter().collect(),
                ..unmoved()
            },
        ),
        ("slow_loris", unmoved()),
    ] {
        let expected = Said {
            deed: deed.to_owned(),
            ..expected
        };
        assert_eq!(said_to(deed, url, ca), expected);
    }
}

#[test]
fn connections_that_never_begin_keep_nobody_out() {
    let scene = Scene::new();
    let address = scene.simulation.address("production");
    let silent: Vec<_> = (0..500).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert_serves(&scene);
    drop(silent);
}

fn said_to(deed: &str, url: &str, ca: &Path) -> Said {
    let output = python("hostile_client.py")
        .args([deed, "--url", url, "--ca"])
        .arg(ca)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{deed}: {error}: {output:?}"))
}

fn assert_serves(scene: &Scene) {
    let errand = Errand::new(scene, "production", scene.install(APP, "app_store"));
    let lines = errand.run(Client::Curl, scene);
    assert_eq!(lines[0].status, Some(200), "{lines:?}");
    assert_eq!(scene.shown().len(), 1);
}
