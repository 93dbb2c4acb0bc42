//! What answers make of device tokens, and where notifications go then.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidings_apns::Environment;
use tidings_store::Audience;
use tidings_truth::TokenState;

use crate::books;
use crate::rig::Rig;
use crate::script::{accepted, refused, refused_for, unregistered};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_token_of_the_other_environment_is_sent_on_at_once_and_learned() {
    let rig = Rig::new().await;
    rig.script.answer(|sent| match sent.environment {
        Environment::Production => refused(400, "BadDeviceToken"),
        Environment::Sandbox => accepted(),
    });
    rig.register(0..1, Some(Environment::Production)).await;
    let id = rig.send_to(0).await;
    rig.run_for(SECOND).await;
    let counts = rig.counts(id).await;
    assert_eq!((counts.delivered, counts.rejected), (1, 0));
    let device = rig.books.device(&books::token(0), rig.now()).await;
    assert_eq!(device.standing.state, TokenState::Active);
    assert_eq!(device.standing.environment, Some(Environment::Sandbox));
    assert!(device.standing.claim_is_wrong);
    rig.script.forget();
    rig.send_to(0).await;
    rig.run_for(SECOND).await;
    let sent = rig.script.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].environment, Environment::Sandbox);
    assert_eq!(rig.engine.counters().rerouted, 1);
}

#[tokio::test]
async fn a_broadcast_of_mixed_environments_reaches_everybody() {
    let rig = Rig::with(|config| config.page_size = 32).await;
    rig.script.answer(|sent| {
        let is_sandbox = sent.token.as_bytes()[7] % 3 == 0;
        let here = sent.environment == Environment::Sandbox;
        if is_sandbox == here {
            accepted()
        } else {
            refused(400, "BadDeviceToken")
        }
    });
    rig.register(0..200, None).await;
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.counts(id).await.delivered, 200);
    rig.books.assert_conserved().await;
}

#[tokio::test]
async fn an_app_that_was_deleted_is_not_pushed_to_again_and_comes_back_by_registering() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let dead_at = rig.now().saturating_add(SECOND);
    rig.run_for(SECOND * 10).await;
    rig.script.answer(move |_| unregistered(dead_at));
    let first = rig.send_to(0).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(first).await.rejected, 1);
    let second = rig.send_to(0).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(second).await.undeliverable, 1);
    assert_eq!(rig.script.count(), 1);
    let device = rig.books.device(&books::token(0), rig.now()).await;
    assert_eq!(device.standing.state, TokenState::Unregistered);

    rig.script.answer(|_| accepted());
    rig.register(0..1, Some(Environment::Production)).await;
    let third = rig.send_to(0).await;
    rig.run_for(SECOND).await;
    assert_eq!(rig.counts(third).await.delivered, 1);
}

#[tokio::test]
async fn a_storm_of_410_is_taken_at_its_word_and_opens_no_incident() {
    let rig = Rig::with(|config| config.page_size = 64).await;
    rig.prove(0..300).await;
    rig.run_for(SECOND * 5).await;
    let dead_at = rig.now();
    rig.script.answer(move |_| unregistered(dead_at));
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.counts(id).await.rejected, 300);
    assert_eq!(rig.script.count(), 300);
    assert!(rig.books.incidents().await.is_empty());
    rig.script.answer(|_| accepted());
    rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(rig.script.count(), 300, "nobody is pushed to again");
    rig.books.assert_conserved().await;
}

/// A campaign to this many proven device tokens, of which APNs says that all are dead; then another.
async fn a_wave_of_410(count: usize) {
    let rig = Rig::new().await;
    rig.script.remember_nothing();
    rig.prove(0..count).await;
    let before = peak_memory();
    let (dead_at, pushes) = (rig.now(), Arc::new(AtomicUsize::new(0)));
    let pushed = Arc::clone(&pushes);
    rig.script.answer(move |_| {
        pushed.fetch_add(1, Ordering::Relaxed);
        unregistered(dead_at)
    });
    let id = rig.send(Audience::Everyone).await;
    while rig.counts(id).await.rejected < count as u64 {
        rig.run_for(SECOND * 5).await;
        rig.books.assert_conserved().await;
        assert!(
            rig.now() < dead_at.saturating_add(HOUR),
            "{:?}",
            rig.counts(id).await
        );
    }
    rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 30).await;
    assert_eq!(
        pushes.load(Ordering::Relaxed),
        count,
        "each once, and nobody again"
    );
    assert!(rig.books.incidents().await.is_empty());
    let counts = rig
        .books
        .store
        .count_devices(rig.books.app.id)
        .await
        .expect("counts");
    let ended = counts
        .iter()
        .filter(|row| row.state == TokenState::Unregistered && row.count > 0);
    assert_eq!(ended.map(|row| row.count).sum::<u64>(), count as u64);
    rig.books.assert_conserved().await;
    let grown = peak_memory().saturating_sub(before) >> 20;
    assert!(grown <= 128, "{grown} MiB more for {count} answers");
}

/// The most memory that this process has had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.expect("a number") << 10
}

#[tokio::test]
async fn a_wave_of_410_ends_each_token_once() {
    a_wave_of_410(5_000).await;
}

#[tokio::test]
#[ignore = "takes minutes; by hand, with --release and --ignored: the same with a million"]
async fn a_wave_of_a_million_410_ends_each_token_once() {
    a_wave_of_410(1_000_000).await;
}

#[tokio::test]
async fn what_waits_for_a_token_in_doubt_goes_one_after_the_other() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    // A death of before the registration is not believed for a day; nor is it forgotten.
    let long_ago = rig.now().saturating_sub(HOUR * 10);
    rig.script.answer(move |_| unregistered(long_ago));
    for _ in 0..10 {
        rig.send_to(0).await;
        rig.run_for(SECOND).await;
    }
    assert_eq!(rig.script.count(), 1);
    let mut hours = 0;
    while rig.script.count() == 1 {
        rig.run_in_steps(HOUR, MINUTE).await;
        hours += 1;
        assert!(hours < 50, "it is never tried again");
    }
    assert_eq!(rig.script.count(), 2, "one is sent, and tells for all");
}

#[tokio::test]
async fn one_device_that_gets_too_many_waits_and_the_others_do_not() {
    let rig = Rig::new().await;
    rig.prove(0..50).await;
    let mut refusals = 2;
    let busy = books::token(0);
    rig.script.answer(move |sent| {
        if sent.token == busy && refusals > 0 {
            refusals -= 1;
            return refused(429, "TooManyRequests");
        }
        accepted()
    });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(Duration::from_millis(1)).await;
    assert_eq!(rig.counts(id).await.delivered, 49);
    rig.run_for(SECOND * 10).await;
    assert_eq!(rig.counts(id).await.delivered, 50);
}

#[tokio::test]
async fn retry_after_is_the_least_and_an_hour_the_most() {
    for (asked, least, most) in [(90, 90, 95), (1_000_000, 3_600, 3_610)] {
        let rig = Rig::new().await;
        rig.prove(0..1).await;
        let mut first = true;
        rig.script.answer(move |_| {
            if std::mem::take(&mut first) {
                refused_for(429, "TooManyRequests", Duration::from_secs(asked))
            } else {
                accepted()
            }
        });
        rig.send_to(0).await;
        rig.run_for(Duration::from_secs(most + 60)).await;
        let sent = rig.script.sent();
        let waited = sent[1].at.saturating_since(sent[0].at).as_secs();
        assert!((least..=most).contains(&waited), "waited {waited} s");
    }
}

#[tokio::test]
async fn dead_tokens_among_live_ones_cost_nobody_else_anything() {
    let rig = Rig::with(|config| config.page_size = 50).await;
    rig.prove(0..200).await;
    let now = rig.now();
    rig.script
        .answer(move |sent| match sent.token.as_bytes()[7] % 10 {
            0 => unregistered(now),
            1 => refused(410, "ExpiredToken"),
            _ => accepted(),
        });
    let id = rig.send(Audience::Everyone).await;
    rig.run_for(SECOND * 10).await;
    let counts = rig.counts(id).await;
    assert_eq!((counts.delivered, counts.rejected), (160, 40));
    let mut states: HashMap<TokenState, usize> = HashMap::new();
    for number in 0..200 {
        let device = rig.books.device(&books::token(number), rig.now()).await;
        *states.entry(device.standing.state).or_default() += 1;
    }
    assert_eq!(states[&TokenState::Active], 160);
    assert_eq!(states[&TokenState::Unregistered], 40);
}
