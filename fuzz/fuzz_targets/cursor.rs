//! Any text as a cursor of a list: refused, or one that makes the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tidings_server::fuzzing::cursor(text));
