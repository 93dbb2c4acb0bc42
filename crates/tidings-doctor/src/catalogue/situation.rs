//! The situations in which pushes fail, as providers have told of them, and which finding speaks of each.
//!
//! The list is what the rules are measured by: each situation is decided by a rule, or it says why it cannot be decided here.

use serde::Serialize;

use super::{
    Entry, build, certificate, connection, delivery, device_token, elsewhere, environment, gone,
    provider_token, signing_key, topic,
};

/// A situation in which pushes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Situation {
    /// Its number, from 1.
    pub number: u8,
    /// What is seen, and why.
    pub text: &'static str,
    /// What speaks of it.
    pub decided: Decided,
}

/// What speaks of a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Decided {
    /// These findings or causes.
    By(&'static [&'static Entry]),
    /// Nothing here, and why.
    NotHere(&'static str),
}

/// All situations, in order.
pub fn situations() -> &'static [Situation] {
    ALL
}

macro_rules! situations {
    ($($number:literal $text:literal => $decided:expr;)*) => {
        static ALL: &[Situation] = &[$(Situation { number: $number, text: $text, decided: $decided }),*];
    };
}

use Decided::{By, NotHere};

situations! {
    1 "Builds run from Xcode fail with BadDeviceToken in production, the store's are fine" => By(&[&environment::SANDBOX_TOKEN_TO_PRODUCTION]);
    2 "Everybody with a distributed build fails in the sandbox; it worked while debugging" => By(&[&environment::PRODUCTION_TOKEN_TO_SANDBOX]);
    3 "Only Ad Hoc or enterprise testers fail, because Ad Hoc was taken for the sandbox" => By(&[&environment::AD_HOC_IS_PRODUCTION]);
    4 "A mixed table of device tokens: each environment accepts a part" => By(&[&environment::ENVIRONMENT_NOT_RECORDED, &environment::TOKEN_OF_THE_OTHER_ENVIRONMENT]);
    5 "Every store user fails: the app found no profile in itself and claimed the sandbox" => By(&[&environment::MISSING_PROFILE_READ_AS_SANDBOX]);
    6 "BadDeviceToken since a change of the pipeline: signed as development under a production profile" => By(&[&build::SIGNATURE_AND_PROFILE_DISAGREE]);
    7 "One device fails: its token is cut off or has half a byte" => By(&[&device_token::TOKEN_DAMAGED]);
    8 "The stored token is the description of the bytes" => By(&[&device_token::TOKEN_IS_A_DESCRIPTION]);
    9 "The token is an identifier of Firebase, Expo or another service, or a UUID" => By(&[&device_token::TOKEN_OF_ANOTHER_SERVICE]);
    10 "The token is base64" => By(&[&device_token::TOKEN_IN_BASE64]);
    11 "The token is empty" => By(&[&device_token::TOKEN_IS_EMPTY]);
    12 "A library refuses a good token because it is longer than 32 bytes" => By(&[&device_token::LENGTH_CHECK]);
    13 "Tokens of simulators fail in production" => By(&[&environment::SIMULATOR_TOKEN]);
    14 "A restored device brought the token of the old one along" => NotHere("It takes two registrations of one token from two devices to see it, and a case holds one. Register at every launch, and never keep a token in a backup.");
    15 "Only calls fail with BadDeviceToken: tokens of two kinds share a column" => By(&[&topic::KIND_DOES_NOT_MATCH]);
    16 "It fails through Firebase only, which was told the environment" => By(&[&elsewhere::FIREBASE_TOKEN_TYPE]);
    17 "Certificate, host and build are of different environments" => By(&[&signing_key::CREDENTIAL_DOES_NOT_REACH]);
    18 "All users of one flavour fail with DeviceTokenNotForTopic" => By(&[&topic::TOPIC_OF_ANOTHER_FLAVOUR]);
    19 "DeviceTokenNotForTopic since a release that changed the bundle id" => By(&[&topic::BUNDLE_ID_CHANGED]);
    20 "DeviceTokenNotForTopic for calls: suffix and kind of token do not fit" => By(&[&topic::KIND_DOES_NOT_MATCH]);
    21 "The suffix of the topic stands there twice" => By(&[&topic::TOPIC_SUFFIX_DOUBLED]);
    22 "DeviceTokenNotForTopic for Live Activities" => By(&[&topic::KIND_DOES_NOT_MATCH]);
    23 "Tokens of several apps in one table" => By(&[&topic::TOPIC_OF_ANOTHER_APP]);
    24 "A watch app's token under the phone's topic" => By(&[&topic::WATCH_APP_TOPIC]);
    25 "A Catalyst app with a bundle id of its own" => By(&[&topic::TOPIC_IS_NOT_THE_BUNDLE_ID]);
    26 "A certificate of another app, and no topic in the request" => By(&[&certificate::FOR_ANOTHER_APP]);
    27 "Amazon SNS disabled the endpoint" => By(&[&elsewhere::SNS_ENDPOINT_DISABLED]);
    28 "TopicDisallowed from the first use: the key's team does not own the app" => By(&[&signing_key::TEAM_IS_NOT_THE_APPS]);
    29 "TopicDisallowed since the app was transferred to another team" => By(&[&signing_key::APP_WAS_TRANSFERRED]);
    30 "TopicDisallowed with a new key that is restricted to topics" => By(&[&signing_key::KEY_LACKS_TOPIC, &signing_key::KEY_MAY_BE_RESTRICTED]);
    31 "TopicDisallowed with a certificate that does not list the topic" => By(&[&certificate::LACKS_TOPIC]);
    32 "TopicDisallowed: a slip in the topic, the team before it, a placeholder" => By(&[&topic::TOPIC_MISSPELLED]);
    33 "TopicDisallowed comes and goes: teams share connections" => By(&[&signing_key::TEAMS_SHARE_A_CONNECTION]);
    34 "BadTopic: characters that no topic has" => By(&[&topic::TOPIC_MALFORMED]);
    35 "MissingTopic" => By(&[&topic::TOPIC_MISSING]);
    36 "InvalidProviderToken from the first day: key id and team id swapped or mistyped" => By(&[&signing_key::IDS_SWAPPED, &signing_key::KEY_ID_IS_NOT_THE_FILES]);
    37 "InvalidProviderToken from the first day: wrong sort of key, or a malformed provider token" => By(&[&signing_key::KEY_UNUSABLE, &provider_token::MALFORMED]);
    38 "InvalidProviderToken with a key that is for another of Apple's services" => By(&[&signing_key::KEY_REVOKED]);
    39 "InvalidProviderToken for all apps at once after months: the key was revoked" => By(&[&signing_key::KEY_REVOKED]);
    40 "Provider tokens are refused after a suspension: the clock is wrong" => By(&[&provider_token::CLOCK_IS_WRONG]);
    41 "ExpiredProviderToken an hour after the start" => By(&[&provider_token::TOO_OLD]);
    42 "TooManyProviderTokenUpdates: a provider token for each notification" => By(&[&provider_token::RENEWED_TOO_OFTEN]);
    43 "InvalidProviderToken in bursts since a second team was added" => By(&[&signing_key::TEAMS_SHARE_A_CONNECTION]);
    44 "BadEnvironmentKeyInToken for builds from Xcode: a key for production only" => By(&[&signing_key::KEY_FOR_THE_OTHER_ENVIRONMENT]);
    45 "BadEnvironmentKeyInToken in production: a key for the sandbox only" => By(&[&signing_key::KEY_FOR_THE_OTHER_ENVIRONMENT]);
    46 "Firebase says third-party-auth-error for Apple devices" => By(&[&elsewhere::FIREBASE_CREDENTIAL]);
    47 "UnrelatedKeyIdInToken after a rotation" => By(&[&signing_key::KEY_CHANGED_ON_CONNECTION]);
    48 "Forbidden: another team on the connection, or a revoked key" => By(&[&signing_key::TEAMS_SHARE_A_CONNECTION, &signing_key::KEY_REVOKED]);
    49 "BadCertificateEnvironment: a certificate of the other environment" => By(&[&certificate::FOR_THE_OTHER_ENVIRONMENT]);
    50 "A library refuses the certificate before sending" => By(&[&certificate::JUDGED_BY_NAME]);
    51 "BadCertificate, or passes fail: an app's certificate used for a pass" => By(&[&certificate::PASS_NEEDS_ITS_OWN]);
    52 "TLS fails for all apps of a certificate since a date: it expired" => By(&[&certificate::EXPIRED]);
    53 "TLS fails on our side: the machine lacks the root" => By(&[&connection::TRUST_STORE_LACKS_ROOT]);
    54 "A .p12 does not load on a new image" => By(&[&certificate::OLD_ENCRYPTION]);
    55 "Connections end at once: a proxy, no HTTP/2, a closed port" => By(&[&connection::PROXY_INTERCEPTS, &connection::NO_HTTP2, &connection::PORT_BLOCKED]);
    56 "410 newer than the last registration" => By(&[&gone::APP_IS_GONE]);
    57 "410 older than the last registration" => By(&[&gone::STALE_410]);
    58 "410 right after an install from Xcode: the other environment" => By(&[&environment::SANDBOX_TOKEN_TO_PRODUCTION, &environment::PRODUCTION_TOKEN_TO_SANDBOX]);
    59 "410 ExpiredToken" => By(&[&gone::TOKEN_EXPIRED]);
    60 "200, and nothing arrives" => By(&[&delivery::ACCEPTED_IS_NOT_DELIVERED]);
    61 "200, and the background notification wakes nobody" => By(&[&delivery::NO_BACKGROUND_MODE]);
    62 "200, and the call does not ring" => By(&[&delivery::NO_VOIP_MODE]);
    63 "No device token at all: the build has no push entitlement" => By(&[&build::NO_PUSH_ENTITLEMENT, &build::WILDCARD_APP_ID, &build::PERSONAL_TEAM, &build::COCOA_3000]);
    64 "No device token at all, though the profile has the entitlement" => By(&[&build::ENTITLEMENT_LOST_IN_SIGNING]);
    65 "The app cannot be installed after entitlements were edited" => By(&[&build::SIGNATURE_EXCEEDS_PROFILE, &build::INSTALL_REFUSED]);
    66 "The store's mail about the push entitlement" => By(&[&build::STORE_REFUSES_VALUE, &build::STORE_MISSES_ENTITLEMENT]);
    67 "The build of one machine works and another's does not" => By(&[&environment::ARTEFACTS_DISAGREE]);
    68 "Only Apple devices fail after moving to another project or app of a push service" => NotHere("The credential lies in the other service's console and cannot be seen from here. Upload it there again, and compare the bundle id.");
    69 "Old testers fail after going live, new users do not" => By(&[&environment::LEFT_FROM_TESTING]);
    70 "An enterprise app signed for each customer, one key for all" => By(&[&signing_key::TEAM_IS_NOT_THE_APPS]);
    71 "BadDeviceToken for all apps after a deployment" => By(&[&environment::CONFIGURATION_CHANGED]);
    72 "PayloadTooLarge, InvalidPushType, BadPriority and the like" => By(&[&delivery::REQUEST_IS_MALFORMED]);
}
