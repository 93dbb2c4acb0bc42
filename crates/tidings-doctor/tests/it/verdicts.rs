//! What a diagnosis adds up to: healthy sets, the order of causes, and what decides nothing.

use proptest::prelude::*;
use tidings_apns::{Environment, Reason, Timestamp};
use tidings_doctor::{
    Case, Confidence, ConfiguredCredential, Container, Content, ProbeStep, ProfileKind, Severity, Unreadable,
    diagnose, diagnose_credential, read,
};
use tidings_testkit::artefacts::{
    App, Authority, BUNDLE, Compression, Profile as SyntheticProfile, ProfileEncoding, ProfileSort,
    TEAM as SYNTHETIC_TEAM,
};
use tidings_testkit::credentials::{Algorithm, PrivateKey};

use crate::cases::*;

fn healthy() -> Case {
    Case {
        bundle_id: Some(APP.to_owned()),
        ..case()
            .with(ipa(store()))
            .with(key())
            .credential(configured_key())
            .sent_to(PRODUCTION)
    }
}

#[test]
fn a_healthy_set_agrees_in_one_line() {
    for kind in [ProfileKind::AppStore, ProfileKind::AdHoc, ProfileKind::Enterprise] {
        let case = Case {
            artefacts: vec![ipa(build(kind, PRODUCTION)), key()],
            ..healthy()
        };
        let diagnosis = diagnose(&case);
        assert!(
            diagnosis.findings.iter().all(|it| it.severity == Severity::Info),
            "{diagnosis:#?}"
        );
        assert_eq!(diagnosis.verdict.cause, None, "{diagnosis:#?}");
        assert_eq!(diagnosis.verdict.confidence, Confidence::Certain);
        assert!(diagnosis.causes.is_empty());
        let said = diagnosis.verdict.explanation;
        assert!(
            said.starts_with("Everything agrees: com.example.app") && !said.contains('\n'),
            "{said}"
        );
    }
}

#[test]
fn a_healthy_set_may_be_for_development_or_use_a_certificate() {
    let development = Case {
        artefacts: vec![ipa(debug()), key()],
        ..healthy().sent_to(SANDBOX)
    };
    let certificate = case().with(ipa(store())).with(keystore(|_| ()));
    for case in [development, certificate] {
        let diagnosis = diagnose(&case);
        assert!(diagnosis.findings.is_empty(), "{diagnosis:#?}");
        assert_eq!(diagnosis.verdict.cause, None);
    }
}

#[test]
fn a_healthy_set_of_files_is_healthy_from_their_bytes() {
    let profile = SyntheticProfile::of(ProfileSort::AppStore);
    let app = App {
        profile: Some(profile.written(&Authority::named_as_apple(), ProfileEncoding::Der)),
        ..App::signed(App::entitlements(Some("production")))
    };
    let signing_key = PrivateKey::generate(Algorithm::P256).expect("a key").pem();
    let path = "AuthKey_KEYID12345.p8";
    let case = Case {
        now: Timestamp::from_unix_millis(1_764_000_000_000),
        artefacts: vec![
            read("Tidings.ipa", &app.ipa(Compression::Deflated), &[]),
            read(path, signing_key.as_bytes(), &[]),
        ],
        bundle_id: Some(BUNDLE.to_owned()),
        credentials: vec![ConfiguredCredential {
            team_id: Some(SYNTHETIC_TEAM.to_owned()),
            ..configured_key()
        }],
        environment: Some(PRODUCTION),
        ..case()
    };
    let diagnosis = diagnose(&case);
    assert!(diagnosis.findings.is_empty(), "{diagnosis:#?}");
    assert_eq!(diagnosis.verdict.cause, None);
    assert!(
        diagnosis.verdict.explanation.starts_with("Everything agrees: "),
        "{diagnosis:#?}"
    );
}

#[test]
fn distributed_builds_are_of_production_and_one_without_a_profile_too() {
    let builds = [
        build(ProfileKind::AdHoc, PRODUCTION),
        build(ProfileKind::AppStore, PRODUCTION),
        build(ProfileKind::Enterprise, PRODUCTION),
        downloaded(),
        changed(downloaded(), |build| build.app.executable = None),
    ];
    for build in builds {
        let right = diagnose(&answered(200, "").with(ipa(build.clone())).sent_to(PRODUCTION));
        assert!(right.findings.is_empty(), "{right:#?}");
        let wrong = diagnose(&answered(400, "BadDeviceToken").with(ipa(build)).sent_to(SANDBOX));
        assert_eq!(wrong.verdict.confidence, Confidence::Certain, "{wrong:#?}");
    }
}

#[test]
fn an_archive_or_a_source_entitlement_alone_never_decides() {
    let archive = changed(debug(), |build| {
        build.container = Container::Xcarchive {
            signing_identity: Some("Apple Development".to_owned()),
            team_id: Some(TEAM.to_owned()),
        };
    });
    let source = artefact(
        "App.entitlements",
        Content::Entitlements(entitlements(Some(SANDBOX))),
    );
    for (artefact, code) in [
        (at("App.xcarchive", archive), "archive-decides-nothing"),
        (source, "source-entitlements-decide-nothing"),
    ] {
        for environment in Environment::ALL {
            let diagnosis = diagnose(
                &answered(400, "BadDeviceToken")
                    .with(artefact.clone())
                    .sent_to(environment),
            );
            assert!(speaks_of(&diagnosis, code), "{diagnosis:#?}");
            assert_eq!(diagnosis.verdict.confidence, Confidence::Ask, "{diagnosis:#?}");
        }
    }
}

#[test]
fn an_answer_about_the_token_clears_the_credential_of_being_the_cause() {
    let case = Case {
        bundle_id: Some(APP.to_owned()),
        ..answered(400, "BadDeviceToken")
            .with(ipa(debug()))
            .sent_to(PRODUCTION)
            .credential(ConfiguredCredential {
                team_id: Some("TEAM654321".to_owned()),
                ..configured_key()
            })
    };
    let diagnosis = diagnose(&case);
    assert_eq!(diagnosis.verdict.cause, Some("sandbox-token-to-production"));
    assert!(
        diagnosis
            .findings
            .iter()
            .any(|it| it.code == "team-does-not-own-app")
    );
    assert!(
        !diagnosis
            .causes
            .iter()
            .any(|it| it.code == "team-does-not-own-app")
    );
    assert!(
        diagnosis
            .findings
            .iter()
            .any(|it| it.code == "credential-was-accepted")
    );
}

#[test]
fn an_answer_about_the_topic_clears_the_environment() {
    let case = answered(400, "DeviceTokenNotForTopic")
        .topic(APP)
        .with(ipa(debug()))
        .sent_to(PRODUCTION);
    let diagnosis = diagnose(&case);
    assert!(
        !speaks_of(&diagnosis, "sandbox-token-to-production"),
        "{diagnosis:#?}"
    );
    assert!(diagnosis.verdict.cause.is_some());
}

#[test]
fn the_form_of_a_token_is_looked_at_before_its_environment() {
    let case = answered(400, "BadDeviceToken")
        .token("<0011>")
        .with(ipa(debug()))
        .sent_to(PRODUCTION);
    let codes: Vec<&str> = diagnose(&case).causes.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["token-is-a-description", "sandbox-token-to-production"]);
}

#[test]
fn where_evidence_is_short_the_deciding_fact_is_asked_for() {
    for (status, reason) in [
        (400, "BadDeviceToken"),
        (403, "InvalidProviderToken"),
        (400, "DeviceTokenNotForTopic"),
        (410, "Unregistered"),
    ] {
        let diagnosis = diagnose(&answered(status, reason));
        assert!(diagnosis.verdict.cause.is_some(), "{reason}");
        let asks = diagnosis
            .causes
            .iter()
            .filter_map(|cause| cause.question.as_ref());
        assert!(
            asks.clone().count() > 0 && asks.clone().all(|it| it.ends_with('?')),
            "{diagnosis:#?}"
        );
    }
}

#[test]
fn every_known_reason_has_a_verdict_and_something_to_do() {
    for reason in Reason::ALL {
        let status = reason.documented_statuses().first().copied().unwrap_or(400);
        let diagnosis = diagnose(&answered(status, reason.as_str()));
        assert!(diagnosis.verdict.cause.is_some(), "{reason}");
        assert!(diagnosis.findings.iter().all(|it| !it.fix.is_empty()), "{reason}");
        assert!(!diagnosis.findings.is_empty(), "{reason}: {diagnosis:#?}");
    }
}

#[test]
fn a_reason_that_nobody_knows_is_not_explained_by_guessing() {
    let diagnosis = diagnose(&answered(400, "NewIn2030"));
    assert_eq!(diagnosis.verdict.cause, Some("answer-not-explained"));
    assert!(diagnosis.findings[0].title.contains("NewIn2030"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let unreadable = Unreadable {
        looks_like: Some("a zip archive".to_owned()),
        why: "it ends too early".to_owned(),
        advice: "Export it again.".to_owned(),
    };
    let diagnosis = diagnose(&case().with(artefact("App.ipa", Content::Unreadable(unreadable))));
    assert_eq!(
        (diagnosis.findings[0].code, diagnosis.findings[0].severity),
        ("file-unreadable", Severity::Error)
    );
    assert_eq!(diagnosis.findings[0].fix, "Export it again.");
}

#[test]
fn nothing_to_go_by_is_said_to_be_nothing() {
    let diagnosis = diagnose(&case());
    assert_eq!(
        (diagnosis.verdict.cause, diagnosis.verdict.confidence),
        (None, Confidence::Ask)
    );
}

#[test]
fn a_message_that_nothing_explains_is_not_said_to_agree() {
    let case = Case {
        message: Some("invalid token length".to_owned()),
        ..healthy()
    };
    let verdict = diagnose(&case).verdict;
    assert_eq!((verdict.cause, verdict.confidence), (None, Confidence::Ask));
}

#[test]
fn a_probe_decides_over_build_and_claim() {
    let mut case = answered(400, "BadDeviceToken")
        .with(ipa(store()))
        .sent_to(PRODUCTION);
    case.probes.push(probed(SANDBOX, ProbeStep::Device, 200, ""));
    let diagnosis = diagnose(&case);
    assert_eq!(diagnosis.verdict.cause, Some("token-of-the-other-environment"));
    assert_eq!(diagnosis.verdict.confidence, Confidence::Certain);
}

#[test]
fn a_token_refused_in_both_environments_is_not_blamed_on_the_environment() {
    let mut case = answered(400, "BadDeviceToken").sent_to(PRODUCTION);
    case.probes
        .push(probed(SANDBOX, ProbeStep::Device, 400, "BadDeviceToken"));
    let codes: Vec<&str> = diagnose(&case).causes.iter().map(|it| it.code).collect();
    assert_eq!(codes[0], "token-damaged");
    assert!(!codes.contains(&"sandbox-token-to-production"));
}

#[test]
fn a_stored_credential_is_judged_by_its_row() {
    let row = ConfiguredCredential {
        bundle_id: Some(APP.to_owned()),
        environments: vec![PRODUCTION, SANDBOX],
        topics: vec![APP.to_owned(), "com.example.app.voip".to_owned()],
        expires_at: Some(NOW.saturating_add(DAY * 60)),
        ..ConfiguredCredential::default()
    };
    let codes = |change: &dyn Fn(&mut ConfiguredCredential)| {
        let mut row = row.clone();
        change(&mut row);
        diagnose_credential(&row, None, NOW)
            .iter()
            .map(|it| it.code)
            .collect::<Vec<_>>()
    };
    assert!(codes(&|_| ()).is_empty());
    assert_eq!(codes(&|row| row.expires_at = Some(NOW)), ["certificate-expired"]);
    assert_eq!(
        codes(&|row| row.expires_at = Some(NOW.saturating_add(DAY * 30))),
        ["certificate-expires-soon"]
    );
    assert_eq!(
        codes(&|row| row.topics = vec!["com.example.application".to_owned()]),
        ["certificate-for-another-app"]
    );
    assert_eq!(
        codes(&|row| row.environments = vec![SANDBOX]),
        ["one-environment"]
    );
    assert_eq!(
        codes(&|row| (row.topics, row.expires_at, row.key_id) = (Vec::new(), None, Some(KEY.to_owned()))),
        [] as [&str; 0]
    );
}

#[test]
fn no_device_token_is_repeated() {
    for (text, secret) in [
        (TOKEN, "33445566"),
        (HALF_A_BYTE, "33445566"),
        ("ExponentPushToken[abcdefghijklmnopqrstuv]", "defghijk"),
        ("<00112233 44556677>", "00112233"),
        ("{length = 32, bytes = 0x00112233 ... 44556677 }", "00112233"),
    ] {
        let said = format!("{:?}", diagnose(&answered(400, "BadDeviceToken").token(text)));
        assert!(!said.contains(secret), "{said}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(token in ".{0,200}", topic in ".{0,80}", message in ".{0,200}", reason in ".{0,40}", status in 100..600_u16) {
        let mut case = answered(status, &reason).token(&token).topic(&topic).with(ipa(store()));
        case.message = Some(message);
        let diagnosis = diagnose(&case);
        prop_assert!(!diagnosis.verdict.explanation.is_empty());
    }
}
