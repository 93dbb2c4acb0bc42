//! A mistake of ours: no token is lost, the incident says why, and what waited is sent when it is mended.

use std::time::Duration;

use tidings_apns::Environment;
use tidings_delivery::LaneHealth;
use tidings_store::{Audience, IncidentRow};
use tidings_truth::{EnvironmentSet, IncidentEnd, TokenState};

use crate::books;
use crate::rig::Rig;
use crate::script::{accepted, refused, unregistered};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

fn sentence(incident: &IncidentRow) -> &str {
    incident.details["sentence"].as_str().expect("a sentence")
}

async fn assert_all_live(rig: &Rig, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let device = rig.books.device(&books::token(number), rig.now()).await;
        assert_eq!(
            device.standing.state,
            TokenState::Active,
            "token {number}: {:?}",
            device.standing
        );
    }
}

/// A credential that APNs refuses is uploaded while so many notifications wait.
async fn wrong_credential(waiting: usize) {
    let rig = Rig::new().await;
    rig.prove(0..waiting).await;
    rig.books
        .add_key(books::secret("KEYWRONG01"), EnvironmentSet::BOTH, rig.now())
        .await;
    rig.engine
        .credentials_changed(rig.books.app.id)
        .await
        .expect("a reload");
    rig.script.answer(|sent| match sent.key_id.as_str() {
        "KEYWRONG01" => refused(403, "BadEnvironmentKeyInToken"),
        _ => accepted(),
    });
    let ids = rig.send_to_each(0..waiting).await;
    rig.run_for(MINUTE * 10).await;
    assert!(
        rig.script.count() <= 20,
        "{} requests were wasted",
        rig.script.count()
    );
    let incidents = rig.books.incidents().await;
    assert_eq!(incidents.len(), 1);
    let why = sentence(&incidents[0]);
    assert!(
        why.contains("BadEnvironmentKeyInToken") && why.contains("production"),
        "{why}"
    );
    let changed = incidents[0].details["changed_before"].to_string();
    assert!(changed.contains("credential"), "{changed}");

    rig.books
        .add_key(books::secret("KEYRIGHT01"), EnvironmentSet::BOTH, rig.now())
        .await;
    rig.engine
        .credentials_changed(rig.books.app.id)
        .await
        .expect("a reload");
    rig.run_for(MINUTE * 2).await;
    for id in ids {
        assert_eq!(rig.counts(id).await.delivered, 1);
    }
    let incidents = rig.books.incidents().await;
    assert_eq!(incidents[0].end, Some(IncidentEnd::Recovered));
    assert_all_live(&rig, 0..waiting.min(200)).await;
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn after_a_wrong_credential_everything_that_waited_arrives_by_itself() {
    wrong_credential(2_000).await;
}

#[tokio::test]
#[ignore = "takes minutes; by hand, with --ignored: the same with as many as a large campaign has"]
async fn after_a_wrong_credential_a_hundred_thousand_that_waited_arrive_by_themselves() {
    wrong_credential(100_000).await;
}

#[tokio::test]
async fn a_new_app_with_a_wrong_credential_recovers_too() {
    let rig = Rig::new().await;
    rig.register(0..20, Some(Environment::Production)).await;
    rig.script.answer(|_| refused(403, "InvalidProviderToken"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(MINUTE).await;
    assert_eq!(rig.books.incidents().await.len(), 1);
    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 10).await;
    assert_eq!(rig.counts(id).await.delivered, 20);
    assert_eq!(rig.books.incidents().await[0].end, Some(IncidentEnd::Recovered));
}

#[tokio::test]
async fn a_mass_of_bad_tokens_costs_no_token_and_few_requests() {
    let rig = Rig::with(|config| config.page_size = 256).await;
    rig.prove(0..5_000).await;
    rig.script.answer(|_| refused(400, "BadDeviceToken"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(MINUTE).await;
    let wasted = rig.script.count();
    assert!(wasted <= 1_100, "{wasted} requests were wasted");
    let incidents = rig.books.incidents().await;
    assert_eq!(incidents.len(), 1);
    assert!(sentence(&incidents[0]).contains("accepted before"));
    assert!(
        rig.engine
            .lanes()
            .iter()
            .any(|lane| matches!(lane.health, LaneHealth::Incident { .. }))
    );
    for number in [0, 1, 2, 4_999] {
        let device = rig.books.device(&books::token(number), rig.now()).await;
        assert!(!device.standing.state.is_final(), "{:?}", device.standing);
    }

    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 30).await;
    assert_eq!(rig.books.incidents().await[0].end, Some(IncidentEnd::Recovered));
    rig.run_for(MINUTE * 70).await;
    assert_eq!(rig.counts(id).await.delivered, 5_000);
    assert_all_live(&rig, 0..200).await;
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn somebody_can_release_an_incident() {
    let rig = Rig::new().await;
    rig.prove(0..100).await;
    rig.script.answer(|_| refused(400, "DeviceTokenNotForTopic"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    let incident = rig.books.incidents().await[0].incident.id;
    rig.script.answer(|_| accepted());
    assert!(rig.engine.release(incident, "nina").await.unwrap().is_some());
    assert_eq!(rig.engine.release(incident, "nina").await.unwrap(), None);
    rig.run_for(MINUTE * 70).await;
    assert_eq!(rig.counts(id).await.delivered, 100);
    assert_eq!(rig.books.incidents().await[0].end, Some(IncidentEnd::Released));
    assert_all_live(&rig, 0..100).await;
}

#[tokio::test]
async fn somebody_can_confirm_an_incident() {
    let rig = Rig::new().await;
    rig.prove(0..100).await;
    rig.script.answer(|_| refused(400, "BadDeviceToken"));
    rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    let incident = rig.books.incidents().await[0].incident.id;
    assert!(
        rig.engine
            .confirm(incident, "nina")
            .await
            .unwrap()
            .is_some_and(|count| count > 0)
    );
    assert_eq!(rig.books.incidents().await[0].end, Some(IncidentEnd::Confirmed));
}

#[tokio::test]
async fn dead_canaries_are_taken_at_their_word_and_do_not_sing_twice() {
    let rig = Rig::new().await;
    rig.prove(0..40).await;
    rig.script.answer(|_| refused(400, "BadDeviceToken"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    assert_eq!(rig.books.incidents().await.len(), 1);
    rig.script.forget();
    let now = rig.now();
    rig.script.answer(move |_| unregistered(now));
    rig.run_for(MINUTE * 20).await;
    let sent = rig.script.count();
    assert!(sent <= 40, "{sent} canaries");
    let counts = rig.counts(id).await;
    assert_eq!(counts.rejected, sent as u64, "{counts:?}");
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn an_incident_outlives_a_restart() {
    let mut rig = Rig::new().await;
    rig.prove(0..100).await;
    rig.script.answer(|_| refused(403, "InvalidProviderToken"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    rig.kill_and_restart().await;
    rig.script.forget();
    rig.run_for(MINUTE * 5).await;
    assert!(rig.script.count() <= 6, "{} canaries", rig.script.count());
    assert_eq!(rig.books.incidents().await.len(), 1);
    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 20).await;
    assert_eq!(rig.counts(id).await.delivered, 100);
}

#[tokio::test]
async fn an_incident_of_one_environment_leaves_the_other_alone() {
    let rig = Rig::new().await;
    rig.script.answer(|sent| {
        let is_sandbox = sent.token.as_bytes()[7] < 10;
        let here = sent.environment == Environment::Sandbox;
        if is_sandbox == here {
            accepted()
        } else {
            refused(400, "BadDeviceToken")
        }
    });
    rig.register(0..50, None).await;
    rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    rig.script.answer(|sent| match sent.environment {
        Environment::Sandbox => refused(403, "InvalidProviderToken"),
        Environment::Production => accepted(),
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    let counts = rig.counts(id).await;
    assert_eq!((counts.delivered, counts.held + counts.waiting), (40, 10));
}

/// Proves this many device tokens in production, and the next one in the sandbox.
async fn prove_one_in_the_sandbox(rig: &Rig, production: usize) {
    rig.prove(0..production).await;
    rig.register(production..production + 1, Some(Environment::Sandbox))
        .await;
    rig.send_to(production).await;
    rig.run_for(SECOND * 5).await;
    rig.script.forget();
}

#[tokio::test]
async fn the_end_of_an_incident_frees_what_a_quieter_lane_has_waiting() {
    let rig = Rig::new().await;
    prove_one_in_the_sandbox(&rig, 50).await;
    rig.script.answer(|_| refused(400, "DeviceTokenNotForTopic"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    assert_eq!(rig.books.incidents().await.len(), 1, "one token raises no alarm");
    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 2).await;
    assert_eq!(rig.books.incidents().await[0].end, Some(IncidentEnd::Recovered));
    assert_eq!(rig.counts(id).await.delivered, 51);
    let quiet = rig.script.sent();
    let quiet = quiet
        .iter()
        .filter(|sent| sent.environment == Environment::Sandbox);
    assert_eq!(quiet.count(), 2, "once in vain");
    assert_all_live(&rig, 0..51).await;
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_lane_too_quiet_for_an_incident_finds_out_by_itself_that_a_mistake_is_over() {
    let rig = Rig::new().await;
    prove_one_in_the_sandbox(&rig, 0).await;
    rig.run_in_steps(MINUTE * 90, MINUTE).await;
    rig.script.answer(|_| refused(400, "BadDeviceToken"));
    let soon = rig.now().saturating_add(MINUTE * 60);
    let id = rig
        .send_with(Audience::Everyone, |new| new.expires_at = Some(soon))
        .await;
    rig.run_in_steps(MINUTE * 40, MINUTE).await;
    assert_eq!(rig.books.incidents().await.len(), 0);
    rig.script.answer(|_| accepted());
    rig.run_in_steps(MINUTE * 16, MINUTE).await;
    assert_eq!(rig.counts(id).await.delivered, 1);
    assert!(
        rig.script.count() <= 6,
        "{} requests for one token",
        rig.script.count()
    );
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn what_waits_during_an_incident_still_expires() {
    let rig = Rig::new().await;
    rig.prove(0..20).await;
    rig.script.answer(|_| refused(403, "InvalidProviderToken"));
    let soon = rig.now().saturating_add(MINUTE * 2);
    let id = rig
        .send_with(Audience::Everyone, |new| new.expires_at = Some(soon))
        .await;
    rig.run_for(MINUTE * 5).await;
    assert_eq!(rig.counts(id).await.expired, 20);
    rig.books.assert_conserved().await;
}
