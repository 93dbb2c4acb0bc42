//! Any bytes as a property list, in XML and in binary: what comes out is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_doctor::read;

fuzz_target!(|data: &[u8]| {
    for start in ["", "bplist00", "<?xml version=\"1.0\"?><plist><dict>"] {
        let bytes = [start.as_bytes(), data].concat();
        let shown = format!("{:?}", read("x.entitlements", &bytes, &[]));
        assert!(shown.len() < 4 << 20, "{} bytes of facts", shown.len());
    }
});
