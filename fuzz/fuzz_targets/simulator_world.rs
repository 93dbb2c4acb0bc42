//! Any text as a world file: refused in words, or a world that can be written down and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tidings_simulator::fuzzing::world_file(text));
