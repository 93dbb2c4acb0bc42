//! Builds in every container, and what their tokens belong to.

use tidings_apns::Environment::{Production, Sandbox};
use tidings_apns::TokenKind;
use tidings_doctor::{
    Artefact, Build, BundleRole, Container, Content, Distribution, EnvironmentSource, ShippedPush, read,
};
use tidings_testkit::artefacts::{
    App, Architecture, Authority, BUNDLE, Compression, PlistForm, Profile, ProfileEncoding, ProfileSort,
    Seal, Slice, TEAM, ZipEntry, executable, written, zip,
};
use tidings_testkit::plist::Dictionary;

use crate::folder::Folder;

fn build(artefact: Artefact) -> Build {
    let build = match artefact.content {
        Content::Build(build) => Some(*build),
        _ => None,
    };
    build.expect("a build")
}

fn ipa(app: &App) -> Build {
    build(read("App.ipa", &app.ipa(Compression::Deflated), &[]))
}

fn profile(sort: ProfileSort) -> Vec<u8> {
    Profile::of(sort).written(&Authority::named_as_apple(), ProfileEncoding::Der)
}

fn shipped(signed: Option<&str>, sort: Option<ProfileSort>) -> App {
    App {
        profile: sort.map(profile),
        ..App::signed(App::entitlements(signed))
    }
}

#[test]
fn an_ipa_is_read_with_everything_inside_it() {
    let watch = App::watch_app().with("PlugIns", App::service_extension());
    let app = shipped(Some("production"), Some(ProfileSort::AdHoc))
        .with("PlugIns", App::service_extension())
        .with("Watch", watch)
        .with("AppClips", App::app_clip());
    for compression in [Compression::Stored, Compression::Deflated] {
        let build = build(read("x", &app.ipa(compression), &[]));
        assert_eq!(build.container, Container::Ipa);
        assert_eq!(build.notes, [""; 0]);
        assert_eq!(build.bundle_id(), Some(BUNDLE));
        assert_eq!(build.team_id(), Some(TEAM));
        assert_eq!(build.app.path, "Payload/Tidings.app");
        assert_eq!(build.app.role, BundleRole::App);
        assert_eq!(build.distribution(), Some(Distribution::AdHoc));
        assert_eq!(build.shipped_environment().environment(), Some(Production));
        let service = BundleRole::Extension(Some("com.apple.usernotifications.service".to_owned()));
        let nested: Vec<_> = build
            .nested
            .iter()
            .map(|bundle| (bundle.path.as_str(), &bundle.role))
            .collect();
        assert_eq!(
            nested,
            [
                ("Payload/Tidings.app/PlugIns/Service.appex", &service),
                ("Payload/Tidings.app/Watch/Watch.app", &BundleRole::WatchApp),
                (
                    "Payload/Tidings.app/Watch/Watch.app/PlugIns/Service.appex",
                    &service
                ),
                ("Payload/Tidings.app/AppClips/Clip.app", &BundleRole::AppClip),
            ]
        );
        for bundle in build.bundles() {
            assert_eq!(bundle.problems, [""; 0], "{}", bundle.path);
            assert!(
                bundle.info.is_some() && bundle.executable.is_some(),
                "{}",
                bundle.path
            );
        }
    }
}

#[test]
fn the_topics_are_those_of_what_has_tokens() {
    let build = ipa(&shipped(Some("production"), None)
        .with("PlugIns", App::service_extension())
        .with("Watch", App::watch_app())
        .with("AppClips", App::app_clip()));
    let topics = build.topics();
    let expected = [
        (TokenKind::Alert, BUNDLE.to_owned()),
        (TokenKind::Voip, format!("{BUNDLE}.voip")),
        (TokenKind::Alert, format!("{BUNDLE}.watchkitapp")),
        (TokenKind::Alert, format!("{BUNDLE}.Clip")),
    ];
    for topic in &expected {
        assert!(topics.contains(topic), "{topic:?} in {topics:?}");
    }
    assert_eq!(topics.len(), expected.len());
}

#[test]
fn the_signature_decides_before_the_profile() {
    use EnvironmentSource::{Profile, Signature};
    for (signed, sort, push, by, disagreements) in [
        (
            Some("production"),
            Some(ProfileSort::AdHoc),
            ShippedPush::In(Production),
            Signature,
            0,
        ),
        (
            Some("production"),
            Some(ProfileSort::Enterprise),
            ShippedPush::In(Production),
            Signature,
            0,
        ),
        (
            Some("development"),
            Some(ProfileSort::Development),
            ShippedPush::In(Sandbox),
            Signature,
            0,
        ),
        (
            Some("development"),
            Some(ProfileSort::AdHoc),
            ShippedPush::In(Sandbox),
            Signature,
            1,
        ),
        (None, Some(ProfileSort::AdHoc), ShippedPush::Lacking, Signature, 1),
        (
            Some("$(APS)"),
            Some(ProfileSort::AdHoc),
            ShippedPush::In(Production),
            Profile,
            1,
        ),
        (
            Some("production"),
            None,
            ShippedPush::In(Production),
            Signature,
            0,
        ),
    ] {
        let shipped = ipa(&shipped(signed, sort)).shipped_environment();
        assert_eq!(shipped.push, push, "{signed:?} {sort:?}");
        assert_eq!(shipped.decided_by, Some(by), "{signed:?} {sort:?}");
        assert_eq!(
            shipped.disagreements().count(),
            disagreements,
            "{signed:?} {sort:?}"
        );
    }
}

#[test]
fn a_store_app_without_a_profile_is_production() {
    let from_store = ipa(&shipped(Some("production"), None));
    assert_eq!(from_store.distribution(), Some(Distribution::AppStore));
    assert_eq!(from_store.shipped_environment().environment(), Some(Production));
    // Also where the executable is not there to be read.
    let mut app = shipped(None, None);
    app.executable.1 = b"somebody put something else here".to_vec();
    let without_code = ipa(&app);
    let shipped = without_code.shipped_environment();
    assert_eq!(shipped.environment(), Some(Production));
    assert_eq!(shipped.decided_by, Some(EnvironmentSource::StoreWithoutProfile));
    assert_eq!(without_code.app.problems.len(), 1);
}

#[test]
fn what_was_built_and_never_signed_decides_nothing() {
    let mut app = shipped(None, None);
    let slice = Slice {
        seal: None,
        ..Slice::signed(Seal::with(Dictionary::new()))
    };
    app.executable.1 = executable(&[slice], None);
    let build = ipa(&app);
    assert_eq!(build.shipped_environment().push, ShippedPush::Undecided);
    assert_eq!(build.distribution(), None);
}

#[test]
fn an_xcarchive_decides_nothing() {
    for (signed, sort) in [
        ("development", ProfileSort::Development),
        ("production", ProfileSort::AdHoc),
    ] {
        let app = shipped(Some(signed), Some(sort));
        let files = app.xcarchive("Apple Development: Some Body (ABCDE12345)");
        let build = build(Folder::of(files).read("Tidings 1.xcarchive"));
        let Container::Xcarchive {
            signing_identity,
            team_id,
        } = &build.container
        else {
            panic!("{:?}", build.container);
        };
        assert_eq!(signing_identity.as_deref(), Some("Apple Development"));
        assert_eq!(team_id.as_deref(), Some(TEAM));
        assert_eq!(build.bundle_id(), Some(BUNDLE));
        assert_eq!(build.distribution(), None);
        let shipped = build.shipped_environment();
        assert_eq!(shipped.push, ShippedPush::Undecided);
        let sources: Vec<_> = shipped.claims.iter().map(|claim| claim.source).collect();
        assert_eq!(
            sources,
            [
                EnvironmentSource::ArchiveSignature,
                EnvironmentSource::ArchiveProfile
            ]
        );
    }
}

#[test]
fn an_app_given_out_of_an_xcarchive_decides_nothing_either() {
    let files = shipped(Some("development"), None).files_of_bundle();
    let build = build(Folder::of(files).read("A.xcarchive/Products/Applications/Tidings.app"));
    assert!(build.is_archived());
    assert_eq!(build.shipped_environment().environment(), None);
}

#[test]
fn an_app_folder_is_read_by_itself() {
    let app = shipped(Some("development"), Some(ProfileSort::Development))
        .with("PlugIns", App::service_extension());
    let build = build(Folder::of(app.files_of_bundle()).read("Tidings.app"));
    assert_eq!(build.container, Container::App);
    assert_eq!(build.shipped_environment().environment(), Some(Sandbox));
    assert_eq!(build.distribution(), Some(Distribution::Development));
    assert_eq!(build.nested.len(), 1);
}

#[test]
fn an_app_for_macos_has_everything_under_contents() {
    let app = App {
        profile: Some(profile(ProfileSort::DeveloperId)),
        ..App::signed(App::entitlements(Some("production")))
    }
    .with("PlugIns", App::service_extension().for_mac())
    .for_mac();
    let build = build(Folder::of(app.files_of_bundle()).read("Tidings.app"));
    assert!(build.is_for_mac());
    assert_eq!(build.distribution(), Some(Distribution::DeveloperId));
    assert_eq!(build.shipped_environment().environment(), Some(Production));
    assert_eq!(build.nested[0].path, "Contents/PlugIns/Service.appex");
    assert!(build.nested[0].executable.is_some());
}

#[test]
fn a_build_for_the_simulator_is_of_the_sandbox() {
    let mut app = App::signed(Dictionary::new());
    let slice = Slice {
        architecture: Architecture::X86_64,
        platform: Some(7),
        section: Some(written(App::entitlements(Some("development")), PlistForm::Xml)),
        seal: None,
        ..Slice::signed(Seal::with(Dictionary::new()))
    };
    app.executable.1 = executable(&[slice], None);
    let build = build(Folder::of(app.files_of_bundle()).read("Tidings.app"));
    assert!(build.is_for_simulator());
    let shipped = build.shipped_environment();
    assert_eq!(shipped.environment(), Some(Sandbox));
    assert_eq!(shipped.decided_by, Some(EnvironmentSource::Simulator));
    assert_eq!(build.distribution(), None);
}

#[test]
fn expanded_entitlements_are_read_and_decide_nothing() {
    let mut app = shipped(Some("production"), None);
    app.expanded_entitlements = Some(App::entitlements(Some("development")));
    let shipped = ipa(&app).shipped_environment();
    assert_eq!(shipped.environment(), Some(Production));
    assert_eq!(shipped.disagreements().count(), 1);
}

#[test]
fn a_folder_before_payload_is_forgiven_and_told() {
    let app = shipped(Some("production"), None);
    let build = build(read(
        "x",
        &zip(&app.files("ContainsIt/Payload"), Compression::Deflated),
        &[],
    ));
    assert_eq!(build.container, Container::Ipa);
    assert_eq!(build.app.path, "ContainsIt/Payload/Tidings.app");
    assert_eq!(build.notes.len(), 1);
}

#[test]
fn an_app_or_an_archive_in_a_zip_is_read_as_what_it_is() {
    let app = shipped(Some("development"), None);
    let packed = build(read(
        "Tidings.zip",
        &zip(&app.files(""), Compression::Deflated),
        &[],
    ));
    assert_eq!(packed.container, Container::App);
    let files = app
        .xcarchive("Apple Development")
        .into_iter()
        .map(|file| ZipEntry {
            path: format!("T.xcarchive/{}", file.path),
            ..file
        });
    let files: Vec<_> = files.collect();
    let archived = build(read("T.zip", &zip(&files, Compression::Deflated), &[]));
    assert!(archived.is_archived());
    assert_eq!(archived.shipped_environment().environment(), None);
}

#[test]
fn an_archive_without_an_app_says_so() {
    let files = [ZipEntry {
        path: "readme.txt".to_owned(),
        content: b"hello".to_vec(),
    }];
    let Content::Unreadable(why) = read("App.ipa", &zip(&files, Compression::Stored), &[]).content else {
        panic!("it was read");
    };
    assert_eq!(why.looks_like.as_deref(), Some("a zip archive"));
    let no_zip = read("App.ipa", b"this is no archive", &[]);
    assert!(matches!(no_zip.content, Content::Unreadable(_)));
}

#[test]
fn a_bundle_without_an_info_plist_is_read_by_its_signature() {
    let mut files = shipped(Some("production"), None).files("Payload");
    files.retain(|file| !file.path.ends_with("Info.plist"));
    for file in &mut files {
        file.path = file.path.replace("Tidings App", "Tidings");
    }
    let build = build(read("x", &zip(&files, Compression::Deflated), &[]));
    assert_eq!(build.bundle_id(), Some(BUNDLE));
    assert_eq!(build.shipped_environment().environment(), Some(Production));
    assert_eq!(build.app.problems, ["it has no Info.plist"]);
}

#[test]
fn the_team_of_a_build_is_not_the_prefix_of_its_app_id() {
    let mut entitlements = App::entitlements(Some("production"));
    entitlements.insert(
        "application-identifier".to_owned(),
        format!("OLDPREFIX1.{BUNDLE}").into(),
    );
    assert_eq!(ipa(&App::signed(entitlements)).team_id(), Some(TEAM));
}
