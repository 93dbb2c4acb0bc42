//! How audiences are worked through.

use tidings_store::{
    Audience, Counts, DeviceId, DirectOutcome, EventId, EventKind, NotificationState, OpenPage, PageOutcome,
    RecipientOutcome, RecipientState, StoreError, Urgency,
};
use tidings_truth::EnvironmentSet;

use crate::given::{
    Factory, app_reaching, assert_conserved, begun, done, due, everyone, finish, page_of, register_many,
    second, to, token, view, waiting,
};

pub(crate) async fn a_page_ends_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    assert_conserved(&store).await;
    assert!(
        store.begin_page(id, page_of(&devices), epoch, second(11)).await?,
        "the same may begin again"
    );
    let other = OpenPage {
        recipients: 9,
        ..page_of(&devices)
    };
    let refused = store.begin_page(id, other, epoch, second(11)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let outcome = PageOutcome {
        delivered: 3,
        exceptions: vec![done(devices[0].id, RecipientOutcome::Rejected)],
    };
    for _ in 0..2 {
        store
            .finish_page(id, DeviceId::START, outcome.clone(), epoch, second(12))
            .await?;
    }
    let counts = view(&store, &app, id).await.counts;
    assert_eq!((counts.recipients, counts.delivered, counts.rejected), (4, 3, 1));
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn a_notification_is_finished_when_nothing_is_left(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    finish(&store, id, epoch, vec![waiting(devices[0].id, second(50))]).await;
    let shown = view(&store, &app, id).await;
    assert_eq!(
        (shown.state, shown.started_at, shown.finished_at),
        (NotificationState::Active, Some(second(11)), None)
    );
    let updates = vec![(id, done(devices[0].id, RecipientOutcome::Delivered))];
    store.update_recipients(updates, epoch, second(60)).await?;
    let shown = view(&store, &app, id).await;
    assert_eq!(
        (shown.state, shown.finished_at),
        (NotificationState::Finished, Some(second(60)))
    );
    let expected = Counts {
        recipients: 4,
        delivered: 4,
        ..Counts::default()
    };
    assert_eq!(shown.counts, expected);
    let events = store.events(EventId(0), Some(app.id), 100).await?;
    let last = events.last().expect("an event");
    assert_eq!(
        (last.kind, last.subject.clone()),
        (EventKind::NotificationFinished, id.to_string())
    );
    assert_eq!(last.data["counts"]["delivered"], 4);
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn a_page_of_a_cancelled_notification_does_not_begin(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let notification = everyone();
    store
        .accept(app.id, notification.clone(), None, second(1))
        .await?;
    assert_eq!(
        store.cancel(app.id, notification.id, "ann", second(2)).await?,
        Some(0)
    );
    let epoch = store.begin_epoch("tests", second(3)).await?;
    assert!(
        !store
            .begin_page(notification.id, page_of(&devices), epoch, second(4))
            .await?
    );
    assert_eq!(store.ready(second(5), 10, &Urgency::ALL, &[]).await?, []);
    let shown = view(&store, &app, notification.id).await;
    assert_eq!(
        (shown.state, shown.counts),
        (NotificationState::Cancelled, Counts::default())
    );
    Ok(())
}

pub(crate) async fn what_a_page_does_not_name_is_counted_as_undeliverable(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    let outcome = PageOutcome {
        delivered: 2,
        exceptions: vec![],
    };
    store
        .finish_page(id, DeviceId::START, outcome, epoch, second(12))
        .await?;
    let counts = view(&store, &app, id).await.counts;
    assert_eq!(
        (counts.recipients, counts.delivered, counts.undeliverable),
        (4, 2, 2)
    );
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn pages_that_were_open_are_found_after_a_restart(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let (id, _) = begun(&store, &app, &everyone(), &devices).await;
    store.close().await?;
    let store = factory.open().await;
    assert_eq!(store.notifications_with_open_pages().await?, [id]);
    assert_eq!(store.open_pages(id).await?, [page_of(&devices)]);
    let ready = store.ready(second(20), 10, &Urgency::ALL, &[]).await?;
    assert_eq!(ready[0].planned_after, devices[3].id);
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn direct_notifications_are_finished_in_one_go(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..4).await;
    let notifications: Vec<_> = (1..4)
        .map(|number| to(Audience::Tokens(vec![token(number)])))
        .collect();
    store
        .accept_many(app.id, notifications.clone(), None, second(10))
        .await?;
    let epoch = store.begin_epoch("tests", second(10)).await?;
    let outcome = |place: usize, delivered, rows| DirectOutcome {
        notification_id: notifications[place].id,
        begun_at: second(15),
        recipients: 1,
        delivered,
        rows,
    };
    let outcomes = vec![
        outcome(0, 1, vec![]),
        outcome(1, 0, vec![done(devices[1].id, RecipientOutcome::Delivered)]),
        outcome(2, 0, vec![waiting(devices[2].id, second(50))]),
    ];
    for _ in 0..2 {
        store.finish_direct(outcomes.clone(), epoch, second(20)).await?;
    }
    let mut states = Vec::new();
    for notification in &notifications {
        let shown = view(&store, &app, notification.id).await;
        assert_eq!(shown.started_at, Some(second(15)), "not when it was written down");
        states.push((shown.state, shown.counts.delivered, shown.counts.waiting));
    }
    let finished = (NotificationState::Finished, 1, 0);
    assert_eq!(states, [finished, finished, (NotificationState::Active, 0, 1)]);
    assert_eq!(due(&store, second(50)).await, [devices[2].id]);
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn an_older_epoch_is_fenced(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..5).await;
    let (id, old) = begun(&store, &app, &everyone(), &devices).await;
    let new = store.begin_epoch("another", second(20)).await?;
    let fenced =
        |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::Fenced)), "{result:?}");
    fenced(
        store
            .finish_page(id, DeviceId::START, PageOutcome::default(), old, second(21))
            .await,
    );
    fenced(store.finish_planning(id, old, second(21)).await);
    fenced(store.finish_direct(vec![], old, second(21)).await);
    fenced(store.update_recipients(vec![], old, second(21)).await);
    fenced(
        store
            .begin_page(id, page_of(&devices), old, second(21))
            .await
            .map(drop),
    );
    store.close().await?;
    let store = factory.open().await;
    fenced(store.finish_planning(id, old, second(22)).await);
    store.finish_planning(id, new, second(22)).await?;
    Ok(())
}

pub(crate) async fn a_success_takes_no_row(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..50).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    finish(
        &store,
        id,
        epoch,
        vec![done(devices[7].id, RecipientOutcome::Rejected)],
    )
    .await;
    let rows = store.recipients(app.id, id, None, 100).await?;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].state, RecipientState::Done(RecipientOutcome::Rejected));
    assert_eq!(rows[0].token, Some(devices[7].token.clone()));
    assert_eq!(view(&store, &app, id).await.counts.delivered, 48);
    Ok(())
}
