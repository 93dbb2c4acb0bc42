//! Doors for the fuzz targets to the readers of foreign bytes, which nobody else has a use for. Each panics when what it
//! was given does what no input may do.

use std::net::Ipv4Addr;
use std::path::Path;

use tidings_http2::hpack::FieldList;

use crate::answer::Answer;
use crate::authentication::Presented;
use crate::authentication::client_certificate::ClientCertificate;
use crate::authentication::presenter::Presentation;
use crate::authentication::session::{Service, Session};
use crate::behaviour::Behaviour;
use crate::clock::{Clock, Timestamp};
use crate::faults::Faults;
use crate::listener::read_request;
use crate::state::State;
use crate::stats::Stats;
use crate::validation::request::{BODY_READ_LIMIT, Request};
use crate::vocabulary::{Build, Environment, TokenKind};
use crate::world::World;
use crate::world::channel::StoragePolicy;
use crate::world::devices::{NewInstall, TokenSource};
use crate::world_file::WorldFile;

const APP: &str = "com.example.app";

/// Base64 of 18 zeros.
const CHANNEL: &str = "AAAAAAAAAAAAAAAAAAAAAAAA";

/// Any bytes as a client certificate: what is not one covers nothing.
pub fn client_certificate(der: &[u8]) {
    let certificate = ClientCertificate::read(der);
    assert!(
        certificate.default_topic().is_none() || certificate.topics.len() == 1,
        "a topic is implied although there is not just one"
    );
    certificate.is_valid_at(Timestamp::from_seconds(0));
}

/// A text as a world file, in both its forms: a good one is good again when it is written down.
pub fn world_file(text: &str) {
    for name in ["world.toml", "world.json"] {
        let Ok(world) = WorldFile::parse(Path::new(name), text) else {
            continue;
        };
        if world.check().is_err() {
            continue;
        }
        let again = serde_json::to_string(&world).is_ok_and(|json| {
            WorldFile::parse(Path::new("world.json"), &json).is_ok_and(|it| it.check().is_ok())
        });
        assert!(again, "it was refused when it was written and read");
    }
}

/// A request of a provider whose credential is not asked for, in the form of HTTP/1: `POST /3/device/…`, a line for each
/// header, an empty line, the body. An app with one device and one channel is there in the sandbox.
pub fn request(text: &[u8]) {
    let Some(request) = read(text) else {
        return;
    };
    let service = service(&request);
    let is_to_device = request.path.starts_with("/3/");
    let mut state = scene();
    let mut session = Session::new(Environment::Sandbox, service, Ipv4Addr::LOCALHOST.into(), None);
    let presentation = Presentation::from(Presented::Nothing);
    let answer = state.serve(&mut session, request, &presentation, None).answer;
    check(&answer);
    let mut devices = state.world.devices.starting_at(0);
    let is_shown = devices.any(|device| device.shown().count() == 1);
    assert_eq!(
        is_shown,
        answer.status == 200 && is_to_device,
        "what is accepted is shown"
    );
}

fn service(request: &Request) -> Service {
    if request.path.starts_with("/1/") {
        Service::Channels
    } else {
        Service::Push
    }
}

fn check(answer: &Answer) {
    assert!((200..600).contains(&answer.status));
    assert_eq!(answer.reason.is_some(), answer.status >= 400);
    let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    assert!(answer.headers.iter().all(|(_, value)| is_printable(value)));
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    assert!(answer.body.is_empty() || is_json);
}

/// Reads it as a connection does.
fn read(text: &[u8]) -> Option<Request> {
    let end = text.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = (text.get(..end)?, text.get(end + 2..)?);
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, path) = cut(lines.next()?, b' ')?;
    let mut fields = FieldList::new();
    fields.push(b":method", method);
    fields.push(b":path", path);
    for line in lines {
        let (name, value) = cut(line, b':')?;
        fields.push(name, value.trim_ascii_start());
    }
    let mut request = read_request(&fields)?;
    request.body = body.iter().copied().take(BODY_READ_LIMIT).collect();
    Some(request)
}

fn cut(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|byte| *byte == at)?;
    Some((bytes.get(..place)?, bytes.get(place + 1..)?))
}

fn scene() -> State {
    let mut world = World::new(0, Behaviour::default());
    for order in [
        &mut world.behaviour.validation.device,
        &mut world.behaviour.validation.broadcast,
        &mut world.behaviour.validation.management,
    ] {
        order.retain(|step| !step.is_about_the_credential());
    }
    world.accounts.put_app(APP, "TEAM123456", true);
    world
        .channels
        .create(Environment::Sandbox, APP, CHANNEL, StoragePolicy::MostRecent);
    install(&mut world);
    State {
        world,
        clock: Clock::default(),
        faults: Faults::default(),
        stats: Stats::default(),
    }
}

/// One device token of eight bytes for each kind of topic that the seeds have.
fn install(world: &mut World) {
    let Some(device) = world.devices.add("device".to_owned()) else {
        return;
    };
    let mut source = TokenSource {
        random: &mut world.random,
        lengths: &[8],
        now: Timestamp::from_seconds(0),
    };
    let new = NewInstall {
        bundle_id: APP.into(),
        build: Build::Debug,
        kinds: &[TokenKind::Alert, TokenKind::Voip],
        same_tokens: false,
    };
    world.devices.install(device, &new, &mut source);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed that stands for an accepted request must not become one that is refused, or the fuzzer starts from nothing.
    #[test]
    fn the_seeds_of_accepted_requests_are_accepted() {
        for (name, seed) in [
            (
                "accepted",
                &include_bytes!("../../../fuzz/seeds/simulator_request/accepted")[..],
            ),
            (
                "voip",
                include_bytes!("../../../fuzz/seeds/simulator_request/voip"),
            ),
            (
                "broadcast",
                include_bytes!("../../../fuzz/seeds/simulator_request/broadcast"),
            ),
            (
                "channel",
                include_bytes!("../../../fuzz/seeds/simulator_request/channel"),
            ),
        ] {
            let mut state = scene();
            let request = read(seed).unwrap();
            let service = service(&request);
            let mut session = Session::new(Environment::Sandbox, service, Ipv4Addr::LOCALHOST.into(), None);
            let answer = state
                .serve(&mut session, request, &Presented::Nothing.into(), None)
                .answer;
            let text = String::from_utf8_lossy(&answer.body);
            assert!(answer.status < 300, "{name}: {} {text}", answer.status);
        }
    }
}
