//! Notifications as they come in.

use std::sync::Arc;

use tidings_apns::{Priority, PushType, TokenKind};
use tidings_store::{
    Accepted, Audience, Idempotency, NewNotification, NotificationId, NotificationState, OnUnknown,
    Remembered, Store, StoreError, Urgency,
};

use crate::given::{
    Factory, SANDBOX, app, app_named, assert_conserved, everyone, hours, second, to, token, view,
};

pub(crate) async fn a_notification_comes_back_as_it_was_submitted(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let full = NewNotification {
        id: NotificationId::new(second(1)),
        audience: Audience::Tags {
            any: vec!["a".to_owned()],
            all: vec![],
            none: vec!["b".to_owned()],
        },
        push_type: PushType::Voip,
        kind: TokenKind::Voip,
        payload: Arc::from("{\"call\":\"für dich ☎\"}"),
        priority: Some(Priority::Immediate),
        collapse_id: Some("collapse".parse()?),
        expires_at: Some(second(100)),
        deadline: Some(second(200)),
        send_at: Some(second(50)),
        environment: Some(SANDBOX),
        urgency: Urgency::Urgent,
        on_unknown: OnUnknown::Drop,
    };
    let audiences = [
        Audience::Everyone,
        Audience::Tokens(vec![token(1), token(2)]),
        Audience::Users(vec!["ann".to_owned()]),
        Audience::Installations(vec!["i".to_owned()]),
    ];
    let mut all: Vec<_> = audiences.into_iter().map(to).collect();
    all.push(full);
    for notification in &all {
        let accepted = store
            .accept(app.id, notification.clone(), None, second(2))
            .await?;
        assert_eq!(accepted, Accepted::New(notification.id));
        let shown = view(&store, &app, notification.id).await;
        assert_eq!((&shown.notification, shown.created_at), (notification, second(2)));
    }
    let scheduled = store
        .notification(app.id, all[4].id, second(49))
        .await?
        .expect("it");
    assert_eq!(scheduled.state, NotificationState::Scheduled);
    let other = app_named(&store, "com.example.other").await;
    assert_eq!(
        store.notification(other.id, all[0].id, second(3)).await?,
        None,
        "it is of another app"
    );
    Ok(())
}

fn request(key: &str, body: u8) -> Idempotency {
    Idempotency {
        api_key_id: "k".to_owned(),
        path: "/v1/notifications".to_owned(),
        key: key.to_owned(),
        body_hash: [body; 32],
    }
}

pub(crate) async fn the_same_request_is_answered_the_same(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let (first, second_try) = (everyone(), everyone());
    store
        .accept(app.id, first.clone(), Some(request("a", 1)), second(1))
        .await?;
    let again = store
        .accept(app.id, second_try.clone(), Some(request("a", 1)), second(2))
        .await?;
    assert_eq!(again, Accepted::Replayed(first.id));
    assert_eq!(store.notification(app.id, second_try.id, second(3)).await?, None);
    let other = store
        .accept(app.id, second_try.clone(), Some(request("b", 1)), second(3))
        .await?;
    assert_eq!(other, Accepted::New(second_try.id));
    Ok(())
}

pub(crate) async fn the_same_key_with_another_body_is_refused(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    store
        .accept(app.id, everyone(), Some(request("a", 1)), second(1))
        .await?;
    let other = store
        .accept(app.id, everyone(), Some(request("a", 2)), second(2))
        .await;
    assert!(matches!(other, Err(StoreError::IdempotencyMismatch)), "{other:?}");
    Ok(())
}

pub(crate) async fn a_key_is_forgotten_after_a_day(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    store
        .accept(app.id, everyone(), Some(request("a", 1)), second(1))
        .await?;
    let later = second(1).saturating_add(hours(24));
    let accepted = store
        .accept(app.id, everyone(), Some(request("a", 2)), later)
        .await?;
    assert!(matches!(accepted, Accepted::New(_)));
    Ok(())
}

pub(crate) async fn a_request_in_flight_is_not_begun_twice(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    assert_eq!(store.remember(request("a", 1), second(1)).await?, Remembered::New);
    let again = store.remember(request("a", 1), second(2)).await;
    assert!(matches!(again, Err(StoreError::IdempotencyInFlight)), "{again:?}");
    store
        .answered(request("a", 1), "done".to_owned(), second(3))
        .await?;
    let answered = Remembered::Answered("done".to_owned());
    assert_eq!(store.remember(request("a", 1), second(4)).await?, answered);
    store.remember(request("b", 1), second(1)).await?;
    store.unanswered(request("b", 1)).await?;
    assert_eq!(store.remember(request("b", 2), second(5)).await?, Remembered::New);
    store.close().await?;
    let store = factory.open().await;
    assert_eq!(
        store.remember(request("b", 2), second(6)).await?,
        Remembered::New,
        "nobody answers it any more"
    );
    assert_eq!(store.remember(request("a", 1), second(6)).await?, answered);
    Ok(())
}

pub(crate) async fn many_are_accepted_all_or_none(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let (one, two) = (everyone(), everyone());
    let all = vec![one.clone(), two.clone(), one.clone()];
    let refused = store.accept_many(app.id, all, None, second(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(store.notifications(app.id, None, 10, second(2)).await?, []);
    let both = vec![one.clone(), two.clone()];
    let accepted = store
        .accept_many(app.id, both.clone(), Some(request("a", 1)), second(3))
        .await?;
    assert_eq!(accepted, [Accepted::New(one.id), Accepted::New(two.id)]);
    let again = store
        .accept_many(app.id, both, Some(request("a", 1)), second(4))
        .await?;
    assert_eq!(again, [Accepted::Replayed(one.id), Accepted::Replayed(two.id)]);
    Ok(())
}

pub(crate) async fn notifications_are_listed_newest_first(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let all: Vec<_> = (0..5).map(|_| everyone()).collect();
    for notification in &all {
        store
            .accept(app.id, notification.clone(), None, second(1))
            .await?;
    }
    let mut listed = Vec::new();
    let mut before = None;
    loop {
        let page = store.notifications(app.id, before, 2, second(2)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.notification.id);
        listed.extend(page.into_iter().map(|view| view.notification.id));
    }
    assert_eq!(
        listed,
        all.iter()
            .rev()
            .map(|notification| notification.id)
            .collect::<Vec<_>>()
    );
    Ok(())
}

async fn ready(store: &Store, at: u64, exclude: &[NotificationId]) -> anyhow::Result<Vec<NotificationId>> {
    let found = store.ready(second(at), 10, &Urgency::ALL, exclude).await?;
    Ok(found.into_iter().map(|ready| ready.notification.id).collect())
}

pub(crate) async fn a_scheduled_notification_is_ready_when_its_time_comes(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let mut scheduled = everyone();
    scheduled.send_at = Some(second(50));
    store.accept(app.id, scheduled.clone(), None, second(1)).await?;
    assert_eq!(ready(&store, 49, &[]).await?, []);
    assert_eq!(store.next_wake(second(49)).await?, Some(second(50)));
    assert_eq!(ready(&store, 50, &[]).await?, [scheduled.id]);
    assert_eq!(store.next_wake(second(50)).await?, None);
    let device = store
        .register(
            app.id,
            token(1),
            tidings_store::Registration::default(),
            second(51),
        )
        .await?
        .device;
    let found = store.ready(second(52), 1, &Urgency::ALL, &[]).await?;
    assert_eq!(
        found[0].planned_upto, device.id,
        "it goes to whoever is there when its time comes"
    );
    Ok(())
}

pub(crate) async fn the_urgent_go_first_and_apps_take_turns(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let (one, other) = (
        app_named(&store, "com.example.one").await,
        app_named(&store, "com.example.other").await,
    );
    let of = |urgency| NewNotification {
        urgency,
        ..everyone()
    };
    let campaign = of(Urgency::Campaign);
    let normal: Vec<_> = (0..4).map(|_| of(Urgency::Normal)).collect();
    let urgent = of(Urgency::Urgent);
    let all = [
        (&one, &campaign),
        (&one, &normal[0]),
        (&one, &normal[1]),
        (&one, &normal[2]),
        (&other, &normal[3]),
    ];
    for (app, notification) in all.into_iter().chain([(&one, &urgent)]) {
        store
            .accept(app.id, notification.clone(), None, second(1))
            .await?;
    }
    let expected = [&urgent, &normal[0], &normal[3], &normal[1], &normal[2], &campaign].map(|it| it.id);
    assert_eq!(ready(&store, 2, &[]).await?, expected);
    assert_eq!(ready(&store, 2, &expected[..4]).await?, expected[4..]);
    let only = store.ready(second(2), 2, &[Urgency::Normal], &[]).await?;
    assert_eq!(
        only.iter().map(|ready| ready.notification.id).collect::<Vec<_>>(),
        expected[1..3]
    );
    let again = store
        .to_send(vec![urgent.id, NotificationId::new(second(9))])
        .await?;
    assert_eq!(
        again.iter().map(|ready| &ready.notification).collect::<Vec<_>>(),
        [&urgent]
    );
    let depth = store.queue_depth(second(2)).await?;
    assert_eq!((depth.notifications, depth.oldest_at), (6, Some(second(1))));
    Ok(())
}

pub(crate) async fn a_clock_that_falls_back_delays_nothing_that_is_not_scheduled(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let day = hours(24);
    for now in [
        second(1),
        second(1).saturating_add(day),
        second(1).saturating_sub(day),
    ] {
        let notification = everyone();
        let request = request(&now.to_string(), 1);
        store
            .accept(app.id, notification.clone(), Some(request.clone()), now)
            .await?;
        let earlier = now.saturating_sub(day);
        let found = store.ready(earlier, 100, &Urgency::ALL, &[]).await?;
        assert!(found.iter().any(|ready| ready.notification.id == notification.id));
        let again = store.accept(app.id, everyone(), Some(request), earlier).await?;
        assert_eq!(again, Accepted::Replayed(notification.id));
    }
    assert_conserved(&store).await;
    Ok(())
}
