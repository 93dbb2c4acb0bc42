//! The table of reasons, held against Apple's.

use super::*;

/// Name, statuses, fault and resend of every reason that Apple documents, and of the one it only sends.
const TABLE: &[(&str, &[u16], Fault, Resend)] = &[
    ("BadCollapseId", &[400], Fault::Request, Resend::AfterFix),
    ("BadDeviceToken", &[400], Fault::DeviceToken, Resend::Never),
    ("BadExpirationDate", &[400], Fault::Request, Resend::AfterFix),
    ("BadMessageId", &[400], Fault::Request, Resend::AfterFix),
    ("BadPriority", &[400], Fault::Request, Resend::AfterFix),
    ("BadTopic", &[400], Fault::Request, Resend::AfterFix),
    (
        "DeviceTokenNotForTopic",
        &[400],
        Fault::DeviceToken,
        Resend::Never,
    ),
    ("DuplicateHeaders", &[400], Fault::Request, Resend::AfterFix),
    ("IdleTimeout", &[400], Fault::Apple, Resend::OnAnotherConnection),
    ("InvalidPushType", &[400], Fault::Request, Resend::AfterFix),
    ("MissingDeviceToken", &[400], Fault::Request, Resend::AfterFix),
    ("MissingTopic", &[400], Fault::Request, Resend::AfterFix),
    ("PayloadEmpty", &[400], Fault::Request, Resend::AfterFix),
    ("TopicDisallowed", &[400], Fault::Credential, Resend::AfterFix),
    ("BadCertificate", &[403], Fault::Credential, Resend::AfterFix),
    (
        "BadCertificateEnvironment",
        &[403],
        Fault::Credential,
        Resend::AfterFix,
    ),
    (
        "ExpiredProviderToken",
        &[403],
        Fault::Credential,
        Resend::OnAnotherConnection,
    ),
    ("Forbidden", &[403], Fault::Credential, Resend::Never),
    (
        "InvalidProviderToken",
        &[403],
        Fault::Credential,
        Resend::AfterFix,
    ),
    (
        "MissingProviderToken",
        &[403],
        Fault::Credential,
        Resend::AfterFix,
    ),
    (
        "UnrelatedKeyIdInToken",
        &[403],
        Fault::Credential,
        Resend::OnAnotherConnection,
    ),
    (
        "BadEnvironmentKeyIdInToken",
        &[403],
        Fault::Credential,
        Resend::AfterFix,
    ),
    (
        "BadEnvironmentKeyInToken",
        &[403],
        Fault::Credential,
        Resend::AfterFix,
    ),
    ("BadPath", &[404], Fault::Request, Resend::AfterFix),
    ("MethodNotAllowed", &[405], Fault::Request, Resend::AfterFix),
    ("ExpiredToken", &[410], Fault::DeviceToken, Resend::Never),
    ("Unregistered", &[410], Fault::DeviceToken, Resend::Never),
    ("PayloadTooLarge", &[413], Fault::Request, Resend::Never),
    (
        "TooManyProviderTokenUpdates",
        &[429],
        Fault::Credential,
        Resend::Later,
    ),
    ("TooManyRequests", &[429], Fault::Load, Resend::Later),
    ("InternalServerError", &[500], Fault::Apple, Resend::Later),
    ("ServiceUnavailable", &[503], Fault::Apple, Resend::Later),
    ("Shutdown", &[503], Fault::Apple, Resend::OnAnotherConnection),
    ("FeatureNotEnabled", &[400], Fault::Credential, Resend::AfterFix),
    ("MissingChannelId", &[400], Fault::Request, Resend::AfterFix),
    ("BadChannelId", &[400], Fault::Request, Resend::AfterFix),
    ("ChannelNotRegistered", &[400], Fault::Request, Resend::AfterFix),
    ("BadRequestParams", &[400], Fault::Request, Resend::AfterFix),
    ("BadRequestPayload", &[400], Fault::Request, Resend::AfterFix),
    ("CannotCreateChannelConfig", &[400], Fault::Load, Resend::AfterFix),
    ("MissingPushType", &[400], Fault::Request, Resend::AfterFix),
    ("TopicMismatch", &[403], Fault::Credential, Resend::AfterFix),
];

#[test]
fn every_reason_is_in_the_table_and_agrees_with_it() {
    assert_eq!(Reason::ALL.len(), TABLE.len());
    for ((name, statuses, fault, resend), reason) in TABLE.iter().zip(Reason::ALL) {
        assert_eq!(reason.as_str(), *name);
        assert_eq!(Reason::from_name(name), *reason);
        assert_eq!(reason.documented_statuses(), *statuses, "{name}");
        assert_eq!(
            (reason.guidance().fault, reason.guidance().resend),
            (*fault, *resend),
            "{name}"
        );
        assert!(reason.is_known());
    }
}

#[test]
fn what_apple_says_must_not_be_sent_again_is_never_sent_again() {
    let never: Vec<&str> = Reason::ALL
        .iter()
        .filter(|reason| reason.guidance().resend == Resend::Never)
        .map(Reason::as_str)
        .collect();
    let apples = [
        "BadDeviceToken",
        "DeviceTokenNotForTopic",
        "Forbidden",
        "ExpiredToken",
        "Unregistered",
        "PayloadTooLarge",
    ];
    assert_eq!(never, apples);
    for name in apples {
        assert_eq!(Reason::from_name(name).guidance().source, Source::Apple, "{name}");
    }
}

#[test]
fn what_only_another_connection_can_help_replaces_this_one_or_leaves_it_to_its_key() {
    for reason in Reason::ALL
        .iter()
        .filter(|reason| reason.guidance().resend == Resend::OnAnotherConnection)
    {
        let keeps = *reason == Reason::UnrelatedKeyIdInToken;
        assert_eq!(
            reason.guidance().connection == ConnectionFate::Keep,
            keeps,
            "{reason}"
        );
    }
}

#[test]
fn explanations_are_sentences_for_people() {
    let unknown = Reason::from_name("NewIn2030");
    for reason in Reason::ALL.iter().chain([&unknown]) {
        let Guidance {
            meaning, what_to_do, ..
        } = reason.guidance();
        for text in [meaning, what_to_do] {
            assert!(text.len() > 30 && text.ends_with('.'), "{reason}: {text}");
            assert!(text.starts_with(char::is_uppercase), "{reason}: {text}");
            assert!(!text.contains("  "), "{reason}: {text}");
            assert!(!text.contains(reason.as_str()), "{reason} is explained by itself");
        }
    }
}

#[test]
fn only_reasons_about_device_tokens_blame_them() {
    let blamed: Vec<&str> = Reason::ALL
        .iter()
        .filter(|reason| reason.guidance().fault == Fault::DeviceToken)
        .map(Reason::as_str)
        .collect();
    assert_eq!(
        blamed,
        [
            "BadDeviceToken",
            "DeviceTokenNotForTopic",
            "ExpiredToken",
            "Unregistered"
        ]
    );
}

#[test]
fn both_spellings_of_the_environment_of_a_key_stay_apart_but_mean_the_same() {
    let (documented, sent) = (
        Reason::BadEnvironmentKeyIdInToken,
        Reason::BadEnvironmentKeyInToken,
    );
    assert_ne!(documented, sent);
    assert_eq!(documented.guidance(), sent.guidance());
}

#[test]
fn names_are_compared_letter_by_letter() {
    for name in ["unregistered", "Unregistered ", "BadDeviceTokens"] {
        assert_eq!(Reason::from_name(name), Reason::Unknown(name.into()));
    }
}
