//! Any bytes as a Mach-O executable, at once and a few bytes at a time: both give the same.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use tidings_doctor::{Content, read_executable};

struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let some = buffer.len().min(7);
        self.0.read(&mut buffer[..some])
    }
}

fuzz_target!(|data: &[u8]| {
    let artefact = read_executable("x", data);
    if data.len() < 4096 {
        assert_eq!(artefact, read_executable("x", Slowly(data)));
    }
    if let Content::Executable(executable) = artefact.content {
        assert!(!executable.slices.is_empty() && executable.slices.len() <= 16);
        let _ = (executable.entitlements(), executable.slices_disagree());
    }
});
