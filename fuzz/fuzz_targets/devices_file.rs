//! Any bytes as a file of devices to import, a table or lines of objects: each line is an object for the server, left out, or refused in words.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tidings::fuzzing::devices(data));
