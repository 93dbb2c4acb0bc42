//! Any bytes as a file that somebody gives to the doctor: read as something or refused in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_doctor::{Content, read};

fuzz_target!(|data: &[u8]| {
    let artefact = read("AuthKey_ABC123DEFG.p8", data, &["secret"]);
    if let Content::Unreadable(why) = &artefact.content {
        assert!(!why.why.is_empty() && !why.advice.is_empty());
    }
    let _ = (artefact.kind(), artefact.bundle_id(), artefact.topics());
    let shown = format!("{artefact:?}");
    assert!(shown.len() < 4 << 20, "{} bytes of facts", shown.len());
});
