//! Any bytes as the debug data of GOAWAY: always readable, bounded, and safe to print.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_apns::{GoAwayReason, Reason};

fuzz_target!(|data: &[u8]| {
    let said = GoAwayReason::parse(data);
    assert!(said.as_str().len() <= Reason::MAX_UNKNOWN_BYTES);
    assert!(!said.to_string().contains(char::is_control));
    assert!(said.reason().is_none_or(Reason::is_known));
    assert!(!data.is_empty() || said == GoAwayReason::Silent);
});
