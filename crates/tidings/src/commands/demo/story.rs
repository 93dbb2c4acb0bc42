//! The story, chapter by chapter. Each scene does one thing, and holds the answer against the simulator's truth.

mod builds;
mod credentials;
mod kinds;
mod life;
mod mistakes;

use tidings_apns::{BundleId, Notification, Payload, PushType};
use tidings_simulator::{ShownNotification, TokenKind};

use super::line::{Expected, Line};
use super::narrator::Narrator;
use super::stage::{Phone, Sent, Stage, app};

/// Tells it from beginning to end.
pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    builds::tell(stage, narrator).await?;
    kinds::tell(stage, narrator).await?;
    mistakes::tell(stage, narrator).await?;
    life::tell(stage, narrator).await?;
    // Last, because it moves the simulator's clock.
    credentials::tell(stage, narrator).await
}

/// An alert to an app.
fn alert_to(app: &BundleId, text: &str) -> anyhow::Result<Notification> {
    let payload = Payload::builder().alert(text).sound("default").build()?;
    Ok(Notification::for_app(app, PushType::Alert, payload).build()?)
}

/// An alert to the app of the story.
fn alert(text: &str) -> anyhow::Result<Notification> {
    alert_to(&app()?, text)
}

/// Sends something that should arrive. `is_so` looks at what arrived.
async fn delivered(
    stage: &Stage,
    phone: &Phone,
    kind: TokenKind,
    notification: Notification,
    truth: &str,
    is_so: impl FnOnce(&ShownNotification) -> bool,
) -> anyhow::Result<Line> {
    let sent = stage.push(phone, kind, notification).await?;
    let seen = stage.seen(phone, &sent)?;
    Ok(line(&sent, Expected::Accepted).truth(truth, seen.as_ref().is_some_and(is_so)))
}

/// A line about a request.
fn line(sent: &Sent, expected: Expected) -> Line {
    Line::of(&sent.result, expected)
}

/// Whether the alert of a payload is this text.
fn says(shown: &ShownNotification, text: &str) -> bool {
    shown.payload["aps"]["alert"] == text
}
