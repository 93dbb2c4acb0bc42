//! Any bytes as an .ipa: the app in it, or why there is none.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tidings_doctor::{Content, read_ipa};

fuzz_target!(|data: &[u8]| {
    match read_ipa("x", Cursor::new(data)).content {
        Content::Build(build) => {
            assert!(build.nested.len() <= 64);
            for bundle in build.bundles() {
                assert!(!bundle.path.split('/').any(|name| name == ".."));
            }
            let _ = (build.topics(), build.distribution(), build.shipped_environment());
        }
        Content::Unreadable(why) => assert!(!why.why.is_empty()),
        other => panic!("a zip archive is no {other:?}"),
    }
});
