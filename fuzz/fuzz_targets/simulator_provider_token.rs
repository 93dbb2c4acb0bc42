//! Any text as a provider token for the simulator: read or refused, and never taken for signed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tidings_simulator::fuzzing::provider_token(text));
