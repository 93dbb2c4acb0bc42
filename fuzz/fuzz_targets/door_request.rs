//! Any bytes as a request at the door shaped like APNs: taken and fit to be sent, or refused with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_server::fuzzing::door_request(data));
