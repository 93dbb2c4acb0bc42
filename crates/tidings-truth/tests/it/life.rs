//! The life of a device token: what each answer does to it, and what undoes it.

use tidings_apns::TokenKind;
use tidings_truth::{Cause, Evidence, RestoreCause, Sending, TokenState, explain};

use super::story::{INCIDENT, PRODUCTION, SANDBOX, Story, minute};

/// The minutes of a day.
const DAY: u64 = 24 * 60;

#[test]
fn a_registered_token_is_tried_where_the_app_believes_to_be() {
    let standing = Story::of(Some(SANDBOX)).standing(1);
    assert_eq!(standing.state, TokenState::Unproven);
    assert_eq!(standing.sending, Sending::OnProbation(SANDBOX));
}

#[test]
fn without_a_claim_production_is_tried_first() {
    assert_eq!(
        Story::of(None).standing(1).sending,
        Sending::OnProbation(PRODUCTION)
    );
}

#[test]
fn an_acceptance_proves_the_environment_and_shows_a_wrong_claim() {
    let standing = Story::of(Some(SANDBOX)).accepted(1, PRODUCTION).standing(2);
    assert_eq!(standing.state, TokenState::Active);
    assert_eq!(standing.sending, Sending::To(PRODUCTION));
    assert!(standing.claim_is_wrong);
}

#[test]
fn an_active_token_stays_active_through_launches() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .registered(100, Some(PRODUCTION));
    assert_eq!(story.standing(101).state, TokenState::Active);
}

#[test]
fn a_death_after_the_registration_ends_it_and_a_registration_brings_it_back() {
    let dead = Story::of(None).accepted(1, PRODUCTION).dead(100, Some(90));
    assert_eq!(dead.standing(101).state, TokenState::Unregistered);
    assert_eq!(dead.standing(101).sending, Sending::Never);
    let back = dead.registered(200, None);
    assert_eq!(back.standing(201).state, TokenState::Active);
}

#[test]
fn a_death_without_a_legible_date_counts_from_when_it_was_asked() {
    let story = Story::of(None).accepted(1, PRODUCTION).dead(100, None);
    let standing = story.standing(101);
    assert_eq!(standing.cause, Cause::Dead { dead_at: minute(100) });
}

#[test]
fn a_death_of_before_the_registration_is_stale() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .registered(100, None)
        .dead(101, Some(50));
    let standing = story.standing(102);
    assert_eq!(standing.state, TokenState::Active);
    assert_eq!(standing.cause, Cause::DiedBeforeRegistration);
    assert_eq!(standing.send_at(minute(102)), None, "not at once");
    let day_later = story.standing(102 + DAY);
    assert_eq!(day_later.send_at(minute(102 + DAY)), Some((PRODUCTION, true)));
}

#[test]
fn a_token_that_stays_dead_whatever_the_dates_say_is_held_until_the_app_returns() {
    let story = Story::of(None)
        .registered(100, None)
        .dead(101, Some(50))
        .dead(101 + DAY, Some(50))
        .dead(101 + 3 * DAY + 1, Some(50));
    let standing = story.standing(5000);
    assert_eq!(standing.state, TokenState::Quarantined);
    assert_eq!(standing.sending, Sending::Held);
    assert_eq!(
        story.registered(5100, None).standing(5101).state,
        TokenState::Unproven
    );
}

#[test]
fn a_late_410_does_not_undo_a_newer_registration() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .registered(100, None)
        .late(1, |story| story.dead(99, Some(98)));
    assert_eq!(story.standing(101).state, TokenState::Active);
    assert_eq!(story.standing(101).cause, Cause::Accepted);
}

#[test]
fn a_token_that_is_bad_in_one_environment_is_tried_in_the_other() {
    let story = Story::of(Some(PRODUCTION)).bad(1, PRODUCTION, true);
    let standing = story.standing(1);
    assert_eq!(standing.state, TokenState::Unproven);
    assert_eq!(standing.sending, Sending::OnProbation(SANDBOX));
    let repaired = story.accepted(1, SANDBOX).standing(2);
    assert_eq!(repaired.sending, Sending::To(SANDBOX));
    assert!(repaired.claim_is_wrong);
}

#[test]
fn where_the_other_environment_is_out_of_reach_the_token_is_held_and_not_given_up() {
    let mut story = Story::of(None).reaching(PRODUCTION);
    for hour in 0..200 {
        story = story.bad(1 + 60 * hour, PRODUCTION, true);
        assert_eq!(story.standing(60 * hour + 2).state, TokenState::Quarantined);
    }
}

#[test]
fn bad_in_both_environments_is_believed_when_told_again_while_others_do_well() {
    let once = Story::of(None).bad(1, PRODUCTION, true).bad(2, SANDBOX, true);
    assert_eq!(once.standing(3).state, TokenState::Quarantined);
    assert!(matches!(once.standing(3).sending, Sending::NotBefore(..)));
    let again = once.bad(70, PRODUCTION, true).bad(140, SANDBOX, true);
    assert_eq!(again.standing(141).state, TokenState::Rejected);
}

#[test]
fn nobody_is_given_up_while_the_lane_does_well_by_nobody() {
    let mut story = Story::of(None);
    for hour in 0..50 {
        story = story
            .bad(100 * hour + 1, PRODUCTION, false)
            .bad(100 * hour + 2, SANDBOX, false);
        assert_eq!(story.standing(100 * hour + 3).state, TokenState::Quarantined);
    }
}

#[test]
fn a_proven_token_needs_a_second_bad_answer_an_hour_later() {
    let proven = Story::of(None).accepted(1, PRODUCTION);
    let once = proven.bad(100, PRODUCTION, true);
    assert_eq!(once.standing(101).state, TokenState::Quarantined);
    let soon = once.bad(130, PRODUCTION, true);
    assert_eq!(soon.standing(131).state, TokenState::Quarantined);
    let later = soon.bad(300, PRODUCTION, true).bad(301, SANDBOX, true);
    assert_eq!(later.standing(302).state, TokenState::Rejected);
}

#[test]
fn where_nobody_does_well_a_proven_token_is_tried_again_as_soon_as_a_canary() {
    let quiet = Story::of(None).accepted(1, PRODUCTION);
    let told = |story: &Story, at| story.standing(at).send_at(minute(at));
    let bad = quiet.bad(100, PRODUCTION, false);
    assert_eq!(told(&bad, 114), None);
    assert_eq!(told(&bad, 116), Some((PRODUCTION, true)));
    let days_later = bad.bad(3000, PRODUCTION, false);
    assert_eq!(told(&days_later, 3016), Some((PRODUCTION, true)), "as soon again");
    let others_do_well = Story::of(None).accepted(1, PRODUCTION).bad(100, PRODUCTION, true);
    assert_eq!(told(&others_do_well, 116), None);

    let foreign = Story::of(None).accepted(1, PRODUCTION).wrong_topic(100);
    assert_eq!(told(&foreign, 116), Some((PRODUCTION, true)));
    let never_ours = Story::of(None).wrong_topic(100);
    assert_eq!(told(&never_ours, 116), None);
}

#[test]
fn a_mistake_excuses_what_was_answered_since_it_began() {
    let excused = |story: &Story, since| {
        let standing = story.standing(1000);
        story.history.is_excused_by_mistake(&standing, minute(since))
    };
    let proven = || Story::of(None).accepted(1, PRODUCTION);
    for story in [
        proven().bad(100, PRODUCTION, true),
        proven().wrong_topic(100),
        Story::of(None)
            .bad(100, PRODUCTION, false)
            .bad(101, SANDBOX, false),
        Story::of(None).reaching(PRODUCTION).bad(100, PRODUCTION, true),
        proven()
            .bad(40, PRODUCTION, true)
            .accepted(90, PRODUCTION)
            .bad(100, PRODUCTION, true),
    ] {
        assert!(excused(&story, 100), "{:?}", story.standing(1000));
        assert!(!excused(&story, 102), "{:?}", story.standing(1000));
    }
    for story in [
        proven(),
        proven().dead(100, Some(90)),
        proven().superseded(100),
        proven().bad(50, PRODUCTION, true).bad(100, PRODUCTION, false),
        proven().bad(100, PRODUCTION, true).doubted(101, 50),
        proven().registered(90, None).dead(100, Some(50)),
    ] {
        assert!(!excused(&story, 60), "{:?}", story.standing(1000));
    }
}

#[test]
fn an_acceptance_refutes_what_was_held_against_a_token() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .bad(100, PRODUCTION, true)
        .accepted(200, PRODUCTION);
    assert_eq!(story.standing(201).state, TokenState::Active);
}

#[test]
fn a_token_of_another_app_is_never_taken_for_a_dead_device() {
    let mut story = Story::of(None).accepted(1, PRODUCTION);
    for hour in 0..100 {
        story = story.wrong_topic(60 * hour + 10);
        assert_eq!(story.standing(60 * hour + 11).state, TokenState::Quarantined);
    }
}

#[test]
fn an_incident_turns_answers_back_and_a_restore_ends_it() {
    let doubted = Story::of(None)
        .accepted(1, PRODUCTION)
        .bad(100, PRODUCTION, true)
        .doubted(101, 50);
    let standing = doubted.standing(102);
    assert_eq!(standing.state, TokenState::Quarantined);
    assert_eq!(standing.cause, Cause::Incident { incident: INCIDENT });
    assert_eq!(doubted.restored(200).standing(201).state, TokenState::Active);
}

#[test]
fn the_end_of_an_incident_does_not_make_apns_forget_a_death() {
    let released = |story: Story, at| {
        let generation = story.history.generation.next();
        story.and(Evidence::Restored {
            generation,
            at: minute(at),
            why: RestoreCause::IncidentReleased { incident: INCIDENT },
        })
    };
    let dead = released(Story::of(None).accepted(1, PRODUCTION).dead(100, Some(50)), 200);
    assert_eq!(dead.standing(201).state, TokenState::Unregistered);
    assert_eq!(dead.restored(300).standing(301).state, TokenState::Active);

    let registered = Story::of(None).accepted(1, PRODUCTION).registered(90, None);
    let contradicted = released(registered.dead(100, Some(50)).wrong_topic(170), 200);
    assert_eq!(contradicted.standing(201).cause, Cause::DiedBeforeRegistration);
    let insisted = contradicted
        .dead(100 + DAY, Some(50))
        .dead(101 + 3 * DAY, Some(50));
    assert_eq!(insisted.standing(5000).cause, Cause::DeadTwiceBeforeRegistration);
}

#[test]
fn an_incident_that_somebody_confirms_makes_its_answers_final() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .bad(100, PRODUCTION, true)
        .doubted(101, 50)
        .confirmed(300);
    assert_eq!(story.standing(301).state, TokenState::Rejected);
}

#[test]
fn an_incident_does_not_doubt_what_was_answered_before_it() {
    let story = Story::of(None)
        .accepted(1, PRODUCTION)
        .bad(40, PRODUCTION, true)
        .doubted(101, 50);
    assert_ne!(story.standing(102).cause, Cause::Incident { incident: INCIDENT });
}

#[test]
fn a_newer_token_of_the_same_installation_replaces_it_until_it_registers_again() {
    let story = Story::of(None).accepted(1, PRODUCTION).superseded(50);
    assert_eq!(story.standing(51).state, TokenState::Superseded);
    assert_eq!(story.registered(60, None).standing(61).state, TokenState::Active);
}

#[test]
fn a_location_token_is_tried_once_a_day_and_comes_back_by_itself() {
    let story = Story::of(None)
        .kind(TokenKind::Location)
        .accepted(1, PRODUCTION)
        .dead(10, Some(5));
    let standing = story.standing(11);
    assert_eq!(standing.state, TokenState::Unregistered);
    assert_eq!(standing.send_at(minute(60)), None);
    assert!(standing.send_at(minute(24 * 60 + 20)).is_some());
    assert_eq!(
        story.accepted(2000, PRODUCTION).standing(2001).state,
        TokenState::Active
    );
}

#[test]
fn a_live_activity_token_ends_by_its_age_though_apns_still_accepts() {
    let story = Story::of(None)
        .kind(TokenKind::LiveActivityUpdate)
        .accepted(1, PRODUCTION)
        .accepted(719, PRODUCTION);
    assert_eq!(story.standing(719).state, TokenState::Active);
    assert_eq!(story.standing(720).state, TokenState::Unregistered);
}

#[test]
fn the_story_is_told_in_order_and_says_what_happens_next() {
    let story = Story::of(Some(PRODUCTION))
        .bad(1, PRODUCTION, true)
        .accepted(2, SANDBOX)
        .registered(50, Some(PRODUCTION))
        .dead(100, Some(90));
    let told = explain(&story.history, story.kind, &story.standing(101));
    assert!(told.summary.contains("no longer in use"), "{}", told.summary);
    assert!(told.advice.contains("next registration"), "{}", told.advice);
    assert!(told.story.is_sorted_by_key(|line| line.at));
    let all: Vec<&str> = told.story.iter().map(|line| line.text.as_str()).collect();
    assert!(
        all.iter()
            .any(|line| line.contains("400 BadDeviceToken in production")),
        "{all:?}"
    );
    assert!(
        all.iter().any(|line| line.contains("410 Unregistered")),
        "{all:?}"
    );
}
