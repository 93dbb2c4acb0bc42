//! Each situation in which pushes fail: a case in which its rule speaks, and one like it in which it does not.

use std::collections::BTreeSet;

use tidings_apns::{Timestamp, TokenKind};
use tidings_doctor::{
    Build, BundleRole, Case, ConfiguredCredential, Content, Decided, ProbeOutcome, ProbeStep, ProfileKind,
    Reach, diagnose, situations,
};

use crate::cases::*;

/// Declares tests, each with the number of its situation, the code that speaks, and the two cases. Their list is held against
/// the list of situations.
macro_rules! situations {
    ($($number:literal $name:ident $code:literal: $speaks:expr, $silent:expr;)*) => {
        const TESTED: &[(u8, &str)] = &[$(($number, $code)),*];

        $(#[test]
        fn $name() {
            let (speaks, silent): (Case, Case) = ($speaks, $silent);
            let (there, here) = (diagnose(&speaks), diagnose(&silent));
            assert!(speaks_of(&there, $code), "{} does not speak: {there:#?}", $code);
            assert!(!speaks_of(&here, $code), "{} speaks: {here:#?}", $code);
        })*
    };
}

fn bad_token() -> Case {
    answered(400, "BadDeviceToken")
}

fn not_for_topic() -> Case {
    answered(400, "DeviceTokenNotForTopic")
}

fn disallowed() -> Case {
    answered(400, "TopicDisallowed")
}

fn invalid_provider_token() -> Case {
    answered(403, "InvalidProviderToken")
}

fn reaching(case: Case, reach: Reach) -> Case {
    Case {
        reach: Some(reach),
        ..case
    }
}

fn key_of(team: &str) -> ConfiguredCredential {
    ConfiguredCredential {
        team_id: Some(team.to_owned()),
        ..configured_key()
    }
}

fn second_team() -> ConfiguredCredential {
    ConfiguredCredential {
        path: None,
        bundle_id: Some("com.example.second".to_owned()),
        key_id: Some("KEYID54321".to_owned()),
        ..key_of("TEAM654321")
    }
}

fn without_push(build: Build) -> Build {
    changed(build, |build| {
        build.app.executable = Some(executable(Some(entitlements(None))));
    })
}

fn with_watch(build: Build) -> Build {
    changed(build, |build| {
        build
            .nested
            .push(bundle("com.example.app.watchkitapp", BundleRole::WatchApp));
    })
}

fn gone(dead_at: u64, registered_at: u64) -> Case {
    let mut case = answered(410, "Unregistered")
        .registered(|it| it.registered_at = Some(Timestamp::from_unix_millis(registered_at)));
    case.answer.as_mut().unwrap_or_else(|| unreachable!()).timestamp =
        Some(Timestamp::from_unix_millis(dead_at));
    case
}

fn probing(case: Case, probe: tidings_doctor::Probe) -> Case {
    let mut case = case;
    case.probes.push(probe);
    case
}

situations! {
    1 tokens_of_builds_from_xcode_in_production "sandbox-token-to-production":
        bad_token().with(ipa(debug())).sent_to(PRODUCTION),
        bad_token().with(ipa(debug())).sent_to(SANDBOX);
    2 tokens_of_distributed_builds_in_the_sandbox "production-token-to-sandbox":
        bad_token().with(ipa(store())).sent_to(SANDBOX),
        bad_token().with(ipa(store())).sent_to(PRODUCTION);
    3 ad_hoc_taken_for_the_sandbox "ad-hoc-is-production":
        bad_token().with(ipa(build(ProfileKind::AdHoc, PRODUCTION))).sent_to(SANDBOX),
        bad_token().with(ipa(store())).sent_to(SANDBOX);
    3 enterprise_taken_for_the_sandbox "ad-hoc-is-production":
        bad_token().with(ipa(build(ProfileKind::Enterprise, PRODUCTION))).sent_to(SANDBOX),
        bad_token().with(ipa(build(ProfileKind::Enterprise, PRODUCTION))).sent_to(PRODUCTION);
    4 a_mixed_table "environment-not-recorded":
        reaching(bad_token().sent_to(PRODUCTION).registered(|_| ()), Reach::Some),
        reaching(bad_token().sent_to(PRODUCTION).registered(|it| it.claimed = Some(PRODUCTION)), Reach::Some);
    4 a_token_that_the_other_environment_accepts "token-of-the-other-environment":
        probing(bad_token().sent_to(PRODUCTION), probed(SANDBOX, ProbeStep::Device, 200, "")),
        probing(bad_token().sent_to(PRODUCTION).with(ipa(store())), probed(SANDBOX, ProbeStep::Device, 400, "BadDeviceToken"));
    5 a_store_app_that_claims_the_sandbox "missing-profile-read-as-sandbox":
        bad_token().with(ipa(downloaded())).sent_to(SANDBOX).registered(|it| it.claimed = Some(SANDBOX)),
        bad_token().with(ipa(downloaded())).sent_to(SANDBOX).registered(|it| it.claimed = Some(PRODUCTION));
    5 a_store_app_all_of_whose_tokens_go_to_the_sandbox "missing-profile-read-as-sandbox":
        reaching(bad_token().with(ipa(downloaded())).sent_to(SANDBOX), Reach::All),
        reaching(bad_token().with(ipa(store())).sent_to(SANDBOX), Reach::All);
    6 signed_for_development_under_a_profile_for_production "signature-and-profile-disagree":
        bad_token().sent_to(PRODUCTION).with(ipa(changed(store(), |it| it.app.executable = debug().app.executable))),
        bad_token().sent_to(PRODUCTION).with(ipa(store()));
    7 a_token_with_half_a_byte "token-damaged":
        bad_token().token(HALF_A_BYTE),
        bad_token().token(TOKEN);
    7 a_token_that_was_cut_off "token-damaged":
        bad_token().token(CUT_OFF),
        bad_token().token(&TOKEN.repeat(2));
    8 the_description_of_the_bytes "token-is-a-description":
        bad_token().token("{length = 32, bytes = 0x00112233 44556677 ... ccddeeff }"),
        bad_token().token(TOKEN);
    8 the_older_description_of_the_bytes "token-is-a-description":
        bad_token().token("<00112233 44556677 8899aabb ccddeeff 00112233 44556677 8899aabb ccddeeff>"),
        bad_token().token(&TOKEN.to_uppercase());
    9 a_uuid_for_a_token "token-of-another-service":
        bad_token().token("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        bad_token().token(TOKEN);
    9 a_token_of_expo "token-of-another-service":
        bad_token().token("ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"),
        bad_token().token("zz");
    10 a_token_in_base64 "token-in-base64":
        bad_token().token("ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8="),
        bad_token().token(TOKEN);
    11 an_empty_token "token-is-empty":
        answered(400, "MissingDeviceToken"),
        bad_token().token(TOKEN);
    12 a_good_token_refused_for_its_length "length-check-refuses-good-token":
        said("Invalid token: expected 64 hex characters").token(&TOKEN.repeat(2)),
        said("Invalid token: expected 64 hex characters").token(TOKEN);
    13 a_token_of_a_simulator "simulator-token":
        bad_token().sent_to(PRODUCTION).registered(|it| it.device_model = Some("Simulator iPhone17,1".to_owned())),
        bad_token().sent_to(PRODUCTION).registered(|it| it.device_model = Some("iPhone17,1".to_owned()));
    15 a_bad_token_of_another_kind "kind-does-not-match-topic":
        bad_token().topic("com.example.app.voip").registered(|it| it.kind = TokenKind::Alert),
        bad_token().topic("com.example.app.voip").registered(|it| it.kind = TokenKind::Voip);
    16 refused_through_firebase "firebase-token-type":
        Case { message: Some("FCM: send failed".to_owned()), ..bad_token() },
        bad_token();
    17 a_certificate_of_another_environment_than_the_build "credential-does-not-reach-build":
        case().with(ipa(store())).with(keystore(|it| it.environments = vec![SANDBOX])),
        case().with(ipa(store())).with(keystore(|_| ()));
    18 one_flavour_fails "topic-of-another-flavour":
        not_for_topic().topic(APP).with(ipa(named("com.example.app.staging", ProfileKind::AppStore, PRODUCTION))),
        not_for_topic().topic(APP).with(ipa(store()));
    19 the_bundle_id_changed_in_a_release "bundle-id-changed":
        not_for_topic().topic(APP).with(at("Old.ipa", store())).with(at("New.ipa", named("com.example.renamed", ProfileKind::AppStore, PRODUCTION))),
        not_for_topic().topic(APP).with(at("Old.ipa", store())).with(at("New.ipa", store()));
    20 a_call_to_an_ordinary_token "kind-does-not-match-topic":
        not_for_topic().topic("com.example.app.voip").registered(|it| it.kind = TokenKind::Alert),
        not_for_topic().topic(APP).registered(|it| it.kind = TokenKind::Alert);
    20 an_alert_to_a_token_for_calls "kind-does-not-match-topic":
        not_for_topic().topic(APP).registered(|it| it.kind = TokenKind::Voip),
        not_for_topic().topic("com.example.app.voip").registered(|it| it.kind = TokenKind::Voip);
    21 two_suffixes "topic-suffix-doubled":
        not_for_topic().topic("com.example.app.voip.voip"),
        not_for_topic().topic("com.example.app.voip");
    22 a_live_activity_at_the_bare_topic "kind-does-not-match-topic":
        not_for_topic().topic(APP).registered(|it| it.kind = TokenKind::LiveActivityUpdate),
        not_for_topic().topic("com.example.app.push-type.liveactivity").registered(|it| it.kind = TokenKind::LiveActivityStart);
    23 a_token_of_another_app "topic-of-another-app":
        Case { bundle_id: Some("com.example.second".to_owned()), ..not_for_topic().topic(APP) },
        Case { bundle_id: Some(APP.to_owned()), ..not_for_topic().topic("com.example.app.voip") };
    24 a_token_of_the_watch "watch-token-with-phone-topic":
        not_for_topic().topic(APP).with(ipa(with_watch(store()))).registered(|it| it.device_model = Some("Watch7,3".to_owned())),
        not_for_topic().topic("com.example.app.watchkitapp").with(ipa(with_watch(store())));
    25 a_catalyst_app "topic-is-not-the-bundle-id":
        not_for_topic().topic(APP).with(ipa(named("maccatalyst.com.example.app", ProfileKind::MacAppStore, PRODUCTION))),
        not_for_topic().topic("maccatalyst.com.example.app").with(ipa(named("maccatalyst.com.example.app", ProfileKind::MacAppStore, PRODUCTION)));
    26 a_certificate_of_another_app "certificate-for-another-app":
        not_for_topic().with(ipa(store())).with(keystore(|it| (it.user_id, it.topics) = (Some("com.example.other".to_owned()), Vec::new()))),
        not_for_topic().with(ipa(store())).with(keystore(|it| it.topics.clear()));
    27 amazon_disabled_the_endpoint "sns-endpoint-disabled":
        said("EndpointDisabledException: Endpoint is disabled"),
        said("Endpoint not found");
    28 a_key_of_another_team "team-does-not-own-app":
        disallowed().with(ipa(store())).credential(key_of("TEAM654321")),
        disallowed().with(ipa(store())).credential(configured_key());
    29 the_app_was_transferred "app-was-transferred":
        disallowed().with(at("Old.ipa", store())).with(at("New.ipa", of_team("TEAM654321"))).credential(configured_key()),
        disallowed().with(at("Old.ipa", store())).with(at("New.ipa", of_team("TEAM654321"))).credential(configured_key()).credential(key_of("TEAM654321"));
    30 a_key_for_other_topics "key-lacks-topic":
        disallowed().topic(APP).credential(ConfiguredCredential { topics: vec!["com.example.other".to_owned()], ..configured_key() }),
        disallowed().topic(APP).credential(ConfiguredCredential { topics: vec![APP.to_owned()], ..configured_key() });
    30 a_key_that_may_be_restricted "key-restricted-to-topics":
        disallowed().topic(APP).credential(configured_key()),
        disallowed().topic(APP).with(keystore(|_| ()));
    31 a_certificate_without_the_topic "certificate-lacks-topic":
        disallowed().topic("com.example.app.complication").with(keystore(|_| ())),
        disallowed().topic("com.example.app.voip").with(keystore(|_| ()));
    32 the_team_before_the_bundle_id "topic-misspelled":
        disallowed().topic("TEAM123456.com.example.app").with(ipa(store())),
        disallowed().topic(APP).with(ipa(store()));
    32 other_capitals "topic-misspelled":
        disallowed().topic("com.example.App").with(ipa(store())),
        disallowed().topic("com.example.other").with(ipa(store()));
    32 a_placeholder "topic-misspelled":
        disallowed().topic("<your bundle id>"),
        disallowed().topic("your.bundle.id");
    33 teams_that_share_a_connection "teams-share-a-connection":
        reaching(disallowed().credential(configured_key()).credential(second_team()), Reach::Some),
        reaching(disallowed().credential(configured_key()), Reach::Some);
    34 a_topic_with_a_space "topic-malformed":
        answered(400, "BadTopic").topic("com.example. app"),
        answered(400, "BadTopic").topic(APP);
    35 no_topic "topic-missing":
        answered(400, "MissingTopic").with(keystore(|_| ())),
        disallowed().with(keystore(|_| ()));
    36 key_id_and_team_id_swapped "key-id-and-team-id-swapped":
        invalid_provider_token().with(ipa(store())).credential(ConfiguredCredential { key_id: Some(TEAM.to_owned()), team_id: Some(KEY.to_owned()), ..configured_key() }).with(key()),
        invalid_provider_token().with(ipa(store())).credential(configured_key()).with(key());
    36 the_key_id_of_another_file "key-id-is-not-the-files":
        invalid_provider_token().credential(ConfiguredCredential { key_id: Some("KEYID54321".to_owned()), ..configured_key() }).with(key()),
        invalid_provider_token().credential(configured_key()).with(key());
    37 an_rsa_key "signing-key-unusable":
        invalid_provider_token().with(artefact("AuthKey_KEYID12345.p8", Content::Credential(key_file(false)))),
        invalid_provider_token().with(key());
    37 a_malformed_provider_token "provider-token-malformed":
        invalid_provider_token().with(provider_token(|it| it.algorithm = Some("HS256".to_owned()))),
        invalid_provider_token().with(provider_token(|_| ()));
    38 a_key_that_never_was_for_apns "key-revoked-or-not-for-apns":
        probing(probing(case().with(key()), probed(PRODUCTION, ProbeStep::Request, 403, "InvalidProviderToken")), probed(SANDBOX, ProbeStep::Request, 403, "InvalidProviderToken")),
        probing(case().with(key()), probed(PRODUCTION, ProbeStep::Request, 400, "BadDeviceToken"));
    39 a_key_that_was_revoked "key-revoked-or-not-for-apns":
        reaching(invalid_provider_token(), Reach::AllApps),
        reaching(bad_token(), Reach::AllApps);
    40 a_clock_that_is_behind "clock-is-wrong":
        probing(answered(403, "ExpiredProviderToken"), probe(PRODUCTION, ProbeStep::Request, ProbeOutcome::Answered { answer: answer(403, "ExpiredProviderToken"), clock_ahead_seconds: Some(-4000) })),
        probing(invalid_provider_token(), probed(PRODUCTION, ProbeStep::Request, 403, "InvalidProviderToken"));
    41 a_provider_token_kept_for_ever "provider-token-too-old":
        answered(403, "ExpiredProviderToken").with(provider_token(|it| it.issued_at = Some(NOW.saturating_sub(DAY)))),
        answered(403, "InvalidProviderToken").with(provider_token(|_| ()));
    42 a_provider_token_for_each_notification "provider-token-renewed-too-often":
        answered(429, "TooManyProviderTokenUpdates"),
        answered(429, "TooManyRequests");
    43 bursts_since_a_second_team "teams-share-a-connection":
        invalid_provider_token().credential(configured_key()).credential(second_team()),
        bad_token().credential(configured_key()).credential(second_team());
    44 a_key_for_production_in_the_sandbox "key-for-the-other-environment":
        answered(403, "BadEnvironmentKeyInToken").sent_to(SANDBOX),
        invalid_provider_token().sent_to(SANDBOX);
    45 a_key_for_the_sandbox_in_production "key-for-the-other-environment":
        answered(403, "BadEnvironmentKeyIdInToken").sent_to(PRODUCTION).credential(ConfiguredCredential { environments: vec![SANDBOX], ..configured_key() }),
        bad_token().sent_to(PRODUCTION).credential(ConfiguredCredential { environments: vec![PRODUCTION], ..configured_key() });
    46 firebase_cannot_authenticate "firebase-apns-credential":
        said("messaging/third-party-auth-error: Expected OAuth 2 access token. ApnsError 403 InvalidProviderToken"),
        said("messaging/registration-token-not-registered");
    47 a_key_changed_on_a_connection "key-changed-on-connection":
        answered(403, "UnrelatedKeyIdInToken"),
        invalid_provider_token();
    48 forbidden_with_two_teams "teams-share-a-connection":
        answered(403, "Forbidden").credential(configured_key()).credential(second_team()),
        answered(403, "Forbidden").credential(configured_key());
    48 forbidden_with_a_key_that_may_be_revoked "key-revoked-or-not-for-apns":
        answered(403, "Forbidden").credential(configured_key()),
        answered(403, "MissingProviderToken").credential(configured_key());
    49 a_certificate_of_the_other_environment "certificate-for-the-other-environment":
        answered(403, "BadCertificateEnvironment").sent_to(PRODUCTION).with(keystore(|it| it.environments = vec![SANDBOX])),
        answered(403, "BadCertificate").sent_to(PRODUCTION).with(keystore(|_| ()));
    50 a_library_that_goes_by_the_name "library-misjudges-certificate":
        said("certificate does not support configured environment, production: true").sent_to(PRODUCTION).with(keystore(|_| ())),
        said("certificate loaded").sent_to(PRODUCTION).with(keystore(|_| ()));
    51 an_apps_certificate_for_a_pass "pass-needs-its-own-certificate":
        answered(403, "BadCertificate").topic("pass.com.example.ticket").with(keystore(|_| ())),
        answered(403, "BadCertificate").topic("pass.com.example.ticket").sent_to(PRODUCTION).with(keystore(|it| (it.user_id, it.topics, it.is_for_push) = (Some("pass.com.example.ticket".to_owned()), Vec::new(), false)));
    52 an_expired_certificate "certificate-expired":
        said("write EPROTO: ssl alert certificate expired").with(keystore(|it| it.not_after = NOW.saturating_sub(DAY))),
        said("connection reset by peer").with(keystore(|_| ()));
    53 a_machine_without_the_root "trust-store-lacks-root":
        probing(case(), failed(ProbeStep::Tls, "invalid peer certificate: UnknownIssuer", Some("Sectigo Public Server Authentication CA DV"))),
        probing(case(), failed(ProbeStep::Tls, "invalid peer certificate: UnknownIssuer", Some("Example Corp Proxy CA")));
    54 a_keystore_on_a_new_image "keystore-in-old-encryption":
        said("PKCS12_parse: unsupported (inner_evp_generic_fetch, RC2-40-CBC)"),
        said("PEM routines: no start line");
    55 a_proxy_in_between "proxy-intercepts":
        probing(case(), failed(ProbeStep::Tls, "invalid peer certificate: UnknownIssuer", Some("Example Corp Proxy CA"))),
        probing(case(), failed(ProbeStep::Tls, "invalid peer certificate: UnknownIssuer", Some("USERTrust RSA Certification Authority")));
    55 no_http2 "no-http2":
        said("the server did not negotiate h2 by ALPN, got http/1.1"),
        said("connection reset by peer");
    55 a_closed_port "port-blocked":
        probing(case(), failed(ProbeStep::Tcp, "connection timed out", None)),
        probing(probing(case(), failed(ProbeStep::Tcp, "connection timed out", None)), probe(PRODUCTION, ProbeStep::Tcp, ProbeOutcome::Done("2197".to_owned())));
    56 newer_than_the_registration "app-is-gone":
        gone(2_000_000, 1_000_000),
        gone(1_000_000, 2_000_000);
    57 older_than_the_registration "stale-410":
        gone(1_000_000, 2_000_000),
        gone(2_000_000, 1_000_000);
    58 a_410_from_the_other_environment "sandbox-token-to-production":
        answered(410, "Unregistered").with(ipa(debug())).sent_to(PRODUCTION),
        answered(410, "Unregistered").with(ipa(debug())).sent_to(SANDBOX);
    58 a_410_from_the_sandbox "production-token-to-sandbox":
        answered(410, "Unregistered").with(ipa(store())).sent_to(SANDBOX),
        answered(410, "Unregistered").with(ipa(store())).sent_to(PRODUCTION);
    59 an_expired_token "token-expired":
        answered(410, "ExpiredToken"),
        answered(410, "Unregistered");
    60 accepted_and_not_there "accepted-is-not-delivered":
        answered(200, ""),
        bad_token();
    61 nobody_wakes "no-background-mode":
        answered(200, "").with(ipa(changed(store(), |it| it.app.info.as_mut().into_iter().for_each(|info| info.background_modes.clear())))),
        answered(200, "").with(ipa(store()));
    62 no_call_rings "no-voip-mode":
        answered(200, "").topic("com.example.app.voip").with(ipa(changed(store(), |it| it.app.info.as_mut().into_iter().for_each(|info| info.background_modes.clear())))),
        answered(200, "").topic("com.example.app.voip").with(ipa(store()));
    63 no_entitlement_at_all "no-push-entitlement":
        case().with(ipa(without_push(changed(store(), |it| it.app.profile = Some(profile(ProfileKind::AppStore, None)))))),
        case().with(ipa(store()));
    63 a_wildcard "wildcard-app-id":
        case().with(loose(tidings_doctor::Profile { entitlements: tidings_doctor::Entitlements { application_identifier: Some("TEAM123456.*".to_owned()), ..entitlements(None) }, ..profile(ProfileKind::Development, None) })),
        case().with(loose(profile(ProfileKind::Development, None)));
    63 a_personal_team "personal-team":
        case().with(loose(tidings_doctor::Profile { is_local: true, ..profile(ProfileKind::Development, None) })),
        case().with(loose(profile(ProfileKind::Development, None)));
    63 what_ios_says "no-token-given":
        said("Error Domain=NSCocoaErrorDomain Code=3000 \"no valid 'aps-environment' entitlement string found for application\""),
        said("User Info: notifications are not allowed");
    64 the_entitlement_was_lost "entitlement-lost-in-signing":
        said("no valid 'aps-environment' entitlement string found").with(ipa(without_push(store()))),
        said("no valid 'aps-environment' entitlement string found").with(ipa(store()));
    65 the_signature_asks_for_more "signature-exceeds-profile":
        said("ApplicationVerificationFailed 0xe8008016").with(ipa(changed(store(), |it| it.app.profile = Some(profile(ProfileKind::AppStore, None))))),
        said("ApplicationVerificationFailed 0xe8008016").with(ipa(store()));
    65 what_the_device_says "install-refused":
        said("0xe8008015 (A valid provisioning profile for this executable was not found.)"),
        said("0xe8000067");
    66 the_store_refuses_the_value "store-refuses-development":
        said("ERROR ITMS-90046: Invalid Code Signing Entitlements"),
        said("ERROR ITMS-90078: Missing Push Notification Entitlement");
    66 the_store_misses_the_entitlement "store-misses-push-entitlement":
        said("ERROR ITMS-90078: Missing Push Notification Entitlement"),
        said("ERROR ITMS-90046: Invalid Code Signing Entitlements");
    67 machines_that_build_differently "builds-of-both-environments":
        case().with(at("One.ipa", store())).with(at("Two.ipa", debug())),
        case().with(at("One.ipa", store())).with(at("Two.ipa", store()));
    69 left_from_testing "left-from-testing":
        bad_token().sent_to(PRODUCTION).with(ipa(store())).registered(|it| it.registered_at = Some(NOW.saturating_sub(DAY * 60))),
        bad_token().sent_to(PRODUCTION).with(ipa(store())).registered(|it| it.registered_at = Some(NOW.saturating_sub(DAY * 10)));
    70 signed_for_each_customer "team-does-not-own-app":
        disallowed().with(at("First.ipa", store())).with(at("Second.ipa", changed(of_team("TEAM654321"), |it| it.app.info = bundle("com.customer.app", BundleRole::App).info))).credential(configured_key()),
        disallowed().with(at("First.ipa", store())).credential(configured_key());
    71 all_apps_at_once "configuration-changed":
        reaching(bad_token(), Reach::AllApps),
        reaching(bad_token(), Reach::One);
    72 a_request_that_is_too_large "request-is-malformed":
        answered(413, "PayloadTooLarge"),
        bad_token();
}

#[test]
fn every_situation_is_decided_by_a_rule_with_a_test_or_says_why_not() {
    let numbers: Vec<u8> = situations().iter().map(|situation| situation.number).collect();
    assert_eq!(numbers, (1..=72).collect::<Vec<u8>>());
    for situation in situations() {
        let tested: BTreeSet<&str> = TESTED
            .iter()
            .filter(|(number, _)| *number == situation.number)
            .map(|(_, code)| *code)
            .collect();
        match situation.decided {
            Decided::By(entries) => {
                let named: BTreeSet<&str> = entries.iter().map(|entry| entry.code).collect();
                assert_eq!(named, tested, "{}: {}", situation.number, situation.text);
            }
            Decided::NotHere(why) => {
                assert!(tested.is_empty() && why.len() > 40, "{}", situation.number);
            }
        }
    }
}
