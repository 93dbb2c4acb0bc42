//! Any bytes as `Retry-After`: never a panic, and never a delay that no clock can hold.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use tidings_apns::RetryAfter;

fuzz_target!(|data: &[u8]| {
    let Some(retry) = RetryAfter::parse(data) else {
        return;
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
    assert!(retry.delay(now) <= RetryAfter::MAX_DELAY);
    assert!(now.checked_add(retry.delay(now)).is_some());
});
