//! Ours in small: a registry of a few, one mistake, one answer at a time.

use super::*;
use crate::bench::truth::nature::{HOUR, Mistake, MistakeKind, NEVER, START};

/// Ten people with the app, and a mistake of the operator after an hour.
fn ten(kind: MistakeKind) -> (Nature, Ours) {
    let mut nature = Nature::of_one();
    for id in 1..10 {
        let (person, token) = (nature.people[0].clone(), nature.tokens[0].clone());
        nature.people.push(person);
        nature.tokens.push(token);
        nature.people[id as usize].token = id;
        nature.people[id as usize].installation = Some(id + 1);
        nature.tokens[id as usize].person = id;
    }
    nature.mistakes = vec![Mistake {
        kind,
        from: START + HOUR,
    }];
    let mut ours = Ours::new(&nature);
    for person in 0..10 {
        ours.register(&nature, START, person);
    }
    (nature, ours)
}

fn message(number: u32, sent_at: Second) -> Message {
    Message {
        number,
        sent_at,
        expires_at: sent_at + 24 * HOUR,
    }
}

/// Submits to everyone.
fn campaign(nature: &Nature, ours: &mut Ours, number: u32, at: Second) {
    ours.wake(nature, at);
    ours.sender_mut().submitted(message(number, at), 10);
    ours.send_to_all(nature, at, message(number, at));
}

#[test]
fn a_mistake_opens_an_incident_and_when_it_is_mended_everything_arrives() {
    for kind in [
        MistakeKind::WrongEnvironment,
        MistakeKind::WrongTopic,
        MistakeKind::RevokedKey,
        MistakeKind::ExpiredCertificate,
        MistakeKind::SwappedTeam,
        MistakeKind::SandboxKeyInProduction,
    ] {
        let (nature, mut ours) = ten(kind);
        campaign(&nature, &mut ours, 1, START + 60);
        assert_eq!(ours.sender().tally.delivered, 10, "{kind:?}");
        campaign(&nature, &mut ours, 2, START + 2 * HOUR);
        assert!(ours.lanes[0].incident.is_some(), "{kind:?}");
        assert_eq!(ours.sender().tally.delivered, 10, "{kind:?}");
        ours.wake(&nature, START + 10 * HOUR);
        assert!(ours.lanes[0].incident.is_none(), "{kind:?}");
        assert_eq!(ours.sender().tally.delivered, 20, "{kind:?}");
        assert_eq!(ours.sender().tally.live_devices_lost(), 0, "{kind:?}");
    }
}

#[test]
fn a_dead_token_is_not_sent_to_again_and_its_row_goes_after_the_retention() {
    let (mut nature, mut ours) = ten(MistakeKind::WrongTopic);
    nature.mistakes.clear();
    nature.delete_app(START);
    nature.tokens[0].told_before = START + 1;
    nature.tokens[0].tells = false;
    nature.waves = vec![crate::bench::truth::nature::Span {
        from: START + 2,
        to: NEVER,
    }];
    nature.world.apple.wave_dead_share = crate::bench::truth::world::value::Share(1.0);
    for number in 1..4 {
        campaign(&nature, &mut ours, number, START + number * HOUR);
    }
    let tally = &ours.sender().tally;
    assert_eq!((tally.pushes_to_dead, tally.after_first_410_max), (1, 0));
    assert!(!ours.has(0));
    assert_eq!(ours.rows(&nature, START + 80 * DAY), 10);
    assert_eq!(ours.rows(&nature, START + 100 * DAY), 9);
}

#[test]
fn a_new_token_of_the_same_installation_ends_the_old_one() {
    let (mut nature, mut ours) = ten(MistakeKind::WrongTopic);
    nature.people[1].installation = Some(1);
    ours.register(&nature, START + HOUR, 1);
    assert!(!ours.has(0));
    assert!(ours.has(1));
}

#[test]
fn whoever_is_told_something_of_the_token_has_passed_with_the_credential() {
    let (mut nature, mut ours) = ten(MistakeKind::RevokedKey);
    nature.tokens[0].sort = Sort::Invented;
    let at = START + 2 * HOUR;
    ours.wake(&nature, at);
    ours.send_to(&nature, at, 0, message(1, at));
    assert!(ours.lanes[0].incident.is_some());
    ours.wake(&nature, at + 6 * HOUR);
    assert!(ours.lanes[0].incident.is_none());
    assert!(ours.sender().tally.pushes < 50, "canaries have pauses");
}
