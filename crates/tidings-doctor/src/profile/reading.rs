//! From the property list of a profile to its facts.

use super::certificate;
use super::container::{Opened, carve, open};
use super::{Profile, ProfileCertificate, ProfileEncoding, ProfileKind};
use crate::entitlements::Entitlements;
use crate::property_list::Value;
use crate::text::{non_empty, shortened};

/// More certificates than a team can have.
const MAX_CERTIFICATES: usize = 64;

/// More teams, prefixes or platforms than a profile has.
const MAX_NAMES: usize = 16;

/// Keys that only profiles have, and of which each has one at least.
const KEYS: [&str; 7] = [
    "ProvisionedDevices",
    "ProvisionsAllDevices",
    "DeveloperCertificates",
    "ApplicationIdentifierPrefix",
    "TeamIdentifier",
    "AppIDName",
    "UUID",
];

/// Whether a property list is that of a profile.
pub(crate) fn is_profile(list: &Value) -> bool {
    let has_entitlements = list
        .at("Entitlements")
        .is_some_and(|value| value.table().is_some());
    has_entitlements && KEYS.iter().any(|key| list.at(key).is_some())
}

/// The profile in a file, in whatever it is wrapped and however damaged.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Profile> {
    let is_one = |opened: &Opened| is_profile(&opened.list);
    let opened = open(bytes).filter(is_one);
    opened.or_else(|| carve(bytes).filter(is_one)).map(read)
}

/// The facts of a profile.
pub(crate) fn read(opened: Opened) -> Profile {
    let list = &opened.list;
    let entitlements = list.at("Entitlements").map(Entitlements::from_list);
    let mut profile = Profile {
        encoding: opened.encoding,
        kind: ProfileKind::Unusual,
        name: non_empty(list.text_at("Name")),
        uuid: non_empty(list.text_at("UUID")),
        app_id_name: non_empty(list.text_at("AppIDName")),
        team_ids: names(list, "TeamIdentifier"),
        app_id_prefixes: names(list, "ApplicationIdentifierPrefix"),
        created_at: list.instant_at("CreationDate"),
        expires_at: list.instant_at("ExpirationDate"),
        platforms: names(list, "Platform"),
        devices: list.list_at("ProvisionedDevices").map(<[Value]>::len),
        provisions_all_devices: list.flag_at("ProvisionsAllDevices") == Some(true),
        is_xcode_managed: list.flag_at("IsXcodeManaged") == Some(true),
        is_local: list.flag_at("LocalProvision") == Some(true),
        certificates: certificates(list),
        signer: opened.signer,
        entitlements: entitlements.unwrap_or_default(),
        doubts: Vec::new(),
    };
    profile.kind = kind(&profile);
    profile.doubts = doubts(&profile);
    if opened.without_data {
        profile
            .doubts
            .push("the certificates in it are damaged and were left out".to_owned());
    }
    profile
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let names = list.texts_at(key).into_iter().take(MAX_NAMES);
    names.map(shortened).collect()
}

fn certificates(list: &Value) -> Vec<ProfileCertificate> {
    let items = list.list_at("DeveloperCertificates").unwrap_or_default();
    let bodies = items.iter().take(MAX_CERTIFICATES).filter_map(|item| match item {
        Value::Bytes(der) => certificate::read(der),
        _ => None,
    });
    bodies.collect()
}

/// What sort of profile it is: by its devices first, since that is what Apple's kinds differ in.
fn kind(profile: &Profile) -> ProfileKind {
    let for_debuggers = profile.entitlements.get_task_allow == Some(true);
    match (
        profile.is_for_mac(),
        profile.provisions_all_devices,
        profile.devices,
    ) {
        (true, true, _) => ProfileKind::DeveloperId,
        (false, true, _) => ProfileKind::Enterprise,
        (true, false, Some(_)) => ProfileKind::MacDevelopment,
        (true, false, None) => ProfileKind::MacAppStore,
        (false, false, Some(_)) if for_debuggers => ProfileKind::Development,
        (false, false, Some(_)) => ProfileKind::AdHoc,
        (false, false, None) if for_debuggers => ProfileKind::Unusual,
        (false, false, None) => ProfileKind::AppStore,
    }
}

fn doubts(profile: &Profile) -> Vec<String> {
    let mut doubts = Vec::new();
    let mut doubt = |holds: bool, what: &str| {
        if holds {
            doubts.push(what.to_owned());
        }
    };
    let entitlements = &profile.entitlements;
    let ios = !profile.is_for_mac();
    let beta = entitlements.beta_reports_active == Some(true);
    let for_store = profile.kind == ProfileKind::AppStore;
    doubt(
        profile.encoding == ProfileEncoding::Carved,
        "its signed container is damaged",
    );
    doubt(
        matches!(profile.encoding, ProfileEncoding::Xml | ProfileEncoding::Binary),
        "it is not signed by anybody: no device takes it",
    );
    doubt(
        profile.signer.is_some() && !profile.is_signed_by_apple(),
        "it is not signed by Apple: it was made by hand",
    );
    doubt(
        profile.devices == Some(0),
        "its list of devices is empty, which Apple never writes",
    );
    doubt(
        ios && entitlements.get_task_allow.is_none() && profile.kind != ProfileKind::Enterprise,
        "it says nothing of `get-task-allow`; that it is not for development is taken from the absence",
    );
    doubt(
        ios && for_store && !beta && entitlements.get_task_allow.is_some(),
        "it lacks `beta-reports-active`, which profiles for the App Store have",
    );
    doubt(
        beta && !for_store,
        "it has `beta-reports-active`, which only profiles for the App Store have",
    );
    doubt(
        profile.kind == ProfileKind::Unusual,
        "it allows debuggers and names no devices, which no profile of Apple's does",
    );
    doubt(
        certificates_disagree(profile),
        "its certificates are of another kind than the profile",
    );
    doubts
}

/// Whether all certificates are for development where the profile is not, or the other way round.
fn certificates_disagree(profile: &Profile) -> bool {
    let for_development = matches!(
        profile.kind,
        ProfileKind::Development | ProfileKind::MacDevelopment | ProfileKind::Unusual
    );
    let kinds: Vec<bool> = profile
        .certificates
        .iter()
        .filter_map(|certificate| is_for_development(certificate.identity.as_deref()?))
        .collect();
    !kinds.is_empty() && kinds.iter().all(|kind| *kind != for_development)
}

/// Whether an identity is for development; nothing if it is none of Apple's.
fn is_for_development(identity: &str) -> Option<bool> {
    match identity {
        "iPhone Developer" | "Apple Development" | "Mac Developer" | "iOS Development" => Some(true),
        "iPhone Distribution"
        | "iOS Distribution"
        | "Apple Distribution"
        | "3rd Party Mac Developer Application"
        | "Mac App Distribution"
        | "Developer ID Application" => Some(false),
        _ => None,
    }
}
