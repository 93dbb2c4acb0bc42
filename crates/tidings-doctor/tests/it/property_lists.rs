//! Info.plist, entitlements and what Xcode writes beside a build.

use tidings_apns::Environment::Production;
use tidings_doctor::{ApsEnvironment, Artefact, Content, Distribution, read};
use tidings_testkit::artefacts::{
    App, BUNDLE, PlistForm, TEAM, dictionary, distribution_summary, export_options, written,
};
use tidings_testkit::plist::{Dictionary, Value};

fn artefact(list: Dictionary, form: PlistForm) -> Artefact {
    read("some file", &written(list, form), &[])
}

#[test]
fn an_info_plist_is_read_in_both_forms() {
    for form in [PlistForm::Xml, PlistForm::Binary] {
        let app = App::signed(Dictionary::new());
        let read = artefact(app.info, form);
        assert_eq!(read.bundle_id(), Some(BUNDLE));
        let Content::InfoPlist(info) = read.content else {
            panic!("{form:?}: {read:?}");
        };
        assert_eq!(info.executable.as_deref(), Some("Tidings App"));
        assert_eq!(info.version.as_deref(), Some("1.2.3"));
        assert_eq!(info.build.as_deref(), Some("812"));
        assert_eq!(info.package_type.as_deref(), Some("APPL"));
        assert_eq!(info.background_modes, ["remote-notification", "voip"]);
        assert_eq!(info.supported_platforms, ["iPhoneOS"]);
        assert!(!info.is_source() && !info.is_for_simulator());
        assert_eq!(info.extension_point, None);
    }
}

#[test]
fn an_extension_a_watch_app_and_an_app_clip_are_told_by_their_keys() {
    let Content::InfoPlist(extension) = artefact(App::service_extension().info, PlistForm::Binary).content
    else {
        panic!("no Info.plist");
    };
    assert_eq!(
        extension.extension_point.as_deref(),
        Some("com.apple.usernotifications.service")
    );
    let Content::InfoPlist(watch) = artefact(App::watch_app().info, PlistForm::Xml).content else {
        panic!("no Info.plist");
    };
    assert!(watch.is_watch_app);
    assert_eq!(watch.companion_bundle_id.as_deref(), Some(BUNDLE));
    let Content::InfoPlist(clip) = artefact(App::app_clip().info, PlistForm::Xml).content else {
        panic!("no Info.plist");
    };
    assert!(clip.is_app_clip);
}

#[test]
fn an_info_plist_of_a_project_is_known_by_its_variables() {
    let list = dictionary([
        ("CFBundleIdentifier", "$(PRODUCT_BUNDLE_IDENTIFIER)".into()),
        ("CFBundleExecutable", "${EXECUTABLE_NAME}".into()),
    ]);
    let Content::InfoPlist(info) = artefact(list, PlistForm::Xml).content else {
        panic!("no Info.plist");
    };
    assert!(info.is_source());
}

#[test]
fn entitlements_alone_decide_no_environment() {
    for value in ["development", "production", "Production"] {
        let read = artefact(App::entitlements(Some(value)), PlistForm::Xml);
        assert_eq!(read.kind(), "entitlements");
        assert_eq!(read.environments(), []);
        assert_eq!(read.bundle_id(), Some(BUNDLE));
        let Content::Entitlements(entitlements) = read.content else {
            panic!("no entitlements");
        };
        assert!(entitlements.aps_environment.unwrap().environment().is_some());
    }
}

#[test]
fn a_build_variable_is_unresolved_and_not_wrong() {
    let list = dictionary([
        ("aps-environment", "$(APS_ENVIRONMENT)".into()),
        (
            "application-identifier",
            "$(AppIdentifierPrefix)$(CFBundleIdentifier)".into(),
        ),
    ]);
    let read = artefact(list, PlistForm::Xml);
    assert_eq!(read.bundle_id(), None);
    let Content::Entitlements(entitlements) = read.content else {
        panic!("no entitlements");
    };
    assert_eq!(
        entitlements.aps_environment,
        Some(ApsEnvironment::Unresolved("$(APS_ENVIRONMENT)".to_owned()))
    );
}

#[test]
fn entitlements_for_macos_have_keys_of_their_own() {
    let list = dictionary([
        ("com.apple.developer.aps-environment", "production".into()),
        (
            "com.apple.application-identifier",
            format!("{TEAM}.{BUNDLE}").into(),
        ),
        ("com.apple.security.get-task-allow", true.into()),
        ("com.apple.security.app-sandbox", true.into()),
    ]);
    let Content::Entitlements(entitlements) = artefact(list, PlistForm::Binary).content else {
        panic!("no entitlements");
    };
    assert_eq!(
        entitlements.aps_environment,
        Some(ApsEnvironment::One(Production))
    );
    assert_eq!(entitlements.get_task_allow, Some(true));
    assert_eq!(entitlements.keys, 4);
}

#[test]
fn an_empty_list_is_entitlements_only_by_its_name() {
    let empty = written(Dictionary::new(), PlistForm::Xml);
    assert_eq!(read("App.entitlements", &empty, &[]).kind(), "entitlements");
    assert_eq!(read("App.plist", &empty, &[]).kind(), "unreadable");
}

#[test]
fn a_summary_says_what_was_exported() {
    let read = read(
        "DistributionSummary.plist",
        &distribution_summary(App::entitlements(Some("production"))),
        &[],
    );
    assert_eq!(read.environments(), [Production]);
    assert_eq!(read.team_id(), Some(TEAM));
    assert_eq!(read.bundle_id(), Some(BUNDLE));
    let Content::DistributionSummary(summary) = read.content else {
        panic!("no summary");
    };
    assert_eq!(summary.bundles.len(), 2);
    let app = summary.app().unwrap();
    assert_eq!(app.name, "Tidings.app");
    assert_eq!(app.profile_name.as_deref(), Some("Tidings Ad Hoc"));
    assert_eq!(app.certificate_type.as_deref(), Some("Apple Distribution"));
    assert_eq!(summary.bundles[1].name, "Service.appex");
}

#[test]
fn a_method_of_export_is_known_by_its_old_and_its_new_name() {
    for (method, distribution) in [
        ("app-store", Some(Distribution::AppStore)),
        ("app-store-connect", Some(Distribution::AppStore)),
        ("ad-hoc", Some(Distribution::AdHoc)),
        ("release-testing", Some(Distribution::AdHoc)),
        ("enterprise", Some(Distribution::Enterprise)),
        ("development", Some(Distribution::Development)),
        ("debugging", Some(Distribution::Development)),
        ("developer-id", Some(Distribution::DeveloperId)),
        ("validation", None),
    ] {
        let read = read("x", &export_options(method), &[]);
        assert_eq!(read.kind(), "export_options", "{method}");
        assert_eq!(read.distribution(), distribution, "{method}");
        assert_eq!(read.team_id(), Some(TEAM));
    }
}

#[test]
fn text_in_xml_is_read_as_it_was_meant() {
    let xml = "<?xml version='1.0'?><!DOCTYPE plist [<!ENTITY a 'b'>]><plist><dict><!-- <dict> --><key>CFBundleName</key>\
               <string>A &amp; B &#60;<![CDATA[<x>]]></string><key>CFBundleIdentifier</key><string>com.example</string>\
               <key>CFBundleVersion</key><integer>7</integer></dict></plist>";
    let Content::InfoPlist(info) = read("x", xml.as_bytes(), &[]).content else {
        panic!("no Info.plist");
    };
    assert_eq!(info.bundle_id.as_deref(), Some("com.example"));
}

#[test]
fn control_characters_never_reach_the_facts() {
    let list = dictionary([(
        "CFBundleIdentifier",
        Value::from("com.\u{1b}[31mexample\u{7}\u{202e}"),
    )]);
    let read = artefact(list, PlistForm::Binary);
    assert_eq!(read.bundle_id(), Some("com.[31mexample"));
}
