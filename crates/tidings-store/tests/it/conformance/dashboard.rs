//! Who may see the dashboard, and what is looked for on its pages.

use anyhow::Context as _;
use tidings_store::{
    DashboardPass, DashboardRole, DeviceId, EventKind, NewEvent, Person, RecipientOutcome, SignedInBy, Store,
};

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
    let by = SignedInBy::Key;
    store.begin_dashboard_session(pass(1, 0), by, second(0)).await?;
    store.begin_dashboard_session(pass(2, 5), by, second(5)).await?;
    let first = store.dashboard_session([1; 32]).await?.context("it is there")?;
    assert_eq!((&first.pass, first.person), (&pass(1, 0), None));
    store.dashboard_session_seen([1; 32], second(4)).await?;
    let all = store.dashboard_sessions(second(6)).await?;
    assert_eq!((all.len(), &all[0].pass), (2, &pass(2, 5)), "the newest first");
    assert_eq!(all[1].seen_at, second(4));
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

/// Somebody by their name.
async fn known(store: &Store, name: &str) -> anyhow::Result<Person> {
    let found = store.person_by_name(name).await?;
    Ok(found.context("nobody has this name")?.person)
}

pub(crate) async fn a_person_is_known_from_the_first_link_and_by_one_name(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    assert!(store.person_by_name("ann").await?.is_none());
    let by = SignedInBy::Link;
    store.begin_dashboard_session(pass(1, 0), by, second(0)).await?;
    let ann = known(&store, "ANN").await?;
    assert_eq!((ann.role, ann.has_password), (DashboardRole::Operator, false));
    let session = store.dashboard_session([1; 32]).await?.context("a session")?;
    assert_eq!(session.person, Some(ann.id));
    store.dashboard_session_seen([1; 32], second(9)).await?;
    assert_eq!(known(&store, "ann").await?.seen_at, second(9));
    let lower = DashboardPass {
        role: DashboardRole::Viewer,
        name: "Ann".to_owned(),
        ..pass(2, 1)
    };
    store.begin_dashboard_session(lower, by, second(10)).await?;
    let again = known(&store, "ann").await?;
    assert_eq!((again.id, again.role), (ann.id, DashboardRole::Viewer));
    let more_allowed = store.dashboard_session([1; 32]).await?;
    assert_eq!(more_allowed, None, "what allows something else has ended");
    assert_eq!(store.people().await?, [again]);
    Ok(())
}

pub(crate) async fn nobody_has_so_many_sessions_that_others_lose_theirs(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let other = DashboardPass {
        name: "bob".to_owned(),
        ..pass(200, 0)
    };
    store
        .begin_dashboard_session(other, SignedInBy::Link, second(0))
        .await?;
    for number in 0..60 {
        let session = pass(number, u64::from(number));
        store
            .begin_dashboard_session(session, SignedInBy::Link, second(60))
            .await?;
    }
    assert_eq!(store.dashboard_sessions(second(60)).await?.len(), 51);
    assert!(store.dashboard_session([200; 32]).await?.is_some());
    assert!(store.dashboard_session([59; 32]).await?.is_some());
    assert!(
        store.dashboard_session([9; 32]).await?.is_none(),
        "the oldest has gone"
    );
    Ok(())
}

pub(crate) async fn a_password_ends_other_sessions_and_goes_with_its_person(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    for number in [1, 2] {
        store
            .begin_dashboard_session(pass(number, 0), SignedInBy::Link, second(0))
            .await?;
    }
    let ann = known(&store, "ann").await?.id;
    let set = store.set_dashboard_password(ann, "hash".to_owned(), [1; 32], "ann", second(1));
    assert!(set.await?);
    assert_eq!(store.dashboard_session([2; 32]).await?, None);
    let secret = store.person(ann).await?.context("she is known")?;
    assert_eq!(secret.password.as_deref(), Some("hash"));
    assert!(!format!("{secret:?}").contains("hash"));
    assert!(store.remove_dashboard_password(ann, "bob", second(2)).await?);
    assert!(!store.remove_dashboard_password(ann, "bob", second(2)).await?);
    store.add_dashboard_link(pass(3, 3), second(3)).await?;
    assert!(store.remove_person(ann, "bob", second(4)).await?);
    assert!(!store.remove_person(ann, "bob", second(4)).await?);
    assert_eq!(store.dashboard_session([1; 32]).await?, None);
    assert_eq!(store.take_dashboard_link([3; 32], second(5)).await?, None);
    let unknown = store.set_dashboard_password(ann, "hash".to_owned(), [1; 32], "ann", second(6));
    assert!(!unknown.await?);
    let audit = store.newest_audit(None, 10).await?;
    let actions: Vec<_> = audit.iter().map(|record| record.entry.action.as_str()).collect();
    assert_eq!(
        actions[..4],
        [
            "dashboard.person_removed",
            "dashboard.link_made",
            "dashboard.password_removed",
            "dashboard.password_set",
        ]
    );
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
