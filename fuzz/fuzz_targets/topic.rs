//! Any text: as a topic, a bundle id and every other value that is read from a header or a flag.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use tidings_apns::{
    ApnsId, BundleId, ChannelId, CollapseId, Environment, KeyId, Priority, PushType, TeamId, Topic,
};

fuzz_target!(|text: &str| {
    reads_back::<BundleId>(text);
    reads_back::<CollapseId>(text);
    reads_back::<ChannelId>(text);
    reads_back::<TeamId>(text);
    reads_back::<KeyId>(text);
    reads_back::<ApnsId>(text);
    reads_back::<PushType>(text);
    reads_back::<Priority>(text);
    let _ = text.parse::<Environment>();
    if let Ok(topic) = text.parse::<Topic>() {
        let whole = match topic.suffix_kind() {
            Some(kind) => Topic::for_kind(&topic.bundle_id(), kind),
            None => Topic::from(&topic.bundle_id()),
        };
        assert_eq!(whole, topic);
        assert!(!topic.has_doubled_suffix() || topic.suffix_kind().is_some());
    }
});

/// What is read from a text is written as that text.
fn reads_back<T: FromStr + Display>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(value.to_string().eq_ignore_ascii_case(text));
    }
}
