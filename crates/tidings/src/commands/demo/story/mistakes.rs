//! What people get wrong most: the environment, the topic, the size.

use tidings_apns::{Notification, Payload, PushType};
use tidings_simulator::{Build, TokenKind};

use super::super::line::{Expected, Line};
use super::super::narrator::Narrator;
use super::super::stage::{OTHER_APP, Phone, Sent, Stage, app};
use super::{alert, alert_to, delivered, line, says};

pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("What people get wrong, and what APNs says to it")?;
    let phone = stage.phone(Build::Debug, &[TokenKind::Alert])?;
    narrator.tell(
        "a sandbox token is sent to production",
        wrong_environment(stage, &phone).await,
    )?;
    narrator.tell(
        "the same token is sent to the sandbox",
        right_environment(stage, &phone).await,
    )?;
    narrator.tell(
        "the token of one app, the topic of another",
        wrong_topic(stage).await,
    )?;
    narrator.tell("a payload of 5,000 bytes", too_large(stage).await)?;
    Ok(())
}

async fn wrong_environment(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let client = stage.client(phone.environment.other());
    let sent = Sent::by(client, phone.token(TokenKind::Alert)?, alert("Lost")?).await?;
    let line = line(&sent, Expected::Rejected(400, "BadDeviceToken"));
    Ok(line.truth(
        "the phone is alive and has the app, and shows nothing",
        stage.is_quiet(phone)?,
    ))
}

async fn right_environment(stage: &Stage, phone: &Phone) -> anyhow::Result<Line> {
    let truth = "the phone shows “Found”: the token was never bad";
    delivered(stage, phone, TokenKind::Alert, alert("Found")?, truth, |shown| {
        says(shown, "Found")
    })
    .await
}

async fn wrong_topic(stage: &Stage) -> anyhow::Result<Line> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
    let notification = alert_to(&OTHER_APP.parse()?, "Bread is ready")?;
    let sent = stage.push(&phone, TokenKind::Alert, notification).await?;
    let line = line(&sent, Expected::Rejected(400, "DeviceTokenNotForTopic"));
    Ok(line.truth("the phone shows nothing", stage.is_quiet(&phone)?))
}

async fn too_large(stage: &Stage) -> anyhow::Result<Line> {
    let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
    let payload = Payload::builder().alert("tea ".repeat(1250)).build()?;
    // Our own check would refuse it before it is sent.
    let notification = Notification::for_app(&app()?, PushType::Alert, payload).build_unchecked();
    let sent = stage.push(&phone, TokenKind::Alert, notification).await?;
    let line = line(&sent, Expected::Rejected(413, "PayloadTooLarge"));
    Ok(line.truth("the phone shows nothing", stage.is_quiet(&phone)?))
}
