//! A bad deploy: a signing key of the wrong environment.

use serde_json::json;
use tidings_simulator::{Build, Environment, TokenKind};

use super::super::api::text;
use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{Phone, Stage};
use super::{CROWD, alert_to_tag};

const TEXT: &str = "Happy hour";

pub(super) async fn tell(stage: &mut Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("A bad deploy: a key of the wrong environment")?;
    let mut phones = Vec::new();
    narrator.tell("twenty phones in good use", settle(stage, &mut phones).await)?;
    narrator.tell(
        "a key that is for the sandbox only is deployed",
        wrong_key(stage).await,
    )?;
    let mut id = String::new();
    narrator.tell(
        "a notification to all of them",
        waits(stage, &phones, &mut id).await,
    )?;
    narrator.tell("the right key is deployed", arrives(stage, &phones, &id).await)?;
    Ok(())
}

/// Phones that have a tag, and have been reached before.
async fn settle(stage: &mut Stage, phones: &mut Vec<Phone>) -> anyhow::Result<Line> {
    for number in 0..CROWD {
        let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
        let body = json!({"user_id": format!("regular-{number}"), "tags": ["regulars"]});
        stage.api.register(phone.token(TokenKind::Alert)?, &body).await?;
        phones.push(phone);
    }
    let progress = stage
        .api
        .deliver(&alert_to_tag("regulars", "Good morning"))
        .await?;
    Ok(Line::said(progress.in_words(), progress.reached(CROWD)).truth(
        "each of the twenty shows it",
        stage.each_shown(phones, "Good morning", 1)?,
    ))
}

async fn wrong_key(stage: &mut Stage) -> anyhow::Result<Line> {
    let key = stage.new_key(&[Environment::Sandbox])?;
    let credential = stage.api.upload(&key).await?;
    let is_taken = credential["key_id"] == key.key_id.as_str();
    let is_wrong = key.environments.len() == 1;
    Ok(Line::said("taken", is_taken)
        .meaning("The file does not say what its key is good for: only APNs knows.")
        .truth("production will not have it", is_wrong))
}

async fn waits(stage: &mut Stage, phones: &[Phone], id: &mut String) -> anyhow::Result<Line> {
    *id = stage.api.send(&alert_to_tag("regulars", TEXT)).await?;
    let incident = stage.api.open_incident().await?;
    let waiting = |progress: &super::super::api::Progress| progress.count("waiting") + progress.count("held");
    let progress = stage
        .api
        .until(id, |progress| waiting(progress) == CROWD as u64)
        .await?;
    let states = active(stage, phones).await?;
    let is_quiet = stage.each_shown(phones, TEXT, 0)?;
    let said = format!("{} of {} wait", waiting(&progress), progress.count("recipients"));
    Ok(Line::said(said, text(&incident, "cause") == "credential_refused")
        .meaning(text(&incident, "summary"))
        .truth(
            "no phone shows it, and the tokens of all twenty are as good as before",
            is_quiet && states == CROWD,
        ))
}

async fn arrives(stage: &mut Stage, phones: &[Phone], id: &str) -> anyhow::Result<Line> {
    let key = stage.new_key(&[])?;
    stage.api.upload(&key).await?;
    let progress = stage.api.finished(id).await?;
    let incident = stage.api.ended_incident().await?;
    Ok(Line::said(progress.in_words(), progress.reached(CROWD))
        .meaning(format!(
            "The incident has ended: {}. Nobody sent anything again.",
            text(&incident, "end")
        ))
        .truth(
            "each of the twenty shows it, exactly once",
            stage.each_shown(phones, TEXT, 1)?,
        ))
}

/// How many of the phones have tokens that nothing is held against.
pub(super) async fn active(stage: &mut Stage, phones: &[Phone]) -> anyhow::Result<usize> {
    let mut active = 0;
    for phone in phones {
        active += usize::from(stage.api.state(phone.token(TokenKind::Alert)?).await? == "active");
    }
    Ok(active)
}
