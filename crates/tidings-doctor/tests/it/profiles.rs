//! Provisioning profiles, of every sort and in every encoding.

use tidings_apns::Environment::{Production, Sandbox};
use tidings_doctor::{ApsEnvironment, Content, Distribution, Profile, ProfileEncoding, ProfileKind, read};
use tidings_testkit::artefacts::{self as made, Authority, ProfileSort, TEAM};
use tidings_testkit::plist::Value;

fn profile(bytes: &[u8]) -> Profile {
    let profile = match read("anything", bytes, &[]).content {
        Content::Profile(profile) => Some(*profile),
        _ => None,
    };
    profile.expect("a profile")
}

fn from_apple(profile: &made::Profile) -> Profile {
    self::profile(&profile.written(&Authority::named_as_apple(), made::ProfileEncoding::Der))
}

#[test]
fn a_profile_is_the_same_in_every_encoding() {
    let authority = Authority::named_as_apple();
    let apple = "Apple iPhone OS Provisioning Profile Signing";
    for (encoding, expected, signer) in [
        (made::ProfileEncoding::Der, ProfileEncoding::Der, Some(apple)),
        (made::ProfileEncoding::Ber, ProfileEncoding::Ber, Some(apple)),
        (
            made::ProfileEncoding::BerNested,
            ProfileEncoding::Ber,
            Some(apple),
        ),
        (made::ProfileEncoding::Xml, ProfileEncoding::Xml, None),
        (made::ProfileEncoding::XmlWithMark, ProfileEncoding::Xml, None),
        (made::ProfileEncoding::XmlUtf16, ProfileEncoding::Xml, None),
        (made::ProfileEncoding::Binary, ProfileEncoding::Binary, None),
        (made::ProfileEncoding::Mangled, ProfileEncoding::Carved, None),
        (made::ProfileEncoding::Beheaded, ProfileEncoding::Carved, None),
    ] {
        let made = made::Profile::of(ProfileSort::AdHoc);
        let read = profile(&made.written(&authority, encoding));
        assert_eq!(read.encoding, expected, "{encoding:?}");
        assert_eq!(read.signer.as_deref(), signer, "{encoding:?}");
        assert_eq!(read.kind, ProfileKind::AdHoc, "{encoding:?}");
        assert_eq!(read.name.as_deref(), Some(made.name.as_str()), "{encoding:?}");
        assert_eq!(read.devices, Some(3), "{encoding:?}");
        assert_eq!(read.environment(), Some(Production), "{encoding:?}");
        assert_eq!(read.created_at, Some(made.created_at.into()), "{encoding:?}");
        assert_eq!(read.expires_at, Some(made.expires_at.into()), "{encoding:?}");
        assert_eq!(read.platforms, ["iOS", "xrOS", "visionOS"], "{encoding:?}");
    }
}

#[test]
fn every_sort_is_told_by_its_content() {
    for (sort, kind, environment, distribution) in [
        (
            ProfileSort::Development,
            ProfileKind::Development,
            Sandbox,
            Some(Distribution::Development),
        ),
        (
            ProfileSort::AdHoc,
            ProfileKind::AdHoc,
            Production,
            Some(Distribution::AdHoc),
        ),
        (
            ProfileSort::AppStore,
            ProfileKind::AppStore,
            Production,
            Some(Distribution::AppStore),
        ),
        (
            ProfileSort::Enterprise,
            ProfileKind::Enterprise,
            Production,
            Some(Distribution::Enterprise),
        ),
        (
            ProfileSort::MacDevelopment,
            ProfileKind::MacDevelopment,
            Sandbox,
            Some(Distribution::Development),
        ),
        (
            ProfileSort::MacAppStore,
            ProfileKind::MacAppStore,
            Production,
            Some(Distribution::AppStore),
        ),
        (
            ProfileSort::DeveloperId,
            ProfileKind::DeveloperId,
            Production,
            Some(Distribution::DeveloperId),
        ),
        (ProfileSort::Unusual, ProfileKind::Unusual, Sandbox, None),
    ] {
        let read = from_apple(&made::Profile::of(sort));
        assert_eq!(read.kind, kind, "{sort:?}");
        assert_eq!(read.environment(), Some(environment), "{sort:?}");
        assert_eq!(read.distribution(), distribution, "{sort:?}");
        assert_eq!(read.bundle_id(), Some(made::BUNDLE), "{sort:?}");
        assert_eq!(read.team_id(), Some(TEAM), "{sort:?}");
        assert_eq!(read.is_for_mac(), sort.is_for_mac(), "{sort:?}");
        assert_eq!(read.certificates.len(), 1, "{sort:?}");
        let unusual = sort == ProfileSort::Unusual;
        assert_eq!(!read.doubts.is_empty(), unusual, "{sort:?}: {:?}", read.doubts);
    }
}

#[test]
fn a_certificate_is_told_without_the_name_of_its_person() {
    let read = from_apple(&made::Profile::of(ProfileSort::Development));
    let certificate = &read.certificates[0];
    assert_eq!(certificate.identity.as_deref(), Some("Apple Development"));
    assert_eq!(certificate.team_id.as_deref(), Some(TEAM));
    assert!(certificate.expires_at.is_some());
    let everything = format!("{read:?}");
    assert!(!everything.contains("Some Body"), "{everything}");
    assert!(
        !everything.contains("00000002"),
        "a device is shown: {everything}"
    );
}

#[test]
fn a_wildcard_and_a_personal_team_have_no_push() {
    let wildcard = from_apple(&made::Profile::wildcard(ProfileSort::Development));
    assert!(wildcard.is_wildcard() && !wildcard.grants_push());
    assert_eq!(wildcard.bundle_id(), None);
    let partial = from_apple(&made::Profile {
        bundle_id: "com.example.*".to_owned(),
        ..made::Profile::wildcard(ProfileSort::AdHoc)
    });
    assert!(partial.is_wildcard());
    let personal = from_apple(&made::Profile::personal());
    assert!(personal.is_local && !personal.grants_push());
    assert_eq!(personal.kind, ProfileKind::Development);
    assert!(personal.is_xcode_managed);
}

#[test]
fn the_team_is_not_the_prefix_of_the_app_id() {
    let read = from_apple(&made::Profile {
        prefix: "OLDPREFIX1".to_owned(),
        ..made::Profile::of(ProfileSort::AppStore)
    });
    assert_eq!(read.team_id(), Some(TEAM));
    assert_eq!(read.app_id_prefixes, ["OLDPREFIX1"]);
    assert_eq!(read.bundle_id(), Some(made::BUNDLE));
}

#[test]
fn an_environment_is_read_in_any_case_and_in_a_list() {
    let list = |values: &[&str]| Value::Array(values.iter().map(|value| (*value).into()).collect());
    for (value, expected) in [
        (Value::from("Production"), ApsEnvironment::One(Production)),
        ("DEVELOPMENT".into(), ApsEnvironment::One(Sandbox)),
        (list(&["development"]), ApsEnvironment::One(Sandbox)),
        (list(&["development", "production"]), ApsEnvironment::Both),
        (
            list(&["production", "production"]),
            ApsEnvironment::One(Production),
        ),
        (
            "$(APS_ENVIRONMENT)".into(),
            ApsEnvironment::Unresolved("$(APS_ENVIRONMENT)".to_owned()),
        ),
        ("${APS}".into(), ApsEnvironment::Unresolved("${APS}".to_owned())),
        ("staging".into(), ApsEnvironment::Unknown("staging".to_owned())),
    ] {
        let read = from_apple(&made::Profile {
            aps_environment: Some(value),
            ..made::Profile::of(ProfileSort::AdHoc)
        });
        assert_eq!(read.entitlements.aps_environment, Some(expected));
        assert!(read.grants_push());
    }
}

#[test]
fn made_up_certificates_cost_only_the_certificates() {
    let made = made::Profile {
        has_broken_data: true,
        ..made::Profile::of(ProfileSort::Enterprise)
    };
    for encoding in [
        made::ProfileEncoding::Der,
        made::ProfileEncoding::Ber,
        made::ProfileEncoding::Xml,
        made::ProfileEncoding::Mangled,
    ] {
        let read = profile(&made.written(&Authority::named_as_apple(), encoding));
        assert_eq!(read.kind, ProfileKind::Enterprise, "{encoding:?}");
        assert_eq!(read.certificates, [], "{encoding:?}");
        assert!(
            read.doubts.iter().any(|doubt| doubt.contains("certificates")),
            "{encoding:?}"
        );
    }
}

#[test]
fn what_is_odd_is_said() {
    let authority = Authority::new("TestFixture");
    let hand_made =
        profile(&made::Profile::of(ProfileSort::AdHoc).written(&authority, made::ProfileEncoding::Der));
    assert_eq!(hand_made.signer.as_deref(), Some("TestFixture"));
    assert!(!hand_made.is_signed_by_apple());
    let mac = Authority::new("Mac OS X Provisioning Profile Signing");
    let for_mac = made::Profile::of(ProfileSort::MacAppStore).written(&mac, made::ProfileEncoding::Der);
    assert!(profile(&for_mac).is_signed_by_apple());
    for (made, word) in [
        (
            made::Profile {
                devices: Some(0),
                ..made::Profile::of(ProfileSort::AdHoc)
            },
            "empty",
        ),
        (
            made::Profile {
                get_task_allow: None,
                ..made::Profile::of(ProfileSort::AdHoc)
            },
            "get-task-allow",
        ),
        (
            made::Profile {
                beta_reports_active: None,
                ..made::Profile::of(ProfileSort::AppStore)
            },
            "beta-reports-active",
        ),
        (
            made::Profile {
                beta_reports_active: Some(true),
                ..made::Profile::of(ProfileSort::Enterprise)
            },
            "beta-reports-active",
        ),
        (
            made::Profile {
                certificates: vec!["Apple Development: X (Y)".to_owned()],
                ..made::Profile::of(ProfileSort::AdHoc)
            },
            "certificates",
        ),
    ] {
        let read = from_apple(&made);
        assert!(
            read.doubts.iter().any(|doubt| doubt.contains(word)),
            "{word}: {:?}",
            read.doubts
        );
    }
}

#[test]
fn an_old_profile_without_a_platform_is_for_ios() {
    let read = from_apple(&made::Profile {
        platforms: Vec::new(),
        ..made::Profile::of(ProfileSort::AdHoc)
    });
    assert_eq!(read.kind, ProfileKind::AdHoc);
    assert_eq!(read.platforms, [""; 0]);
}
