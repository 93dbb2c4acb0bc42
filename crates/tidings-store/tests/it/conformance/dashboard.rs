//! Who may see the dashboard, and what is looked for on its pages.

use tidings_store::{DashboardPass, DashboardRole, DeviceId, EventKind, NewEvent, RecipientOutcome};

use crate::given::{Factory, app, begun, done, everyone, finish, register_many, second};

fn pass(number: u8, from: u64) -> DashboardPass {
    DashboardPass {
        secret_hash: [number; 32],
        role: DashboardRole::Operator,
        name: "ann".to_owned(),
        made_by: "tidings".to_owned(),
        created_at: second(from),
        expires_at: second(from + 100),
    }
}

pub(crate) async fn a_link_to_the_dashboard_is_taken_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    store.add_dashboard_link(pass(1, 0), second(0)).await?;
    store.add_dashboard_link(pass(2, 0), second(0)).await?;
    assert_eq!(store.take_dashboard_link([9; 32], second(1)).await?, None);
    assert_eq!(
        store.take_dashboard_link([1; 32], second(1)).await?,
        Some(pass(1, 0))
    );
    assert_eq!(store.take_dashboard_link([1; 32], second(2)).await?, None);
    let late = store.take_dashboard_link([2; 32], second(100)).await?;
    assert_eq!(late, None, "it has expired");
    Ok(())
}

pub(crate) async fn a_session_is_there_until_it_ends(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    store.begin_dashboard_session(pass(1, 0), second(0)).await?;
    store.begin_dashboard_session(pass(2, 5), second(5)).await?;
    assert_eq!(store.dashboard_session([1; 32]).await?, Some(pass(1, 0)));
    assert_eq!(
        store.dashboard_sessions(second(6)).await?,
        [pass(2, 5), pass(1, 0)]
    );
    assert!(store.end_dashboard_session([1; 32], "ann", second(7)).await?);
    assert!(!store.end_dashboard_session([1; 32], "ann", second(7)).await?);
    assert_eq!(store.dashboard_session([1; 32]).await?, None);
    assert_eq!(store.dashboard_sessions(second(105)).await?, []);
    let audit = store.newest_audit(None, 10).await?;
    let actions: Vec<_> = audit.iter().map(|record| record.entry.action.as_str()).collect();
    let expected = [
        "dashboard.signed_out",
        "dashboard.signed_in",
        "dashboard.signed_in",
    ];
    assert_eq!(actions, expected, "the newest first");
    let before = store.newest_audit(Some(audit[0].number), 1).await?;
    assert_eq!(before, audit[1..2]);
    Ok(())
}

pub(crate) async fn only_so_many_links_are_kept(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    for number in 0..=100 {
        store
            .add_dashboard_link(pass(number, u64::from(number) / 10), second(10))
            .await?;
    }
    assert_eq!(
        store.take_dashboard_link([100; 32], second(11)).await?,
        Some(pass(100, 10))
    );
    let mut kept = 0;
    for number in 0..100 {
        kept += usize::from(
            store
                .take_dashboard_link([number; 32], second(11))
                .await?
                .is_some(),
        );
    }
    assert_eq!(kept, 99, "the oldest has gone");
    Ok(())
}

pub(crate) async fn the_newest_events_are_found_by_what_they_happened_to(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    for subject in ["a", "b", "a"] {
        let event = NewEvent {
            app_id: None,
            kind: EventKind::DeviceForgotten,
            subject: subject.to_owned(),
            data: serde_json::json!({}),
        };
        store.append_event(event, second(1)).await?;
    }
    let subjects =
        |events: Vec<tidings_store::Event>| -> Vec<i64> { events.iter().map(|event| event.id.0).collect() };
    let all = subjects(store.newest_events(None, 100, 100).await?);
    assert_eq!(all.len(), 3);
    assert_eq!(
        subjects(store.newest_events(Some("a"), 100, 100).await?),
        [all[0], all[2]]
    );
    assert_eq!(
        subjects(store.newest_events(Some("b"), 1, 100).await?),
        [0_i64; 0]
    );
    assert_eq!(subjects(store.newest_events(None, 100, 1).await?), all[..1]);
    Ok(())
}

pub(crate) async fn recipients_that_were_not_simply_delivered_are_found_without_looking_at_all(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let devices = register_many(&store, &app, 1..4).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    let outcomes = vec![
        done(devices[0].id, RecipientOutcome::Rejected),
        done(devices[1].id, RecipientOutcome::Delivered),
        done(devices[2].id, RecipientOutcome::Rejected),
    ];
    finish(&store, id, epoch, outcomes).await;
    let found = async |among| -> anyhow::Result<Vec<_>> {
        let found = store.recent_exceptions(among).await?;
        assert!(
            found
                .iter()
                .all(|one| one.notification_id == id && one.app_id == app.id)
        );
        Ok(found.iter().map(|one| one.recipient.device_id).collect())
    };
    assert_eq!(found(100).await?, [devices[2].id, devices[0].id]);
    assert_eq!(found(2).await?, [devices[2].id]);
    let by_id = store
        .device_by_id(devices[1].id, second(20))
        .await?
        .expect("the device");
    assert_eq!((by_id.0, by_id.1.token), (app.id, devices[1].token.clone()));
    assert_eq!(store.device_by_id(DeviceId(1), second(20)).await?, None);
    let all = tidings_store::DeviceFilter::default();
    let page = store
        .devices_among(app.id, all.clone(), None, 2, 1000, second(20))
        .await?;
    assert_eq!((page.0.len(), page.1), (2, Some(devices[1].id)));
    let rest = store
        .devices_among(app.id, all, page.1, 2, 1000, second(20))
        .await?;
    assert_eq!((rest.0.len(), rest.1), (1, None), "that was the end");
    let nobody = tidings_store::DeviceFilter {
        state: Some(tidings_truth::TokenState::Active),
        ..tidings_store::DeviceFilter::default()
    };
    let bounded = store
        .devices_among(app.id, nobody, None, 2, 1, second(20))
        .await?;
    assert_eq!((bounded.0.len(), bounded.1), (0, Some(devices[2].id)));
    assert_eq!(store.count_doubted(uuid::Uuid::nil(), 10).await?, 0);
    Ok(())
}
