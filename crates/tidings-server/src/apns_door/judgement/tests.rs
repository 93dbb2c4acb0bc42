//! Device tokens and outcomes, and what APNs would answer.

use tidings_apns::{DeviceToken, Environment, TokenKind};
use tidings_store::{DeviceId, DirectOutcome, NotificationId, RecipientException};
use tidings_truth::{EnvironmentSet, Generation, History, Rules};

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

const NOW: Timestamp = Timestamp::from_unix_millis(9_000);

/// A device token that was imported, and of which this was seen.
fn device(evidence: impl IntoIterator<Item = Evidence>) -> Device {
    let mut history = History::new(at(0), None);
    for seen in evidence {
        history.record(seen);
    }
    let standing = history.standing(
        TokenKind::Alert,
        EnvironmentSet::BOTH,
        &Rules::default(),
        at(9_000),
    );
    Device {
        id: DeviceId(1),
        token: DeviceToken::try_from_bytes(&[1]).expect("it is a device token"),
        kind: TokenKind::Alert,
        history,
        standing,
        installation_id: None,
        user_id: None,
        tags: Vec::new(),
        locale: None,
        app_version: None,
        os_version: None,
        device_model: None,
    }
}

fn bad(environment: Environment, sent_at: u64) -> Evidence {
    Evidence::BadToken {
        generation: Generation(1),
        sent_at: at(sent_at),
        answered_at: at(sent_at + 1),
        environment,
        credible: true,
    }
}

/// The same in a lane that has done well by nobody.
fn doubtful(environment: Environment) -> Evidence {
    match bad(environment, 1_000) {
        Evidence::BadToken {
            generation,
            sent_at,
            answered_at,
            environment,
            ..
        } => Evidence::BadToken {
            generation,
            sent_at,
            answered_at,
            environment,
            credible: false,
        },
        other => other,
    }
}

fn dead(dead_at: Option<Timestamp>) -> Evidence {
    Evidence::Unregistered {
        generation: Generation(1),
        sent_at: at(1_000),
        answered_at: at(1_001),
        environment: Environment::Production,
        dead_at,
    }
}

fn expired() -> Evidence {
    Evidence::Expired {
        generation: Generation(1),
        sent_at: at(1_000),
        answered_at: at(1_001),
        environment: Environment::Production,
        dead_at: Some(at(500)),
    }
}

fn superseded() -> Evidence {
    Evidence::Superseded {
        generation: Generation(1),
        at: at(2_000),
        by: "another".into(),
    }
}

#[test]
fn a_device_token_that_may_be_sent_to_is_not_refused() {
    assert_eq!(refusal(&device([]), PushType::Alert, NOW), None);
    assert_eq!(refusal(&device([]), PushType::Background, NOW), None);
    // Bad in one environment, it is tried in the other.
    assert_eq!(
        refusal(
            &device([bad(Environment::Production, 1_000)]),
            PushType::Alert,
            NOW
        ),
        None
    );
}

#[test]
fn a_dead_device_token_is_refused_with_the_date_of_its_death() {
    let gone = |reason: &Reason, since| Some(Answer::gone(reason, at(since)));
    assert_eq!(
        refusal(&device([dead(Some(at(700)))]), PushType::Alert, NOW),
        gone(&Reason::Unregistered, 700)
    );
    // APNs did not date it.
    assert_eq!(
        refusal(&device([dead(None)]), PushType::Alert, NOW),
        gone(&Reason::Unregistered, 1_000)
    );
    assert_eq!(
        refusal(&device([expired()]), PushType::Alert, NOW),
        gone(&Reason::ExpiredToken, 500)
    );
    assert_eq!(
        refusal(&device([superseded()]), PushType::Alert, NOW),
        gone(&Reason::Unregistered, 2_000)
    );
}

#[test]
fn a_device_token_that_is_bad_everywhere_is_refused_as_bad() {
    const HOURS: u64 = 2 * 3_600_000;
    let twice = Environment::ALL.map(|environment| [bad(environment, 1_000), bad(environment, HOURS)]);
    let device = device(twice.into_iter().flatten());
    assert_eq!(device.standing.state, TokenState::Rejected);
    let answer = refusal(&device, PushType::Alert, NOW);
    assert_eq!(answer, Some(Answer::refused(&Reason::BadDeviceToken)));
}

#[test]
fn a_device_token_that_was_called_bad_everywhere_once_is_believed_to_be_where_others_are_well() {
    let called_bad = device(Environment::ALL.map(|environment| bad(environment, 1_000)));
    assert_eq!(called_bad.standing.state, TokenState::Quarantined);
    let answer = Some(Answer::refused(&Reason::BadDeviceToken));
    assert_eq!(refusal(&called_bad, PushType::Alert, NOW), answer);
    assert_eq!(of_doubt(&called_bad), answer);
    // When it is time to try again, it is tried again.
    let later = at(10_000_000);
    assert_eq!(refusal(&called_bad, PushType::Alert, later), None);
    // Where nobody is well, it may be us.
    let doubted = device(Environment::ALL.map(doubtful));
    assert_eq!(refusal(&doubted, PushType::Alert, NOW), None);
    assert_eq!(of_doubt(&doubted), None);
    // One that was accepted once is not given up so soon.
    let accepted = Evidence::Accepted {
        generation: Generation(1),
        sent_at: at(500),
        environment: Environment::Production,
    };
    let proven = device([accepted, bad(Environment::Production, 1_000)]);
    assert_eq!(of_doubt(&proven), None);
}

#[test]
fn a_device_token_of_another_kind_is_not_for_the_topic() {
    let answer = refusal(&device([]), PushType::Voip, NOW);
    assert_eq!(answer, Some(Answer::refused(&Reason::DeviceTokenNotForTopic)));
}

fn recipient(state: RecipientState, status: Option<u16>, reason: Option<&str>) -> RecipientException {
    RecipientException {
        status,
        reason: reason.map(Into::into),
        ..RecipientException::unsent(DeviceId(1), state)
    }
}

fn tried(recipients: u32, delivered: u32, rows: Vec<RecipientException>) -> NotificationNews {
    NotificationNews::Tried(DirectOutcome {
        notification_id: NotificationId::new(at(1)),
        begun_at: at(1),
        recipients,
        delivered,
        rows,
    })
}

#[test]
fn every_outcome_has_its_answer() {
    use RecipientOutcome::{Cancelled, Delivered, Expired, Rejected, Undeliverable, UnknownDropped};
    let accepted = || Judgement::Answer(Answer::accepted());
    let said = |status, reason: &str| Judgement::Answer(Answer::said(status, reason.to_owned()));
    for (outcome, status, reason, expected) in [
        (Delivered, None, None, accepted()),
        (Cancelled, None, None, accepted()),
        (UnknownDropped, None, None, accepted()),
        (Undeliverable, None, None, Judgement::AskDevice),
        (Rejected, Some(410), Some("Unregistered"), Judgement::AskDevice),
        (Rejected, None, None, Judgement::AskDevice),
        (
            Rejected,
            Some(400),
            Some("BadDeviceToken"),
            said(400, "BadDeviceToken"),
        ),
        (
            Rejected,
            Some(413),
            Some("PayloadTooLarge"),
            said(413, "PayloadTooLarge"),
        ),
        (Rejected, Some(418), Some("NewIn2030"), said(418, "NewIn2030")),
        (Expired, Some(503), None, said(503, "ServiceUnavailable")),
    ] {
        let row = recipient(RecipientState::Done(outcome), status, reason);
        let first = tried(1, 0, vec![row.clone()]);
        assert_eq!(of_news(&first), expected, "{outcome:?} {status:?}");
        assert_eq!(
            of_news(&NotificationNews::Recipient(row)),
            expected,
            "{outcome:?} {status:?}"
        );
    }
    assert_eq!(of_news(&tried(1, 1, Vec::new())), accepted());
    assert_eq!(of_news(&tried(0, 0, Vec::new())), Judgement::AskDevice);
}

#[test]
fn what_is_kept_for_later_is_accepted_and_what_is_tried_soon_is_waited_for() {
    let environment = Environment::Production;
    for (state, expected) in [
        (RecipientState::Held, Judgement::Answer(Answer::accepted())),
        (
            RecipientState::Parked { environment },
            Judgement::Answer(Answer::accepted()),
        ),
        (RecipientState::Waiting { next_at: at(1) }, Judgement::Wait),
    ] {
        let row = recipient(state, Some(503), Some("ServiceUnavailable"));
        assert_eq!(of_news(&tried(1, 0, vec![row])), expected, "{state:?}");
    }
}

#[test]
fn of_a_device_token_that_was_called_bad_what_is_known_of_it_tells() {
    let waiting = RecipientState::Waiting { next_at: at(1) };
    let row = recipient(waiting, Some(400), Some("BadDeviceToken"));
    assert_eq!(of_news(&tried(1, 0, vec![row])), Judgement::AskDoubt);
}

#[test]
fn a_device_that_was_forgotten_meanwhile_is_gone() {
    assert_eq!(of_device(None, at(5)), Answer::gone(&Reason::Unregistered, at(5)));
}
