//! Signing keys: their files, their ids, and what APNs says of them.

use tidings_apns::{Reason, TeamId};

use super::certificate::{is_about_a_key, is_about_encryption};
use crate::case::{ProbeStep, Reach};
use crate::catalogue::signing_key as entries;
use crate::credential::CredentialFile;
use crate::facts::{CredentialFacts, Facts};
use crate::finding::Confidence;
use crate::remark::Remark;

/// Files that should hold a signing key.
pub(super) fn files(facts: &Facts<'_>) -> Vec<Remark> {
    let files = facts
        .credentials
        .iter()
        .filter_map(|credential| Some((credential.place(), credential.file?)));
    files
        .flat_map(|(place, file)| [unusable(&place, file), mended(&place, file)])
        .flatten()
        .collect()
}

fn unusable(place: &str, file: &CredentialFile) -> Option<Remark> {
    if !is_about_a_key(file) {
        return None;
    }
    let cannot_sign = !file.keys.is_empty() && !file.keys.iter().any(|key| key.signs_provider_tokens);
    let kind = || file.keys.first().map(|key| format!("it is {}", key.kind));
    let why = file
        .unusable
        .clone()
        .or_else(|| cannot_sign.then(kind).flatten())?;
    let title = format!(
        "{place} cannot sign provider tokens: {}.",
        why.trim_end_matches('.')
    );
    let remark = Remark::certain(&entries::KEY_UNUSABLE, title).evidence(format!("{place}: {why}"));
    Some(match &file.advice {
        Some(advice) => remark.fix(advice.clone()),
        None => remark,
    })
}

fn mended(place: &str, file: &CredentialFile) -> Option<Remark> {
    let notes: Vec<&String> = file
        .notes
        .iter()
        .filter(|note| !is_about_encryption(note))
        .collect();
    (!notes.is_empty() && file.unusable.is_none()).then(|| {
        let title = format!("{place} is unusual, and could be read all the same.");
        Remark::certain(&entries::FILE_MENDED, title)
            .evidences(notes.iter().map(|note| format!("{place}: {note}")))
    })
}

/// Key ids and team ids in the wrong places.
pub(super) fn ids(facts: &Facts<'_>) -> Vec<Remark> {
    facts
        .own_credentials()
        .filter_map(|credential| swapped(facts, credential).or_else(|| other_file(credential)))
        .collect()
}

fn swapped(facts: &Facts<'_>, credential: &CredentialFacts<'_>) -> Option<Remark> {
    let configured = credential.configured?;
    let (key_id, team_id) = (configured.key_id.as_deref()?, configured.team_id.as_deref()?);
    let teams = facts.teams();
    let key_is_team = teams.iter().find(|(_, team)| *team == key_id && *team != team_id);
    let team_is_key = credential
        .key_id_in_name()
        .filter(|name| *name == team_id && *name != key_id);
    if key_is_team.is_none() && team_is_key.is_none() {
        return None;
    }
    let by_team = key_is_team.map(|(artefact, team)| format!("{}: the team is {team}", artefact.path));
    let by_name = team_is_key.map(|name| {
        format!(
            "{}: the file's name holds the key id {name}",
            credential.path.unwrap_or_default()
        )
    });
    let place = credential.place();
    Some(
        Remark::certain(
            &entries::IDS_SWAPPED,
            format!("Key id and team id are swapped in {place}."),
        )
        .evidence(format!("{place}: key id {key_id}, team id {team_id}"))
        .evidences(by_team)
        .evidences(by_name)
        .fix(format!("Configure key id {team_id} and team id {key_id}.")),
    )
}

fn other_file(credential: &CredentialFacts<'_>) -> Option<Remark> {
    let (configured, named) = (credential.key_id()?, credential.key_id_in_name()?);
    (configured != named).then(|| {
        let place = credential.place();
        let path = credential.path.unwrap_or_default();
        Remark::certain(
            &entries::KEY_ID_IS_NOT_THE_FILES,
            format!("The configured key id is {configured}, and the key's file is named after {named}."),
        )
        .evidence(format!("{place}: key id {configured}"))
        .evidence(format!("{path}: key id {named} in its name"))
        .fix(format!(
            "Configure the key id {named}, unless the file was renamed."
        ))
    })
}

/// What APNs says of the key.
pub(super) fn answers(facts: &Facts<'_>) -> Vec<Remark> {
    [
        environment(facts),
        topics(facts),
        refused(facts),
        changed(facts),
        none(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const OTHER_ENVIRONMENT: [Reason; 2] = [
    Reason::BadEnvironmentKeyIdInToken,
    Reason::BadEnvironmentKeyInToken,
];

fn environment(facts: &Facts<'_>) -> Option<Remark> {
    let probed = facts
        .probed(ProbeStep::Request)
        .find(|(_, answer)| has_reason(answer.reason.as_deref(), &OTHER_ENVIRONMENT));
    let sent = match probed {
        Some((probe, _)) => Some(probe.environment),
        None if facts.is_any(&OTHER_ENVIRONMENT) => facts.case.environment,
        None => return None,
    };
    let line = probed.map_or_else(
        || facts.answer_in_words(),
        |(probe, _)| {
            format!(
                "{}: APNs says that the key is for another environment",
                probe.endpoint
            )
        },
    );
    let (title, fix) = match sent {
        Some(sent) => (
            format!(
                "The signing key is restricted to {}, and is used for {sent}.",
                sent.other()
            ),
            format!(
                "Make a signing key for {sent} in the developer portal (Keys), and configure one for each environment."
            ),
        ),
        None => (
            "The signing key is restricted to the other environment.".to_owned(),
            entries::KEY_FOR_THE_OTHER_ENVIRONMENT.fix.to_owned(),
        ),
    };
    Some(
        Remark::certain(&entries::KEY_FOR_THE_OTHER_ENVIRONMENT, title)
            .evidence(line)
            .fix(fix),
    )
}

fn has_reason(reason: Option<&str>, reasons: &[Reason]) -> bool {
    reason.is_some_and(|name| reasons.contains(&Reason::from_name(name)))
}

fn topics(facts: &Facts<'_>) -> Option<Remark> {
    let with_key =
        facts.own_credentials().any(CredentialFacts::is_signing_key) || facts.credentials.is_empty();
    let is_refused = |reason: Option<&str>| has_reason(reason, &[Reason::TopicDisallowed]);
    let probed = facts
        .probed(ProbeStep::Request)
        .find(|(_, answer)| is_refused(answer.reason.as_deref()));
    if !with_key || (probed.is_none() && !facts.is(&Reason::TopicDisallowed)) {
        return None;
    }
    let title =
        "APNs accepts the key and not the topic: a key made since February 2025 can be restricted to topics.";
    let question = "Is the key topic-specific (developer portal, Keys), and is another topic of the team accepted with it?";
    Some(match probed {
        Some((probe, _)) => Remark::likely(&entries::KEY_MAY_BE_RESTRICTED, title)
            .evidence(format!("{}: TopicDisallowed", probe.endpoint))
            .question(question),
        None => Remark::ask(&entries::KEY_MAY_BE_RESTRICTED, title, question),
    })
}

fn refused(facts: &Facts<'_>) -> Option<Remark> {
    let reasons = [Reason::InvalidProviderToken, Reason::Forbidden];
    let probed = facts
        .probed(ProbeStep::Request)
        .filter(|(_, answer)| has_reason(answer.reason.as_deref(), &reasons))
        .count();
    if probed == 0 && !facts.is_any(&reasons) {
        return None;
    }
    // What APNs said when it was asked just now is more than a report.
    let everywhere = probed > 0 || facts.case.reach == Some(Reach::AllApps);
    let question = "Did it ever work, and does the developer portal (Keys) show the key with Apple Push Notifications service enabled?";
    let title = match facts.case.reach {
        Some(Reach::AllApps) => "APNs refuses the key for all apps at once: it was probably revoked.",
        _ => "APNs does not take the provider token: the key may be revoked, or not be for APNs.",
    };
    let confidence = if everywhere {
        Confidence::Likely
    } else {
        Confidence::Ask
    };
    Some(
        Remark::with(&entries::KEY_REVOKED, confidence, title)
            .evidence(match &facts.reason {
                Some(_) => facts.answer_in_words(),
                None => "probe: the provider token is refused".to_owned(),
            })
            .question(question),
    )
}

fn changed(facts: &Facts<'_>) -> Option<Remark> {
    facts.is(&Reason::UnrelatedKeyIdInToken).then(|| {
        Remark::certain(
            &entries::KEY_CHANGED_ON_CONNECTION,
            "The connection was begun with another signing key, and stays bound to it.",
        )
        .evidence(facts.answer_in_words())
    })
}

fn none(facts: &Facts<'_>) -> Option<Remark> {
    facts.is(&Reason::MissingProviderToken).then(|| {
        Remark::certain(&entries::NO_CREDENTIAL, entries::NO_CREDENTIAL.title)
            .evidence(facts.answer_in_words())
    })
}

/// Whether a text has the form of a team id.
pub(super) fn is_team_id(text: &str) -> bool {
    let capitals = text
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    capitals && text.parse::<TeamId>().is_ok()
}
