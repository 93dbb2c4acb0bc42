//! Apple is not well, or the way there is not: nothing is lost, and little is sent meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidings_delivery::LaneHealth;
use tidings_store::Audience;

use crate::rig::Rig;
use crate::script::{accepted, refused, silence};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// Notifications to one device each arrive all the time; how many.
async fn arrivals(rig: &Rig, seconds: usize, each_second: usize) -> usize {
    for second in 0..seconds {
        let numbers = second * each_second..(second + 1) * each_second;
        rig.send_to_each(numbers.map(|number| number % 50)).await;
        rig.run_for(SECOND).await;
    }
    seconds * each_second
}

#[tokio::test]
async fn ten_minutes_of_503_cost_little_and_nothing_is_lost() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    arrivals(&rig, 60, 10).await;
    rig.script.forget();

    rig.script.answer(|_| refused(503, "ServiceUnavailable"));
    let arrived = arrivals(&rig, 600, 10).await;
    let health = |rig: &Rig| rig.engine.lanes()[0].health.clone();
    assert!(matches!(health(&rig), LaneHealth::Cautious { .. }));
    let sent = rig.script.count();
    assert!(
        sent <= arrived / 10,
        "{sent} requests for {arrived} notifications"
    );
    rig.script.answer(|_| accepted());
    rig.script.forget();
    rig.run_for(SECOND * 30).await;
    let delivered = rig.script.accepted().len();
    assert!(
        delivered >= arrived * 9 / 10,
        "{delivered} of {arrived} within half a minute"
    );
    rig.run_for(MINUTE * 3).await;
    assert_eq!(rig.script.accepted().len(), arrived);
    assert_eq!(rig.script.count(), arrived);
    assert_eq!(health(&rig), LaneHealth::Healthy);
    let depth = rig.books.store.queue_depth(rig.now()).await.unwrap();
    assert_eq!((depth.waiting, depth.held, depth.notifications), (0, 0, 0));
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_campaign_in_a_storm_does_not_turn_into_rows_that_wait() {
    let rig = Rig::with(|config| config.page_size = 50).await;
    rig.prove(0..2_000).await;
    rig.script.answer(|_| refused(503, "ServiceUnavailable"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(MINUTE).await;
    let counts = rig.counts(id).await;
    assert!(counts.waiting <= 1_200, "{counts:?}");
    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 5).await;
    assert_eq!(rig.counts(id).await.delivered, 2_000);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_black_hole_holds_up_nothing_for_long() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    let is_hole = Arc::new(AtomicBool::new(true));
    let hole = Arc::clone(&is_hole);
    rig.script.answer(move |_| {
        if hole.load(Ordering::Relaxed) {
            silence(SECOND * 15)
        } else {
            accepted()
        }
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND).await;
    is_hole.store(false, Ordering::Relaxed);
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.counts(id).await.delivered, 50);
    assert_eq!(rig.engine.counters().unknown, 50);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_provider_token_that_changed_too_often_is_given_a_rest() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    let mut first = true;
    rig.script.answer(move |_| {
        if std::mem::take(&mut first) {
            refused(429, "TooManyProviderTokenUpdates")
        } else {
            accepted()
        }
    });
    let id = rig.send_to(0).await;
    rig.run_for(SECOND).await;
    rig.send_to_each(1..10).await;
    rig.run_for(MINUTE * 4).await;
    assert_eq!(rig.script.count(), 1, "nothing is sent while the lane rests");
    rig.run_for(MINUTE * 10).await;
    assert_eq!(rig.counts(id).await.delivered, 1);
    assert_eq!(rig.script.accepted().len(), 10);
    assert!(rig.books.incidents().await.is_empty());
}

#[tokio::test]
async fn an_expired_provider_token_is_renewed_and_the_request_sent_again_at_once() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    let mut refusals = 50;
    rig.script.answer(move |_| {
        if refusals > 0 {
            refusals -= 1;
            return refused(403, "ExpiredProviderToken");
        }
        accepted()
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(id).await.delivered, 50);
    assert_eq!(rig.script.count(), 100);
    assert!(rig.books.incidents().await.is_empty());
}

#[tokio::test]
async fn a_wrong_clock_that_expires_every_provider_token_opens_an_incident() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    rig.script.answer(|_| refused(403, "ExpiredProviderToken"));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(MINUTE).await;
    let incidents = rig.books.incidents().await;
    assert_eq!(incidents.len(), 1);
    let sentence = incidents[0].details["sentence"].as_str().unwrap();
    assert!(sentence.contains("ExpiredProviderToken"), "{sentence}");
    rig.script.answer(|_| accepted());
    rig.run_for(MINUTE * 20).await;
    assert_eq!(rig.counts(id).await.delivered, 50);
}
