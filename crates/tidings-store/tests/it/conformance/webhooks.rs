//! Webhooks: what waits for them, who may send it, and what is known of them afterwards.

use std::time::Duration;

use serde_json::json;
use tidings_store::{
    AttemptEnd, AttemptReport, DisabledCause, DueDelivery, Epoch, EventId, EventKind, NewEvent, NewWebhook,
    Replay, Revision, SealingKey, Store, StoreError, WebhookChange, WebhookDeliveryState, WebhookFormat,
    WebhookId, WebhookRow,
};
use zeroize::Zeroizing;

use crate::given::{Factory, app_named, second};

const SECRET: &[u8] = b"a very secret secret of 32 bytes";

fn new_webhook() -> NewWebhook {
    NewWebhook {
        id: WebhookId::new(second(0)),
        url: "https://example.com/hook".to_owned(),
        host: "example.com".to_owned(),
        name: None,
        kinds: None,
        app_ids: None,
        format: WebhookFormat::Plain,
        secret: Zeroizing::new(SECRET.to_vec()),
    }
}

async fn webhook(store: &Store) -> anyhow::Result<WebhookRow> {
    Ok(store.create_webhook(new_webhook(), "tests", second(0)).await?)
}

async fn happen(store: &Store, subject: &str) -> anyhow::Result<()> {
    let event = NewEvent {
        app_id: None,
        kind: EventKind::DeviceForgotten,
        subject: subject.to_owned(),
        data: json!({}),
    };
    store.append_event(event, second(1)).await?;
    Ok(())
}

async fn take(store: &Store, id: WebhookId, at: u64) -> anyhow::Result<(Vec<DueDelivery>, Epoch)> {
    while store.plan_webhook_deliveries(second(at)).await? {}
    Ok(store
        .take_webhook_deliveries(id, 100, second(at + 60), second(at))
        .await?)
}

async fn report(
    store: &Store,
    due: &DueDelivery,
    epoch: Epoch,
    end: AttemptEnd,
    at: u64,
) -> Result<(), StoreError> {
    let report = AttemptReport {
        id: due.id,
        attempt: due.attempt,
        end,
        status: Some(500),
        problem: Some("refused_by_receiver"),
        took: Duration::from_millis(7),
        answer: Some("no".to_owned()),
    };
    store.finish_webhook_attempt(report, epoch, second(at)).await
}

fn subjects(due: &[DueDelivery]) -> Vec<&str> {
    due.iter()
        .filter_map(|due| Some(due.event.as_ref()?.subject.as_str()))
        .collect()
}

pub(crate) async fn what_is_leased_is_not_leased_twice(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    happen(&store, "before").await?;
    let id = webhook(&store).await?.id;
    happen(&store, "a").await?;
    happen(&store, "b").await?;
    let (due, epoch) = take(&store, id, 10).await?;
    assert_eq!(subjects(&due), ["a", "b"]);
    assert!(take(&store, id, 10).await?.0.is_empty());
    report(&store, &due[0], epoch, AttemptEnd::Delivered, 11).await?;
    let again = AttemptEnd::Again { at: second(30) };
    report(&store, &due[1], epoch, again, 11).await?;
    assert!(take(&store, id, 29).await?.0.is_empty());
    assert_eq!(store.next_webhook_delivery(second(29)).await?, Some(second(30)));
    let (due, _) = take(&store, id, 30).await?;
    assert_eq!((subjects(&due), due[0].attempt), (vec!["b"], 2));
    // Whoever took it may have ended without a word.
    let (due, _) = take(&store, id, 90).await?;
    assert_eq!((subjects(&due), due[0].attempt), (vec!["b"], 3));
    Ok(())
}

pub(crate) async fn a_later_epoch_takes_over_what_was_leased(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    happen(&store, "a").await?;
    let (before, old) = take(&store, id, 10).await?;
    store.begin_epoch("another", second(11)).await?;
    let (after, new) = take(&store, id, 11).await?;
    assert_eq!((before[0].id, after[0].attempt), (after[0].id, 2));
    let late = report(&store, &before[0], old, AttemptEnd::Delivered, 12).await;
    assert!(matches!(late, Err(StoreError::Fenced)));
    report(&store, &before[0], new, AttemptEnd::Delivered, 12).await?;
    let all = store.webhook_deliveries(id, None, None, 10).await?;
    assert_eq!(
        all[0].state,
        WebhookDeliveryState::Waiting,
        "an attempt that was replaced says nothing"
    );
    report(&store, &after[0], new, AttemptEnd::Delivered, 12).await?;
    let all = store.webhook_deliveries(id, None, None, 10).await?;
    assert_eq!(all[0].state, WebhookDeliveryState::Delivered);
    Ok(())
}

pub(crate) async fn what_is_about_the_same_goes_one_after_the_other(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    for subject in ["a", "a", "b"] {
        happen(&store, subject).await?;
    }
    let (due, epoch) = take(&store, id, 10).await?;
    assert_eq!(subjects(&due), ["a", "b"]);
    report(&store, &due[0], epoch, AttemptEnd::Delivered, 11).await?;
    assert_eq!(subjects(&take(&store, id, 12).await?.0), ["a"]);
    Ok(())
}

pub(crate) async fn what_waits_has_a_bound_and_nothing_is_lost(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    for number in 0..300 {
        happen(&store, &number.to_string()).await?;
    }
    let mut seen = Vec::new();
    let mut at = 10;
    while seen.len() < 300 {
        let (due, epoch) = take(&store, id, at).await?;
        let waiting = store.webhook(id).await?.expect("the webhook").waiting;
        assert!(waiting <= 256, "{waiting}");
        for due in &due {
            report(&store, due, epoch, AttemptEnd::Delivered, at).await?;
        }
        seen.extend(subjects(&due).iter().map(|subject| (*subject).to_owned()));
        at += 1;
        assert!(at < 100);
    }
    let expected: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
    Ok(())
}

pub(crate) async fn a_webhook_is_disabled_when_nothing_was_taken_for_a_whole_schedule(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    happen(&store, "a").await?;
    happen(&store, "b").await?;
    let (due, epoch) = take(&store, id, 10).await?;
    report(&store, &due[1], epoch, AttemptEnd::Delivered, 11).await?;
    report(&store, &due[0], epoch, AttemptEnd::GaveUp, 12).await?;
    let row = store.webhook(id).await?.expect("the webhook");
    assert_eq!(row.disabled, None, "something was taken meanwhile");
    happen(&store, "c").await?;
    happen(&store, "d").await?;
    let (due, epoch) = take(&store, id, 20).await?;
    report(&store, &due[0], epoch, AttemptEnd::GaveUp, 30).await?;
    let row = store.webhook(id).await?.expect("the webhook");
    assert_eq!(
        row.disabled.map(|disabled| (disabled.at, disabled.cause)),
        Some((second(30), DisabledCause::Failing))
    );
    assert!(take(&store, id, 200).await?.0.is_empty());
    assert!(store.due_webhooks(second(200)).await?.is_empty());
    let change = WebhookChange {
        disabled: Revision::Clear,
        ..WebhookChange::default()
    };
    store.change_webhook(id, change, "tests", second(201)).await?;
    let (due, _) = take(&store, id, 201).await?;
    assert_eq!(
        (subjects(&due), due[0].attempt),
        (vec!["d", &id.to_string()], 1),
        "what waited, and that it was disabled"
    );
    let replayed = store
        .replay_webhook(id, Replay::Failed, "tests", second(202))
        .await?;
    assert_eq!(replayed, Some(2));
    assert_eq!(subjects(&take(&store, id, 202).await?.0), ["a", "c"]);
    Ok(())
}

pub(crate) async fn the_cursor_can_be_set_back(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    let begin = EventId(0);
    for subject in ["a", "b"] {
        happen(&store, subject).await?;
    }
    let (due, epoch) = take(&store, id, 10).await?;
    for due in &due {
        report(&store, due, epoch, AttemptEnd::Delivered, 11).await?;
    }
    let replay = Replay::After(begin);
    assert_eq!(
        store.replay_webhook(id, replay, "tests", second(12)).await?,
        Some(2)
    );
    assert_eq!(subjects(&take(&store, id, 12).await?.0), ["a", "b"]);
    Ok(())
}

pub(crate) async fn secrets_are_sealed_and_the_one_before_signs_for_a_while(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    let other = b"another secret that is 32 bytes!";
    store
        .rotate_webhook_secret(
            id,
            Zeroizing::new(other.to_vec()),
            second(100),
            "tests",
            second(10),
        )
        .await?;
    let all = store.webhook_secrets(id, second(99)).await?;
    let all: Vec<&[u8]> = all.iter().map(|secret| secret.as_slice()).collect();
    assert_eq!(all, [other.as_slice(), SECRET]);
    assert_eq!(store.webhook_secrets(id, second(100)).await?.len(), 1);
    let key = SealingKey::generate();
    assert_eq!(store.reseal(&key).await?, 1);
    assert_eq!(store.webhook_secrets(id, second(99)).await?.len(), 2);
    store.close().await?;
    for file in std::fs::read_dir(factory.directory())? {
        let bytes = std::fs::read(file?.path())?;
        for secret in [SECRET, other.as_slice()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
    Ok(())
}

pub(crate) async fn each_attempt_is_kept_with_its_delivery_and_goes_with_it(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let id = webhook(&store).await?.id;
    happen(&store, "a").await?;
    let mut delivery = None;
    for attempt in 0..40 {
        let at = 10 + attempt;
        let (due, epoch) = take(&store, id, at).await?;
        let again = AttemptEnd::Again { at: second(at + 1) };
        report(&store, &due[0], epoch, again, at).await?;
        delivery = Some(due[0].id);
    }
    let delivery = delivery.expect("there were attempts");
    let kept = store.webhook_attempts(delivery).await?;
    assert_eq!(kept.len(), 30);
    assert_eq!(
        (kept[0].at, kept[29].at),
        (second(20), second(49)),
        "the oldest first"
    );
    assert_eq!(kept[29].answer.as_deref(), Some("no"));
    assert!(store.webhook_delivery(id, delivery).await?.is_some());
    store.remove_webhook(id, "ann", second(60)).await?;
    assert!(store.webhook_attempts(delivery).await?.is_empty());
    Ok(())
}

pub(crate) async fn a_webhook_wants_what_it_says(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let (one, other) = (
        app_named(&store, "com.example.one").await,
        app_named(&store, "com.example.other").await,
    );
    let wanting = NewWebhook {
        kinds: Some(vec![EventKind::DeviceForgotten]),
        app_ids: Some(vec![one.id]),
        ..new_webhook()
    };
    let id = store.create_webhook(wanting, "tests", second(0)).await?.id;
    for (app_id, kind, subject) in [
        (Some(one.id), EventKind::DeviceForgotten, "wanted"),
        (Some(one.id), EventKind::DeviceRetired, "kind"),
        (Some(other.id), EventKind::DeviceForgotten, "app"),
        (None, EventKind::DeviceForgotten, "none"),
    ] {
        let event = NewEvent {
            app_id,
            kind,
            subject: subject.to_owned(),
            data: json!({}),
        };
        store.append_event(event, second(1)).await?;
    }
    assert_eq!(subjects(&take(&store, id, 10).await?.0), ["wanted"]);
    assert!(store.remove_webhook(id, "tests", second(11)).await?);
    assert!(!store.remove_webhook(id, "tests", second(11)).await?);
    assert!(store.webhook_deliveries(id, None, None, 10).await?.is_empty());
    Ok(())
}
