//! Provider tokens that somebody pasted, what APNs says of them, and the clock.

use std::time::Duration;

use tidings_apns::Reason;

use crate::artefact::Content;
use crate::case::ProbeOutcome;
use crate::catalogue::provider_token as entries;
use crate::facts::{CredentialFacts, Facts};
use crate::provider_token::ProviderTokenFacts;
use crate::remark::Remark;

/// How long APNs takes a provider token.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// How far a clock may be off before it matters.
const TOLERANCE: Duration = Duration::from_mins(5);

fn tokens<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a str, &'a ProviderTokenFacts)> {
    facts
        .case
        .artefacts
        .iter()
        .filter_map(|artefact| match &artefact.content {
            Content::ProviderToken(token) => Some((artefact.path.as_str(), token)),
            _ => None,
        })
}

/// What it is made of.
pub(super) fn form(facts: &Facts<'_>) -> Vec<Remark> {
    let malformed = tokens(facts).filter_map(|(path, token)| malformed(path, token));
    let renamed = tokens(facts).filter_map(|(path, token)| other_names(facts, path, token));
    malformed.chain(renamed).collect()
}

fn malformed(path: &str, token: &ProviderTokenFacts) -> Option<Remark> {
    let mut flaws = token.flaws.clone();
    match token.algorithm.as_deref() {
        Some("ES256") => {}
        Some(other) => flaws.push(format!("`alg` is {other}, and must be ES256")),
        None => flaws.push("`alg` is missing".to_owned()),
    }
    let missing = [
        ("kid", token.key_id.is_none()),
        ("iss", token.team_id.is_none()),
        ("iat", token.issued_at.is_none()),
    ];
    flaws.extend(
        missing
            .iter()
            .filter(|(_, is_missing)| *is_missing)
            .map(|(name, _)| format!("`{name}` is missing or not of its type")),
    );
    let first = flaws.first()?;
    let title = format!("The provider token is not formed as APNs wants it: {first}.");
    Some(
        Remark::certain(&entries::MALFORMED, title)
            .evidences(flaws.iter().map(|flaw| format!("{path}: {flaw}"))),
    )
}

fn other_names(facts: &Facts<'_>, path: &str, token: &ProviderTokenFacts) -> Option<Remark> {
    let (key_id, team_id) = (token.key_id.as_deref()?, token.team_id.as_deref()?);
    let keys: Vec<&CredentialFacts<'_>> = facts
        .own_credentials()
        .filter(|it| it.key_id().is_some())
        .collect();
    let agrees = |credential: &&CredentialFacts<'_>| {
        credential.key_id() == Some(key_id) && credential.team_id().is_none_or(|team| team == team_id)
    };
    if keys.is_empty() || keys.iter().any(agrees) {
        return None;
    }
    let lines = keys.iter().map(|credential| {
        let (key_id, team_id) = (
            credential.key_id().unwrap_or_default(),
            credential.team_id().unwrap_or("unknown"),
        );
        format!("{}: key id {key_id}, team id {team_id}", credential.place())
    });
    let title =
        format!("The provider token names key {key_id} of team {team_id}, which is not what is configured.");
    Some(
        Remark::certain(&entries::NAMES_DIFFER, title)
            .evidence(format!("{path}: kid {key_id}, iss {team_id}"))
            .evidences(lines),
    )
}

/// How old it is.
pub(super) fn age(facts: &Facts<'_>) -> Vec<Remark> {
    tokens(facts)
        .filter_map(|(path, token)| aged(facts, path, token))
        .collect()
}

fn aged(facts: &Facts<'_>, path: &str, token: &ProviderTokenFacts) -> Option<Remark> {
    let issued_at = token.issued_at?;
    let now = facts.case.now;
    let line = format!("{path}: iat {issued_at}, now is {now}");
    if issued_at > now.saturating_add(TOLERANCE) {
        let title = format!("The provider token was issued in the future, at {issued_at}: a clock is wrong.");
        return Some(Remark::certain(&entries::CLOCK_IS_WRONG, title).evidence(line));
    }
    let age = now.saturating_since(issued_at);
    (age > GOOD_FOR).then(|| {
        let title = format!(
            "The provider token is {} minutes old; APNs takes it for 60.",
            age.as_secs() / 60
        );
        let remark = Remark::likely(&entries::TOO_OLD, title).evidence(line);
        remark.question("Is it still the one that is sent, or only an old line of a log?")
    })
}

/// This machine's clock beside APNs's.
pub(super) fn clock(facts: &Facts<'_>) -> Vec<Remark> {
    let ahead = facts.case.probes.iter().filter_map(|probe| match &probe.outcome {
        ProbeOutcome::Answered {
            clock_ahead_seconds, ..
        } => Some((probe, (*clock_ahead_seconds)?)),
        _ => None,
    });
    let worst = ahead.max_by_key(|(_, seconds)| seconds.unsigned_abs());
    let wrong = worst.filter(|(_, seconds)| seconds.unsigned_abs() > TOLERANCE.as_secs());
    let told = wrong.map(|(probe, seconds)| {
        let direction = if seconds > 0 { "ahead of" } else { "behind" };
        let title = format!(
            "This machine's clock is {} seconds {direction} APNs's.",
            seconds.unsigned_abs()
        );
        Remark::certain(&entries::CLOCK_IS_WRONG, title)
            .evidence(format!("{}: by the `date` of its answer", probe.endpoint))
    });
    told.into_iter().collect()
}

/// What APNs says of it.
pub(super) fn answers(facts: &Facts<'_>) -> Vec<Remark> {
    if facts.is(&Reason::TooManyProviderTokenUpdates) {
        let title = "Provider tokens are made anew more often than APNs allows.";
        return vec![Remark::certain(&entries::RENEWED_TOO_OFTEN, title).evidence(facts.answer_in_words())];
    }
    if !facts.is(&Reason::ExpiredProviderToken) || !clock(facts).is_empty() {
        return Vec::new();
    }
    let title = "APNs says that the provider token is older than an hour: it is not renewed in time, or the clock is behind.";
    let question =
        "Did it begin about an hour after the sender started (not renewed), or at once (the clock)?";
    vec![
        Remark::likely(&entries::TOO_OLD, title)
            .evidence(facts.answer_in_words())
            .question(question),
        Remark::ask(
            &entries::CLOCK_IS_WRONG,
            "The clock of the sender may be behind.",
            "What does `date -u` say there, beside the `date` header of an answer of APNs?",
        ),
    ]
}
