//! Whose the credential is, and whose the app.

use std::collections::BTreeSet;

use tidings_apns::Reason;

use crate::artefact::{Artefact, Content};
use crate::case::Reach;
use crate::catalogue::signing_key as entries;
use crate::facts::{CredentialFacts, Facts};
use crate::profile::Profile;
use crate::remark::Remark;

/// An app whose team no credential has.
pub(super) fn owner(facts: &Facts<'_>) -> Vec<Remark> {
    let owned: Vec<&CredentialFacts<'_>> = facts
        .own_credentials()
        .filter(|it| it.team_id().is_some())
        .collect();
    if owned.is_empty() {
        return Vec::new();
    }
    let has = |team: &str| owned.iter().any(|credential| credential.team_id() == Some(team));
    let teams = facts.teams();
    let foreign = teams
        .iter()
        .filter(|(artefact, team)| is_relevant(facts, artefact) && !has(team));
    foreign
        .filter(|_| !swapped(facts))
        .map(|(artefact, team)| told(facts, &owned, artefact, team))
        .collect()
}

/// An entitlements file or a property list is a project's source: builds and profiles say who signs.
fn is_relevant(facts: &Facts<'_>, artefact: &Artefact) -> bool {
    let signed = matches!(
        artefact.content,
        Content::Build(_) | Content::Profile(_) | Content::Executable(_) | Content::DistributionSummary(_)
    );
    let said = facts.case.bundle_id.as_deref();
    let same = artefact
        .bundle_id()
        .is_none_or(|id| said.is_none_or(|said| said == id || id.ends_with('*')));
    signed && same
}

/// Then the wrong team is explained already.
fn swapped(facts: &Facts<'_>) -> bool {
    super::signing_key::ids(facts)
        .iter()
        .any(|remark| remark.entry.code == entries::IDS_SWAPPED.code)
}

fn told(facts: &Facts<'_>, owned: &[&CredentialFacts<'_>], artefact: &Artefact, team: &str) -> Remark {
    let credentials = owned.iter().map(|credential| {
        let theirs = credential.team_id().unwrap_or_default();
        format!("{}: team {theirs}", credential.place())
    });
    let theirs: BTreeSet<&str> = owned
        .iter()
        .filter_map(|credential| credential.team_id())
        .collect();
    let named = theirs.iter().copied().collect::<Vec<_>>().join(", ");
    let path = &artefact.path;
    let remark = if let Some(older) = former_owner(facts, artefact, &theirs) {
        let title = format!(
            "The app belongs to team {team} now, and the credential to team {named}, which signed an older build."
        );
        Remark::likely(&entries::APP_WAS_TRANSFERRED, title)
            .evidence(format!("{}: signed by team {named}", older.path))
            .question("Was the app transferred to another account?")
    } else {
        let title = format!("The credential belongs to team {named}, and {path} to team {team}.");
        Remark::certain(&entries::TEAM_IS_NOT_THE_APPS, title)
            .evidences(prefix(artefact, &theirs))
            .fix(format!("Use a signing key of team {team}, with that team's id."))
    };
    remark
        .evidences(credentials)
        .evidence(format!("{path}: team {team}"))
}

/// Another artefact of the same app that a credential's team signed.
fn former_owner<'a>(facts: &Facts<'a>, artefact: &Artefact, teams: &BTreeSet<&str>) -> Option<&'a Artefact> {
    let id = artefact.bundle_id()?;
    let others = facts.teams();
    let mut same = others
        .iter()
        .filter(|(other, team)| other.bundle_id() == Some(id) && teams.contains(team));
    same.next().map(|(other, _)| *other)
}

/// The configured team is the prefix of the App ID, which in old accounts is not the team.
fn prefix(artefact: &Artefact, teams: &BTreeSet<&str>) -> Option<String> {
    let profile: Option<&Profile> = match &artefact.content {
        Content::Build(build) => build.app.profile.as_ref(),
        Content::Profile(profile) => Some(profile),
        _ => None,
    };
    let found = profile?
        .app_id_prefixes
        .iter()
        .find(|prefix| teams.contains(prefix.as_str()))?;
    Some(format!(
        "{}: {found} is the prefix of the App ID, which is not the team",
        artefact.path
    ))
}

/// Several teams, and answers that a shared connection would explain.
pub(super) fn shared_connection(facts: &Facts<'_>) -> Vec<Remark> {
    let teams: BTreeSet<&str> = facts
        .credentials
        .iter()
        .filter_map(CredentialFacts::team_id)
        .collect();
    let explains = facts.is_any(&[
        Reason::InvalidProviderToken,
        Reason::TopicDisallowed,
        Reason::Forbidden,
        Reason::UnrelatedKeyIdInToken,
    ]);
    if teams.len() < 2 || !explains {
        return Vec::new();
    }
    let title = format!(
        "Credentials of {} teams are in use; if they share a connection, all but the first are refused on it.",
        teams.len()
    );
    let question = "Does the sender keep connections of their own for each team?";
    let entry = &entries::TEAMS_SHARE_A_CONNECTION;
    vec![match facts.case.reach {
        Some(Reach::Some) => Remark::likely(entry, title).question(question).evidences(
            facts
                .credentials
                .iter()
                .filter_map(|it| Some(format!("{}: team {}", it.place(), it.team_id()?))),
        ),
        _ => Remark::ask(entry, title, question),
    }]
}
