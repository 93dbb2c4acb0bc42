//! An app is deleted and comes back.

use serde_json::json;
use tidings_simulator::{Build, NewInstall, TokenKind};

use super::super::api::text;
use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{APP, Phone, Stage};
use super::alert;

pub(super) async fn tell(stage: &mut Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("An app is deleted, and comes back")?;
    let phone = stage.registered(Build::AppStore, "leaver").await?;
    narrator.tell("the app was deleted", deleted(stage, &phone).await)?;
    narrator.tell("another notification to it", spared(stage, &phone).await)?;
    narrator.tell(
        "the app is installed again, with the same token",
        back(stage, &phone).await,
    )?;
    narrator.tell(
        "its user moves to a new phone, from the backup",
        moved(stage, phone).await,
    )?;
    Ok(())
}

async fn deleted(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    stage.api.deliver(&alert("leaver", "Hello")).await?;
    stage.control().uninstall(&phone.device_id, APP, None)?;
    let id = stage.api.send(&alert("leaver", "Anybody there?")).await?;
    let progress = stage.api.finished(&id).await?;
    let recipients = stage.api.recipients(&id).await?;
    let reason = recipients
        .first()
        .map(|recipient| text(recipient, "reason"))
        .unwrap_or_default();
    let device = stage.api.device(phone.token(TokenKind::Alert)?).await?;
    let state = text(&device, "state");
    let is_expected = progress.count("rejected") == 1 && reason == "Unregistered" && state == "unregistered";
    let is_gone = !stage
        .control()
        .device(&phone.device_id)?
        .installs
        .contains_key(APP);
    Ok(Line::said(format!("410 {reason}, token {state}"), is_expected)
        .meaning(text(&device, "reason"))
        .truth("the app is not on the phone", is_gone))
}

async fn spared(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let before = stage.requests();
    let body = json!({"to": {"tokens": [phone.token(TokenKind::Alert)?]}, "aps": {"alert": "Still there?"}});
    let progress = stage.api.deliver(&body).await?;
    let count = progress.count("undeliverable");
    Ok(Line::said(format!("{count} undeliverable"), count == 1)
        .meaning("The token is retired, not deleted: it can be restored, and the reason can be looked up.")
        .truth("APNs was not asked again", stage.requests() == before))
}

async fn back(stage: &mut Stage, phone: &Phone) -> anyhow::Result<Line> {
    let token = phone.token(TokenKind::Alert)?;
    let mut install = NewInstall::new(APP, Build::AppStore);
    install.same_tokens = true;
    let installed = stage.control().install(&phone.device_id, &install)?;
    let is_same = installed
        .tokens
        .get(&TokenKind::Alert)
        .is_some_and(|again| again == token);
    let body = json!({"user_id": "leaver", "installation_id": phone.device_id});
    let device = stage.api.register(token, &body).await?;
    let progress = stage.api.deliver(&alert("leaver", "Welcome back")).await?;
    let is_shown = stage.shown(phone, "Welcome back")? == 1;
    Ok(Line::said(
        progress.in_words(),
        progress.reached(1) && device["sending"] == "yes",
    )
    .meaning("A registration is newer than the 410, and an answer counts only for what came before it.")
    .truth("the phone shows “Welcome back”", is_same && is_shown))
}

/// The phone keeps its app, whose installation now has another token.
async fn moved(stage: &mut Stage, phone: Phone) -> anyhow::Result<Line> {
    let old = phone.token(TokenKind::Alert)?.to_owned();
    let restored = stage.control().restore(&phone.device_id)?;
    let installed = restored.installs.get(APP).cloned();
    let installed = installed.ok_or_else(|| anyhow::anyhow!("the backup has no app"))?;
    let new = Phone::new(restored.device_id, installed);
    let body = json!({"user_id": "leaver", "installation_id": phone.device_id});
    stage.api.register(new.token(TokenKind::Alert)?, &body).await?;
    let state = stage.api.state(&old).await?;
    let progress = stage.api.deliver(&alert("leaver", "New phone, same tea")).await?;
    let is_shown = stage.shown(&new, "New phone, same tea")? == 1;
    let is_expected = state == "superseded" && progress.count("delivered") == 1;
    Ok(Line::said(format!("the old token is {state}, 1 delivered"), is_expected)
        .meaning("The app sends an installation id: one installation has one token, and nobody waits months for a 410.")
        .truth("the new phone shows it, once", is_shown))
}
