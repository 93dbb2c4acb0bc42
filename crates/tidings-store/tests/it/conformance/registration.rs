//! How device tokens come in and go.

use tidings_apns::{Timestamp, TokenKind};
use tidings_store::{
    AppId, DeviceFilter, ImportLine, ImportReport, ImportedDevice, Registration, StoreError,
};
use tidings_truth::{Cause, EnvironmentSet, Evidence, Generation, Sending, TokenState};

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app, app_reaching, by_installation, died, register, second, token,
};

pub(crate) async fn a_first_registration_is_unproven(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let said = Registration {
        environment: Some(SANDBOX),
        user_id: Some("ann".to_owned()),
        tags: Some(vec!["b".to_owned(), "a".to_owned(), "b".to_owned()]),
        locale: Some("de".to_owned()),
        ..Registration::default()
    };
    let device = register(&store, &app, 1, said).await;
    assert_eq!(device.standing.state, TokenState::Unproven);
    assert_eq!(device.standing.sending, Sending::OnProbation(SANDBOX));
    assert_eq!(device.kind, TokenKind::Alert);
    assert_eq!(device.tags, ["a", "b"]);
    assert_eq!(device.history.registered_at, second(1));
    assert_eq!(store.device(app.id, &token(1), second(2)).await?, Some(device));
    Ok(())
}

pub(crate) async fn a_second_registration_begins_a_generation_and_keeps_what_is_not_said(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let said = Registration {
        user_id: Some("ann".to_owned()),
        tags: Some(vec!["news".to_owned()]),
        ..Registration::default()
    };
    let first = register(&store, &app, 1, said).await;
    let said = Registration {
        user_id: Some("bob".to_owned()),
        app_version: Some("2.0".to_owned()),
        ..Registration::default()
    };
    let registered = store.register(app.id, token(1), said, second(9)).await?;
    let before = registered.before.as_ref();
    assert_eq!(before.map(|before| &before.standing), Some(&first.standing));
    let again = registered.device;
    assert_eq!(again.id, first.id);
    assert_eq!(again.history.generation, Generation(2));
    assert_eq!(
        (again.history.first_registered_at, again.history.registered_at),
        (second(1), second(9))
    );
    assert_eq!(
        (again.user_id.as_deref(), again.app_version.as_deref()),
        (Some("bob"), Some("2.0"))
    );
    assert_eq!(again.tags, ["news"]);
    let of_ann = DeviceFilter {
        user_id: Some("ann".to_owned()),
        ..DeviceFilter::default()
    };
    assert_eq!(store.devices(app.id, of_ann, None, 10, second(10)).await?, []);
    Ok(())
}

pub(crate) async fn an_installation_supersedes_its_older_token(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    register(&store, &app, 1, by_installation("i")).await;
    let of_another_kind = Registration {
        kind: Some(TokenKind::Voip),
        ..by_installation("i")
    };
    register(&store, &app, 2, of_another_kind).await;
    register(&store, &app, 3, by_installation("i")).await;
    let state = async |number: u64| -> anyhow::Result<Option<TokenState>> {
        let device = store.device(app.id, &token(number), second(9)).await?;
        Ok(device.map(|device| device.standing.state))
    };
    assert_eq!(state(1).await?, Some(TokenState::Superseded));
    assert_eq!(state(2).await?, Some(TokenState::Unproven));
    assert_eq!(state(3).await?, Some(TokenState::Unproven));
    store
        .register(app.id, token(1), by_installation("i"), second(20))
        .await?;
    assert_eq!(state(1).await?, Some(TokenState::Unproven), "it has come back");
    assert_eq!(state(3).await?, Some(TokenState::Superseded));
    Ok(())
}

pub(crate) async fn an_installation_keeps_the_tokens_of_its_live_activities(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let activity = Registration {
        kind: Some(TokenKind::LiveActivityUpdate),
        ..by_installation("i")
    };
    register(&store, &app, 1, activity.clone()).await;
    register(&store, &app, 2, activity).await;
    let first = store.device(app.id, &token(1), second(3)).await?;
    assert_eq!(
        first.map(|device| device.standing.state),
        Some(TokenState::Unproven)
    );
    Ok(())
}

pub(crate) async fn another_kind_voids_what_was_proven(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    let accepted = vec![(device.id, Generation(1), second(2))];
    store
        .record_accepted(app.id, PRODUCTION, accepted, second(2))
        .await?;
    let said = Registration {
        kind: Some(TokenKind::Voip),
        ..Registration::default()
    };
    let device = store.register(app.id, token(1), said, second(3)).await?.device;
    assert_eq!(device.kind, TokenKind::Voip);
    assert_eq!(device.history.proven(), EnvironmentSet::NONE);
    assert_eq!(device.standing.state, TokenState::Unproven);
    Ok(())
}

fn line(number: u64, registered_at: Option<Timestamp>) -> ImportLine {
    ImportLine {
        number,
        device: ImportedDevice {
            token: token(number),
            registration: Registration {
                locale: Some("imported".to_owned()),
                ..Registration::default()
            },
            registered_at,
        },
    }
}

pub(crate) async fn an_import_does_not_make_newer_things_older(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    register(&store, &app, 1, Registration::default()).await;
    register(&store, &app, 2, Registration::default()).await;
    let lines = vec![
        line(1, Some(second(0))),
        line(2, Some(second(50))),
        line(3, Some(second(50))),
        line(4, None),
    ];
    let report = store.import(app.id, lines.clone(), second(100)).await?;
    let expected = ImportReport {
        created: 2,
        updated: 1,
        unchanged: 1,
    };
    assert_eq!(report, expected);
    let known = store.device(app.id, &token(1), second(101)).await?;
    assert_eq!(known.and_then(|device| device.locale), None);
    let again = store.import(app.id, lines, second(102)).await?;
    assert_eq!(again.unchanged, 4, "an import can be repeated");
    Ok(())
}

pub(crate) async fn an_import_without_a_date_is_older_than_any_answer(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    store.import(app.id, vec![line(1, None)], second(100)).await?;
    let device = store.device(app.id, &token(1), second(101)).await?;
    let id = device.map(|device| device.id).unwrap_or_default();
    let seen = vec![(id, died(1, second(102), second(5)))];
    let changes = store.record_evidence(app.id, seen, second(102)).await?;
    assert_eq!(changes[0].1.after.state, TokenState::Unregistered);
    Ok(())
}

pub(crate) async fn a_device_is_forgotten(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let first = register(&store, &app, 1, by_installation("i")).await;
    assert!(store.forget(app.id, &token(1), "ann", second(2)).await?);
    assert!(!store.forget(app.id, &token(1), "ann", second(3)).await?);
    assert_eq!(store.device(app.id, &token(1), second(4)).await?, None);
    assert_eq!(store.count_devices(app.id).await?, []);
    let again = register(&store, &app, 1, by_installation("i")).await;
    assert!(again.id > first.id, "no id is given twice");
    assert_eq!(again.history.generation, Generation(1));
    Ok(())
}

pub(crate) async fn a_device_is_restored(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let device = register(&store, &app, 1, Registration::default()).await;
    let seen = vec![(device.id, died(1, second(5), second(5)))];
    store.record_evidence(app.id, seen, second(5)).await?;
    let restored = store.restore_device(app.id, &token(1), "ann", second(6)).await?;
    let restored = restored.map(|device| (device.standing.state, device.standing.cause));
    assert_eq!(restored, Some((TokenState::Unproven, Cause::Registered)));
    assert_eq!(
        store.restore_device(app.id, &token(2), "ann", second(7)).await?,
        None
    );
    let device = store.device(app.id, &token(1), second(8)).await?;
    let exceptions = device
        .map(|device| device.history.exceptions().to_vec())
        .unwrap_or_default();
    assert!(matches!(
        exceptions[..],
        [Evidence::Unregistered { .. }, Evidence::Restored { .. }]
    ));
    Ok(())
}

pub(crate) async fn devices_are_filtered(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    for number in 1..=600 {
        let said = Registration {
            user_id: (number % 2 == 0).then(|| "even".to_owned()),
            tags: Some(vec![format!("mod{}", number % 3)]),
            kind: (number % 5 == 0).then_some(TokenKind::Voip),
            environment: Some(if number % 7 == 0 { SANDBOX } else { PRODUCTION }),
            ..Registration::default()
        };
        register(&store, &app, number, said).await;
    }
    let count = async |filter: DeviceFilter| -> anyhow::Result<usize> {
        let (mut total, mut after) = (0, None);
        loop {
            let page = store
                .devices(app.id, filter.clone(), after, 64, second(1000))
                .await?;
            let Some(last) = page.last() else {
                return Ok(total);
            };
            after = Some(last.id);
            total += page.len();
        }
    };
    let all = DeviceFilter::default();
    assert_eq!(count(all.clone()).await?, 600);
    let even = Some("even".to_owned());
    assert_eq!(
        count(DeviceFilter {
            user_id: even.clone(),
            ..all.clone()
        })
        .await?,
        300
    );
    let tag = Some("mod0".to_owned());
    assert_eq!(
        count(DeviceFilter {
            tag: tag.clone(),
            ..all.clone()
        })
        .await?,
        200
    );
    assert_eq!(
        count(DeviceFilter {
            tag,
            user_id: even,
            ..all.clone()
        })
        .await?,
        100
    );
    assert_eq!(
        count(DeviceFilter {
            kind: Some(TokenKind::Voip),
            ..all.clone()
        })
        .await?,
        120
    );
    assert_eq!(
        count(DeviceFilter {
            environment: Some(SANDBOX),
            ..all.clone()
        })
        .await?,
        85
    );
    assert_eq!(
        count(DeviceFilter {
            state: Some(TokenState::Unproven),
            ..all.clone()
        })
        .await?,
        600
    );
    assert_eq!(
        count(DeviceFilter {
            state: Some(TokenState::Rejected),
            ..all
        })
        .await?,
        0
    );
    Ok(())
}

pub(crate) async fn a_registration_of_an_unknown_app_is_refused(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    app(&store).await;
    let refused = store
        .register(AppId(77), token(1), Registration::default(), second(1))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { what: "the app" })),
        "{refused:?}"
    );
    Ok(())
}
