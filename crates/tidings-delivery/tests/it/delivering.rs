//! What is sent, when, and how it ends.

use std::time::Duration;

use tidings_apns::Environment;
use tidings_delivery::Road;
use tidings_store::{Audience, NotificationState, OnUnknown, RecipientOutcome, RecipientState, Urgency};

use crate::rig::{Rig, to};
use crate::script::{accepted, silence, unsent};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_notification_to_one_device_is_delivered_at_once() {
    let rig = Rig::new().await;
    rig.register(0..1, Some(Environment::Production)).await;
    let id = rig.send_to(0).await;
    rig.run_for(Duration::from_millis(5)).await;
    let counts = rig.counts(id).await;
    assert_eq!((counts.recipients, counts.delivered), (1, 1));
    let sent = rig.script.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].road, Road::ExpressProbation);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn once_proven_a_token_leaves_probation() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.send_to(0).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.script.sent()[0].road, Road::Express);
}

#[tokio::test]
async fn a_broadcast_reaches_everybody_once() {
    let rig = Rig::with(|config| config.page_size = 64).await;
    rig.register(0..500, Some(Environment::Production)).await;
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    let view = rig.books.view(id, rig.now()).await;
    assert_eq!(view.counts.delivered, 500);
    assert_eq!(view.state, NotificationState::Finished);
    let mut ids: Vec<_> = rig.script.sent().into_iter().map(|sent| sent.apns_id).collect();
    assert_eq!(ids.len(), 500);
    ids.sort_by_key(|id| id.as_uuid());
    ids.dedup();
    assert_eq!(ids.len(), 500);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_notification_to_nobody_is_finished() {
    let rig = Rig::new().await;
    let unknown = rig.send_to(7).await;
    let nobody = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND).await;
    for id in [unknown, nobody] {
        let view = rig.books.view(id, rig.now()).await;
        assert_eq!(
            (view.state, view.counts.recipients),
            (NotificationState::Finished, 0)
        );
    }
}

#[tokio::test]
async fn nothing_is_sent_after_its_expiry_or_deadline() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.script.answer(|_| unsent());
    let soon = rig.now().saturating_add(SECOND * 30);
    let expiring = rig.send_with(to(0), |new| new.expires_at = Some(soon)).await;
    let late = rig.send_with(to(0), |new| new.deadline = Some(soon)).await;
    rig.run_for(SECOND * 40).await;
    rig.script.answer(|_| accepted());
    rig.script.forget();
    rig.run_for(SECOND * 1200).await;
    assert_eq!(rig.script.count(), 0);
    for id in [expiring, late] {
        assert_eq!(rig.counts(id).await.expired, 1);
    }
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn what_apns_shall_not_store_does_not_expire_here() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let never = tidings_apns::Timestamp::from_unix_millis(0);
    let id = rig.send_with(to(0), |new| new.expires_at = Some(never)).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(id).await.delivered, 1);
}

#[tokio::test]
async fn a_scheduled_notification_is_sent_when_its_time_has_come_and_once() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let at = rig.now().saturating_add(SECOND * 100);
    rig.send_with(to(0), |new| new.send_at = Some(at)).await;
    rig.run_for(SECOND * 99).await;
    assert_eq!(rig.script.count(), 0);
    rig.run_for(SECOND * 1000).await;
    let sent = rig.script.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].at >= at && sent[0].at.saturating_since(at) <= SECOND);
}

#[tokio::test]
async fn what_is_cancelled_is_not_sent() {
    let rig = Rig::new().await;
    rig.prove(0..2).await;
    let at = rig.now().saturating_add(SECOND * 10);
    let scheduled = rig.send_with(to(0), |new| new.send_at = Some(at)).await;
    rig.script.answer(|_| unsent());
    let waiting = rig.send_to(1).await;
    rig.run_for(SECOND).await;
    for id in [scheduled, waiting] {
        let cancelled = rig
            .books
            .store
            .cancel(rig.books.app.id, id, "test", rig.now())
            .await;
        assert!(cancelled.unwrap().is_some());
    }
    rig.script.answer(|_| accepted());
    rig.script.forget();
    rig.run_for(SECOND * 100).await;
    assert_eq!(rig.script.count(), 0);
    assert_eq!(rig.counts(waiting).await.cancelled, 1);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn an_unknown_outcome_is_tried_again_under_the_same_id() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let mut first = true;
    rig.script.answer(move |_| {
        if std::mem::take(&mut first) {
            silence(SECOND * 15)
        } else {
            accepted()
        }
    });
    let id = rig.send_to(0).await;
    rig.run_for(SECOND * 60).await;
    assert_eq!(rig.counts(id).await.delivered, 1);
    let sent = rig.script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].apns_id, sent[1].apns_id);
    let counters = rig.engine.counters();
    assert_eq!((counters.unknown, counters.possible_duplicates), (1, 1));
}

#[tokio::test]
async fn an_unknown_outcome_is_dropped_where_that_is_wanted() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.script.answer(|_| silence(SECOND * 15));
    let id = rig.send_with(to(0), |new| new.on_unknown = OnUnknown::Drop).await;
    rig.run_for(SECOND * 60).await;
    assert_eq!(rig.counts(id).await.unknown_dropped, 1);
    assert_eq!(rig.script.count(), 1);
    assert_eq!(rig.engine.counters().possible_duplicates, 0);
}

#[tokio::test]
async fn what_was_surely_not_sent_is_not_unknown() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let mut left = 3;
    rig.script.answer(move |_| {
        if left > 0 {
            left -= 1;
            return unsent();
        }
        accepted()
    });
    let id = rig.send_with(to(0), |new| new.on_unknown = OnUnknown::Drop).await;
    rig.run_for(SECOND * 60).await;
    assert_eq!(rig.counts(id).await.delivered, 1);
    assert_eq!(rig.engine.counters().unknown, 0);
}

#[tokio::test]
async fn a_forced_environment_is_kept_to() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.script.answer(|sent| match sent.environment {
        Environment::Production => accepted(),
        Environment::Sandbox => crate::script::refused(400, "BadDeviceToken"),
    });
    let id = rig
        .send_with(to(0), |new| new.environment = Some(Environment::Sandbox))
        .await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(id).await.rejected, 1);
    assert!(
        rig.script
            .sent()
            .iter()
            .all(|sent| sent.environment == Environment::Sandbox)
    );
}

#[tokio::test]
async fn the_notification_that_apns_finds_wrong_fails_and_the_token_is_untouched() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.script
        .answer(|_| crate::script::refused(413, "PayloadTooLarge"));
    let id = rig.send_to(0).await;
    rig.run_for(SECOND * 100).await;
    assert_eq!(rig.script.count(), 1);
    let recipients = rig
        .books
        .store
        .recipients(rig.books.app.id, id, None, 10)
        .await
        .unwrap();
    assert_eq!(
        recipients[0].state,
        RecipientState::Done(RecipientOutcome::Rejected)
    );
    assert_eq!(recipients[0].reason.as_deref(), Some("PayloadTooLarge"));
    let device = rig.books.device(&crate::books::token(0), rig.now()).await;
    assert_eq!(device.standing.state, tidings_truth::TokenState::Active);
}

#[tokio::test]
async fn an_urgent_notification_does_not_wait_for_a_campaign() {
    let rig = Rig::with(|config| config.page_size = 16).await;
    rig.prove(0..400).await;
    rig.script.answer(|sent| {
        let mut reply = accepted();
        if sent.road == Road::Main {
            reply.after = SECOND * 5;
        }
        reply
    });
    let campaign = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND).await;
    let urgent = rig.send_with(to(0), |new| new.urgency = Urgency::Urgent).await;
    rig.run_for(Duration::from_millis(50)).await;
    assert_eq!(rig.counts(urgent).await.delivered, 1);
    assert!(rig.counts(campaign).await.delivered < 400);
    rig.run_for(SECOND * 300).await;
    assert_eq!(rig.counts(campaign).await.delivered, 400);
}

#[tokio::test]
async fn without_a_credential_everything_waits_until_there_is_one() {
    let rig = Rig::new().await;
    rig.register(0..3, Some(Environment::Production)).await;
    for row in rig.books.store.credentials(rig.books.app.id).await.unwrap() {
        let store = &rig.books.store;
        store
            .remove_credential(rig.books.app.id, row.id, "test", rig.now())
            .await
            .unwrap();
    }
    rig.engine.credentials_changed(rig.books.app.id).await.unwrap();
    let direct = rig.send_to(0).await;
    let campaign = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    assert_eq!(rig.script.count(), 0);
    assert_eq!(rig.counts(direct).await.held, 1);
    let reach = tidings_truth::EnvironmentSet::BOTH;
    rig.books
        .add_key(crate::books::secret("KEYGOOD002"), reach, rig.now())
        .await;
    rig.engine.credentials_changed(rig.books.app.id).await.unwrap();
    rig.run_for(SECOND * 10).await;
    assert_eq!(rig.counts(direct).await.delivered, 1);
    assert_eq!(rig.counts(campaign).await.delivered, 3);
    rig.books.assert_conserved().await;
}
