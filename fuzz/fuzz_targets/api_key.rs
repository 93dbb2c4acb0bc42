//! Any text as an API key: refused, or the same text when it is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tidings_server::fuzzing::api_key(text));
