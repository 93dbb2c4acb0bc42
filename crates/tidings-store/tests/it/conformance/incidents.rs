//! Incidents, and what they do to device tokens.

use serde_json::json;
use tidings_apns::Timestamp;
use tidings_store::{App, Device, EventId, EventKind, Registration, Store};
use tidings_truth::{
    Cause, EnvironmentSet, Generation, Incident, IncidentCause, IncidentEnd, IncidentRules, RestoreCause,
    Sending, TokenState,
};
use uuid::Uuid;

use crate::given::{Factory, PRODUCTION, SANDBOX, app_reaching, bad, died, register_many, second, token};

fn incident(since: Timestamp, opened_at: Timestamp) -> Incident {
    let cause = IncidentCause::ProvenTokensRefused {
        reason: "BadDeviceToken".into(),
        against: 5,
    };
    Incident::open(Uuid::now_v7(), cause, since, opened_at, &IncidentRules::default())
}

async fn save(store: &Store, app: &App, incident: &Incident, end: Option<IncidentEnd>) -> anyhow::Result<()> {
    let details = json!({"advice": "look at the credential"});
    let saved = store.save_incident(app.id, PRODUCTION, None, incident, end, details, second(100));
    Ok(saved.await?)
}

/// Devices that were proven and then called bad, the last of them in the sandbox.
async fn proven_and_bad(store: &Store, app: &App) -> anyhow::Result<Vec<Device>> {
    let devices = register_many(store, app, 1..5).await;
    let accepted = devices
        .iter()
        .map(|device| (device.id, Generation(1), second(10)))
        .collect();
    store
        .record_accepted(app.id, PRODUCTION, accepted, second(10))
        .await?;
    let places = [PRODUCTION, PRODUCTION, PRODUCTION, SANDBOX];
    let seen = devices
        .iter()
        .zip(places)
        .map(|(device, place)| (device.id, bad(place, second(50))));
    store.record_evidence(app.id, seen.collect(), second(50)).await?;
    Ok(devices)
}

async fn cause(store: &Store, app: &App, number: u64) -> anyhow::Result<Cause> {
    let device = store.device(app.id, &token(number), second(200)).await?;
    Ok(device.map(|device| device.standing.cause).expect("the device"))
}

pub(crate) async fn what_was_answered_before_an_incident_was_noticed_is_doubted(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    proven_and_bad(&store, &app).await?;
    let opened = incident(second(40), second(60));
    save(&store, &app, &opened, None).await?;
    let doubted = store
        .doubt(app.id, PRODUCTION, second(40), opened.id, second(60))
        .await?;
    assert_eq!(doubted, 3, "the fourth was answered elsewhere");
    assert_eq!(
        cause(&store, &app, 1).await?,
        Cause::Incident { incident: opened.id }
    );
    let later = store
        .doubt(app.id, PRODUCTION, second(51), opened.id, second(60))
        .await?;
    assert_eq!(later, 0, "all was asked before that");
    Ok(())
}

pub(crate) async fn what_is_answered_during_an_incident_is_doubted_at_once(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let opened = incident(second(40), second(41));
    save(&store, &app, &opened, None).await?;
    proven_and_bad(&store, &app).await?;
    let device = store
        .device(app.id, &token(1), second(200))
        .await?
        .expect("the device");
    assert_eq!(device.standing.cause, Cause::Incident { incident: opened.id });
    assert_eq!(device.standing.sending, Sending::Held);
    Ok(())
}

pub(crate) async fn a_release_gives_back_what_an_incident_held(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    proven_and_bad(&store, &app).await?;
    let opened = incident(second(40), second(60));
    save(&store, &app, &opened, None).await?;
    store
        .doubt(app.id, PRODUCTION, second(40), opened.id, second(60))
        .await?;
    store
        .register(app.id, token(2), Registration::default(), second(70))
        .await?;
    let why = RestoreCause::IncidentReleased { incident: opened.id };
    let released = store
        .release(app.id, Some(opened.id), why.clone(), second(80))
        .await?;
    assert_eq!(released, 2, "one had registered again before");
    for number in [1, 2, 3] {
        let device = store
            .device(app.id, &token(number), second(200))
            .await?
            .expect("the device");
        assert_eq!(device.standing.sending, Sending::To(PRODUCTION), "{number}");
    }
    assert_eq!(store.release(app.id, Some(opened.id), why, second(90)).await?, 0);
    Ok(())
}

pub(crate) async fn the_end_of_a_mistake_excuses_what_no_incident_held(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    proven_and_bad(&store, &app).await?;
    let ended = incident(second(40), second(60));
    let excuse = async |since| store.excuse(app.id, second(since), ended.id, second(80)).await;
    assert_eq!(excuse(51).await?, 0, "all was answered before");
    assert!(matches!(
        cause(&store, &app, 1).await?,
        Cause::ProvenAndBad { .. }
    ));
    assert_eq!(excuse(40).await?, 3);
    assert_eq!(excuse(40).await?, 0);
    for number in [1, 2, 3] {
        assert_eq!(cause(&store, &app, number).await?, Cause::Accepted, "{number}");
    }
    Ok(())
}

pub(crate) async fn a_confirmation_ends_what_an_incident_held(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    proven_and_bad(&store, &app).await?;
    let opened = incident(second(40), second(60));
    store
        .doubt(app.id, PRODUCTION, second(40), opened.id, second(60))
        .await?;
    assert_eq!(store.confirm(app.id, opened.id, second(80)).await?, 3);
    let device = store
        .device(app.id, &token(1), second(200))
        .await?
        .expect("the device");
    assert_eq!(device.standing.state, TokenState::Rejected);
    assert_eq!(device.standing.cause, Cause::Confirmed { incident: opened.id });
    Ok(())
}

pub(crate) async fn a_death_is_not_doubted(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..2).await;
    let opened = incident(second(40), second(41));
    save(&store, &app, &opened, None).await?;
    let seen = vec![(devices[0].id, died(1, second(50), second(50)))];
    let changes = store.record_evidence(app.id, seen, second(50)).await?;
    assert_eq!(changes[0].1.after.state, TokenState::Unregistered);
    Ok(())
}

pub(crate) async fn an_incident_is_kept_as_it_ended(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let mut opened = incident(second(40), second(60));
    save(&store, &app, &opened, None).await?;
    opened.refused = 3;
    save(&store, &app, &opened, None).await?;
    assert_eq!(store.open_incidents().await?.len(), 1);
    save(&store, &app, &opened, Some(IncidentEnd::Recovered)).await?;
    let mut later = opened.clone();
    later.refused = 4;
    save(&store, &app, &later, None).await?;
    let kept = store.incident(opened.id).await?.expect("the incident");
    assert_eq!(
        (kept.incident, kept.end),
        (opened.clone(), Some(IncidentEnd::Recovered))
    );
    assert_eq!(store.open_incidents().await?, []);
    assert_eq!(store.incidents(app.id).await?.len(), 1);
    let events = store.events(EventId(0), Some(app.id), 100).await?;
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds[kinds.len() - 2..],
        [EventKind::IncidentOpened, EventKind::IncidentEnded]
    );
    Ok(())
}
