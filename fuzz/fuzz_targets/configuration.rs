//! Any text as `tidings.toml`: refused in words, or understood the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tidings::fuzzing::configuration(text));
