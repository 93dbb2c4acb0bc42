//! More than alerts: each kind has its device token and its topic.

use serde_json::{Value, json};
use tidings_simulator::{Build, ShownNotification, TokenKind};

use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{APP, Phone, Stage};

pub(super) async fn tell(stage: &mut Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("More than alerts: each kind has its device token and its topic")?;
    narrator.tell(
        "background: the app wakes, nothing is shown",
        background(stage).await,
    )?;
    narrator.tell("VoIP: a call comes in", call(stage).await)?;
    let phone = fan(stage).await?;
    narrator.tell("Live Activity: a match begins", begin(stage, &phone).await)?;
    narrator.tell("Live Activity: a goal", goal(stage, phone).await)?;
    narrator.tell(
        "broadcast: one request, all who follow the channel",
        broadcast(stage).await,
    )?;
    Ok(())
}

async fn background(stage: &mut Stage) -> anyhow::Result<Line> {
    let phone = stage.registered(Build::AppStore, "sleeper").await?;
    let body =
        json!({"to": {"users": ["sleeper"]}, "push_type": "background", "aps": {"content-available": 1}});
    let progress = stage.api.deliver(&body).await?;
    let woke = |got: &ShownNotification| {
        got.push_type.as_deref() == Some("background") && got.payload["aps"].get("alert").is_none()
    };
    Ok(Line::said(progress.in_words(), progress.reached(1)).truth(
        "the app got `content-available` and no alert",
        stage.log(&phone)?.last().is_some_and(woke),
    ))
}

async fn call(stage: &mut Stage) -> anyhow::Result<Line> {
    let phone = stage.registered(Build::AppStore, "ann").await?;
    let installed = stage
        .control()
        .launch(&phone.device_id, APP, &[TokenKind::Voip])?;
    let phone = Phone::new(phone.device_id, installed);
    let body = json!({"user_id": "ann", "kind": "voip"});
    stage.api.register(phone.token(TokenKind::Voip)?, &body).await?;
    let body = json!({"to": {"users": ["ann"]}, "kind": "voip", "aps": {}, "data": {"caller": "Ben"}});
    let progress = stage.api.deliver(&body).await?;
    let rang = |got: &ShownNotification| got.topic == format!("{APP}.voip") && got.payload["caller"] == "Ben";
    Ok(Line::said(progress.in_words(), progress.reached(1)).truth(
        "the phone rings: Ben is calling, on the topic com.example.teahouse.voip",
        stage.log(&phone)?.last().is_some_and(rang),
    ))
}

/// A phone whose app may start Live Activities.
async fn fan(stage: &mut Stage) -> anyhow::Result<Phone> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::LiveActivityStart])?;
    let body = json!({"user_id": "fan", "kind": "liveactivity-start"});
    stage
        .api
        .register(phone.token(TokenKind::LiveActivityStart)?, &body)
        .await?;
    Ok(phone)
}

async fn begin(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let mut aps = activity("start", &score(0, 0));
    aps["attributes-type"] = json!("MatchAttributes");
    aps["attributes"] = json!({"league": "tea"});
    aps["alert"] = json!({"title": "Kick-off", "body": "Home – Away has begun"});
    let body = json!({"to": {"users": ["fan"]}, "push_type": "liveactivity", "priority": 10, "aps": aps});
    let progress = stage.api.deliver(&body).await?;
    let is_shown = stage
        .log(phone)?
        .last()
        .is_some_and(|got| shows(got, "start", &score(0, 0)));
    Ok(Line::said(progress.in_words(), progress.reached(1)).truth("the Lock Screen shows 0 : 0", is_shown))
}

/// The activity on the phone has a token of its own, which the app is told and registers.
async fn goal(stage: &mut Stage, phone: Phone) -> anyhow::Result<Line> {
    let installed = stage
        .control()
        .launch(&phone.device_id, APP, &[TokenKind::LiveActivityUpdate])?;
    let phone = Phone::new(phone.device_id, installed);
    let body = json!({"user_id": "fan", "kind": "liveactivity-update"});
    stage
        .api
        .register(phone.token(TokenKind::LiveActivityUpdate)?, &body)
        .await?;
    let aps = activity("update", &score(1, 0));
    let body = json!({"to": {"users": ["fan"]}, "push_type": "liveactivity", "priority": 10, "aps": aps});
    let progress = stage.api.deliver(&body).await?;
    let is_shown = stage
        .log(&phone)?
        .last()
        .is_some_and(|got| shows(got, "update", &score(1, 0)));
    Ok(Line::said(progress.in_words(), progress.reached(1)).truth("the Lock Screen shows 1 : 0", is_shown))
}

async fn broadcast(stage: &mut Stage) -> anyhow::Result<Line> {
    let kinds = [TokenKind::LiveActivityStart];
    let phones = [
        stage.phone(Build::AppStore, &kinds)?,
        stage.phone(Build::TestFlight, &kinds)?,
    ];
    let channel = stage.api.create_channel().await?;
    for phone in &phones {
        stage.control().subscribe(&phone.device_id, APP, &channel)?;
    }
    let published = stage
        .api
        .publish(&channel, &activity("update", &score(3, 1)))
        .await?;
    let mut reached = 0;
    for phone in &phones {
        let log = stage.log(phone)?;
        let of_channel = |got: &&ShownNotification| got.channel_id.as_deref() == Some(channel.as_str());
        reached += log
            .iter()
            .filter(of_channel)
            .filter(|got| shows(got, "update", &score(3, 1)))
            .count();
    }
    let is_accepted = published["apns_request_id"].is_string();
    Ok(Line::said("published", is_accepted)
        .truth("both phones that follow the channel show 3 : 1", reached == 2))
}

fn activity(event: &str, state: &Value) -> Value {
    json!({"event": event, "timestamp": now(), "content-state": state})
}

fn score(home: u8, away: u8) -> Value {
    json!({"home": home, "away": away})
}

fn shows(got: &ShownNotification, event: &str, state: &Value) -> bool {
    let aps = &got.payload["aps"];
    aps["event"] == event && aps["content-state"] == *state
}

fn now() -> u64 {
    tidings_apns::UnixSeconds::from(std::time::SystemTime::now()).0
}
