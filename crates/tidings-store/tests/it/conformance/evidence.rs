//! What is learned of device tokens.

use tidings_store::{
    App, Device, DeviceCount, DeviceFilter, DeviceId, EventId, EventKind, ImportLine, ImportedDevice,
    Registration, Store,
};
use tidings_truth::{Cause, EnvironmentSet, Evidence, Generation, TokenState};

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app_reaching, bad, credential, died, register, register_many, second, token,
};

async fn accept(store: &Store, app: &App, device: DeviceId, generation: u32, at: u64) -> anyhow::Result<()> {
    let accepted = vec![(device, Generation(generation), second(at))];
    Ok(store
        .record_accepted(app.id, PRODUCTION, accepted, second(at))
        .await?)
}

async fn state(store: &Store, app: &App, number: u64) -> anyhow::Result<TokenState> {
    let device = store.device(app.id, &token(number), second(1_000_000)).await?;
    Ok(device.map(|device| device.standing.state).expect("the device"))
}

pub(crate) async fn an_acceptance_proves_a_token_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    accept(&store, &app, device.id, 1, 10).await?;
    accept(&store, &app, device.id, 1, 20).await?;
    let device = store
        .device(app.id, &token(1), second(30))
        .await?
        .expect("the device");
    assert_eq!(device.standing.state, TokenState::Active);
    let accepted = device.history.accepted(PRODUCTION).expect("an acceptance");
    assert_eq!(
        (accepted.first_at, accepted.last_at),
        (second(10), second(10)),
        "the second changes nothing"
    );
    accept(&store, &app, device.id, 1, 10 + 24 * 3600).await?;
    let device = store
        .device(app.id, &token(1), second(30))
        .await?
        .expect("the device");
    let accepted = device.history.accepted(PRODUCTION).expect("an acceptance");
    assert_eq!(accepted.last_at, second(10 + 24 * 3600));
    Ok(())
}

pub(crate) async fn a_death_ends_a_token_until_it_registers_again(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    accept(&store, &app, device.id, 1, 10).await?;
    let seen = vec![(device.id, died(1, second(20), second(15)))];
    let changes = store.record_evidence(app.id, seen, second(20)).await?;
    let change = &changes[0].1;
    assert_eq!(
        (change.before, change.after.state),
        (TokenState::Active, TokenState::Unregistered)
    );
    let events = store.events(EventId(0), Some(app.id), 100).await?;
    let last = events.last().expect("an event");
    assert_eq!(last.kind, EventKind::DeviceRetired);
    assert_eq!(
        (&last.data["before"], &last.data["after"]),
        (&"active".into(), &"unregistered".into())
    );
    store
        .register(app.id, token(1), Registration::default(), second(30))
        .await?;
    assert_eq!(state(&store, &app, 1).await?, TokenState::Active);
    Ok(())
}

pub(crate) async fn a_late_answer_to_an_older_generation_changes_nothing(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    store
        .register(app.id, token(1), Registration::default(), second(30))
        .await?;
    let seen = vec![(device.id, died(1, second(40), second(40)))];
    let changes = store.record_evidence(app.id, seen, second(40)).await?;
    assert_eq!(changes[0].1.after.state, TokenState::Unproven);
    Ok(())
}

pub(crate) async fn what_was_accepted_lately_is_settled(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    let settled = async |at: u64| -> anyhow::Result<bool> {
        let found = store
            .addressees_by_id(app.id, vec![device.id], second(at))
            .await?;
        Ok(found[0].settled)
    };
    assert!(!settled(5).await?);
    accept(&store, &app, device.id, 1, 10).await?;
    assert!(settled(11).await?);
    assert!(settled(9 + 24 * 3600).await?);
    assert!(!settled(10 + 24 * 3600).await?, "once a day it is written down");
    store
        .register(app.id, token(1), Registration::default(), second(20))
        .await?;
    assert!(!settled(21).await?, "of the new generation nothing is known");
    accept(&store, &app, device.id, 2, 30).await?;
    assert!(settled(31).await?);
    store
        .record_evidence(app.id, vec![(device.id, bad(PRODUCTION, second(40)))], second(40))
        .await?;
    assert!(settled(41).await?, "that was said of an older generation");
    Ok(())
}

pub(crate) async fn evidence_about_forgotten_devices_is_dropped(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    store.forget(app.id, &token(1), "ann", second(2)).await?;
    let seen = vec![(device.id, bad(PRODUCTION, second(3)))];
    assert_eq!(store.record_evidence(app.id, seen, second(3)).await?, []);
    accept(&store, &app, device.id, 1, 4).await?;
    assert_eq!(store.count_devices(app.id).await?, []);
    Ok(())
}

pub(crate) async fn counts_follow_every_change(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    accept(&store, &app, devices[0].id, 1, 10).await?;
    accept(&store, &app, devices[1].id, 1, 10).await?;
    let seen = vec![(devices[1].id, died(1, second(20), second(20)))];
    store.record_evidence(app.id, seen, second(20)).await?;
    store.forget(app.id, &token(3), "ann", second(21)).await?;
    let count = |state, environment, count| DeviceCount {
        state,
        environment,
        count,
    };
    let mut counts = store.count_devices(app.id).await?;
    counts.sort_by_key(|count| count.state);
    let expected = [
        count(TokenState::Unproven, None, 1),
        count(TokenState::Active, Some(PRODUCTION), 1),
        count(TokenState::Unregistered, Some(PRODUCTION), 1),
    ];
    assert_eq!(counts, expected);
    Ok(())
}

/// Two tellings of a token that is proven, an hour apart: it is given up where nothing else can be tried.
async fn reject(store: &Store, app: &App, device: &Device) -> anyhow::Result<TokenState> {
    accept(store, app, device.id, 1, 10).await?;
    for at in [20, 20 + 3600] {
        let seen: Vec<(DeviceId, Evidence)> = vec![(device.id, bad(PRODUCTION, second(at)))];
        store.record_evidence(app.id, seen, second(at)).await?;
    }
    state(store, app, 1).await
}

pub(crate) async fn another_credential_gives_rejected_tokens_a_chance(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    assert_eq!(reject(&store, &app, &device).await?, TokenState::Rejected);
    let sandbox = credential(EnvironmentSet::NONE.with(SANDBOX));
    store.add_credential(app.id, sandbox, "ann", second(9000)).await?;
    let device = store
        .device(app.id, &token(1), second(9001))
        .await?
        .expect("the device");
    assert_eq!(device.standing.state, TokenState::Quarantined);
    assert_eq!(
        device.standing.cause,
        Cause::ProvenAndBad {
            environment: PRODUCTION
        }
    );
    let found = store
        .addressees_by_id(app.id, vec![device.id], second(9001))
        .await?;
    assert_eq!(found[0].sending, device.standing.sending);
    let counts = store.count_devices(app.id).await?;
    assert_eq!(
        counts
            .iter()
            .map(|count| (count.state, count.count))
            .collect::<Vec<_>>(),
        [(TokenState::Quarantined, 1)]
    );
    Ok(())
}

pub(crate) async fn what_fails_is_counted_beside_what_does_well(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let of_build = |build: &str| Registration {
        environment: Some(PRODUCTION),
        app_version: Some(build.to_owned()),
        ..Registration::default()
    };
    let good = register(&store, &app, 1, of_build("811")).await;
    let refused = register(&store, &app, 2, of_build("812")).await;
    let misplaced = register(
        &store,
        &app,
        3,
        Registration {
            environment: Some(SANDBOX),
            ..of_build("811")
        },
    )
    .await;
    register(&store, &app, 4, of_build("811")).await;
    accept(&store, &app, good.id, 1, 10).await?;
    accept(&store, &app, misplaced.id, 1, 10).await?;
    for environment in [PRODUCTION, SANDBOX] {
        let seen = vec![(refused.id, bad(environment, second(20)))];
        store.record_evidence(app.id, seen, second(20)).await?;
    }
    let sample = store.cohorts(app.id).await?;
    let mut counts: Vec<_> = sample
        .cohorts
        .iter()
        .map(|cohort| {
            let traits = &cohort.traits;
            let build = traits.app_version.as_deref().unwrap_or_default();
            (
                build,
                traits.claimed,
                cohort.refused,
                cohort.misplaced,
                cohort.healthy,
            )
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(
        counts,
        [
            ("811", Some(PRODUCTION), 0, 0, 1),
            ("811", Some(SANDBOX), 0, 1, 0),
            ("812", Some(PRODUCTION), 1, 0, 0),
        ],
        "one that was never sent to says nothing"
    );
    assert!(sample.is_whole);
    let other = crate::given::app_named(&store, "com.example.other").await;
    assert_eq!(
        store.cohorts(other.id).await?.counted(),
        0,
        "other apps are not counted"
    );
    Ok(())
}

pub(crate) async fn of_many_devices_a_sample_is_counted(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let known = |number| ImportLine {
        number,
        device: ImportedDevice {
            token: token(number),
            registration: Registration::default(),
            registered_at: None,
        },
    };
    for first in [0, 10_000, 20_000] {
        let lines = (first..first + 10_000).map(known).collect();
        store.import(app.id, lines, second(1)).await?;
    }
    let devices = store
        .devices(app.id, DeviceFilter::default(), None, 30_000, second(2))
        .await?;
    let accepted = devices
        .iter()
        .map(|device| (device.id, Generation(1), second(10)));
    store
        .record_accepted(app.id, PRODUCTION, accepted.collect(), second(10))
        .await?;
    let sample = store.cohorts(app.id).await?;
    assert!(!sample.is_whole);
    assert!(
        (10_000..=10_240).contains(&sample.counted()),
        "{}",
        sample.counted()
    );
    Ok(())
}
