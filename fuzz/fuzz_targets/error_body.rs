//! Any bytes as the body of a rejection: always readable, and never kept beyond the bound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_apns::{AnswerHeaders, ErrorBody, Reason, Response};

fuzz_target!(|data: &[u8]| {
    let ErrorBody { reason, timestamp } = ErrorBody::parse(data);
    assert!(reason.as_str().len() <= Reason::MAX_UNKNOWN_BYTES);
    assert!(!reason.to_string().contains(char::is_control));
    assert_eq!(Reason::from_name(reason.as_str()), reason);
    let response = Response::new(410, AnswerHeaders::default(), data);
    let rejected = response.rejected().expect("a 410 is a rejection");
    assert_eq!((&rejected.reason, rejected.timestamp), (&reason, timestamp));
    let _ = (rejected.resend(), timestamp.map(|at| at.to_string()));
});
