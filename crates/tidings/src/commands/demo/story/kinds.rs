//! Everything that is not an alert: background, calls, Live Activities, broadcasts, and a phone that is offline.

use serde_json::{Value, json};
use tidings_apns::{
    ActivityAlert, Broadcast, ChannelId, LiveActivity, Notification, Payload, Priority, PushType,
    StoragePolicy, UnixSeconds,
};
use tidings_simulator::{Build, ShownNotification, Switch, TokenKind};

use super::super::line::{Expected, Line};
use super::super::narrator::Narrator;
use super::super::stage::{APP, Phone, Stage, app};
use super::{delivered, line, says};

pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("More than alerts: each kind has its device token and its topic")?;
    narrator.tell(
        "background: the app wakes, nothing is shown",
        background(stage).await,
    )?;
    narrator.tell("VoIP: a call comes in", call(stage).await)?;
    let phone = stage.phone(Build::AppStore, &[TokenKind::LiveActivityStart])?;
    narrator.tell("Live Activity: a match begins", start(stage, &phone).await)?;
    let phone = with_activity(stage, phone)?;
    narrator.tell("Live Activity: a goal", update(stage, &phone).await)?;
    narrator.tell("Live Activity: the match is over", end(stage, &phone).await)?;
    narrator.tell(
        "broadcast: one request, all who follow the channel",
        broadcast(stage).await,
    )?;
    narrator.tell("offline: accepted is not yet delivered", offline(stage).await)?;
    Ok(())
}

async fn background(stage: &Stage) -> anyhow::Result<Line> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
    let notification = Notification::for_app(&app()?, PushType::Background, Payload::background())
        .priority(Priority::Considerate)
        .build()?;
    let woke = |got: &ShownNotification| {
        has_push_type(got, "background") && got.payload["aps"].get("alert").is_none()
    };
    let truth = "the app got `content-available` and no alert";
    delivered(stage, &phone, TokenKind::Alert, notification, truth, woke).await
}

async fn call(stage: &Stage) -> anyhow::Result<Line> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert, TokenKind::Voip])?;
    let payload = Payload::builder().custom("caller", "Ann").build()?;
    let notification = Notification::for_app(&app()?, PushType::Voip, payload).build()?;
    let rang = |got: &ShownNotification| got.topic == format!("{APP}.voip") && got.payload["caller"] == "Ann";
    let truth = "the phone rings: Ann is calling, on the topic com.example.teahouse.voip";
    delivered(stage, &phone, TokenKind::Voip, notification, truth, rang).await
}

async fn start(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let alert = ActivityAlert::new("Kick-off", "Home – Away has begun");
    let state = score(0, 0);
    let payload =
        LiveActivity::start(now(), "MatchAttributes", &json!({"league": "tea"}), &state, alert).build()?;
    let truth = "the Lock Screen shows 0 : 0";
    let started = |got: &ShownNotification| shows(got, "start", &state);
    delivered(
        stage,
        phone,
        TokenKind::LiveActivityStart,
        activity(payload)?,
        truth,
        started,
    )
    .await
}

/// The activity on the phone has a token of its own, which the app is told.
fn with_activity(stage: &Stage, phone: Phone) -> anyhow::Result<Phone> {
    let kinds = [TokenKind::LiveActivityUpdate];
    let installed = stage.control().launch(&phone.device_id, APP, &kinds)?;
    Phone::new(phone.device_id, &installed)
}

async fn update(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let state = score(1, 0);
    let payload = LiveActivity::update(now(), &state).build()?;
    let changed = |got: &ShownNotification| shows(got, "update", &state);
    let truth = "the Lock Screen shows 1 : 0";
    delivered(
        stage,
        phone,
        TokenKind::LiveActivityUpdate,
        activity(payload)?,
        truth,
        changed,
    )
    .await
}

async fn end(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let state = score(2, 1);
    let payload = LiveActivity::end(now())
        .content_state(&state)
        .dismissal_date(now())
        .build()?;
    let ended = |got: &ShownNotification| shows(got, "end", &state);
    let truth = "the Lock Screen showed 2 : 1 and is free again";
    delivered(
        stage,
        phone,
        TokenKind::LiveActivityUpdate,
        activity(payload)?,
        truth,
        ended,
    )
    .await
}

async fn broadcast(stage: &Stage) -> anyhow::Result<Line> {
    let kinds = [TokenKind::LiveActivityStart];
    let phones = [
        stage.phone(Build::AppStore, &kinds)?,
        stage.phone(Build::TestFlight, &kinds)?,
    ];
    let client = stage.client(phones[0].environment);
    let channel: ChannelId = client
        .channels()
        .create(&app()?, StoragePolicy::NoStorage)
        .await?;
    for phone in &phones {
        stage
            .control()
            .subscribe(&phone.device_id, APP, channel.as_str())?;
    }
    let state = score(3, 1);
    let payload = LiveActivity::update(now(), &state).build()?;
    let result = client
        .publish(&Broadcast::builder(app()?, channel.clone(), payload).build()?)
        .await;
    let mut reached = 0;
    for phone in &phones {
        let log = stage.control().notifications(&phone.device_id)?;
        let of_channel = |got: &&ShownNotification| got.channel_id.as_deref() == Some(channel.as_str());
        reached += log
            .iter()
            .filter(of_channel)
            .filter(|got| shows(got, "update", &state))
            .count();
    }
    Ok(Line::of(&result, Expected::Accepted)
        .truth("both phones that follow the channel show 3 : 1", reached == 2))
}

async fn offline(stage: &Stage) -> anyhow::Result<Line> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
    stage.control().set_online(&phone.device_id, Switch::Off)?;
    let first = stage
        .push(&phone, TokenKind::Alert, collapsing("Tea in 5 minutes")?)
        .await?;
    let second = stage
        .push(&phone, TokenKind::Alert, collapsing("Tea is ready")?)
        .await?;
    let was_quiet = stage.is_quiet(&phone)?;
    stage.control().set_online(&phone.device_id, Switch::On)?;
    let is_replaced = stage.seen(&phone, &first)?.is_none();
    let is_shown = stage
        .seen(&phone, &second)?
        .is_some_and(|shown| says(&shown, "Tea is ready"));
    let truth = "back online, the phone shows only the newer of two with one collapse id";
    Ok(line(&second, Expected::Accepted).truth(truth, was_quiet && is_replaced && is_shown))
}

fn collapsing(text: &str) -> anyhow::Result<Notification> {
    let payload = Payload::builder().alert(text).build()?;
    let builder = Notification::for_app(&app()?, PushType::Alert, payload).collapse_id("tea".parse()?);
    Ok(builder.build()?)
}

fn activity(payload: Payload) -> anyhow::Result<Notification> {
    let builder = Notification::for_app(&app()?, PushType::LiveActivity, payload);
    Ok(builder.priority(Priority::Immediate).build()?)
}

fn score(home: u8, away: u8) -> Value {
    json!({"home": home, "away": away})
}

fn shows(got: &ShownNotification, event: &str, state: &Value) -> bool {
    let aps = &got.payload["aps"];
    aps["event"] == event && aps["content-state"] == *state
}

fn has_push_type(got: &ShownNotification, push_type: &str) -> bool {
    got.push_type.as_deref() == Some(push_type)
}

fn now() -> UnixSeconds {
    std::time::SystemTime::now().into()
}
