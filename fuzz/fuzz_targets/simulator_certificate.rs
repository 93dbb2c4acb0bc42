//! Any bytes as the certificate of a client of the simulator: what is not one covers no topic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_simulator::fuzzing::client_certificate(data));
