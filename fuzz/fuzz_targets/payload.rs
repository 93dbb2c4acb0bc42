//! Any bytes as a payload: kept as they are if they are a JSON object, and then fit for every lint rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_apns::{Broadcast, BundleId, ChannelId, Notification, Payload, PushType, UnixSeconds};

fuzz_target!(|data: &[u8]| {
    let Ok(payload) = Payload::from_json(data) else {
        return;
    };
    assert_eq!(payload.as_bytes(), data);
    let app: BundleId = "com.example.app".parse().expect("a bundle id");
    let channel: ChannelId = "YQ==".parse().expect("a channel id");
    for kind in PushType::ALL {
        let builder = Notification::for_app(&app, kind, payload.clone());
        let checked = builder.clone().build();
        assert_eq!(checked.is_ok(), data.len() <= kind.payload_limit());
        let _ = builder.build_unchecked().lint_at(UnixSeconds(1_750_000_000));
    }
    let broadcast = Broadcast::builder(app, channel, payload).build_unchecked();
    let _ = broadcast.lint_at(UnixSeconds(1_750_000_000));
});
