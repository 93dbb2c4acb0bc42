//! Recipients that wait.

use tidings_apns::Timestamp;
use tidings_store::{
    App, Device, DeviceId, Epoch, EventId, EventKind, NewNotification, NotificationId, NotificationState,
    RecipientException, RecipientOutcome, RecipientState, Registration, Store,
};
use tidings_truth::EnvironmentSet;

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app, app_reaching, assert_conserved, bad, begun, credential, done, due,
    everyone, finish, held, parked, recipient, register_many, second, token, view, waiting,
};

/// Four devices, and a notification to them of which this became.
struct Case {
    store: Store,
    app: App,
    devices: Vec<Device>,
    id: NotificationId,
    epoch: Epoch,
}

impl Case {
    async fn of(
        factory: &Factory,
        notification: NewNotification,
        exceptions: impl FnOnce(&[DeviceId]) -> Vec<RecipientException>,
    ) -> Self {
        let store = factory.open().await;
        let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
        let devices = register_many(&store, &app, 1..5).await;
        let (id, epoch) = begun(&store, &app, &notification, &devices).await;
        let ids: Vec<_> = devices.iter().map(|device| device.id).collect();
        finish(&store, id, epoch, exceptions(&ids)).await;
        Self {
            store,
            app,
            devices,
            id,
            epoch,
        }
    }

    async fn counts(&self) -> (u64, u64) {
        let counts = view(&self.store, &self.app, self.id).await.counts;
        (counts.waiting, counts.held)
    }
}

/// An instant at which nothing that is merely waiting is due.
const EARLY: Timestamp = second(1);

pub(crate) async fn a_recipient_is_due_when_its_time_comes(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![
            waiting(ids[1], second(60)),
            waiting(ids[0], second(50)),
            held(ids[2]),
        ]
    })
    .await;
    assert_eq!(due(&case.store, second(49)).await, []);
    assert_eq!(due(&case.store, second(50)).await, [case.devices[0].id]);
    assert_eq!(
        due(&case.store, second(60)).await,
        [case.devices[0].id, case.devices[1].id]
    );
    let mut tried = waiting(case.devices[0].id, second(90));
    (tried.attempts, tried.status, tried.environment, tried.sent_at) =
        (1, Some(503), Some(PRODUCTION), Some(second(55)));
    tried.reason = Some("ServiceUnavailable".into());
    case.store
        .update_recipients(vec![(case.id, tried)], case.epoch, second(55))
        .await?;
    let found = case.store.due_recipients(second(90), 10, &[]).await?;
    let told: Vec<_> = found
        .iter()
        .map(|due| (due.device_id, due.attempts, due.environment, due.sent_at))
        .collect();
    let expected = [
        (case.devices[1].id, 0, None, None),
        (case.devices[0].id, 1, Some(PRODUCTION), Some(second(55))),
    ];
    assert_eq!(told, expected);
    let rows = case.store.recipients(case.app.id, case.id, None, 1).await?;
    assert_eq!(
        (rows[0].status, rows[0].reason.as_deref()),
        (Some(503), Some("ServiceUnavailable"))
    );
    let rest = case
        .store
        .recipients(case.app.id, case.id, Some(rows[0].device_id), 10)
        .await?;
    assert_eq!(rest.len(), 2);
    Ok(())
}

pub(crate) async fn lanes_can_be_left_out(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        let mut all: Vec<_> = ids.iter().map(|id| waiting(*id, second(50))).collect();
        (all[0].environment, all[1].environment) = (Some(PRODUCTION), Some(SANDBOX));
        all
    })
    .await;
    let lanes = [(case.app.id, PRODUCTION)];
    let found = case.store.due_recipients(second(60), 10, &lanes).await?;
    let ids: Vec<_> = found.iter().map(|due| due.device_id).collect();
    assert_eq!(ids.len(), 3, "those of no lane yet are of every lane");
    assert!(!ids.contains(&case.devices[0].id));
    Ok(())
}

pub(crate) async fn a_held_recipient_comes_when_it_is_too_late(factory: &Factory) -> anyhow::Result<()> {
    let notification = NewNotification {
        expires_at: Some(second(500)),
        deadline: Some(second(400)),
        ..everyone()
    };
    let case = Case::of(factory, notification, |ids| {
        vec![held(ids[0]), parked(ids[1], PRODUCTION)]
    })
    .await;
    assert_eq!(due(&case.store, second(399)).await, []);
    assert_eq!(case.store.next_wake(second(399)).await?, Some(second(400)));
    let lanes = [(case.app.id, PRODUCTION)];
    let found = case.store.due_recipients(second(400), 10, &lanes).await?;
    assert_eq!(found.len(), 2);
    let ended = found
        .iter()
        .map(|due| (case.id, done(due.device_id, RecipientOutcome::Expired)));
    case.store
        .update_recipients(ended.collect(), case.epoch, second(401))
        .await?;
    let shown = view(&case.store, &case.app, case.id).await;
    assert_eq!(
        (shown.state, shown.counts.expired),
        (NotificationState::Finished, 2)
    );
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn a_registration_frees_what_was_held(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![
            held(ids[0]),
            held(ids[1]),
            waiting(ids[2], second(5000)),
            waiting(ids[3], second(5000)),
        ]
    })
    .await;
    case.store
        .register(case.app.id, token(1), Registration::default(), second(60))
        .await?;
    assert_eq!(
        due(&case.store, EARLY).await,
        [case.devices[0].id],
        "whatever the clock says"
    );
    assert_eq!(case.counts().await, (3, 1));
    let seen = vec![(case.devices[2].id, bad(PRODUCTION, second(70)))];
    case.store.record_evidence(case.app.id, seen, second(70)).await?;
    case.store
        .register(case.app.id, token(3), Registration::default(), second(80))
        .await?;
    let now_due = due(&case.store, EARLY).await;
    assert_eq!(
        now_due,
        [case.devices[0].id, case.devices[2].id],
        "it had to wait, and need not any more"
    );
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn forgetting_a_device_frees_what_was_held(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| vec![held(ids[0])]).await;
    case.store
        .forget(case.app.id, &token(1), "ann", second(60))
        .await?;
    assert_eq!(
        due(&case.store, EARLY).await,
        [case.devices[0].id],
        "so that it ends"
    );
    let rows = case.store.recipients(case.app.id, case.id, None, 10).await?;
    assert_eq!(rows[0].token, None);
    Ok(())
}

pub(crate) async fn a_credential_frees_what_was_held(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![held(ids[0]), parked(ids[1], PRODUCTION), parked(ids[2], SANDBOX)]
    })
    .await;
    let sandbox = credential(EnvironmentSet::NONE.with(SANDBOX));
    case.store
        .add_credential(case.app.id, sandbox, "ann", second(60))
        .await?;
    assert_eq!(due(&case.store, EARLY).await.len(), 3);
    assert_eq!(case.counts().await, (3, 0));
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn parked_recipients_are_unparked(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![parked(ids[0], PRODUCTION), parked(ids[1], SANDBOX), held(ids[2])]
    })
    .await;
    assert_eq!(case.counts().await, (0, 3));
    let rows = case.store.recipients(case.app.id, case.id, None, 10).await?;
    assert_eq!(
        rows[0].state,
        RecipientState::Parked {
            environment: PRODUCTION
        }
    );
    assert_eq!(case.store.unpark(case.app.id, PRODUCTION, second(60)).await?, 1);
    assert_eq!(due(&case.store, EARLY).await, [case.devices[0].id]);
    assert_eq!(case.counts().await, (1, 2));
    assert_eq!(case.store.unpark(case.app.id, PRODUCTION, second(61)).await?, 0);
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn what_has_ended_stays_so(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![done(ids[0], RecipientOutcome::Rejected)]
    })
    .await;
    let updates = vec![
        (case.id, waiting(case.devices[0].id, second(60))),
        (case.id, waiting(case.devices[1].id, second(60))),
        (
            NotificationId::new(second(1)),
            waiting(case.devices[1].id, second(60)),
        ),
    ];
    case.store
        .update_recipients(updates, case.epoch, second(60))
        .await?;
    assert_eq!(due(&case.store, second(100)).await, []);
    let shown = view(&case.store, &case.app, case.id).await;
    assert_eq!(
        (shown.state, shown.counts.rejected),
        (NotificationState::Finished, 1)
    );
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn cancelling_spares_what_waits(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, everyone(), |ids| {
        vec![
            waiting(ids[0], second(60)),
            held(ids[1]),
            parked(ids[2], PRODUCTION),
        ]
    })
    .await;
    assert_eq!(
        case.store.cancel(case.app.id, case.id, "ann", second(50)).await?,
        Some(3)
    );
    let shown = view(&case.store, &case.app, case.id).await;
    assert_eq!(
        (shown.state, shown.counts.cancelled, shown.counts.delivered),
        (NotificationState::Cancelled, 3, 1)
    );
    assert_eq!(shown.finished_at, Some(second(50)));
    assert_eq!(due(&case.store, second(1000)).await, []);
    assert_conserved(&case.store).await;
    let kinds: Vec<_> = case
        .store
        .events(EventId(0), None, 100)
        .await?
        .iter()
        .map(|event| event.kind)
        .collect();
    assert!(kinds.contains(&EventKind::NotificationCancelled));
    Ok(())
}

pub(crate) async fn cancelling_tells_unknown_from_finished(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let unknown = NotificationId::new(second(1));
    assert_eq!(store.cancel(app.id, unknown, "ann", second(2)).await?, None);
    let devices = register_many(&store, &app, 1..5).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    assert_eq!(store.cancel(app.id, id, "ann", second(12)).await?, Some(0));
    let rows = vec![recipient(devices[0].id, RecipientState::Held)];
    finish(&store, id, epoch, rows).await;
    let shown = view(&store, &app, id).await;
    assert_eq!(
        (shown.counts.delivered, shown.counts.cancelled),
        (3, 1),
        "what was under way is told of"
    );
    assert_eq!(store.cancel(app.id, id, "ann", second(20)).await?, Some(0));
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn the_next_wake_is_the_earliest_instant_to_come(factory: &Factory) -> anyhow::Result<()> {
    let once = NewNotification {
        expires_at: Some(Timestamp::from_unix_millis(0)),
        ..everyone()
    };
    let case = Case::of(factory, once, |ids| {
        vec![
            waiting(ids[0], second(60)),
            waiting(ids[1], second(50)),
            held(ids[2]),
        ]
    })
    .await;
    assert_eq!(case.store.next_wake(second(40)).await?, Some(second(50)));
    assert_eq!(case.store.next_wake(second(50)).await?, Some(second(60)));
    assert_eq!(
        case.store.next_wake(second(60)).await?,
        None,
        "an expiration of 0 ends nothing"
    );
    let depth = case.store.queue_depth(second(60)).await?;
    assert_eq!((depth.waiting, depth.held, depth.notifications), (2, 1, 0));
    Ok(())
}
