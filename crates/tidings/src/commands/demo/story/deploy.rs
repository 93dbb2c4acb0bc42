//! The bad deploy that empties other registries: production's notifications go to the sandbox, which calls every token bad.

use serde_json::json;
use tidings_simulator::{Build, TokenKind};

use super::super::api::{Progress, text};
use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::{Deploy, Phone, Stage};
use super::credential::active;
use super::{CROWD, alert_to_tag};

const TEXT: &str = "Closing time";

pub(super) async fn tell(mut stage: Stage, narrator: &mut Narrator) -> anyhow::Result<Stage> {
    narrator.chapter("A worse one: production's notifications go to the sandbox")?;
    let mut phones = Vec::new();
    narrator.tell(
        "twenty more phones in good use",
        settle(&mut stage, &mut phones).await,
    )?;
    stage = stage.restart(Deploy::Wrong).await?;
    let mut id = String::new();
    let line = refused(&mut stage, &phones, &mut id).await;
    narrator.tell("a notification after the server was deployed wrongly", line)?;
    narrator.tell(
        "what other registries would have deleted by now",
        spared(&mut stage, &phones).await,
    )?;
    stage = stage.restart(Deploy::Right).await?;
    let line = arrives(&mut stage, &phones, &id).await;
    narrator.tell("the server is deployed rightly again", line)?;
    Ok(stage)
}

async fn settle(stage: &mut Stage, phones: &mut Vec<Phone>) -> anyhow::Result<Line> {
    for number in 0..CROWD {
        let phone = stage.phone(Build::AppStore, &[TokenKind::Alert])?;
        let body = json!({"user_id": format!("member-{number}"), "tags": ["members"]});
        stage.api.register(phone.token(TokenKind::Alert)?, &body).await?;
        phones.push(phone);
    }
    let progress = stage.api.deliver(&alert_to_tag("members", "Welcome")).await?;
    Ok(Line::said(progress.in_words(), progress.reached(CROWD)).truth(
        "each of the twenty shows it",
        stage.each_shown(phones, "Welcome", 1)?,
    ))
}

async fn refused(stage: &mut Stage, phones: &[Phone], id: &mut String) -> anyhow::Result<Line> {
    *id = stage.api.send(&alert_to_tag("members", TEXT)).await?;
    let incident = stage.api.open_incident().await?;
    let waiting = |progress: &Progress| progress.count("waiting") + progress.count("held");
    let progress = stage
        .api
        .until(id, |progress| waiting(progress) == CROWD as u64)
        .await?;
    let is_quiet = stage.each_shown(phones, TEXT, 0)?;
    let said = format!("{} of {} wait", waiting(&progress), progress.count("recipients"));
    Ok(
        Line::said(said, text(&incident, "cause") == "proven_tokens_refused")
            .meaning(text(&incident, "summary"))
            .truth(
                "APNs calls tokens bad that it took a moment ago, and no phone shows anything",
                is_quiet,
            ),
    )
}

async fn spared(stage: &mut Stage, phones: &[Phone]) -> anyhow::Result<Line> {
    let mut given_up = 0;
    for phone in phones {
        let state = stage.api.state(phone.token(TokenKind::Alert)?).await?;
        given_up += usize::from(["rejected", "unregistered"].contains(&state.as_str()));
    }
    let living = phones.iter().filter(|phone| !phone.tokens.is_empty()).count();
    Ok(Line::said(format!("{given_up} given up"), given_up == 0)
        .meaning(
            "An answer is evidence, not a command: it is weighed against what the same tokens did before.",
        )
        .truth("all twenty phones have the app, and are waiting", living == CROWD))
}

async fn arrives(stage: &mut Stage, phones: &[Phone], id: &str) -> anyhow::Result<Line> {
    let progress = stage.api.finished(id).await?;
    let incident = stage.api.ended_incident().await?;
    let states = active(stage, phones).await?;
    Ok(Line::said(progress.in_words(), progress.reached(CROWD))
        .meaning(format!(
            "The incident has ended: {}. What waited was sent by itself, after two restarts.",
            text(&incident, "end")
        ))
        .truth(
            "each of the twenty shows it, exactly once, and no token was lost",
            stage.each_shown(phones, TEXT, 1)? && states == CROWD,
        ))
}
