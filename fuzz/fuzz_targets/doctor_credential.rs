//! Any bytes as a file of keys and certificates for the doctor, under the names of each kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_doctor::read_credential;

fuzz_target!(|data: &[u8]| {
    for name in ["AuthKey_ABCDE12345.p8", "push.p12", "aps.cer", "file"] {
        let Some(file) = read_credential(name, data, &["secret"]) else {
            continue;
        };
        assert_eq!(file.unusable.is_some(), file.advice.is_some());
        assert!(file.keys.len() <= 128 && file.certificates.len() <= 64);
        assert!(file.notes.iter().all(|note| !note.is_empty()));
    }
});
