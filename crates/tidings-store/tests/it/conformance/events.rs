//! The outbox of events.

use serde_json::json;
use tidings_store::{EventId, EventKind, NewEvent};

use crate::given::{Factory, app_named, second};

fn event(app_id: Option<tidings_store::AppId>, subject: &str) -> NewEvent {
    NewEvent {
        app_id,
        kind: EventKind::CredentialAdded,
        subject: subject.to_owned(),
        data: json!({"n": subject}),
    }
}

pub(crate) async fn events_are_read_after_a_cursor(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let mut ids = Vec::new();
    for subject in ["1", "2", "3"] {
        ids.push(store.append_event(event(None, subject), second(1)).await?);
    }
    let subjects = async |after: EventId, limit: usize| -> anyhow::Result<Vec<String>> {
        let events = store.events(after, None, limit).await?;
        Ok(events.into_iter().map(|event| event.subject).collect())
    };
    assert_eq!(subjects(EventId(0), 2).await?, ["1", "2"]);
    assert_eq!(subjects(ids[1], 10).await?, ["3"]);
    assert_eq!(subjects(ids[2], 10).await?, [] as [&str; 0]);
    Ok(())
}

pub(crate) async fn events_of_one_app_can_be_asked_for(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let (one, other) = (
        app_named(&store, "com.example.one").await,
        app_named(&store, "com.example.other").await,
    );
    for (app, subject) in [
        (Some(one.id), "a"),
        (Some(other.id), "b"),
        (None, "c"),
        (Some(one.id), "d"),
    ] {
        store.append_event(event(app, subject), second(1)).await?;
    }
    let events = store.events(EventId(0), Some(one.id), 10).await?;
    let subjects: Vec<_> = events.iter().map(|event| event.subject.as_str()).collect();
    assert_eq!(subjects, ["a", "d"]);
    assert_eq!(events[0].data, json!({"n": "a"}));
    assert_eq!(events[0].at, second(1));
    Ok(())
}

pub(crate) async fn whoever_watches_hears_of_new_events(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let mut watch = store.watch_events();
    let before = *watch.borrow_and_update();
    let id = store.append_event(event(None, "1"), second(1)).await?;
    watch.changed().await?;
    assert_eq!(*watch.borrow_and_update(), id);
    assert!(id > before);
    store.close().await?;
    let store = factory.open().await;
    assert_eq!(
        *store.watch_events().borrow(),
        id,
        "a restart does not begin anew"
    );
    Ok(())
}
