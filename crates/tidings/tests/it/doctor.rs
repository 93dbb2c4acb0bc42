//! `tidings doctor`: what it says of files of every kind, and of those that are none.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_testkit::artefacts::{
    App, Authority, BUNDLE, Compression, Profile, ProfileEncoding, ProfileSort, TEAM, ZipEntry, zip,
};
use tidings_testkit::credentials::Authority as Issuer;
use tidings_testkit::credentials::{Algorithm, CertificateSpec, Keystore, PrivateKey};

use crate::server::Server;
use crate::support::{APP as SIMULATED, KEY, Ran, Simulation, TEAM as SIMULATED_TEAM, command, tidings};

/// The password of keystores, which is to be seen nowhere.
const PASSWORD: &str = "correct horse battery staple";

/// A folder with files for the doctor.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn key(&self, name: &str) -> String {
        let key = PrivateKey::generate(Algorithm::P256).unwrap();
        self.put(name, key.pem().as_bytes())
    }

    /// The app as it is distributed to testers.
    fn ipa(&self, name: &str) -> String {
        self.put(name, &ad_hoc().ipa(Compression::Deflated))
    }

    /// A push certificate for an app with its key.
    fn keystore(&self, name: &str, bundle_id: &str) -> String {
        let key = PrivateKey::generate(Algorithm::P256).unwrap();
        let certificate = Issuer::new()
            .unwrap()
            .issue(&CertificateSpec::universal(bundle_id, TEAM), &key)
            .unwrap();
        let keystore = Keystore::default().with_identity(&key, &certificate);
        self.put(name, &keystore.modern(PASSWORD).unwrap())
    }
}

fn profile(sort: ProfileSort) -> Vec<u8> {
    let mut profile = Profile::of(sort);
    profile.expires_at = SystemTime::now() + Duration::from_hours(24 * 200);
    profile.written(&Authority::named_as_apple(), ProfileEncoding::Der)
}

fn ad_hoc() -> App {
    App {
        profile: Some(profile(ProfileSort::AdHoc)),
        ..App::signed(App::entitlements(Some("production")))
    }
}

fn write_tree(folder: &Path, files: &[ZipEntry]) {
    for entry in files {
        let path = folder.join(&entry.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &entry.content).unwrap();
    }
}

fn doctor(arguments: &[&str]) -> Ran {
    Ran::of(command().arg("doctor").args(arguments))
}

/// What is said as JSON.
fn said(arguments: &[&str]) -> Value {
    doctor(&[arguments, &["--format", "json"]].concat()).json()
}

fn codes(json: &Value) -> Vec<&str> {
    let findings = json["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_healthy_set_is_one_line_and_exit_zero() {
    let desk = Desk::new();
    let (ipa, key) = (desk.ipa("App.ipa"), desk.key("AuthKey_ABCDE12345.p8"));
    let ran = doctor(&[&ipa, &key, "--team-id", TEAM]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert!(ran.stdout.starts_with('✔'), "{ran:?}");
    assert_eq!(ran.stderr, "");
    let more = doctor(&[&ipa, &key, "--team-id", TEAM, "--verbose"]);
    assert!(more.stdout.contains("Looked at:"), "{more:?}");
    assert!(more.stdout.contains("App.ipa: ad hoc ipa"), "{more:?}");
}

#[test]
fn programs_get_artefacts_findings_and_a_verdict() {
    let desk = Desk::new();
    let (ipa, key) = (desk.ipa("App.ipa"), desk.key("AuthKey_ABCDE12345.p8"));
    let json = said(&[&ipa, &key, "--team-id", TEAM]);
    let build = &json["artefacts"][0];
    for (field, value) in [
        ("path", json!(ipa)),
        ("kind", json!("ipa")),
        ("bundle_id", json!(BUNDLE)),
        ("team_id", json!(TEAM)),
        ("environment", json!("production")),
        ("distribution", json!("ad_hoc")),
    ] {
        assert_eq!(build[field], value, "{field}: {build}");
    }
    assert!(build["expires_at"].is_string(), "{build}");
    assert!(
        build["topics"].as_array().unwrap().contains(&json!(BUNDLE)),
        "{build}"
    );
    assert_eq!(json["artefacts"][1]["kind"], "credential");
    assert_eq!(json["artefacts"][1]["key_id"], "ABCDE12345");
    assert_eq!(json["verdict"]["cause"], Value::Null);
    assert!(json["verdict"]["explanation"].is_string());
}

#[test]
fn a_file_is_what_it_holds_and_not_what_it_is_called() {
    let desk = Desk::new();
    let app = ad_hoc();
    for (name, content, kind) in [
        ("AuthKey_ABCDE12345.p8", app.ipa(Compression::Stored), "ipa"),
        ("App.ipa", profile(ProfileSort::AppStore), "provisioning_profile"),
        ("adhoc.mobileprovision", app.executable.1.clone(), "executable"),
        (
            "Info.plist",
            PrivateKey::generate(Algorithm::P256).unwrap().pem().into_bytes(),
            "credential",
        ),
    ] {
        let path = desk.put(name, &content);
        let json = said(&[&path]);
        assert_eq!(json["artefacts"][0]["kind"], kind, "{name}: {json}");
    }
    let misnamed = desk.put("adhoc.mobileprovision", &profile(ProfileSort::Development));
    let json = said(&[&misnamed]);
    assert_eq!(json["artefacts"][0]["distribution"], "development", "{json}");
    assert_eq!(json["artefacts"][0]["environment"], "sandbox", "{json}");
}

#[test]
fn what_cannot_be_read_is_a_finding_and_never_a_panic() {
    let desk = Desk::new();
    let truncated = &ad_hoc().ipa(Compression::Deflated)[..900];
    std::fs::create_dir(desk.path("empty")).unwrap();
    for path in [
        desk.path("missing.ipa").display().to_string(),
        desk.put("empty.p12", b""),
        desk.put("junk.bin", &[0xA7; 4096]),
        desk.put("text.ipa", b"not a build"),
        desk.put("truncated.ipa", truncated),
        desk.path("empty").display().to_string(),
    ] {
        let ran = doctor(&[&path]);
        assert_eq!(ran.status, Some(3), "{path}: {ran:?}");
        assert!(
            ran.stdout.starts_with('✘') && ran.stdout.contains("fix:"),
            "{path}: {ran:?}"
        );
        assert!(!ran.stderr.contains("panicked"), "{path}: {ran:?}");
        let json = said(&[&path]);
        assert_eq!(json["findings"][0]["severity"], "error", "{path}: {json}");
    }
}

#[test]
fn the_environment_of_a_build_explains_a_bad_device_token() {
    let desk = Desk::new();
    let ipa = desk.ipa("App.ipa");
    let failure = [
        "--environment",
        "sandbox",
        "--reason",
        "BadDeviceToken",
        "--app",
        BUNDLE,
    ];
    let ran = doctor(&[&[ipa.as_str()], &failure[..]].concat());
    assert_eq!(ran.status, Some(3), "{ran:?}");
    let first = ran.stdout.lines().next().unwrap_or_default();
    assert!(
        first.contains("production") && first.contains("sandbox"),
        "{ran:?}"
    );
    for part in ["fix:", "│ ", "tidings explain "] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
    assert!(
        ran.stdout.lines().all(|line| line.chars().count() <= 110),
        "{ran:?}"
    );
}

#[test]
fn a_failure_can_be_told_without_any_file() {
    let ran = doctor(&[
        "--status",
        "410",
        "--reason",
        "Unregistered",
        "--timestamp",
        "1750000000042",
    ]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    let token = "00fc13adff78512200fc13adff78512200fc13adff78512200fc13adff785122";
    let ran = doctor(&["--reason", "BadDeviceToken", "--token", token]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(!ran.stdout.contains(token), "{ran:?}");
    let described = said(&[
        "--reason",
        "BadDeviceToken",
        "--token",
        "{length = 32, bytes = 0x00fc13ad ... ff785122 }",
    ]);
    assert!(described["verdict"]["cause"].is_string(), "{described}");
}

#[test]
fn passwords_open_keystores_and_are_printed_nowhere() {
    let desk = Desk::new();
    let keystore = desk.keystore("push.p12", BUNDLE);
    let file = desk.put("password.txt", format!("{PASSWORD}\n").as_bytes());
    let opened = [
        doctor(&[&keystore, "--app", BUNDLE, "--password", PASSWORD]),
        doctor(&[&keystore, "--app", BUNDLE, "--password-file", &file]),
        Ran::of(
            command()
                .args(["doctor", &keystore, "--app", BUNDLE])
                .env("TIDINGS_CERTIFICATE_PASSWORD", PASSWORD),
        ),
    ];
    for ran in opened {
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(!format!("{ran:?}").contains(PASSWORD), "{ran:?}");
    }
    let wrong = "Tr0ub4dor&3";
    for arguments in [
        &[keystore.as_str(), "--password", wrong][..],
        &[keystore.as_str()],
    ] {
        let ran = doctor(&[arguments, &["--verbose"]].concat());
        assert_eq!(ran.status, Some(3), "{ran:?}");
        assert!(ran.stdout.contains("password"), "{ran:?}");
        assert!(!format!("{ran:?}").contains(wrong), "{ran:?}");
    }
}

#[test]
fn a_certificate_of_another_app_is_named() {
    let desk = Desk::new();
    let keystore = desk.keystore("push.p12", "com.example.other");
    let json = said(&[&keystore, "--app", BUNDLE, "--password", PASSWORD]);
    assert!(codes(&json).contains(&"certificate-for-another-app"), "{json}");
    assert_eq!(json["artefacts"][0]["topics"][0], "com.example.other", "{json}");
}

#[test]
fn a_folder_is_read_without_following_what_leads_out_of_it() {
    let desk = Desk::new();
    let app = App::signed(App::entitlements(Some("production")));
    let folder = desk.path("out");
    write_tree(&folder, &app.files(""));
    let path = desk.path("out/Tidings.app");
    let inside = path.display().to_string();
    assert_eq!(said(&[&inside])["artefacts"][0]["distribution"], "app_store");
    desk.put(
        "elsewhere/development.mobileprovision",
        &profile(ProfileSort::Development),
    );
    std::os::unix::fs::symlink(
        desk.path("elsewhere/development.mobileprovision"),
        path.join("embedded.mobileprovision"),
    )
    .unwrap();
    std::os::unix::fs::symlink(&folder, path.join("PlugIns")).unwrap();
    let json = said(&[&inside]);
    assert_eq!(json["artefacts"][0]["environment"], "production", "{json}");
    assert!(!json.to_string().contains("development"), "{json}");
    let slash = format!("{inside}/");
    assert_eq!(said(&[&slash])["artefacts"][0]["kind"], "app");
}

#[test]
fn an_export_folder_is_looked_through() {
    let desk = Desk::new();
    desk.ipa("export/App.ipa");
    desk.key("export/AuthKey_ABCDE12345.p8");
    desk.put("export/Packaging.log", b"nothing to see");
    let folder = desk.path("export").display().to_string();
    let json = said(&[&folder, "--team-id", TEAM]);
    let kinds: Vec<_> = json["artefacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|artefact| artefact["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ipa", "credential"], "{json}");
}

#[test]
fn a_large_build_is_read_for_what_matters() {
    let desk = Desk::new();
    let mut files = ad_hoc().files("Payload");
    let noise: Vec<u8> = (0..24_000_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    files.insert(
        0,
        ZipEntry {
            path: "Payload/Tidings.app/Movie.mp4".to_owned(),
            content: noise,
        },
    );
    let ipa = desk.put("Large.ipa", &zip(&files, Compression::Stored));
    let json = said(&[&ipa]);
    assert_eq!(json["artefacts"][0]["distribution"], "ad_hoc", "{json}");
}

#[test]
fn standard_input_is_a_file_as_well() {
    let desk = Desk::new();
    for (content, kind) in [
        (ad_hoc().ipa(Compression::Deflated), "ipa"),
        (profile(ProfileSort::AdHoc), "provisioning_profile"),
    ] {
        let mut child = command()
            .args(["doctor", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&content).unwrap();
        let json = Ran::from(child.wait_with_output().unwrap()).json();
        assert_eq!(json["artefacts"][0]["kind"], kind, "{json}");
        assert_eq!(json["artefacts"][0]["path"], "standard input", "{json}");
    }
    drop(desk);
}

#[test]
fn the_credentials_of_a_configuration_are_looked_at() {
    let desk = Desk::new();
    desk.key("AuthKey_ABCDE12345.p8");
    desk.keystore("push.p12", "com.example.other");
    desk.put("password.txt", PASSWORD.as_bytes());
    let configuration = format!(
        "[[credentials]]\napp = '{BUNDLE}'\nfile = 'AuthKey_ABCDE12345.p8'\nkey_id = 'OTHER12345'\nteam_id = '{TEAM}'\n\
         [[credentials]]\napp = '{BUNDLE}'\nfile = 'push.p12'\npassword_file = 'password.txt'\n"
    );
    let configuration = desk.put("tidings.toml", configuration.as_bytes());
    let json = said(&["--config", &configuration]);
    for code in ["key-id-is-not-the-files", "certificate-for-another-app"] {
        assert!(codes(&json).contains(&code), "{code}: {json}");
    }
    let check = Ran::of(command().args(["config", "check", &configuration, "--format", "json"]));
    assert_eq!(check.status, Some(0), "the server can start with it: {check:?}");
    let mistakes = check.json()["mistakes"].clone();
    for code in ["key-id-is-not-the-files", "certificate-for-another-app"] {
        let has_it = |mistake: &Value| mistake["code"] == code && mistake["line"].is_u64();
        assert!(
            mistakes.as_array().unwrap().iter().any(has_it),
            "{code}: {mistakes}"
        );
    }
    let other = said(&[
        "--config",
        &configuration,
        "--app",
        "com.example.none",
        "--reason",
        "BadTopic",
    ]);
    assert_eq!(other["artefacts"], json!([]), "{other}");
}

#[test]
fn every_finding_is_explained() {
    let desk = Desk::new();
    let json = said(&[&desk.put("empty.p12", b"")]);
    let code = codes(&json)[0].to_owned();
    let text = tidings(&["explain", &code]);
    assert_eq!(text.status, Some(0), "{text:?}");
    for part in ["means", "what to do", "docs/book/src/reference/findings/"] {
        assert!(text.stdout.contains(part), "{part}: {text:?}");
    }
    let json = tidings(&["explain", &code, "--format", "json"]).json();
    assert_eq!(json["code"], code);
    let reason = tidings(&["explain", "BadDeviceToken", "--format", "json"]).json();
    assert!(
        reason["causes"].as_array().is_some_and(|causes| causes.len() > 2),
        "{reason}"
    );
}

#[test]
fn it_goes_online_only_when_told_and_says_before_what_it_will_send() {
    let simulation = Simulation::start();
    let key = simulation
        .file(&format!("AuthKey_{KEY}.p8"))
        .display()
        .to_string();
    let ca = simulation.file("ca.pem").display().to_string();
    let online = [
        "--online",
        "--environment",
        "sandbox",
        "--url",
        simulation.url("sandbox"),
        "--ca",
        &ca,
        "--app",
        SIMULATED,
        "--team-id",
        SIMULATED_TEAM,
    ];
    let ran = doctor(&[&[key.as_str()], &online[..]].concat());
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("a device token of zeros"), "{ran:?}");
    let another = Desk::new();
    let foreign = another.key("AuthKey_ABCDE12345.p8");
    let ran = doctor(&[&[foreign.as_str()], &online[..]].concat());
    assert_eq!(ran.status, Some(3), "APNs does not know this key: {ran:?}");
    let token = simulation.token("alert");
    let device = ["--send-to-device", "--token", token.as_str()];
    let ran = doctor(&[&[key.as_str()], &online[..], &device[..]].concat());
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(!format!("{ran:?}").contains(&token), "{ran:?}");
    assert_eq!(
        doctor(&["x.p8", "--send-to-device"]).status,
        Some(2),
        "only with --online and --token"
    );
}

#[test]
fn a_running_server_is_asked_what_it_knows() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    let token = simulation.token("alert");
    let path = format!("/v1/apps/{SIMULATED}/devices/{token}");
    assert_eq!(server.ask("PUT", &path, None).status, 200);
    let asked = ["doctor", "--server", server.url(), "--app", SIMULATED];
    let app = Ran::of(&mut server.command(&asked));
    assert!(matches!(app.status, Some(0 | 3)), "{app:?}");
    let json = Ran::of(&mut server.command(&[&asked[..], &["--token", &token, "--format", "json"]].concat()));
    assert!(json.json()["verdict"]["explanation"].is_string(), "{json:?}");
    let unknown = ["doctor", "--server", server.url(), "--app", "com.example.none"];
    Ran::of(&mut server.command(&unknown)).assert_failed_with_hint(1, &["There is no app"]);
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    assert_eq!(doctor(&[]).status, Some(2));
    doctor(&["--app", BUNDLE]).assert_failed_with_hint(2, &["nothing to look at"]);
    doctor(&["-", "-"]).assert_failed_with_hint(2, &["standard input"]);
    assert_eq!(doctor(&["x.ipa", "--environment", "staging"]).status, Some(2));
    assert_eq!(doctor(&["x.ipa", "--status", "7"]).status, Some(2));
    assert_eq!(doctor(&["--server", "http://127.0.0.1:1"]).status, Some(2));
    doctor(&["--config", "/no/such.toml"]).assert_failed_with_hint(1, &["/no/such.toml"]);
}
