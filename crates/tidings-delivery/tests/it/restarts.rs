//! The process ends in the middle, in whatever way.

use std::collections::HashSet;
use std::time::Duration;

use tidings_delivery::{EngineHealth, StopCause};
use tidings_store::Audience;

use crate::books;
use crate::rig::Rig;
use crate::script::accepted;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn nothing_is_lost_when_the_process_is_killed_in_the_middle() {
    let mut rig = Rig::with(|config| config.page_size = 32).await;
    rig.prove(0..300).await;
    rig.script.answer(|_| {
        let mut reply = accepted();
        reply.after = Duration::from_millis(100);
        reply
    });
    let campaign = rig.send(Audience::Everyone).await;
    let mut direct = Vec::new();
    for round in 0..20 {
        direct.push(rig.send_to(round).await);
        rig.run_for(Duration::from_millis(37)).await;
        rig.kill_and_restart().await;
    }
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.counts(campaign).await.delivered, 300);
    for id in direct {
        assert_eq!(rig.counts(id).await.delivered, 1);
    }
    let reached: HashSet<_> = rig.script.accepted().into_iter().collect();
    assert_eq!(reached.len(), 300);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn one_slow_answer_does_not_keep_a_page_open() {
    let mut rig = Rig::with(|config| config.page_size = 100).await;
    rig.prove(0..300).await;
    let slow = books::token(150);
    rig.script.answer(move |sent| {
        let mut reply = accepted();
        if sent.token == slow {
            reply.after = SECOND * 20;
        }
        reply
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    let counts = rig.counts(id).await;
    assert_eq!((counts.delivered, counts.waiting), (299, 1));
    rig.run_for(SECOND * 20).await;
    assert_eq!(rig.counts(id).await.delivered, 300);
    assert_eq!(rig.script.count(), 300);

    rig.script.forget();
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 5).await;
    rig.kill_and_restart().await;
    rig.run_for(SECOND * 120).await;
    assert_eq!(rig.counts(id).await.delivered, 300);
    assert_eq!(rig.script.count(), 301, "only the one is repeated");
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn what_was_cancelled_before_a_restart_is_not_sent_after_it() {
    let mut rig = Rig::with(|config| config.page_size = 50).await;
    rig.prove(0..200).await;
    rig.script.answer(|_| {
        let mut reply = accepted();
        reply.after = SECOND;
        reply
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND / 2).await;
    let begun = rig.script.count();
    assert!(begun > 0);
    let app = rig.books.app.id;
    rig.books.store.cancel(app, id, "test", rig.now()).await.unwrap();
    rig.kill_and_restart().await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.script.count(), begun);
    assert_eq!(rig.counts(id).await.cancelled, begun as u64);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_repeat_has_the_same_id() {
    let mut rig = Rig::new().await;
    rig.prove(0..1).await;
    rig.script.answer(|_| {
        let mut reply = accepted();
        reply.after = SECOND;
        reply
    });
    rig.send_to(0).await;
    rig.run_for(Duration::from_millis(500)).await;
    rig.kill_and_restart().await;
    rig.run_for(SECOND * 5).await;
    let sent = rig.script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].apns_id, sent[1].apns_id);
}

#[tokio::test]
async fn a_drain_finishes_what_is_on_its_way_and_doubles_nothing() {
    let mut rig = Rig::with(|config| {
        config.page_size = 32;
        config.pages_in_flight = 2;
    })
    .await;
    rig.prove(0..300).await;
    rig.script.answer(|_| {
        let mut reply = accepted();
        reply.after = SECOND / 2;
        reply
    });
    let campaign = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND).await;
    let engine = rig.engine.clone();
    let drain = tokio::spawn(async move { engine.drain(SECOND * 30).await });
    rig.run_for(SECOND * 2).await;
    let report = drain.await.unwrap();
    assert!(report.finished, "{report:?}");
    assert_eq!(rig.engine.health(), EngineHealth::Drained);
    let sent = rig.script.count();
    assert!(sent < 300);
    rig.kill_and_restart().await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.counts(campaign).await.delivered, 300);
    assert_eq!(rig.script.count(), 300, "nothing is sent twice");
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn a_second_engine_fences_the_first() {
    let mut rig = Rig::new().await;
    rig.prove(0..1).await;
    let first = rig.engine.clone();
    rig.kill_and_restart().await;
    rig.send_to(0).await;
    first.work_arrived();
    rig.run_for(SECOND * 2).await;
    rig.send_to(0).await;
    first.work_arrived();
    rig.run_for(SECOND * 5).await;
    assert_eq!(first.health(), EngineHealth::Stopped(StopCause::Fenced));
    assert_eq!(first.stopped().await, StopCause::Fenced);
    assert_eq!(rig.engine.health(), EngineHealth::Working);
}
