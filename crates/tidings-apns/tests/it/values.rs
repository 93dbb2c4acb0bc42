//! Values and their text forms.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use tidings_apns::{
    ApnsId, BundleId, ChannelId, CollapseId, DeviceToken, Environment, Expiration, InterruptionLevel, KeyId,
    ParseError, Priority, PushType, StoragePolicy, TeamId, Timestamp, Topic, UnixSeconds,
};

#[test]
fn the_environments_have_apples_hosts_and_ports() {
    let [production, sandbox] = Environment::ALL;
    assert_eq!(production.host(), "api.push.apple.com");
    assert_eq!(sandbox.host(), "api.sandbox.push.apple.com");
    assert_eq!(production.broadcast_host(), "api-broadcast.push.apple.com");
    assert_eq!(sandbox.broadcast_host(), "api-broadcast.sandbox.push.apple.com");
    assert_eq!(
        production.host_management(),
        "api-manage-broadcast.push.apple.com"
    );
    assert_eq!(
        sandbox.host_management(),
        "api-manage-broadcast.sandbox.push.apple.com"
    );
    assert_eq!(
        (production.management_port(), sandbox.management_port()),
        (2196, 2195)
    );
    assert_eq!((Environment::PORT, Environment::ALTERNATIVE_PORT), (443, 2197));
    assert_eq!((production.other(), sandbox.other()), (sandbox, production));
}

#[test]
fn environments_are_read_as_apple_and_as_people_write_them() {
    for (text, environment) in [
        ("production", Environment::Production),
        ("Production", Environment::Production),
        ("sandbox", Environment::Sandbox),
        ("development", Environment::Sandbox),
    ] {
        assert_eq!(text.parse(), Ok(environment));
    }
    let error = "staging".parse::<Environment>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "parsing the environment: \"staging\" is none of `production`, `sandbox` (or `development`)"
    );
}

#[test]
fn push_types_are_the_header_values_in_any_case() {
    for (kind, text, limit) in [
        (PushType::Alert, "alert", 4096),
        (PushType::Background, "background", 4096),
        (PushType::Voip, "voip", 5120),
        (PushType::Complication, "complication", 4096),
        (PushType::FileProvider, "fileprovider", 4096),
        (PushType::Mdm, "mdm", 4096),
        (PushType::Location, "location", 4096),
        (PushType::LiveActivity, "liveactivity", 4096),
        (PushType::PushToTalk, "pushtotalk", 4096),
        (PushType::Widgets, "widgets", 4096),
        (PushType::Controls, "controls", 4096),
    ] {
        assert_eq!(kind.as_str(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(kind));
        assert_eq!(kind.payload_limit(), limit, "{kind}");
        assert!(PushType::ALL.contains(&kind));
    }
    assert!("Alerts".parse::<PushType>().is_err());
}

#[test]
fn priorities_are_ten_five_and_one_and_nothing_else() {
    for (priority, number) in [
        (Priority::Immediate, 10),
        (Priority::Considerate, 5),
        (Priority::PowerFirst, 1),
    ] {
        assert_eq!(priority.as_u8(), number);
        assert_eq!(priority.as_str(), number.to_string());
        assert_eq!(priority.as_str().parse(), Ok(priority));
        assert_eq!(serde_json::to_string(&priority).unwrap(), number.to_string());
        assert_eq!(
            serde_json::from_str::<Priority>(&number.to_string()).unwrap(),
            priority
        );
        assert_eq!(
            serde_json::from_str::<Priority>(&format!("\"{number}\"")).unwrap(),
            priority
        );
    }
    for bad in ["7", "-1", "10.0", "\"high\"", "null"] {
        assert!(serde_json::from_str::<Priority>(bad).is_err(), "{bad}");
    }
    assert!(Priority::Immediate > Priority::Considerate && Priority::Considerate > Priority::PowerFirst);
}

#[test]
fn expirations_are_seconds_and_zero_is_once() {
    assert_eq!(Expiration::at(0u64), Expiration::Once);
    assert_eq!(Expiration::at(1_750_000_000u64).to_string(), "1750000000");
    assert_eq!(Expiration::Once.to_string(), "0");
    assert!(!Expiration::At(0).is_stored() && !Expiration::Once.is_stored() && Expiration::At(1).is_stored());
    let before = std::time::UNIX_EPOCH - std::time::Duration::from_secs(1);
    assert_eq!(UnixSeconds::from(before), UnixSeconds(0));
}

#[test]
fn collapse_ids_have_at_most_64_bytes_that_a_header_can_hold() {
    assert!("a".repeat(64).parse::<CollapseId>().is_ok());
    assert!("match 17: goal".parse::<CollapseId>().is_ok());
    for bad in ["", &"a".repeat(65), " a", "a ", "a\nb", "schön"] {
        assert!(bad.parse::<CollapseId>().is_err(), "{bad:?}");
    }
}

#[test]
fn ids_of_teams_and_keys_have_ten_letters_and_digits() {
    assert_eq!("ABCDE12345".parse::<TeamId>().unwrap().as_str(), "ABCDE12345");
    assert_eq!("abcde12345".parse::<KeyId>().unwrap().to_string(), "abcde12345");
    for bad in ["", "ABCDE1234", "ABCDE123456", "ABCDE-1234", "ABCDE1234é"] {
        assert!(bad.parse::<TeamId>().is_err(), "{bad}");
        assert!(bad.parse::<KeyId>().is_err(), "{bad}");
    }
}

#[test]
fn channel_ids_are_base64_and_kept_as_they_are() {
    for good in ["dHN0LXNyY2gtY2hubA==", "abcd", "ab+/", "ab-_", "YQ=="] {
        assert_eq!(good.parse::<ChannelId>().unwrap().as_str(), good);
    }
    for bad in ["", "=", "==", "ab===", "a=b", "a b", "é", &"a".repeat(513)] {
        assert!(bad.parse::<ChannelId>().is_err(), "{bad}");
    }
}

#[test]
fn apns_ids_are_read_in_any_case_and_written_in_lower_case() {
    let id: ApnsId = "8D6C6C4E-9E2B-4A8A-A2D1-0F3B6C1D2E4F".parse().unwrap();
    assert_eq!(id.to_string(), "8d6c6c4e-9e2b-4a8a-a2d1-0f3b6c1d2e4f");
    assert_eq!(ApnsId::try_from_header(id.to_string().as_bytes()), Ok(id));
    for bad in [
        "",
        "8d6c6c4e9e2b4a8aa2d10f3b6c1d2e4f",
        "{8d6c6c4e-9e2b-4a8a-a2d1-0f3b6c1d2e4f}",
        "8d6c6c4e-9e2b-4a8a-a2d1-0f3b6c1d2e4g",
        "8d6c6c4e-9e2b-4a8a-a2d10-f3b6c1d2e4f",
    ] {
        assert!(bad.parse::<ApnsId>().is_err(), "{bad}");
    }
    assert!(ApnsId::try_from_header(&[0xff; 36]).is_err());
}

#[test]
fn storage_policies_are_apples_numbers() {
    for policy in [StoragePolicy::NoStorage, StoragePolicy::MostRecent] {
        assert_eq!(StoragePolicy::from_u8(policy.as_u8()), Some(policy));
    }
    assert_eq!(StoragePolicy::from_u8(2), None);
}

#[test]
fn long_words_are_not_repeated_in_errors() {
    let ParseError::Unknown { found, .. } = "x".repeat(10_000).parse::<PushType>().unwrap_err() else {
        panic!("a word should be unknown");
    };
    assert_eq!(found.len(), 40);
}

fn json_is_the_text_form<T>(values: &[&str])
where
    T: std::str::FromStr<Err: std::fmt::Debug>
        + serde::Serialize
        + DeserializeOwned
        + PartialEq
        + std::fmt::Debug,
{
    for text in values {
        let value: T = text.parse().unwrap();
        let json = format!("\"{text}\"");
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
    }
    for bad in ["\"\"", "1", "null", "[]"] {
        assert!(serde_json::from_str::<T>(bad).is_err(), "{bad}");
    }
}

#[test]
fn values_in_json_are_their_text_forms() {
    json_is_the_text_form::<DeviceToken>(&["00fc13ad"]);
    json_is_the_text_form::<BundleId>(&["com.example.app"]);
    json_is_the_text_form::<Topic>(&["com.example.app.voip"]);
    json_is_the_text_form::<Environment>(&["production", "sandbox"]);
    json_is_the_text_form::<PushType>(&PushType::ALL.map(PushType::as_str));
    json_is_the_text_form::<ApnsId>(&["8d6c6c4e-9e2b-4a8a-a2d1-0f3b6c1d2e4f"]);
    json_is_the_text_form::<ChannelId>(&["YQ=="]);
    json_is_the_text_form::<CollapseId>(&["goal"]);
    json_is_the_text_form::<TeamId>(&["ABCDE12345"]);
    json_is_the_text_form::<KeyId>(&["ABCDE12345"]);
    json_is_the_text_form::<InterruptionLevel>(&InterruptionLevel::ALL.map(InterruptionLevel::as_str));
}

#[test]
fn instants_are_printed_for_people() {
    assert_eq!(
        Timestamp::from_unix_millis(1_709_164_800_007).to_string(),
        "2024-02-29T00:00:00.007Z"
    );
    assert_eq!(UnixSeconds(0).to_string(), "1970-01-01T00:00:00Z");
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic_and_what_is_read_is_written_alike(text: String) {
        fn same<T: std::str::FromStr + std::fmt::Display>(text: &str) {
            if let Ok(value) = text.parse::<T>() {
                assert!(value.to_string().eq_ignore_ascii_case(text));
            }
        }
        same::<DeviceToken>(&text);
        same::<BundleId>(&text);
        same::<Topic>(&text);
        same::<PushType>(&text);
        same::<Priority>(&text);
        same::<CollapseId>(&text);
        same::<ApnsId>(&text);
        same::<ChannelId>(&text);
        same::<TeamId>(&text);
        same::<KeyId>(&text);
    }

    #[test]
    fn ids_come_back_from_their_text(value: u128) {
        let id = ApnsId::from_u128(value);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        prop_assert_eq!(id.as_u128(), value);
    }

    #[test]
    fn a_topic_gives_back_what_it_was_made_of(app in "[a-z]{1,10}(\\.[a-z0-9-]{1,10}){0,3}\\.app", kind in 0..PushType::ALL.len()) {
        let app: BundleId = app.parse().unwrap();
        let topic = Topic::for_kind(&app, PushType::ALL[kind]);
        prop_assert_eq!(topic.bundle_id(), app);
        prop_assert!(topic.fits(PushType::ALL[kind]));
        prop_assert!(!topic.has_doubled_suffix());
    }
}
