//! The build: whether it may receive notifications, and what its files say of each other.

use super::home::value;
use crate::artefact::{Artefact, Content};
use crate::build::{Build, EnvironmentSource};
use crate::catalogue::{Entry, Sign, build as entries};
use crate::entitlements::ApsEnvironment;
use crate::executable::Executable;
use crate::facts::Facts;
use crate::profile::{Profile, ProfileEncoding, ProfileKind};
use crate::remark::Remark;

/// Whether the app can be given a device token at all: signature and profile beside each other.
pub(super) fn push(facts: &Facts<'_>) -> Vec<Remark> {
    let shipped = facts
        .builds()
        .filter(|(_, build)| !build.is_archived() && !build.is_for_simulator());
    let builds = shipped.filter_map(|(path, build)| {
        let claims = build.shipped_environment().claims;
        let signed = claims
            .iter()
            .find(|claim| claim.source == EnvironmentSource::Signature);
        let signed = signed.map_or(Signed::Unreadable, |claim| Signed::of(claim.value.as_ref()));
        compared(path, signed, build.app.profile.as_ref())
    });
    let profiles = facts
        .loose_profiles()
        .filter_map(|(path, profile)| without_push(path, profile));
    builds.chain(profiles).collect()
}

/// What a signature says of push.
#[derive(Clone, Copy)]
enum Signed<'a> {
    /// It claims it.
    For(&'a ApsEnvironment),
    /// It does not claim it.
    WithoutPush,
    /// There is none that could be read.
    Unreadable,
}

impl<'a> Signed<'a> {
    fn of(value: Option<&'a ApsEnvironment>) -> Self {
        value.map_or(Self::WithoutPush, Self::For)
    }
}

fn compared(path: &str, signed: Signed<'_>, profile: Option<&Profile>) -> Option<Remark> {
    let Some(profile) = profile else {
        return matches!(signed, Signed::WithoutPush).then(|| none_at_all(path));
    };
    match (signed, &profile.entitlements.aps_environment) {
        (Signed::WithoutPush, Some(granted)) => Some(lost(path, granted)),
        (Signed::WithoutPush | Signed::Unreadable, None) => without_push(path, profile),
        (Signed::For(claimed), None) => Some(exceeding(path, claimed)),
        (Signed::For(claimed), Some(granted)) => disagreeing(path, claimed, granted),
        (Signed::Unreadable, Some(_)) => None,
    }
}

fn lost(path: &str, granted: &ApsEnvironment) -> Remark {
    Remark::certain(
        &entries::ENTITLEMENT_LOST_IN_SIGNING,
        "The profile allows push and the signature does not claim it, so iOS gives the app no device token.",
    )
    .evidence(format!(
        "{path}: aps-environment = {} in the embedded profile",
        shown(granted)
    ))
    .evidence(format!("{path}: no aps-environment in the code signature"))
}

fn none_at_all(path: &str) -> Remark {
    Remark::certain(
        &entries::NO_PUSH_ENTITLEMENT,
        "The app is not signed for push, so iOS gives it no device token.",
    )
    .evidence(format!("{path}: no aps-environment in the code signature"))
}

/// A profile without push, and why.
fn without_push(path: &str, profile: &Profile) -> Option<Remark> {
    if profile.entitlements.aps_environment.is_some() {
        return None;
    }
    let line = format!("{path}: no aps-environment in the profile");
    if profile.is_local {
        let title = "The profile is from a free personal team, which has no push.";
        return Some(
            Remark::certain(&entries::PERSONAL_TEAM, title)
                .evidence(format!("{path}: LocalProvision"))
                .evidence(line),
        );
    }
    if profile.is_wildcard() {
        let id = profile
            .entitlements
            .application_identifier
            .as_deref()
            .unwrap_or("*");
        let title = format!("The profile is for the wildcard {id}, which never has push.");
        return Some(
            Remark::certain(&entries::WILDCARD_APP_ID, title)
                .evidence(format!("{path}: App ID {id}"))
                .evidence(line),
        );
    }
    let title =
        "The profile does not allow push, so iOS gives an app that is signed with it no device token.";
    Some(Remark::certain(&entries::NO_PUSH_ENTITLEMENT, title).evidence(line))
}

fn exceeding(path: &str, claimed: &ApsEnvironment) -> Remark {
    Remark::certain(
        &entries::SIGNATURE_EXCEEDS_PROFILE,
        "The signature claims push and the profile does not allow it: the app cannot be installed.",
    )
    .evidence(format!(
        "{path}: aps-environment = {} in the code signature",
        shown(claimed)
    ))
    .evidence(format!("{path}: no aps-environment in the embedded profile"))
}

fn disagreeing(path: &str, claimed: &ApsEnvironment, granted: &ApsEnvironment) -> Option<Remark> {
    let (signed, allowed) = (claimed.environment()?, granted.environment()?);
    (signed != allowed).then(|| {
        let title = format!(
            "The app is signed as {}, and its profile says {}: the signature decides.",
            value(signed),
            value(allowed)
        );
        Remark::certain(&entries::SIGNATURE_AND_PROFILE_DISAGREE, title)
            .evidence(format!(
                "{path}: aps-environment = {} in the code signature",
                value(signed)
            ))
            .evidence(format!(
                "{path}: aps-environment = {} in the embedded profile",
                value(allowed)
            ))
    })
}

fn shown(value_of: &ApsEnvironment) -> String {
    match value_of {
        ApsEnvironment::One(environment) => value(*environment).to_owned(),
        ApsEnvironment::Both => "both".to_owned(),
        ApsEnvironment::Unresolved(text) | ApsEnvironment::Unknown(text) => format!("{text:?}"),
    }
}

/// Slices that are signed differently, and values that mean nothing.
pub(super) fn entitlements_of_slices(facts: &Facts<'_>) -> Vec<Remark> {
    let differing = facts.builds().filter(|(_, build)| {
        build
            .app
            .executable
            .as_ref()
            .is_some_and(Executable::slices_disagree)
    });
    let differing = differing.map(|(path, build)| {
        let slices = build
            .app
            .executable
            .iter()
            .flat_map(|executable| &executable.slices);
        let lines = slices.map(|slice| {
            let signed = slice
                .signed_entitlements()
                .and_then(|it| it.aps_environment.as_ref());
            format!(
                "{path}: {}: aps-environment = {}",
                slice.architecture,
                signed.map_or("absent".to_owned(), shown)
            )
        });
        Remark::certain(&entries::SLICES_DIFFER, entries::SLICES_DIFFER.title)
            .evidences(lines.collect::<Vec<_>>())
    });
    let unknown = facts.apps().flat_map(|artefact| {
        stated(artefact).into_iter().filter_map(|(_, value)| match value {
            Some(ApsEnvironment::Unknown(text)) => Some((&artefact.path, text)),
            _ => None,
        })
    });
    let unknown = unknown.map(|(path, text)| {
        let title =
            format!("`aps-environment` is {text:?}, which is neither `development` nor `production`.");
        Remark::certain(&entries::VALUE_UNKNOWN, title)
            .evidence(format!("{path}: aps-environment = {text:?}"))
    });
    differing.chain(unknown).collect()
}

/// What is wrong with profiles apart from push.
pub(super) fn profiles(facts: &Facts<'_>) -> Vec<Remark> {
    facts
        .profiles()
        .flat_map(|(path, profile)| [expired(facts, path, profile), foreign(path, profile)])
        .flatten()
        .collect()
}

/// An app from the store does not need its profile any more.
fn expired(facts: &Facts<'_>, path: &str, profile: &Profile) -> Option<Remark> {
    let end = profile.expires_at?;
    let matters = !matches!(profile.kind, ProfileKind::AppStore | ProfileKind::MacAppStore);
    (matters && end <= facts.case.now).then(|| {
        let title = format!("The provisioning profile expired at {end}: the build does not start any more. APNs does not mind.");
        Remark::certain(&entries::PROFILE_EXPIRED, title).evidence(format!("{path}: good until {end}"))
    })
}

fn foreign(path: &str, profile: &Profile) -> Option<Remark> {
    let unsigned = matches!(profile.encoding, ProfileEncoding::Xml | ProfileEncoding::Binary);
    let by_apple = profile.signer.is_none() || profile.is_signed_by_apple();
    if !unsigned && by_apple {
        return None;
    }
    let line = match &profile.signer {
        Some(signer) if !by_apple => format!("{path}: signed by {signer:?}"),
        _ => format!("{path}: a property list without a signature"),
    };
    Some(
        Remark::certain(
            &entries::PROFILE_NOT_BY_APPLE,
            "The profile was not made by Apple; it is read all the same.",
        )
        .evidence(line),
    )
}

/// What a statement about the environment is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// It is of the app as shipped.
    Shipped,
    /// It is of an archive, which is signed again when it is exported.
    Archived,
    /// It is a project's source.
    Source,
}

/// Everything that an artefact states about the environment.
fn stated(artefact: &Artefact) -> Vec<(Worth, Option<ApsEnvironment>)> {
    let of = |worth, value: &Option<ApsEnvironment>| vec![(worth, value.clone())];
    match &artefact.content {
        Content::Build(build) => {
            let claims = build.shipped_environment().claims;
            let worth = |source: EnvironmentSource| {
                if source.decides() {
                    Worth::Shipped
                } else {
                    Worth::Archived
                }
            };
            claims
                .into_iter()
                .map(|claim| (worth(claim.source), claim.value))
                .collect()
        }
        Content::Profile(profile) => of(Worth::Shipped, &profile.entitlements.aps_environment),
        Content::Entitlements(entitlements) => of(Worth::Source, &entitlements.aps_environment),
        Content::DistributionSummary(summary) => summary.app().map_or_else(Vec::new, |app| {
            of(Worth::Shipped, &app.entitlements.aps_environment)
        }),
        Content::Executable(executable) => executable
            .entitlements()
            .map_or_else(Vec::new, |it| of(Worth::Shipped, &it.aps_environment)),
        _ => Vec::new(),
    }
}

/// What only says what was meant.
pub(super) fn sources(facts: &Facts<'_>) -> Vec<Remark> {
    facts.apps().flat_map(weak).collect()
}

fn weak(artefact: &Artefact) -> Vec<Remark> {
    let path = &artefact.path;
    let mut remarks: Vec<Remark> = Vec::new();
    for (worth, value) in stated(artefact) {
        let entry: &'static Entry = match (worth, &value) {
            (_, Some(ApsEnvironment::Unresolved(_))) => &entries::VARIABLE_UNRESOLVED,
            (Worth::Archived, _) if is_archive(artefact) => &entries::ARCHIVE_DECIDES_NOTHING,
            (Worth::Source, _) => &entries::SOURCE_DECIDES_NOTHING,
            _ => continue,
        };
        if !remarks.iter().any(|remark| remark.entry.code == entry.code) {
            let value = value.as_ref().map_or("absent".to_owned(), shown);
            remarks.push(
                Remark::certain(entry, entry.title).evidence(format!("{path}: aps-environment = {value}")),
            );
        }
    }
    if matches!(&artefact.content, Content::Build(build) if build.is_for_simulator()) {
        remarks.push(
            Remark::certain(&entries::SIMULATOR_BUILD, entries::SIMULATOR_BUILD.title)
                .evidence(format!("{path}: built for the Simulator")),
        );
    }
    remarks
}

fn is_archive(artefact: &Artefact) -> bool {
    matches!(&artefact.content, Content::Build(build) if build.is_archived())
}

/// What was odd, and what could not be read.
pub(super) fn oddities(facts: &Facts<'_>) -> Vec<Remark> {
    let builds = facts.builds().flat_map(|(path, build)| oddities_of(path, build));
    let doubts = facts.profiles().filter(|(_, profile)| !profile.doubts.is_empty());
    let doubts = doubts.map(|(path, profile)| {
        let lines = profile.doubts.iter().map(|doubt| format!("{path}: {doubt}"));
        Remark::certain(
            &entries::BUILD_ODDITY,
            format!("The profile in {path} is unusual."),
        )
        .evidences(lines.collect::<Vec<_>>())
    });
    builds.chain(doubts).collect()
}

fn oddities_of(path: &str, build: &Build) -> Vec<Remark> {
    let bundles = std::iter::once(&build.app).chain(&build.nested);
    let problems: Vec<String> = bundles
        .flat_map(|bundle| {
            bundle
                .problems
                .iter()
                .map(move |problem| format!("{path}: {}: {problem}", bundle.path))
        })
        .collect();
    let notes: Vec<String> = build.notes.iter().map(|note| format!("{path}: {note}")).collect();
    let unread = (!problems.is_empty()).then(|| {
        Remark::certain(
            &entries::PARTLY_UNREADABLE,
            format!("Parts of {path} could not be read."),
        )
        .evidences(problems)
    });
    let odd = (!notes.is_empty())
        .then(|| Remark::certain(&entries::BUILD_ODDITY, format!("{path} is unusual.")).evidences(notes));
    [unread, odd].into_iter().flatten().collect()
}

/// What iOS and the store say of builds.
pub(super) fn messages(facts: &Facts<'_>) -> Vec<Remark> {
    let message = &facts.message;
    let explained = |sign: Sign| {
        push(facts)
            .iter()
            .any(|remark| remark.entry.signs.contains(&sign))
    };
    let mut remarks = Vec::new();
    let mut say = |entry: &'static Entry, line: &str| {
        remarks.push(Remark::certain(entry, entry.title).evidence(format!("message: {line}")));
    };
    if message.is_sign_of(Sign::NoToken) && !explained(Sign::NoToken) {
        say(&entries::COCOA_3000, "no valid 'aps-environment' entitlement");
    }
    if message.is_sign_of(Sign::NotInstalled) && !explained(Sign::NotInstalled) {
        say(&entries::INSTALL_REFUSED, "0xe8008015 or 0xe8008016");
    }
    if message.has(&["itms-90046"]) {
        say(&entries::STORE_REFUSES_VALUE, "ITMS-90046");
    }
    if message.has(&["itms-90078"]) {
        say(&entries::STORE_MISSES_ENTITLEMENT, "ITMS-90078");
    }
    remarks
}
