//! What is kept, and how long; and copies.

use tidings_apns::{Timestamp, TokenKind};
use tidings_store::{
    DeviceId, EventId, Idempotency, OpenStoreError, PurgeReport, RecipientOutcome, Registration, Retention,
    Store,
};
use tidings_truth::{EnvironmentSet, TokenState};

use crate::given::{
    Factory, app, app_reaching, assert_conserved, begun, credential, died, done, everyone, finish, hours,
    register, register_many, second, token,
};

fn after_days(days: u64) -> Timestamp {
    second(5000).saturating_add(hours(24 * days))
}

/// A store in which something of everything has ended.
async fn old(factory: &Factory) -> anyhow::Result<(Store, tidings_store::App)> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let said = Registration {
        kind: Some(TokenKind::LiveActivityUpdate),
        ..Registration::default()
    };
    register(&store, &app, 9, said).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    finish(
        &store,
        id,
        epoch,
        vec![done(devices[0].id, RecipientOutcome::Rejected)],
    )
    .await;
    let seen = vec![(devices[0].id, died(1, second(50), second(50)))];
    store.record_evidence(app.id, seen, second(50)).await?;
    let request = Idempotency {
        api_key_id: "k".to_owned(),
        path: "/".to_owned(),
        key: "a".to_owned(),
        body_hash: [1; 32],
    };
    store.remember(request, second(50)).await?;
    Ok((store, app))
}

pub(crate) async fn what_was_kept_long_enough_goes(factory: &Factory) -> anyhow::Result<()> {
    let (store, app) = old(factory).await?;
    let retention = Retention {
        rows_at_once: 1,
        ..Retention::default()
    };
    let mut total = PurgeReport::default();
    loop {
        let report = store.purge(after_days(100), &retention).await?;
        total.devices += report.devices;
        total.aged += report.aged;
        total.notifications += report.notifications;
        total.recipients += report.recipients;
        total.idempotency += report.idempotency;
        if !report.has_more {
            break;
        }
    }
    let gone = (
        total.devices,
        total.aged,
        total.notifications,
        total.recipients,
        total.idempotency,
    );
    assert_eq!(gone, (2, 1, 1, 1, 1));
    let events = store.events(EventId(0), None, 10).await?;
    assert!(
        events.iter().all(|event| event.at == after_days(100)),
        "only what was found out now is left"
    );
    assert_eq!(store.device(app.id, &token(1), after_days(100)).await?, None);
    let counts = store.count_devices(app.id).await?;
    assert_eq!(
        counts
            .iter()
            .map(|count| (count.state, count.count))
            .collect::<Vec<_>>(),
        [(TokenState::Unproven, 3)]
    );
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn what_is_not_old_enough_stays(factory: &Factory) -> anyhow::Result<()> {
    let (store, app) = old(factory).await?;
    let report = store.purge(second(60), &Retention::default()).await?;
    assert_eq!(report, PurgeReport::default());
    let report = store.purge(after_days(2), &Retention::default()).await?;
    let aged = PurgeReport {
        aged: 1,
        idempotency: 1,
        ..PurgeReport::default()
    };
    assert_eq!(report, aged);
    assert!(store.device(app.id, &token(1), second(60)).await?.is_some());
    Ok(())
}

pub(crate) async fn a_backup_is_a_store(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let secret = credential(EnvironmentSet::BOTH);
    store
        .add_credential(app.id, secret.clone(), "ann", second(1))
        .await?;
    let devices = register_many(&store, &app, 1..5).await;
    let to = factory.directory().join("copy.db");
    let report = store.backup(&to).await?;
    register_many(&store, &app, 5..9).await;
    assert_eq!(
        (report.bytes, report.path.as_path()),
        (std::fs::metadata(&to)?.len(), to.as_path())
    );
    assert_eq!(report.sha256.len(), 64);
    let again = store.backup(&to).await;
    assert!(
        matches!(again, Err(OpenStoreError::Backup { .. })),
        "nothing is overwritten"
    );
    let elsewhere = factory.directory().join("elsewhere");
    Store::restore_backup(&to, &elsewhere).await?;
    let mut config = factory.config();
    config.directory = elsewhere;
    let restored = Store::open(&config).await?;
    let found = restored
        .devices(
            app.id,
            tidings_store::DeviceFilter::default(),
            None,
            10,
            second(9),
        )
        .await?;
    assert_eq!(found, devices);
    let unsealed = restored.credential_secret(secret.id).await?;
    assert_eq!(unsealed.as_deref(), Some(&*secret.secret));
    assert!(register(&restored, &app, 77, Registration::default()).await.id > DeviceId::START);
    Ok(())
}

pub(crate) async fn a_backup_is_not_put_over_a_database(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let to = factory.directory().join("copy.db");
    store.backup(&to).await?;
    let refused = Store::restore_backup(&to, factory.directory()).await;
    assert!(
        matches!(refused, Err(OpenStoreError::Exists { .. })),
        "{refused:?}"
    );
    Ok(())
}

pub(crate) async fn a_damaged_backup_is_refused(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let to = factory.directory().join("copy.db");
    store.backup(&to).await?;
    let mut bytes = std::fs::read(&to)?;
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&to, bytes)?;
    let elsewhere = factory.directory().join("elsewhere");
    let refused = Store::restore_backup(&to, &elsewhere).await;
    assert!(
        matches!(refused, Err(OpenStoreError::Corrupt { .. })),
        "{refused:?}"
    );
    assert!(!elsewhere.join("tidings.db").exists());
    let nothing = Store::restore_backup(&factory.directory().join("no.db"), &elsewhere).await;
    assert!(
        matches!(nothing, Err(OpenStoreError::Backup { .. })),
        "{nothing:?}"
    );
    Ok(())
}
