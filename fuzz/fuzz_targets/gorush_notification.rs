//! Any bytes as a notification in gorush's form: read into a dictionary of Apple's, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_server::fuzzing::gorush_notification(data));
