//! Any bytes as a PKCS#12 keystore, with a password and without one in both of its forms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_credential::{Parts, open_pkcs12, protection};

fuzz_target!(|data: &[u8]| {
    let _ = protection(data);
    for password in ["", "secret"] {
        let opened = open_pkcs12(data, password);
        match Parts::of_pkcs12(data, password) {
            Ok(parts) => {
                assert!(opened.is_ok() && !parts.keys.is_empty() && !parts.certificates.is_empty());
                if let Ok(identities) = parts.identities() {
                    assert!(!identities.is_empty());
                }
            }
            Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
});
