//! An app is deleted and comes back.

use tidings_apns::DeviceToken;
use tidings_simulator::{Build, NewInstall, TokenKind};

use super::super::line::{Expected, Line};
use super::super::narrator::Narrator;
use super::super::stage::{APP, Phone, Stage};
use super::{alert, delivered, line, says};

pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("An app is deleted, and comes back")?;
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
    narrator.tell("the app was deleted", uninstalled(stage, &phone).await)?;
    narrator.tell("the app is installed again", installed_again(stage, phone).await)?;
    Ok(())
}

async fn uninstalled(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let earliest = stage.control().clock().now.as_millis();
    stage.control().uninstall(&phone.device_id, APP, None)?;
    let latest = stage.control().clock().now.as_millis();
    let sent = stage
        .push(phone, TokenKind::Alert, alert("Anybody there?")?)
        .await?;
    let rejected = sent.result.as_ref().ok().and_then(|response| response.rejected());
    let since = rejected.and_then(|rejected| rejected.timestamp);
    let is_dated = since.is_some_and(|since| (earliest..=latest).contains(&since.as_unix_millis()));
    let is_gone = !stage
        .control()
        .device(&phone.device_id)?
        .installs
        .contains_key(APP);
    let since = since.map_or_else(|| "no timestamp".to_owned(), |since| since.to_string());
    let truth = format!("the app is not on the phone; dead since {since}, when it was deleted");
    Ok(line(&sent, Expected::Rejected(410, "Unregistered")).truth(truth, is_gone && is_dated))
}

async fn installed_again(stage: &Stage, phone: Phone) -> anyhow::Result<Line> {
    let old: DeviceToken = phone.token(TokenKind::Alert)?;
    let install = NewInstall::new(APP, Build::AppStore);
    let installed = stage.control().install(&phone.device_id, &install)?;
    let phone = Phone::new(phone.device_id, &installed)?;
    let is_new = phone.token(TokenKind::Alert)? != old;
    let truth = "the app registered with a new token, and the phone shows “Welcome back”";
    let is_so = |shown: &_| is_new && says(shown, "Welcome back");
    delivered(
        stage,
        &phone,
        TokenKind::Alert,
        alert("Welcome back")?,
        truth,
        is_so,
    )
    .await
}
