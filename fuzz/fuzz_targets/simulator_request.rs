//! Any request, in the form of HTTP/1, to the simulator: answered in words, and shown by the device if it was accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_simulator::fuzzing::request(data));
