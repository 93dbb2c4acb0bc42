//! Any bytes as values of `Idempotency-Key`: one short visible text, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings_server::fuzzing::idempotency_key(data));
