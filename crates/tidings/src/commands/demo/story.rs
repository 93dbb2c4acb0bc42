//! The story, chapter by chapter. Each scene does one thing through the API, and holds what the server says against the
//! simulator's truth.

mod credential;
mod deploy;
mod environment;
mod kinds;
mod life;
mod reach;

use serde_json::{Value, json};

use super::narrator::Narrator;
use super::stage::Stage;

/// How many phones are in use when something goes wrong.
const CROWD: usize = 20;

/// Tells it from beginning to end.
pub(super) async fn tell(mut stage: Stage, narrator: &mut Narrator) -> anyhow::Result<Stage> {
    reach::tell(&mut stage, narrator).await?;
    kinds::tell(&mut stage, narrator).await?;
    environment::tell(&mut stage, narrator).await?;
    life::tell(&mut stage, narrator).await?;
    credential::tell(&mut stage, narrator).await?;
    deploy::tell(stage, narrator).await
}

/// An alert to a user.
fn alert(user: &str, text: &str) -> Value {
    json!({"to": {"users": [user]}, "aps": {"alert": text, "sound": "default"}})
}

/// An alert to everybody with a tag.
fn alert_to_tag(tag: &str, text: &str) -> Value {
    json!({"to": {"tags": {"any": [tag]}}, "aps": {"alert": text}})
}
