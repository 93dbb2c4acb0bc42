//! What happens is told, and a million of the same are not told a million times.

use std::collections::BTreeSet;

use serde_json::json;
use tidings_store::{
    App, DeviceId, Event, EventId, EventKind, RecipientException, RecipientOutcome, Registration, Store,
};
use tidings_truth::{EnvironmentSet, Generation};

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app_reaching, begun, credential, died, done, everyone, finish, hours,
    register, register_many, second, token,
};

async fn told(store: &Store, kind: EventKind) -> anyhow::Result<Vec<Event>> {
    let events = store.events(EventId(0), None, 10_000).await?;
    // What is written is what is declared, whatever it is.
    for event in &events {
        let declared: BTreeSet<&str> = event.kind.fields().iter().map(|field| field.name).collect();
        let written = event.data.as_object().expect("an object").keys();
        assert_eq!(declared, written.map(String::as_str).collect(), "{event:?}");
    }
    Ok(events.into_iter().filter(|event| event.kind == kind).collect())
}

fn claiming(environment: tidings_apns::Environment) -> Registration {
    Registration {
        environment: Some(environment),
        ..Registration::default()
    }
}

async fn accept(store: &Store, app: &App, devices: &[DeviceId], at: u64) -> anyhow::Result<()> {
    let accepted = devices.iter().map(|id| (*id, Generation(1), second(at)));
    Ok(store
        .record_accepted(app.id, PRODUCTION, accepted.collect(), second(at))
        .await?)
}

pub(crate) async fn what_is_learned_together_is_told_together(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 0..30).await;
    let ids: Vec<DeviceId> = devices.iter().map(|device| device.id).collect();
    accept(&store, &app, &ids, 40).await?;
    accept(&store, &app, &ids, 100_000).await?;
    let learned = told(&store, EventKind::DeviceLearned).await?;
    assert_eq!(learned.len(), 1, "{learned:?}");
    let says = &learned[0].data;
    assert_eq!(
        (&says["environment"], &says["count"]),
        (&json!("production"), &json!(30))
    );
    assert_eq!(says["devices"].as_array().map(Vec::len), Some(20));
    assert_eq!(learned[0].at, second(40));
    Ok(())
}

pub(crate) async fn a_right_claim_is_no_news_and_a_wrong_one_is_told_once(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let right = register(&store, &app, 1, claiming(PRODUCTION)).await;
    let wrong = register(&store, &app, 2, claiming(SANDBOX)).await;
    accept(&store, &app, &[right.id], 10).await?;
    assert_eq!(told(&store, EventKind::DeviceLearned).await?, []);
    accept(&store, &app, &[wrong.id], 10).await?;
    // It says so at every launch.
    for at in [20, 30] {
        store
            .register(app.id, token(2), claiming(SANDBOX), second(at))
            .await?;
    }
    let conflicts = told(&store, EventKind::RegistrationConflict).await?;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(
        (&conflicts[0].data["claimed"], &conflicts[0].data["proven"]),
        (&json!("sandbox"), &json!("production"))
    );
    // One that was right says the wrong thing from now on.
    store
        .register(app.id, token(1), claiming(SANDBOX), second(40))
        .await?;
    assert_eq!(told(&store, EventKind::RegistrationConflict).await?.len(), 2);
    Ok(())
}

pub(crate) async fn the_first_failures_of_a_notification_are_told(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 0..150).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    let rejected = |id: DeviceId| RecipientException {
        status: Some(400),
        reason: Some("BadDeviceToken".into()),
        attempts: 2,
        ..done(id, RecipientOutcome::Rejected)
    };
    let mut exceptions: Vec<_> = devices[..120].iter().map(|device| rejected(device.id)).collect();
    exceptions[0] = done(devices[0].id, RecipientOutcome::Cancelled);
    finish(&store, id, epoch, exceptions).await;
    let failed = told(&store, EventKind::RecipientFailed).await?;
    assert_eq!(failed.len(), 100);
    let says = &failed[0].data;
    assert_eq!(failed[0].subject, id.to_string());
    assert_eq!(
        says,
        &json!({
            "notification_id": id, "device": tidings_store::fingerprint(&token(1)), "outcome": "rejected",
            "status": 400, "reason": "BadDeviceToken", "environment": null, "attempts": 2,
        })
    );
    let finished = told(&store, EventKind::NotificationFinished).await?;
    assert_eq!(finished[0].data["counts"]["rejected"], 119);
    assert!(failed.iter().all(|event| event.id < finished[0].id));
    Ok(())
}

pub(crate) async fn many_deaths_at_once_are_a_wave_and_told_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 0..400).await;
    for (place, some) in devices.chunks(80).enumerate() {
        let at = second(1_000 + place as u64);
        let seen = some.iter().map(|device| (device.id, died(1, at, at)));
        store.record_evidence(app.id, seen.collect(), at).await?;
    }
    let waves = told(&store, EventKind::DeviceUnregisteredWave).await?;
    assert_eq!(waves.len(), 1, "{waves:?}");
    assert_eq!(waves[0].subject, "com.example.app");
    assert_eq!(waves[0].data["count"], 160);
    assert_eq!(told(&store, EventKind::DeviceRetired).await?.len(), 400);
    Ok(())
}

pub(crate) async fn the_end_of_a_credential_is_told_three_times(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let mut certificate = credential(EnvironmentSet::BOTH);
    let end = second(100 * 24 * 3_600);
    certificate.not_after = Some(end);
    store
        .add_credential(app.id, certificate, "tests", second(0))
        .await?;
    for hours_left in (1..24 * 40).rev() {
        let now = end.saturating_sub(hours(hours_left));
        store.warn_of_credentials(now).await?;
        store.warn_of_credentials(now).await?;
    }
    assert_eq!(store.warn_of_credentials(end).await?, 0, "it is over");
    let expiring = told(&store, EventKind::CredentialExpiring).await?;
    let left: Vec<_> = expiring.iter().map(|event| &event.data["days_left"]).collect();
    assert_eq!(left, [&json!(30), &json!(7), &json!(1)]);
    assert_eq!(expiring[2].at, end.saturating_sub(hours(24)));
    Ok(())
}
