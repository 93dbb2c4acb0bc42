//! Apps register, and are reached.

use serde_json::json;
use tidings_simulator::{Build, Environment, TokenKind};

use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{Phone, Stage};
use super::alert;

const BUILDS: [Build; 5] = [
    Build::Debug,
    Build::TestFlight,
    Build::AdHoc,
    Build::AppStore,
    Build::Enterprise,
];

pub(super) async fn tell(stage: &mut Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("Apps register, and are reached")?;
    let mut phones = Vec::new();
    let line = register(stage, &mut phones).await;
    narrator.tell("five builds register, none says where it belongs", line)?;
    narrator.tell("one request to everyone", everyone(stage, &phones).await)?;
    narrator.tell("the same to one user", one(stage, &phones).await)?;
    narrator.tell(
        "two notifications to a phone that is offline",
        offline(stage).await,
    )?;
    Ok(())
}

async fn register(stage: &mut Stage, phones: &mut Vec<Phone>) -> anyhow::Result<Line> {
    let mut states = Vec::new();
    for (number, build) in BUILDS.into_iter().enumerate() {
        let phone = stage.phone(build, &[TokenKind::Alert])?;
        let body = json!({"user_id": format!("guest-{number}"), "installation_id": phone.device_id});
        let device = stage.api.register(phone.token(TokenKind::Alert)?, &body).await?;
        states.push(format!("{} {}", device["state"], device["action"]));
        phones.push(phone);
    }
    let is_expected = states.iter().all(|state| state == r#""unproven" "ok""#);
    let sandbox = phones
        .iter()
        .filter(|phone| phone.environment == Environment::Sandbox)
        .count();
    Ok(Line::said("unproven, action ok", is_expected)
        .meaning("A token says neither its environment nor its app. Nobody has to know: it is found out by sending.")
        .truth("four of them belong to production, and one, run from Xcode, to the sandbox", sandbox == 1))
}

async fn everyone(stage: &mut Stage, phones: &[Phone]) -> anyhow::Result<Line> {
    let body = json!({"to": {"everyone": true}, "aps": {"alert": "We are open"}});
    let progress = stage.api.deliver(&body).await?;
    let mut learned = 0;
    for phone in phones {
        let device = stage.api.device(phone.token(TokenKind::Alert)?).await?;
        let environment = serde_json::to_value(phone.environment)?;
        learned += usize::from(device["state"] == "active" && device["environment"] == environment);
    }
    Ok(Line::said(progress.in_words(), progress.reached(phones.len()))
        .meaning("What production called a bad token went to the sandbox at once, and the environment is known from now on.")
        .truth(
            "each of the five phones shows it once, and each environment was learned",
            stage.each_shown(phones, "We are open", 1)? && learned == phones.len(),
        ))
}

async fn one(stage: &mut Stage, phones: &[Phone]) -> anyhow::Result<Line> {
    let progress = stage.api.deliver(&alert("guest-0", "Your tea is ready")).await?;
    let mut total = 0;
    for phone in phones {
        total += stage.shown(phone, "Your tea is ready")?;
    }
    let is_shown = stage.shown(&phones[0], "Your tea is ready")? == 1;
    Ok(Line::said(progress.in_words(), progress.reached(1)).truth(
        "the phone of that user shows it, and no other",
        is_shown && total == 1,
    ))
}

async fn offline(stage: &mut Stage) -> anyhow::Result<Line> {
    let phone = stage.registered(Build::AppStore, "traveller").await?;
    let control = stage.control();
    control.set_online(&phone.device_id, tidings_simulator::Switch::Off)?;
    let collapsing = |text: &str| {
        let mut body = alert("traveller", text);
        body["collapse_id"] = json!("tea");
        body
    };
    stage.api.deliver(&collapsing("Tea in 5 minutes")).await?;
    let progress = stage.api.deliver(&collapsing("Tea is ready")).await?;
    let was_quiet = stage.log(&phone)?.is_empty();
    stage
        .control()
        .set_online(&phone.device_id, tidings_simulator::Switch::On)?;
    let is_replaced = stage.shown(&phone, "Tea in 5 minutes")? == 0;
    let is_shown = stage.shown(&phone, "Tea is ready")? == 1;
    Ok(Line::said(progress.in_words(), progress.reached(1))
        .meaning("Delivered means that APNs has it, not that a phone shows it.")
        .truth(
            "back online, the phone shows only the newer: both had one collapse id",
            was_quiet && is_replaced && is_shown,
        ))
}
