//! Any bytes as a body of lines: bounded, numbered, and the same however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_server::fuzzing::lines(data));
