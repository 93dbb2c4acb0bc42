//! What people get wrong most: an app that says where it belongs, and is mistaken.

use serde_json::{Value, json};
use tidings_simulator::{Build, Environment, TokenKind};

use super::super::api::text;
use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{Phone, Stage};
use super::alert;

pub(super) async fn tell(stage: &mut Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("The wrong environment, found and repaired")?;
    let phone = stage.phone(Build::Debug, &[TokenKind::Alert])?;
    narrator.tell(
        "an app run from Xcode says it is of production",
        claims(stage, &phone).await,
    )?;
    narrator.tell("a notification to it", sent(stage, &phone).await)?;
    narrator.tell("the app registers at its next launch", told(stage, &phone).await)?;
    Ok(())
}

fn claim() -> Value {
    json!({"user_id": "developer", "environment": "production"})
}

async fn claims(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let device = stage
        .api
        .register(phone.token(TokenKind::Alert)?, &claim())
        .await?;
    let state = text(&device, "state");
    Ok(Line::said(
        format!("{state}, action {}", text(&device, "action")),
        state == "unproven",
    )
    .truth(
        "its token is good in the sandbox only",
        phone.environment == Environment::Sandbox,
    ))
}

async fn sent(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let progress = stage.api.deliver(&alert("developer", "Found")).await?;
    let device = stage.api.device(phone.token(TokenKind::Alert)?).await?;
    let is_learned = device["environment"] == "sandbox" && device["state"] == "active";
    let said = format!(
        "{}, {} in {}",
        progress.in_words(),
        text(&device, "state"),
        text(&device, "environment")
    );
    Ok(Line::said(said, progress.reached(1) && is_learned)
        .meaning("Production said 400 BadDeviceToken, as it does to damaged tokens. The token was never bad.")
        .truth("the phone shows “Found”", stage.shown(phone, "Found")? == 1))
}

async fn told(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let device = stage
        .api
        .register(phone.token(TokenKind::Alert)?, &claim())
        .await?;
    let action = text(&device, "action");
    Ok(
        Line::said(format!("action {action}"), action == "wrong_environment")
            .meaning(
                "The answer to a registration says what the app should do, so that it can repair itself.",
            )
            .truth(
                "the phone still gets everything meanwhile",
                device["sending"] == "yes",
            ),
    )
}
